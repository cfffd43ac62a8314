// One kind of rewrite for every pair of a dataset.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/source/dataset.h"
#include "data/captions/keep_condition.h"

namespace clipwright::data::captions {

/// Thread-safe for reading.
class RewriteSlot {
 public:
  virtual ~RewriteSlot() = default;
  virtual std::string name() const = 0;  ///< "rewrite:chatgpt"
  /// The text for a pair of the whole dataset, or an empty string.
  virtual std::string text(int64_t index) const = 0;
  /// Lines of a line-aligned file, which must be the same for all of them; 0 for texts that are
  /// joined by key.
  virtual int64_t lines() const { return 0; }
  /// "rewrite:chatgpt 9,990 texts, 10 blank lines"
  virtual std::string describe() const = 0;
};

using RewriteSlots = std::vector<std::unique_ptr<RewriteSlot>>;

/// LaCLIP's line-aligned text: line k belongs to pair k mod L. Throws Error(kInput) when the count
/// of lines does not divide the count of pairs, when pairs k and k mod L have different captions,
/// when too many lines are not UTF-8, or when the lines are shifted against the captions.
std::unique_ptr<RewriteSlot> open_rewrite_file(const std::string& path, const source::Dataset& dataset,
                                               const KeepCondition& keep);

/// `rewrites.jsonl` (docs/formats/captions.md): a slot for each mode in it, by name. Throws
/// Error(kInput) with the first bad key.
RewriteSlots open_rewrites_jsonl(const std::string& path, const source::Dataset& dataset,
                                 const KeepCondition& keep);

/// The same records as columns of a Parquet file, or one text column a mode beside a `key` column.
RewriteSlots open_rewrites_parquet(const std::string& path, const source::Dataset& dataset,
                                   const KeepCondition& keep);

/// "a/chatgpt.txt" gives "rewrite:chatgpt".
std::string slot_name_of(const std::string& path);

}  // namespace clipwright::data::captions
