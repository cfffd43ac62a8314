// Files: whole reads, read-only mappings, and writes that are either complete or absent.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace clipwright {

namespace fs = std::filesystem;

/// A read-only memory mapping of a whole file. Movable; the bytes live as long as the object.
class MappedFile {
 public:
  MappedFile() = default;
  /// Throws Error(kInput) when the file is missing, unreadable or a folder.
  explicit MappedFile(const fs::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }
  const fs::path& path() const { return path_; }

 private:
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
  fs::path path_;
};

/// The whole file as a string. Throws Error(kInput) when it cannot be read.
std::string read_file(const fs::path& path);

/// Writes through a temporary name beside the file, syncs, renames: readers see the old file or the
/// whole new one. Throws Error(kFailed) (disk full, no permission) and leaves nothing behind.
void write_file(const fs::path& path, std::string_view contents);

/// A file that appears under its name only when `commit` has succeeded; otherwise its temporary is
/// removed. Where the name is a symbolic link, the file that it leads to is made or replaced, and
/// the link stays.
class AtomicFile {
 public:
  /// Throws Error(kFailed) where no file can be made, a folder, device or pipe has the name, or
  /// links lead in a circle.
  explicit AtomicFile(const fs::path& path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  void write(std::string_view text);
  void write(std::span<const std::byte> bytes);
  /// Where the contents are until then, for a library that writes by name.
  const fs::path& temporary() const { return temporary_; }
  /// Flushes, syncs and renames. Throws Error(kFailed) when the disk refuses.
  void commit();

 private:
  void flush();
  fs::path path_, temporary_;  // of the file itself, behind links
  std::string name_;           // for messages
  int descriptor_ = -1;
  std::string buffer_;
};

/// Makes the folder and its parents. Throws Error(kFailed).
void make_folder(const fs::path& path);
/// Syncs a folder, so that names made in it survive a power cut.
void sync_folder(const fs::path& path);

/// Where what can be made again is kept: $XDG_CACHE_HOME/clipwright, else ~/.cache/clipwright;
/// empty when neither is known.
fs::path user_cache_folder();

/// A file that ships with the program (vocabulary, default language model, example packs): looked
/// for in $CLIPWRIGHT_SHARE, ../share/clipwright beside the program, and the build tree. Throws
/// Error(kFailed) when absent.
fs::path shared_file(std::string_view name);

}  // namespace clipwright
