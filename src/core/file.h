// Files: whole reads, read-only mappings, and writes that are either complete or absent.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/process/mapped_memory.h"

namespace clipwright {

namespace fs = std::filesystem;

/// A read-only memory mapping of a whole file. Movable; the bytes live as long as the object. A
/// file that becomes shorter meanwhile reads as zeros from there on; `check` and every
/// `AtomicFile::commit` then throw.
class MappedFile {
 public:
  MappedFile() = default;
  /// Throws Error(kInput) when the file is missing, unreadable or a folder.
  explicit MappedFile(const fs::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::span<const std::byte> bytes() const {
    return {memory_ == nullptr ? nullptr : memory_->data(), size_};
  }
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes().data()), size_}; }
  const fs::path& path() const { return path_; }
  /// Throws Error(kInput) when [offset, offset + size) is no longer there, or any other part.
  void check(size_t offset, size_t size) const {
    if (memory_ != nullptr) memory_->check(offset, size);
  }

 private:
  std::unique_ptr<MappedMemory> memory_;  // none for an empty file
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
/// the link stays. Two of one name do not mix: the one committed last stays.
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
  /// Flushes and syncs: only the name is missing then, and nothing more can be written. Throws
  /// Error(kFailed) when the disk refuses, Error(kInput) as check_mapped_files does.
  void finish();
  /// Finishes and renames. Throws as `finish`, and when the file cannot get its name.
  void commit();

 private:
  friend void commit_together(const std::vector<AtomicFile*>& files,
                              const std::vector<fs::path>& stale);
  void flush();
  [[noreturn]] void fail(int error) const;
  fs::path path_, temporary_;  // of the file itself, behind links
  std::string name_;           // for messages
  int descriptor_ = -1;
  bool finished_ = false, named_ = false;
  std::string buffer_;
};

/// Files that belong together: all of them get their names and the files `stale` (those of an
/// earlier result that the new one has not) go, or everything stays as it was. Names of a killed
/// process may stand between: what must not be read then needs a mark of its own. Throws as
/// AtomicFile::commit.
void commit_together(const std::vector<AtomicFile*>& files,
                     const std::vector<fs::path>& stale = {});

/// A file's name and what it is to hold.
struct NamedText {
  fs::path path;
  std::string contents;
};
/// write_file for several that belong together, as commit_together.
void write_files(const std::vector<NamedText>& files, const std::vector<fs::path>& stale = {});

/// Whether a file or folder has this name. Throws Error(kInput) where that cannot be told or helps
/// nobody: links in a circle or to nothing, a folder that may not be searched, a name that is too
/// long.
bool is_there(const fs::path& path);
/// Makes the folder and its parents. Throws Error(kFailed).
void make_folder(const fs::path& path);
/// Syncs a folder, so that names made in it survive a power cut. Throws Error(kFailed) when the
/// disk refuses; a file system that syncs no folders is no failure.
void sync_folder(const fs::path& path);

/// Where what can be made again is kept: $XDG_CACHE_HOME/clipwright, else ~/.cache/clipwright;
/// empty when neither is known.
fs::path user_cache_folder();

/// A file that ships with the program (vocabulary, default language model, example packs): looked
/// for in $CLIPWRIGHT_SHARE, ../share/clipwright beside the program, and the build tree. Throws
/// Error(kFailed) when absent.
fs::path shared_file(std::string_view name);

}  // namespace clipwright
