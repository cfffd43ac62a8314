// The fuzz targets by name, for their replay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <vector>

namespace clipwright::fuzz {

struct Target {
  const char* name;  ///< of tests/fuzz/<name>_fuzz.cc, and of its folders in corpus and findings
  int (*run)(const uint8_t* data, size_t size);
};

/// How tests name it.
inline std::ostream& operator<<(std::ostream& out, const Target& target) {
  return out << target.name;
}

/// All of them; made from the list of files by tests/fuzz/CMakeLists.txt.
const std::vector<Target>& targets();

}  // namespace clipwright::fuzz
