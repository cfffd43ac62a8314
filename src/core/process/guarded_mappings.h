// Mappings that a library made of a file, guarded like our own: see core/process/mapped_memory.h.
#pragma once

#include <filesystem>
#include <vector>

#include "core/process/mapped_memory.h"

namespace clipwright {

/// Where a library has mapped a file that becomes shorter, zeros stand in for what is gone, and
/// check_mapped_files() throws: from here on and as long as this lives.
class GuardedMappings {
 public:
  /// Finds the mappings of this process by the file's device and number; none are no error.
  explicit GuardedMappings(const std::filesystem::path& path);
  GuardedMappings(const GuardedMappings&) = delete;
  GuardedMappings& operator=(const GuardedMappings&) = delete;
  /// To be gone before the library takes its mappings away.
  ~GuardedMappings();

 private:
  std::vector<MappedMemory::Place*> places_;
};

}  // namespace clipwright
