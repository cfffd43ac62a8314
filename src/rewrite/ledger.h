// The record of every rewrite ever made (docs/formats/ledger.md). A job is what it wants minus what
// is accepted here; resuming, replaying and exporting all follow from that.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/hash.h"

namespace clipwright {

/// One attempt at one rewrite.
struct LedgerRow {
  Sha256 source{};  ///< of the caption's bytes
  std::string mode;
  Sha256 recipe{};  ///< of everything else that decides the text
  int attempt = 0;
  std::string status;  ///< accepted | rejected:<reason> | failed:<reason>
  std::string text;
  int tokens_in = 0, tokens_out = 0;
  double seconds = 0;
};

/// What is known of one caption under one mode and recipe.
struct LedgerProgress {
  std::array<uint64_t, 2> source;  ///< first 16 bytes of the source's hash, big-endian
  int attempts = 0;                ///< one more than the last attempt
  bool accepted = false;
};
std::array<uint64_t, 2> short_key(const Sha256& source);

class Ledger {
 public:
  virtual ~Ledger() = default;
  /// Stores what made the texts: JSON, once a recipe.
  virtual void describe(const Sha256& recipe, const std::string& description) = 0;
  /// Keeps rows until `commit`; a row whose key is already there is left as it is.
  virtual void add(const LedgerRow& row, std::string_view source_text) = 0;
  /// Makes every row added so far durable, all or none. Throws Error(kFailed) (disk full, lost
  /// file); what was committed before stays.
  virtual void commit() = 0;
  /// Every caption with an attempt, in ascending order of `source`.
  virtual std::vector<LedgerProgress> progress(std::string_view mode, const Sha256& recipe) = 0;
  /// The last attempt.
  virtual std::optional<LedgerRow> last(const Sha256& source, std::string_view mode,
                                        const Sha256& recipe) = 0;
  /// Every accepted row of any recipe with its source's text, oldest first.
  virtual void each_accepted(
      const std::function<void(const LedgerRow&, std::string_view source_text)>& use) = 0;
};

/// Opens or makes a ledger: "sqlite:FILE" or a plain path. Throws Error(kUsage) for other kinds,
/// Error(kInput) when the file is something else, Error(kFailed) when it cannot be made.
std::unique_ptr<Ledger> open_ledger(const std::string& url);

}  // namespace clipwright
