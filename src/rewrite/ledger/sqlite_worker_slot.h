// Which workers of a ledger file live. Each holds a lock on one byte of a file
// beside the ledger; the kernel lets go of it when the process ends, however it
// ends, so no clock is needed.
#pragma once

#include <filesystem>

namespace clipwright::rewrite::ledger {

class SqliteWorkerSlot {
 public:
  /// Takes the first free slot of FILE-workers. Throws Error(kFailed) when the
  /// file cannot be made or the file system has no locks.
  /// With `take_one` false it takes none, makes no file and serves only for asking who lives.
  explicit SqliteWorkerSlot(const std::filesystem::path& ledger, bool take_one = true);
  SqliteWorkerSlot(const SqliteWorkerSlot&) = delete;
  SqliteWorkerSlot& operator=(const SqliteWorkerSlot&) = delete;
  /// The last worker takes the file away.
  ~SqliteWorkerSlot();

  int slot() const { return slot_; }
  /// Whether another worker holds a slot.
  bool lives(int slot) const;

 private:
  bool take();
  std::filesystem::path path_;
  int descriptor_ = -1;
  int slot_ = -1;  ///< none
};

}  // namespace clipwright::rewrite::ledger
