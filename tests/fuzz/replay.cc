// Every target over its corpus and over all that fuzzing ever found, with the compiler and the
// flags of the tests.
#include <gtest/gtest.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "tests/fuzz/targets.h"

namespace clipwright::fuzz {
namespace {

namespace fs = std::filesystem;

const fs::path kHere = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests" / "fuzz";

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

class Replay : public testing::TestWithParam<Target> {};

TEST_P(Replay, HasACorpus) { EXPECT_FALSE(files_in(kHere / "corpus" / GetParam().name).empty()); }

TEST_P(Replay, TakesEveryInput) {
  for (const char* kind : {"corpus", "findings"}) {
    for (const fs::path& path : files_in(kHere / kind / GetParam().name)) {
      std::ifstream file(path, std::ios::binary);
      ASSERT_TRUE(file) << path;
      // Bytes of their own on the heap: a read beyond them is seen by the address sanitizer.
      const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
      try {
        GetParam().run(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
      } catch (const std::exception& error) {
        ADD_FAILURE() << path << ": " << error.what();
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Replay, testing::ValuesIn(targets()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(FuzzFolders, BelongToTargets) {
  std::set<std::string> names;
  for (const Target& target : targets()) names.insert(target.name);
  for (const char* kind : {"corpus", "findings"}) {
    for (const fs::path& folder : files_in(kHere / kind))
      EXPECT_TRUE(names.contains(folder.filename().string())) << folder << " has no target";
  }
}

}  // namespace
}  // namespace clipwright::fuzz
