#include "core/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/temporary_folder.h"

namespace clipwright {
namespace {

std::string error_of(const fs::path& path) {
  try {
    is_there(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    return error.what();
  }
  ADD_FAILURE() << path << " was told";
  return {};
}

TEST(IsThere, TellsWhatIsThereAndWhatIsNot) {
  const TemporaryFolder folder;
  const std::string file = folder.write("file", "");
  fs::create_symlink("file", folder.path() / "link");
  EXPECT_TRUE(is_there(file));
  EXPECT_TRUE(is_there(folder.path()));
  EXPECT_TRUE(is_there(folder.path() / "link"));
  EXPECT_FALSE(is_there(folder.path() / "none"));
  EXPECT_FALSE(is_there(fs::path(file) / "below"));
  EXPECT_FALSE(is_there("ViT-B-32"));
}

TEST(IsThere, LinksAndNamesThatLeadNowhereAreSentences) {
  const TemporaryFolder folder;
  fs::create_symlink("circle", folder.path() / "circle");
  fs::create_symlink("gone", folder.path() / "dangling");
  EXPECT_THAT(error_of(folder.path() / "circle"), testing::HasSubstr("cannot be reached ("));
  EXPECT_THAT(error_of(folder.path() / "circle/file"), testing::HasSubstr("cannot be reached ("));
  EXPECT_THAT(error_of(folder.path() / "dangling"),
              testing::HasSubstr("is a link to gone, which is not there"));
  EXPECT_THAT(error_of(folder.path() / std::string(300, 'a')),
              testing::HasSubstr("cannot be reached ("));
}

}  // namespace
}  // namespace clipwright
