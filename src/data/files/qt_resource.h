// Qt's binary resource files (.rcc): a tree of names over packed files, as Qt's `rcc --binary`
// writes it in versions 1 to 3 of the format (docs/formats/qt_resource.md). The bytes are not
// trusted: every offset, count, size and depth is checked before it is used.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"

namespace clipwright::data::files {

enum class ResourcePacking { kPlain, kZlib, kZstandard };

/// One file in a resource.
struct ResourceFile {
  std::string path;     ///< from the root, "/images/cat.webp"
  uint64_t offset = 0;  ///< of its packed bytes in the resource
  uint64_t size = 0;    ///< of its packed bytes
  ResourcePacking packing = ResourcePacking::kPlain;
  /// Of which translation it is, as QLocale counts; 0 and 1 (C) where it is for all.
  uint16_t territory = 0, language = 1;
};

/// The files of a resource in the order of its tree. Throws Error(kInput), naming `where`, for
/// anything but a whole resource: other magic bytes or versions, places outside of the file, a
/// directory that is reached twice (so no cycles), more than 32 folders in one another, more than
/// 131,072 entries, names that are no file names or do not fit their hash.
std::vector<ResourceFile> index_qt_resource(std::string_view resource, std::string_view where);

/// The bytes of one file, unpacked: at most 64 MiB, and exactly as many as the resource says.
/// Throws Error(kInput); Zstandard is refused.
std::string unpack(std::string_view resource, const ResourceFile& file, std::string_view where);

/// A mapped resource with its index.
class QtResource {
 public:
  /// Throws Error(kInput).
  explicit QtResource(const std::filesystem::path& path);

  const std::vector<ResourceFile>& files() const { return files_; }
  /// The first file with this path; null when there is none.
  const ResourceFile* find(std::string_view path) const;
  std::string read(const ResourceFile& file) const;
  const std::filesystem::path& path() const { return map_.path(); }

 private:
  MappedFile map_;
  std::vector<ResourceFile> files_;
};

}  // namespace clipwright::data::files
