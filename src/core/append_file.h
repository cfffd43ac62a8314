// Files that grow a record at a time, for readers that follow a run.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace clipwright {

/// A file to which whole records are appended: one that the disk refuses in its middle is taken
/// back, so that the next one, or the next run, goes on after whole records.
class AppendFile {
 public:
  /// Opens the file or makes it. `advice` ends every error. Throws Error(kFailed).
  explicit AppendFile(const std::filesystem::path& path, std::string advice = {});
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  ~AppendFile();

  /// Leaves the first `size` bytes. Throws Error(kFailed).
  void cut(size_t size);
  /// One write where the system takes it whole, so that a killed process leaves whole records.
  /// Throws Error(kFailed) when the disk refuses.
  void append(std::string_view record);
  /// Forces the records to disk. Throws Error(kFailed).
  void sync();

 private:
  [[noreturn]] void fail(int error) const;
  std::filesystem::path path_;
  std::string advice_;
  int descriptor_ = -1;
};

}  // namespace clipwright
