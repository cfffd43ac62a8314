// Rows and samples that a source cannot use: counted by reason, told, and too many of them are an
// error.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::data::source {

/// Every source counts its rows here while it is opened, so this is also where Ctrl-C is looked
/// for: `use` and `skip` throw Error(kInterrupted).
class Skipped {
 public:
  /// A row that can be used.
  void use();
  /// A row that cannot: `sentence` tells where and why, e.g. "shard 0.tar: sample 7 has no caption
  /// (looked for .txt)".
  void skip(std::string_view reason, std::string_view sentence);
  /// Adds the counts of another part of the same source.
  void absorb(const Skipped& part);
  /// Throws Error(kInput) with the first bad place when, after 200 rows, more than `share` were
  /// skipped.
  void check(double share) const;
  /// Warns about the first few places.
  void report() const;

  int64_t rows() const { return rows_; }
  int64_t skipped() const { return skipped_; }
  /// The first sentence, for errors; empty when nothing was skipped.
  std::string first() const { return examples_.empty() ? std::string() : examples_[0]; }
  /// "skipped 3 of 10,000 (no caption 2, no picture 1)", or an empty string.
  std::string describe() const;

 private:
  int64_t rows_ = 0, skipped_ = 0;
  std::map<std::string, int64_t, std::less<>> by_reason_;
  std::vector<std::string> examples_;
};

}  // namespace clipwright::data::source
