#include "data/captions/rewrite_join.h"

#include <algorithm>

#include "core/error.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/random.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::captions {
namespace {

std::string shortened(const std::string& text) {
  if (text.size() <= 60) return text;
  return std::string(text::unicode::whole_characters(text, 57)) + "...";
}

std::string source_hash(const std::string& caption) { return hex(sha256(caption)); }

/// Pairs sorted by a 64-bit hash, 16 bytes a pair, alive only during the join.
class HashIndex {
 public:
  template <typename Text>
  HashIndex(int64_t size, const Text& text) {
    CW_CHECK(size <= INT64_C(0xFFFFFFFF), "a dataset has less than 2^32 pairs");
    entries_.reserve(static_cast<size_t>(size));
    for (int64_t i = 0; i < size; ++i)
      entries_.emplace_back(hash64(text(i)), static_cast<uint32_t>(i));
    std::sort(entries_.begin(), entries_.end());
  }

  template <typename Use>
  void each_candidate(std::string_view text, const Use& use) const {
    const uint64_t hash = hash64(text);
    for (auto at = std::lower_bound(entries_.begin(), entries_.end(),
                                    std::pair<uint64_t, uint32_t>(hash, 0));
         at != entries_.end() && at->first == hash; ++at) {
      use(static_cast<int64_t>(at->second));
    }
  }

 private:
  std::vector<std::pair<uint64_t, uint32_t>> entries_;
};

class Joiner {
 public:
  Joiner(const std::string& path, const source::Dataset& dataset, const KeepCondition& keep)
      : path_(path), dataset_(dataset), keep_(keep) {}

  void by_key(const EachRewriteRow& each) {
    const HashIndex index(dataset_.size(), [&](int64_t i) { return dataset_.key(i); });
    each([&](const RewriteRow& row) {
      if (!row.record.accepted()) return;
      bool known = false, same_source = false;
      int64_t other = -1;
      index.each_candidate(row.record.key, [&](int64_t i) {
        if (dataset_.key(i) != row.record.key) return;
        known = true;
        if (!row.record.source_sha256.empty() &&
            source_hash(dataset_.caption(i)) != row.record.source_sha256) {
          other = i;
          return;
        }
        same_source = true;
        place(i, row);
      });
      if (known && !same_source) wrong_source(row, other);
      join_.unknown += known ? 0 : 1;
    });
  }

  void by_source(const EachRewriteRow& each) {
    join_ = {};
    join_.by_source = true;
    const HashIndex index(dataset_.size(),
                          [&](int64_t i) { return source_hash(dataset_.caption(i)); });
    each([&](const RewriteRow& row) {
      if (!row.record.accepted()) return;
      bool known = false;
      if (!row.record.source_sha256.empty()) {
        index.each_candidate(row.record.source_sha256, [&](int64_t i) {
          if (source_hash(dataset_.caption(i)) != row.record.source_sha256) return;
          known = true;
          place(i, row);
        });
      }
      join_.unknown += known ? 0 : 1;
    });
  }

  RewriteJoin take() { return std::move(join_); }
  bool empty() const { return join_.modes.empty(); }

 private:
  void place(int64_t index, const RewriteRow& row) {
    JoinedMode& mode = join_.modes[row.record.mode];
    if (mode.places.empty()) mode.places.assign(static_cast<size_t>(dataset_.size()), kNoText);
    uint64_t& at = mode.places[static_cast<size_t>(index)];
    if (at != kNoText) --mode.texts;
    at = kNoText;
    if (!keeps(index, row)) {
      ++mode.dropped;
      return;
    }
    at = row.place;
    ++mode.texts;
  }

  bool keeps(int64_t index, const RewriteRow& row) {
    if (keep_.empty()) return true;
    const auto& [values, flags] = row.record.scores;
    const auto score = values.find("audit");
    if (score != values.end() && (flags || !keep_.needs_flags()))
      return keep_.keeps(score->second, flags.value_or(std::vector<std::string>()));
    if (!auditor_) auditor_ = std::make_unique<audit::verdict::Auditor>();
    const audit::verdict::AuditRecord record =
        auditor_->audit(dataset_.caption(index), row.record.text);
    return keep_.keeps(record.score, record.flags);
  }

  [[noreturn]] void wrong_source(const RewriteRow& row, int64_t index) const {
    fail_input(path_ + ", record " + std::to_string(row.row) + ": key '" + row.record.key +
                   "' was rewritten from another caption (its source has sha256 " +
                   row.record.source_sha256.substr(0, 12) + "..., the data says \"" +
                   shortened(dataset_.caption(index)) + "\" with " +
                   source_hash(dataset_.caption(index)).substr(0, 12) + "...)",
               "the caption that was rewritten",
               "The captions changed or moved since: rewrite them again, or go back to the data "
               "that was rewritten.");
  }

  const std::string& path_;
  const source::Dataset& dataset_;
  const KeepCondition& keep_;
  std::unique_ptr<audit::verdict::Auditor> auditor_;
  RewriteJoin join_;
};

}  // namespace

RewriteJoin join_rewrites(const std::string& path, const source::Dataset& dataset,
                          const KeepCondition& keep, const EachRewriteRow& each) {
  Joiner joiner(path, dataset, keep);
  joiner.by_key(each);
  if (joiner.empty()) joiner.by_source(each);
  if (joiner.empty()) {
    fail_input(path +
                   ": no accepted rewrite belongs to a pair of the data, by key or by source hash "
                   "(the data's first key is '" +
                   dataset.key(0) + "')",
               "rewrites of these captions", "Check that the file was made from this data.");
  }
  RewriteJoin join = joiner.take();
  for (const auto& [mode, joined] : join.modes) {
    if (joined.texts == 0 && joined.dropped > 0) {
      log_warning(path + ": the condition drops all " + with_commas(joined.dropped) +
                  " rewrites of mode " + mode + "; training would see the captions only");
    }
  }
  return join;
}

}  // namespace clipwright::data::captions
