#include "language/quantized_copy.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/file.h"
#include "language/language_model.h"
#include "tests/temporary_folder.h"

namespace clipwright::language {
namespace {

const char* const kModel = CLIPWRIGHT_DEFAULT_LANGUAGE_MODEL;

class QuantizedCopy : public testing::Test {
 protected:
  QuantizedCopy() { setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1); }
  ~QuantizedCopy() override { unsetenv("XDG_CACHE_HOME"); }
  std::vector<std::string> copies() const {
    std::vector<std::string> names;
    if (!fs::exists(folder_ / "clipwright/models")) return names;
    for (const auto& entry : fs::directory_iterator(folder_ / "clipwright/models"))
      names.push_back(entry.path().string());
    return names;
  }
  ExitCode refusal(const fs::path& model, const std::string& type) {
    try {
      quantized_copy(model, type, 0);
    } catch (const Error& error) {
      return error.code();
    }
    return ExitCode::kDone;
  }
  TemporaryFolder folder_;
};

TEST_F(QuantizedCopy, IsMadeOnceAndIsAModelOfItsOwn) {
  const fs::path copy = quantized_copy(kModel, "q4_0", 0);
  const auto made = fs::last_write_time(copy);
  EXPECT_EQ(quantized_copy(kModel, "q4_0", 1), copy);
  EXPECT_EQ(fs::last_write_time(copy), made);
  EXPECT_EQ(copies(), std::vector<std::string>{copy.string()});  // no temporary stays
  EXPECT_NE(file_digest(copy), file_digest(kModel));
  const LanguageModel model(copy), original(kModel);
  EXPECT_EQ(model.metadata("general.name"), original.metadata("general.name"));
  EXPECT_EQ(model.tokenize("two dogs in the snow", false),
            original.tokenize("two dogs in the snow", false));
}

TEST_F(QuantizedCopy, TheSameBytesWhateverTheThreads) {
  const std::string one = read_file(quantized_copy(kModel, "q4_0", 1));
  fs::remove_all(folder_ / "clipwright");
  EXPECT_TRUE(read_file(quantized_copy(kModel, "q4_0", 2)) == one);
}

TEST_F(QuantizedCopy, WhatCannotBeCopiedIsToldAndLeavesNothing) {
  EXPECT_EQ(refusal(kModel, "q3"), ExitCode::kUsage);
  EXPECT_EQ(refusal(folder_ / "absent.gguf", "q4_0"), ExitCode::kInput);
  EXPECT_EQ(refusal(folder_.write("x.gguf", "GGUF but no more"), "q4_0"), ExitCode::kInput);
  EXPECT_TRUE(copies().empty());
}

}  // namespace
}  // namespace clipwright::language
