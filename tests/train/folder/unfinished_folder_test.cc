#include "train/folder/unfinished_folder.h"

#include <gtest/gtest.h>

#include "core/file.h"
#include "tests/temporary_folder.h"

namespace clipwright::train::folder {
namespace {

TEST(UnfinishedFolder, GetsItsNameAndReplacesWhatHasIt) {
  const TemporaryFolder folder;
  const fs::path name = folder.path() / "step_1";
  for (const char* words : {"first", "second"}) {
    UnfinishedFolder unfinished(name);
    write_file(unfinished.path() / "model", words);
    unfinished.rename();
    EXPECT_EQ(read_file(name / "model"), words);
    EXPECT_FALSE(fs::exists(unfinished.path()));
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
}

TEST(UnfinishedFolder, IsGoneWithoutAName) {
  const TemporaryFolder folder;
  const fs::path name = folder.path() / "step_1";
  fs::create_directories(name);  // empty, as another program may have made it
  {
    UnfinishedFolder unfinished(name);
    write_file(unfinished.path() / "model", "half");
  }
  EXPECT_TRUE(fs::is_empty(name));
  UnfinishedFolder unfinished(name);
  write_file(unfinished.path() / "model", "whole");
  unfinished.rename();
  EXPECT_EQ(read_file(name / "model"), "whole");
}

}  // namespace
}  // namespace clipwright::train::folder
