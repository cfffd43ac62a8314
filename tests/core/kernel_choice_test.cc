#include "core/process/kernel_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "core/error.h"
#include "core/file.h"
#include "tests/temporary_folder.h"

namespace clipwright {
namespace {

using testing::HasSubstr;

constexpr const char* kVariable = "CLIPWRIGHT_TEST_KERNELS";

class KernelChoiceTest : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1);
    ::unsetenv(kVariable);
  }
  void TearDown() override {
    ::unsetenv(kVariable);
    if (before_.empty()) {
      ::unsetenv("XDG_CACHE_HOME");
    } else {
      ::setenv("XDG_CACHE_HOME", before_.c_str(), 1);
    }
  }
  static std::string complaint() {
    try {
      choose_kernels(kVariable, kVariants);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage);
      return error.what();
    }
    return "no error";
  }

  inline static const std::vector<KernelVariant> kVariants = {
      {"tiles", "AMX"}, {"wide", ""}, {"narrow", ""}};
  const TemporaryFolder folder_;
  const std::string before_ =
      std::getenv("XDG_CACHE_HOME") != nullptr ? std::getenv("XDG_CACHE_HOME") : "";
};

TEST_F(KernelChoiceTest, TheBestThatTheMachineCanRun) {
  const KernelChoice choice = choose_kernels(kVariable, kVariants);
  EXPECT_EQ(choice.variant, "wide");
  EXPECT_FALSE(choice.avoided);
}

TEST_F(KernelChoiceTest, TheEnvironmentIsObeyedOrToldWhatThereIs) {
  ::setenv(kVariable, "narrow", 1);
  const KernelChoice choice = choose_kernels(kVariable, kVariants);
  EXPECT_EQ(choice.variant, "narrow");
  EXPECT_THAT(choice.reason, HasSubstr(kVariable));
  ::setenv(kVariable, "tiles", 1);
  EXPECT_THAT(complaint(), HasSubstr("this machine has no AMX; expected wide, narrow"));
  ::setenv(kVariable, "wid", 1);
  EXPECT_THAT(complaint(), HasSubstr("this machine has: wide, narrow"));
  ::setenv(kVariable, "", 1);
  EXPECT_EQ(choose_kernels(kVariable, kVariants).variant, "wide");
}

TEST_F(KernelChoiceTest, WhatFailedIsAvoidedUntilItWorksAgain) {
  ASSERT_TRUE(keep_kernel_findings(
      {{std::string(kVariable) + "=wide", "was ended by signal 4"}, {"OTHER=narrow", "differs"}}));
  const KernelChoice avoiding = choose_kernels(kVariable, kVariants);
  EXPECT_EQ(avoiding.variant, "narrow");
  EXPECT_TRUE(avoiding.avoided);
  EXPECT_THAT(avoiding.reason, HasSubstr("was ended by signal 4"));
  // Who asks for it gets it all the same.
  ::setenv(kVariable, "wide", 1);
  EXPECT_EQ(choose_kernels(kVariable, kVariants).variant, "wide");
  ::unsetenv(kVariable);
  ASSERT_TRUE(keep_kernel_findings({}));
  EXPECT_EQ(choose_kernels(kVariable, kVariants).variant, "wide");
}

TEST_F(KernelChoiceTest, ThePlainOneIsUsedEvenWhereAllFailed) {
  ASSERT_TRUE(keep_kernel_findings({{std::string(kVariable) + "=wide", "differs"},
                                    {std::string(kVariable) + "=narrow", "differs"}}));
  EXPECT_EQ(choose_kernels(kVariable, kVariants).variant, "narrow");
}

TEST_F(KernelChoiceTest, ADamagedFileOfFindingsHoldsNothing) {
  ASSERT_TRUE(keep_kernel_findings({{"A=b", "differs"}}));
  const auto entry = fs::recursive_directory_iterator(folder_.path());
  for (const auto& file : entry) {
    if (file.is_regular_file()) write_file(file.path(), R"({"A=b": )");
  }
  EXPECT_TRUE(known_kernel_findings().empty());
}

TEST(MissingInstructions, AreNamedAsPeopleKnowThem) {
  EXPECT_EQ(missing_instructions("avx2"), "");  // the program's own baseline
  // Of a family whose first set is missing only that one is named.
  const std::string missing = missing_instructions("avx512f avx512bw avx512vnni");
  if (!missing_instructions("avx512f").empty()) {
    EXPECT_EQ(missing, "AVX-512");
  }
}

}  // namespace
}  // namespace clipwright
