// Mappings whose file may become shorter while it is read. The kernel answers a read behind the new
// end with SIGBUS, which would end the process in the middle of anything; here zeros stand in for
// what is gone, and the next look at the mapping throws an error that names the file.
#pragma once

#include <cstddef>
#include <filesystem>

namespace clipwright {

/// A read-only private mapping of the first `size` bytes of a file.
class MappedMemory {
 public:
  /// Throws Error(kFailed) when the system refuses. `size` is not 0.
  MappedMemory(int descriptor, size_t size, const std::filesystem::path& path);
  MappedMemory(const MappedMemory&) = delete;
  MappedMemory& operator=(const MappedMemory&) = delete;
  ~MappedMemory();

  const std::byte* data() const { return data_; }
  /// Throws Error(kInput) when the file has become shorter. Reads a byte of every page of
  /// [offset, offset + size) first, so that what the caller reads next is there.
  void check(size_t offset, size_t size) const;

  struct Place;

 private:
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
  Place* place_ = nullptr;
};

/// Throws Error(kInput) when bytes of a file that became shorter were read, through a mapping that
/// is still there or since this was last asked: nothing that was made of them may be kept. Costs
/// nothing where none were. The rest of a file's last page reads as zeros unnoticed.
void check_mapped_files();

}  // namespace clipwright
