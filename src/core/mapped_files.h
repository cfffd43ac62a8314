// Mapped files that do not fill memory: what random reads bring in is let go again from time to
// time.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <string_view>

#include "core/file.h"

namespace clipwright {

/// A growing list of read-only mappings. Reading is thread-safe once all files are added, and
/// throws Error(kInput) for a file that has become shorter.
class MappedFiles {
 public:
  /// Maps a file and returns its number. Throws Error(kInput) when it cannot be read.
  uint32_t add(const std::filesystem::path& path);
  uint32_t size() const { return static_cast<uint32_t>(files_.size()); }
  const MappedFile& operator[](uint32_t file) const { return files_[file]; }

  /// All bytes of a file from `offset` on; the caller is expected to read about `expected` of them.
  std::string_view from(uint32_t file, uint64_t offset, uint64_t expected = 0) const;
  /// `size` bytes at `offset`; empty when the file does not reach that far.
  std::string_view view(uint32_t file, uint64_t offset, uint64_t size) const;
  /// Lets go of the pages held so far. Views stay valid: touching them reads the page again.
  void release() const;
  void release(uint32_t file) const;

 private:
  void touched(uint64_t bytes) const;
  std::deque<MappedFile> files_;
  uint64_t total_ = 0;
  mutable std::atomic<uint64_t> touched_{0};
};

}  // namespace clipwright
