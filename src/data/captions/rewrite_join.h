// Rewrites that carry keys and source hashes, brought to the pairs they were made from.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "data/captions/keep_condition.h"
#include "data/source/dataset.h"
#include "records/record.h"

namespace clipwright::data::captions {

/// A record of a rewrite file and where it stands.
struct RewriteRow {
  records::Record record;
  uint64_t place = 0;  ///< where the text is found again
  int64_t row = 0;     ///< 1-based, for messages
};

constexpr uint64_t kNoText = UINT64_MAX;

/// For each pair the place of its text, or kNoText.
struct JoinedMode {
  std::vector<uint64_t> places;
  int64_t texts = 0, dropped = 0;
};

struct RewriteJoin {
  std::map<std::string, JoinedMode> modes;
  bool by_source = false;  ///< no key was known, so rows were joined by the hash of their source
  int64_t unknown = 0;     ///< accepted rows of no pair here
};

/// Gives every row of a file to `use`; called twice when rows have to be joined by source.
using EachRewriteRow = std::function<void(const std::function<void(const RewriteRow&)>& use)>;

/// Joins by key, each row's source hash checked against the pair's caption; when not one key is
/// known, by the hash alone. The last accepted row of a (key, mode) counts. Rows without scores are
/// audited when there is a condition. Throws Error(kInput) naming the first key whose caption is
/// not the one that was rewritten, or when no row belongs to any pair.
RewriteJoin join_rewrites(const std::string& path, const source::Dataset& dataset,
                          const KeepCondition& keep, const EachRewriteRow& each);

}  // namespace clipwright::data::captions
