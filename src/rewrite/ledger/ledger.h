// The record of every rewrite ever made (docs/formats/ledger.md). A job is what
// it wants minus what is accepted here; resuming, sharing, replaying and
// exporting all follow from that.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/hash.h"
#include "core/json.h"

namespace clipwright::rewrite::ledger {

/// One attempt at one rewrite.
struct LedgerRow {
  Sha256 source{};  ///< source_key of the caption
  std::string mode;
  Sha256 recipe{};  ///< of everything else that decides the text
  int attempt = 0;
  std::string status;  ///< accepted | rejected:<reason> | failed:<reason>
  std::string text;
  int tokens_in = 0, tokens_out = 0;
  double seconds = 0;
  std::string notes;       ///< JSON for the column `scores`; empty: none
  std::string worker, at;  ///< filled when read; kept as they are when a row
                           ///< that was read is added
};

/// What a caption's key, its examples and its seeds hang on: the caption, and
/// for a later occurrence of an equal caption that is to get a text of its own
/// also its number (from 1).
std::string occurrence_text(std::string_view caption, int64_t occurrence);
/// SHA-256 of that.
Sha256 source_key(std::string_view caption, int64_t occurrence = 0);

/// A caption as the ledger keeps it.
struct LedgerSource {
  std::string_view text;
  int64_t occurrence = 0;
};

/// One mode of a job.
struct LedgerTask {
  std::string mode;
  Sha256 recipe{};
};

/// What is known of one caption under one task.
struct LedgerProgress {
  std::array<uint64_t, 2> source;  ///< first 16 bytes of the source's hash, big-endian
  int rejected = 0;                ///< replies that were no rewrite; failures do not count
  bool accepted = false;
};
std::array<uint64_t, 2> short_key(const Sha256& source);

/// What became of asking for a caption.
struct ClaimAnswer {
  enum State {
    kOurs,  ///< nobody else will be given it as long as this worker shows signs
            ///< of life
    kDone,  ///< accepted or out of attempts
    kHeld,  ///< another worker has it
  } state = kHeld;
  int attempts = 0;  ///< made so far: the number of the next one
  int rejected = 0;  ///< of them; a failure (no reply at all) uses up no attempt
};

/// Rows of one mode, recipe and status.
struct LedgerCount {
  std::string mode, status;
  Sha256 recipe{};
  int64_t rows = 0, tokens_in = 0, tokens_out = 0;
  double seconds = 0;
};

/// Who wrote rows or holds claims.
struct LedgerWorker {
  std::string name;
  int64_t rows = 0, claims = 0;
  std::string first, last;  ///< UTC time of its rows; empty without rows
  /// Until its claims fall back: seconds of the database's clock, negative when
  /// they have; infinite where claims hold as long as the process lives.
  double lease = 0;
};

/// What decides the text of a rewrite besides the caption: engine and model, examples, prompt,
/// decoding, seed.
struct RewriteRecipe {
  Sha256 sha{};
  Json description;  ///< what is hashed, and under "details" what is not (model
                     ///< name, licence)
};

/// Whether a ledger's description (JSON) is that of the recipe under whose hash it is kept.
bool describes(const std::string& description, const Sha256& recipe);

/// A row that is kept until the next commit.
struct WaitingRow {
  LedgerRow row;
  std::string source_text;
  int64_t occurrence;
};
/// A claim that is given back with the next commit.
struct ReleasedClaim {
  Sha256 source;
  LedgerTask task;
};

struct LedgerOptions {
  double lease = 60;      ///< seconds that claims on a server outlive a worker's
                          ///< last sign of life
  double patience = 600;  ///< seconds to wait for a server that went away
  bool create = true;     ///< make a ledger where there is none; else it is only read
  bool fill = true;       ///< with `create`: also of an empty file that is there
};

/// Not thread-safe.
class Ledger {
 public:
  virtual ~Ledger() = default;
  /// Stores what made the texts: JSON, once a recipe.
  virtual void describe(const Sha256& recipe, const std::string& description) = 0;
  /// Keeps rows until `commit`; a row whose key is already there is left as it
  /// is.
  virtual void add(const LedgerRow& row, const LedgerSource& source) = 0;
  void add(const LedgerRow& row, std::string_view text) { add(row, LedgerSource{text}); }
  /// Gives a claim back with the next commit.
  virtual void release(const Sha256& source, const LedgerTask& task) = 0;
  /// Makes every row added so far durable, all or none. Throws Error(kFailed)
  /// (disk full, lost file or server); what was committed before stays.
  virtual void commit() = 0;

  /// Asks for captions that nobody else is working on. `attempts`: how many replies may be
  /// rejected.
  virtual std::vector<ClaimAnswer> claim(const LedgerTask& task, std::span<const Sha256> sources,
                                         int attempts) = 0;
  /// Says that this worker lives; due every third of the lease.
  virtual void renew() = 0;
  /// Gives every claim of this worker back, at once.
  virtual void release_all() = 0;
  /// Claims of living workers other than this one.
  virtual int64_t held_elsewhere() = 0;

  /// Every caption with an attempt under one of the tasks, in ascending order
  /// of `source`.
  virtual void progress(
      std::span<const LedgerTask> tasks,
      const std::function<void(size_t task, const LedgerProgress& progress)>& use) = 0;
  /// The accepted attempt at each source, else the last one.
  virtual std::vector<std::optional<LedgerRow>> last(std::span<const Sha256> sources,
                                                     const LedgerTask& task) = 0;
  std::optional<LedgerRow> last(const Sha256& source, std::string_view mode, const Sha256& recipe) {
    return last(std::span(&source, 1), {std::string(mode), recipe}).front();
  }

  /// Every row with its source, ascending by key. A row whose source is lost
  /// has a null text.
  virtual void each_row(
      const std::function<void(const LedgerRow& row, const LedgerSource& source)>& use) = 0;
  /// Every accepted row of any recipe with its source's text, oldest first.
  virtual void each_accepted(
      const std::function<void(const LedgerRow&, std::string_view source_text)>& use) = 0;
  virtual void each_recipe(
      const std::function<void(const Sha256& recipe, const std::string& description)>& use) = 0;
  /// Rows with the same keys (source, mode, recipe, attempt), where there are.
  virtual std::vector<std::optional<LedgerRow>> find(std::span<const LedgerRow> keys) = 0;
  /// Puts a row in the place of one with the same key, at once: only for
  /// merging, where the older row counts.
  virtual void replace(const LedgerRow& row) = 0;
  virtual std::vector<LedgerCount> counts() = 0;
  virtual std::vector<LedgerWorker> workers() = 0;
  /// What the database itself finds damaged; empty when whole.
  virtual std::vector<std::string> damage() = 0;
};

/// Opens or makes a ledger: "sqlite:FILE", a plain path, or "postgresql://...".
/// Throws Error(kUsage) for other kinds, Error(kInput) when it is something
/// else or absent and not to be made, Error(kFailed) when it cannot be reached
/// or made.
std::unique_ptr<Ledger> open_ledger(const std::string& url, const LedgerOptions& options = {});
/// The same to read one, or null where there is none (with `create`: also for an empty file, which
/// open_ledger would fill). An SQLite file and its folder are left as
/// they are, so what adds to a ledger must not be called.
std::unique_ptr<Ledger> open_ledger_if_any(const std::string& url,
                                           const LedgerOptions& options = {});
/// Without a password, for messages.
std::string ledger_name(const std::string& url);

/// "host:pid:" and four digits that tell apart what host and number do not.
std::string worker_name();

}  // namespace clipwright::rewrite::ledger
