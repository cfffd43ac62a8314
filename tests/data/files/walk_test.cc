#include "data/files/walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/error.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::files {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace fs = std::filesystem;

bool is_picture(std::string_view name) { return name.ends_with(".jpg"); }

TEST(FilesBelow, PassesOverHiddenFiles) {
  const TemporaryFolder folder;
  for (const char* name : {"b.jpg", "a/c.jpg", "._b.jpg", "a/.c.jpg", ".cache/d.jpg", "e.txt",
                           "__MACOSX/b.jpg", "a/__MACOSX/x/c.jpg"})
    folder.write(name, "x");
  fs::create_directories(folder / "folder.jpg");
  EXPECT_THAT(files_below(folder.path(), is_picture), ElementsAre("a/c.jpg", "b.jpg"));
  EXPECT_THROW(files_below(folder / "absent", is_picture), Error);
  EXPECT_THAT(files_below(folder / ".cache", is_picture), ElementsAre("d.jpg"))
      << "a folder that is named is read";
}

TEST(FilesBelow, FollowsLinksToFilesAndFolders) {
  const TemporaryFolder folder, elsewhere;
  elsewhere.write("set/1.jpg", "x");
  elsewhere.write("other.jpg", "x");
  folder.write("a/0.jpg", "x");
  fs::create_directory_symlink(elsewhere / "set", folder / "linked");
  fs::create_symlink(elsewhere / "other.jpg", folder / "2.jpg");
  fs::create_directory_symlink("a", folder / "same");  // another class with the same pictures
  fs::create_symlink(elsewhere / "nothing", folder / "lost.jpg");
  EXPECT_THAT(files_below(folder.path(), is_picture),
              ElementsAre("2.jpg", "a/0.jpg", "linked/1.jpg", "lost.jpg", "same/0.jpg"));
  fs::create_directory_symlink(folder.path(), elsewhere / "root");
  EXPECT_THAT(files_below(elsewhere / "root", is_picture),
              ElementsAre("2.jpg", "a/0.jpg", "linked/1.jpg", "lost.jpg", "same/0.jpg"));
}

TEST(FilesBelow, LinksThatLeadBackAreNotFollowed) {
  const TemporaryFolder folder;
  folder.write("a/0.jpg", "x");
  folder.write("b/1.jpg", "x");
  fs::create_directory_symlink(folder.path(), folder / "a/up");
  fs::create_directory_symlink("..", folder / "a/back");
  fs::create_directory_symlink("../b", folder / "a/to_b");
  fs::create_directory_symlink("../a", folder / "b/to_a");
  fs::create_directory_symlink("self", folder / "self");
  EXPECT_THAT(files_below(folder.path(), is_picture),
              ElementsAre("a/0.jpg", "a/to_b/1.jpg", "b/1.jpg", "b/to_a/0.jpg"));
}

TEST(FilesBelow, LinksThatMultiplyEndInAnError) {
  const TemporaryFolder folder;
  constexpr int kFolders = 9;  // 9! ways through them
  for (int i = 0; i < kFolders; ++i) folder.write("f" + std::to_string(i) + "/0.jpg", "x");
  for (int i = 0; i < kFolders; ++i) {
    for (int k = 0; k < kFolders; ++k) {
      fs::create_directory_symlink("../f" + std::to_string(k),
                                   folder / ("f" + std::to_string(i) + "/to" + std::to_string(k)));
    }
  }
  try {
    files_below(folder.path(), is_picture);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("links to folders"));
  }
}

TEST(FilesIn, EndingsCountInAnyCaseAndHiddenFilesDoNot) {
  const TemporaryFolder folder;
  for (const char* name : {"2.tar", "10.tar", "1.TAR", "._1.tar", "sizes.json", "3.tar.gz"})
    folder.write(name, "");
  EXPECT_THAT(files_in(folder.path(), "tar"),
              ElementsAre(folder / "1.TAR", folder / "10.tar", folder / "2.tar"));
  EXPECT_THAT(files_in(folder / "absent", "tar"), IsEmpty());
}

TEST(MatchingPaths, KnowsTheSignsOfAShell) {
  const TemporaryFolder folder;
  for (const char* name : {"s/00.tar", "s/01.tar", "s/02.tar", "s/x.txt", "s/deep/03.tar",
                           "t/00.tar", "s/._00.tar", ".u/00.tar", "__MACOSX/00.tar"})
    folder.write(name, "");
  const auto found = [&](const std::string& pattern) {
    std::vector<std::string> names;
    for (const std::string& path : matching_paths(folder / pattern))
      names.push_back(fs::path(path).lexically_relative(folder.path()).string());
    return names;
  };
  EXPECT_THAT(found("s/*.tar"), ElementsAre("s/00.tar", "s/01.tar", "s/02.tar"));
  EXPECT_THAT(found("s/0[0-1].tar"), ElementsAre("s/00.tar", "s/01.tar"));
  EXPECT_THAT(found("s/0[!0].tar"), ElementsAre("s/01.tar", "s/02.tar"));
  EXPECT_THAT(found("s/0?.tar"), ElementsAre("s/00.tar", "s/01.tar", "s/02.tar"));
  EXPECT_THAT(found("*/00.tar"), ElementsAre("s/00.tar", "t/00.tar"));
  EXPECT_THAT(found("**/*.tar"),
              ElementsAre("s/00.tar", "s/01.tar", "s/02.tar", "s/deep/03.tar", "t/00.tar"));
  EXPECT_THAT(found("**/03.tar"), ElementsAre("s/deep/03.tar"));
  EXPECT_THAT(found("s/**/0[0-3].tar"),
              ElementsAre("s/00.tar", "s/01.tar", "s/02.tar", "s/deep/03.tar"));
  EXPECT_THAT(found("s/**/**/03.tar"), ElementsAre("s/deep/03.tar"));
  EXPECT_THAT(found("s/._*"), ElementsAre("s/._00.tar")) << "a dot that is asked for";
  EXPECT_THAT(found("s/*.csv"), IsEmpty());
  EXPECT_THAT(found("absent/*.tar"), IsEmpty());
}

TEST(MatchingPaths, StartsAtTheWorkingFolder) {
  const TemporaryFolder folder;
  folder.write("a/0.tar", "");
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  EXPECT_THAT(matching_paths("*/*.tar"), ElementsAre("a/0.tar"));
  EXPECT_THAT(matching_paths("./a/[0-9].tar"), ElementsAre("./a/0.tar"));
  EXPECT_THAT(matching_paths("**/0.tar"), ElementsAre("a/0.tar"));
  fs::current_path(before);
}

}  // namespace
}  // namespace clipwright::data::files
