#include "core/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "core/error.h"
#include "core/npy.h"

namespace clipwright {
namespace {

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("clipwright-file-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  int64_t files() const {
    return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  }
  fs::path folder_;
};

TEST_F(FileTest, AppearsOnlyWhenCommitted) {
  {
    AtomicFile file(folder_ / "x");
    file.write("half");
    EXPECT_FALSE(fs::exists(folder_ / "x"));
  }
  EXPECT_EQ(files(), 0) << "the temporary was left behind";
  write_file(folder_ / "x", "whole");
  EXPECT_EQ(read_file(folder_ / "x"), "whole");
  EXPECT_EQ(files(), 1);
}

TEST_F(FileTest, ADeviceAPipeOrAFolderIsNotReplaced) {
  const fs::path pipe = folder_ / "pipe", link = folder_ / "link";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  fs::create_symlink("/dev/null", link);
  for (const fs::path& path : {pipe, link, folder_}) {
    try {
      write_file(path, "x");
      FAIL() << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kFailed);
      EXPECT_NE(std::string(error.what()).find(path == folder_ ? "a folder" : "no regular file"),
                std::string::npos)
          << error.what();
    }
  }
  EXPECT_TRUE(fs::is_fifo(pipe));
  EXPECT_TRUE(fs::is_character_file(link));
  EXPECT_EQ(files(), 2) << "a temporary was left behind";
}

// A run's folder or an output may lie on another disk behind a link: the link is the user's.
TEST_F(FileTest, ALinkStaysAndTheFileBehindItIsWritten) {
  const fs::path away = folder_ / "away", here = folder_ / "here", up = folder_ / "up";
  for (const fs::path& folder : {away, here}) fs::create_directories(folder);
  fs::create_directory_symlink("here", up);
  write_file(away / "file", "old");
  struct Case {
    fs::path link, target, file;
  };
  const Case cases[] = {
      {here / "beside", "own", here / "own"},
      {here / "absolute", away / "file", away / "file"},
      {here / "relative", "../away/file", away / "file"},
      {here / "of_a_link", "relative", away / "file"},
      {here / "to_nothing_yet", "../away/new", away / "new"},
      {up / "through_a_linked_folder", "../away/newer", away / "newer"},
  };
  write_file(here / "own", "old");
  for (const auto& [link, target, file] : cases) {
    fs::create_symlink(target, link);
    {
      AtomicFile left(link);
      left.write("half");
      EXPECT_EQ(left.temporary().parent_path().lexically_normal().filename(),
                file.parent_path().filename())
          << "a rename from another disk would fail";
    }
    EXPECT_EQ(fs::exists(file) ? read_file(file) : "old", "old") << link;
    write_file(link, link.string());
    EXPECT_EQ(fs::read_symlink(link), target);
    EXPECT_FALSE(fs::is_symlink(file)) << file;
    EXPECT_EQ(read_file(file), link.string());
    write_file(file, "old");
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(away), fs::directory_iterator()), 3)
      << "a temporary was left behind";
}

TEST_F(FileTest, ALinkThatLeadsNowhereToWriteIsSaidWithItsTarget) {
  const fs::path circle = folder_ / "circle", lost = folder_ / "lost";
  fs::create_symlink("circle", circle);
  fs::create_symlink("no_folder/x", lost);
  for (const auto& [link, said] :
       {std::pair(circle, "Too many levels of symbolic links"), std::pair(lost, "no_folder/x")}) {
    try {
      write_file(link, "x");
      FAIL() << link;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kFailed);
      EXPECT_NE(std::string(error.what()).find(link.string()), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find(said), std::string::npos) << error.what();
    }
    EXPECT_TRUE(fs::is_symlink(link));
  }
  EXPECT_EQ(files(), 2) << "a temporary was left behind";
}

TEST_F(FileTest, AMissingFileOrAFolderIsInputThatCannotBeUsed) {
  for (const fs::path& path : {folder_ / "missing", folder_}) {
    try {
      MappedFile file(path);
      FAIL() << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos);
    }
  }
}

TEST_F(FileTest, AnEmptyFileMapsToNothing) {
  write_file(folder_ / "empty", "");
  EXPECT_TRUE(MappedFile(folder_ / "empty").text().empty());
}

TEST_F(FileTest, NpyReadsBackWhatItWroteAndRefusesDamage) {
  const std::vector<float> values = {1, 2.5F, -3, 0, 1e-20F, 6};
  const int64_t shape[] = {2, 3};
  write_npy(folder_ / "a.npy", values, shape);
  const NpyArray array = read_npy(folder_ / "a.npy");
  EXPECT_EQ(array.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_TRUE(std::equal(values.begin(), values.end(), array.values<float>().begin()));
  EXPECT_EQ(fs::file_size(folder_ / "a.npy") % 64, values.size() * 4 % 64)
      << "the data must start at a multiple of 64";
  const std::string good = read_file(folder_ / "a.npy");
  for (const std::string& bad : {good.substr(0, good.size() - 1), good.substr(0, 40),
                                 std::string("no"), "\x93NUMPY" + good.substr(20)}) {
    write_file(folder_ / "b.npy", bad);
    EXPECT_THROW(read_npy(folder_ / "b.npy"), Error);
  }
}

}  // namespace
}  // namespace clipwright
