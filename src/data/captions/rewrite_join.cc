#include "data/captions/rewrite_join.h"

#include <algorithm>
#include <charconv>
#include <compare>
#include <map>
#include <span>
#include <vector>

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

/// The first bytes of a caption's SHA-256, given as hexadecimal digits.
uint64_t short_hash(std::string_view digits) {
  uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + std::min<size_t>(digits.size(), 16), value, 16);
  return value;
}

/// Pairs sorted by their key's hash, and those of one key by their caption's. Pairs with equal keys
/// and captions get the same texts, so a row is noted at the first of them alone and the others
/// follow at the end: files with many equal ones are joined in the time of others. 24 bytes a pair,
/// alive only during the join.
class PairIndex {
 public:
  struct Entry {
    uint64_t key = 0, caption = 0;  ///< hashes
    uint32_t pair = 0;
    auto operator<=>(const Entry&) const = default;
  };
  using Range = std::span<const Entry>;

  /// `key` of a pair by its number; `caption`: the hash of its caption, asked for where a key comes
  /// several times.
  template <typename Key, typename Caption>
  PairIndex(int64_t size, const Key& key, const Caption& caption) {
    CW_CHECK(size <= INT64_C(0xFFFFFFFF), "a dataset has less than 2^32 pairs");
    entries_.reserve(static_cast<size_t>(size));
    for (int64_t i = 0; i < size; ++i)
      entries_.push_back({hash64(key(i)), 0, static_cast<uint32_t>(i)});
    std::sort(entries_.begin(), entries_.end());
    for (size_t i = 0, end; i < entries_.size(); i = end) {
      for (end = i + 1; end < entries_.size() && entries_[end].key == entries_[i].key;) ++end;
      if (end == i + 1) continue;
      const auto from = entries_.begin() + static_cast<long>(i);
      const auto to = entries_.begin() + static_cast<long>(end);
      std::for_each(from, to, [&](Entry& entry) { entry.caption = caption(entry.pair); });
      std::sort(from, to);
    }
  }

  Range all() const { return entries_; }
  /// The pairs whose key has this hash.
  Range with_key(std::string_view key) const {
    const uint64_t hash = hash64(key);
    const auto from =
        std::lower_bound(entries_.begin(), entries_.end(), hash,
                         [](const Entry& entry, uint64_t h) { return entry.key < h; });
    const auto to = std::upper_bound(from, entries_.end(), hash,
                                     [](uint64_t h, const Entry& entry) { return h < entry.key; });
    return {from, to};
  }
  /// Of several pairs with one key those whose caption has this hash; a single one is not asked.
  static Range with_caption(Range pairs, uint64_t hash) {
    if (pairs.size() < 2) return pairs;
    const auto from =
        std::lower_bound(pairs.begin(), pairs.end(), hash,
                         [](const Entry& entry, uint64_t h) { return entry.caption < h; });
    const auto to = std::upper_bound(
        from, pairs.end(), hash, [](uint64_t h, const Entry& entry) { return h < entry.caption; });
    return {from, to};
  }

 private:
  std::vector<Entry> entries_;
};

class Joiner {
 public:
  Joiner(const std::string& path, const source::Dataset& dataset, const KeepCondition& keep)
      : path_(path), dataset_(dataset), keep_(keep) {}

  void by_key(const EachRewriteRow& each) {
    const PairIndex index(
        dataset_.size(), [&](int64_t i) { return dataset_.key(i); },
        [&](int64_t i) { return short_hash(source_hash(dataset_.caption(i))); });
    each([&](const RewriteRow& row) {
      if (!row.record.accepted()) return;
      const PairIndex::Range pairs = index.with_key(row.record.key);
      const auto has_key = [&](const PairIndex::Entry& entry) {
        return dataset_.key(entry.pair) == row.record.key;
      };
      const std::string& hash = row.record.source_sha256;
      const PairIndex::Range same =
          hash.empty() ? pairs : PairIndex::with_caption(pairs, short_hash(hash));
      if (!same.empty() && has_key(same.front())) {
        if (hash.empty()) return note_for_all(pairs, row);
        if (source_hash(dataset_.caption(same.front().pair)) == hash) {
          settle(pairs);
          return note(same.front().pair, row);
        }
      }
      const auto other = std::find_if(pairs.begin(), pairs.end(), has_key);
      if (other != pairs.end()) wrong_source(row, other->pair);
      ++join_.unknown;
    });
    finish(index);
  }

  void by_source(const EachRewriteRow& each) {
    join_ = {};
    join_.by_source = true;
    const PairIndex index(
        dataset_.size(), [&](int64_t i) { return source_hash(dataset_.caption(i)); },
        [](int64_t) { return uint64_t{0}; });
    each([&](const RewriteRow& row) {
      if (!row.record.accepted()) return;
      const std::string& hash = row.record.source_sha256;
      const PairIndex::Range pairs = hash.empty() ? PairIndex::Range() : index.with_key(hash);
      if (pairs.empty() || source_hash(dataset_.caption(pairs.front().pair)) != hash) {
        ++join_.unknown;
        return;
      }
      note(pairs.front().pair, row);
    });
    finish(index);
  }

  RewriteJoin take() { return std::move(join_); }
  bool empty() const { return join_.modes.empty(); }

 private:
  static constexpr uint64_t kDropped = kNoText - 1;  // by the condition; none is left at the end

  JoinedMode& mode_of(const RewriteRow& row) {
    JoinedMode& mode = join_.modes[row.record.mode];
    if (mode.places.empty()) mode.places.assign(static_cast<size_t>(dataset_.size()), kNoText);
    return mode;
  }

  void note(int64_t index, const RewriteRow& row) {
    mode_of(row).places[static_cast<size_t>(index)] = keeps(index, row) ? row.place : kDropped;
  }

  /// A row that does not say of which caption it is belongs to every pair with its key: where that
  /// is several, only the last such row of a mode is looked at (settle).
  void note_for_all(PairIndex::Range pairs, const RewriteRow& row) {
    mode_of(row);
    if (pairs.size() == 1) return note(pairs.front().pair, row);
    waiting_[&pairs.front()].insert_or_assign(row.record.mode, row);
  }

  void settle(PairIndex::Range pairs) {
    if (waiting_.empty()) return;
    const auto found = waiting_.find(&pairs.front());
    if (found == waiting_.end()) return;
    for (const auto& [mode, row] : found->second) {
      for (const PairIndex::Entry& entry : pairs) note(entry.pair, row);
    }
    waiting_.erase(found);
  }

  /// Gives every pair what the first of its equals has, and counts.
  void finish(const PairIndex& index) {
    const PairIndex::Range all = index.all();
    for (size_t i = 0, end; i < all.size(); i = end) {
      for (end = i + 1; end < all.size() && all[end].key == all[i].key;) ++end;
      settle(all.subspan(i, end - i));
    }
    for (auto& [name, mode] : join_.modes) {
      const PairIndex::Entry* first = nullptr;
      for (const PairIndex::Entry& entry : all) {
        if (first == nullptr || entry.key != first->key || entry.caption != first->caption)
          first = &entry;
        mode.places[entry.pair] = mode.places[first->pair];
      }
      for (uint64_t& place : mode.places) {
        mode.texts += place < kDropped ? 1 : 0;
        mode.dropped += place == kDropped ? 1 : 0;
        if (place == kDropped) place = kNoText;
      }
    }
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
  /// By the first pair of a key that several have: the last row of each mode without a caption.
  std::map<const PairIndex::Entry*, std::map<std::string, RewriteRow>> waiting_;
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
