// What a data argument may name, and what is said of what it may not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "data/files/tar.h"
#include "data/source/brace_expansion.h"
#include "data/source/dataset.h"
#include "data/source/image_file.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::source {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;
using Members = std::vector<std::pair<std::string, std::string>>;

void write_tar(const std::string& path, const Members& members) {
  files::TarWriter writer(path);
  for (const auto& [name, bytes] : members) writer.add(name, bytes);
  writer.finish();
}

std::vector<std::string> keys_of(const std::string& source) {
  const auto dataset = open_dataset({.source = source});
  std::vector<std::string> keys;
  for (int64_t i = 0; i < dataset->size(); ++i) keys.push_back(dataset->key(i));
  return keys;
}

std::string refused(const std::string& source, bool pictures = true) {
  try {
    open_dataset({.source = source, .pictures = pictures});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error for " << source;
  return {};
}

TEST(Places, PatternsNameTarsTablesAndFolders) {
  const TemporaryFolder folder;
  for (const char* name : {"0", "1", "2"}) {
    write_tar(folder / (std::string("s-") + name + ".tar"),
              {{std::string(name) + ".jpg", "x"}, {std::string(name) + ".txt", "a dog"}});
    folder.write(std::string("t/") + name + ".csv", "filepath,title\np.jpg,a cat\n");
    folder.write(std::string("part") + name + "/" + name + ".jpg", "x");
    folder.write(std::string("part") + name + "/" + name + ".txt", "a bird");
  }
  folder.write("t/p.jpg", "x");
  folder.write("._s-0.tar", "no tar");
  EXPECT_THAT(keys_of(folder / "*.tar"), ElementsAre("0", "1", "2"));
  EXPECT_THAT(keys_of(folder / "s-[1-2].tar"), ElementsAre("1", "2"));
  EXPECT_THAT(keys_of(folder / "s-?.tar"), ElementsAre("0", "1", "2"));
  EXPECT_THAT(keys_of(folder / "{s-0,s-[12]}.tar"), ElementsAre("0", "1", "2"));
  EXPECT_THAT(keys_of((folder / "s-2.tar") + "::" + (folder / "s-[01].tar")),
              ElementsAre("2", "0", "1"));
  EXPECT_THAT(keys_of(folder / "t/*.csv"), ElementsAre("p.jpg", "p.jpg", "p.jpg"));
  EXPECT_THAT(keys_of(folder / "part*"), ElementsAre("0.jpg", "1.jpg", "2.jpg"));
  EXPECT_THAT(refused(folder / "*.csv"), HasSubstr("*.csv: no file matches"));
}

TEST(Places, ANameWithTheSignsOfAPatternIsAName) {
  const TemporaryFolder folder;
  write_tar(folder / "a[1].tar", {{"odd.jpg", "x"}, {"odd.txt", "a dog"}});
  write_tar(folder / "a1.tar", {{"1.jpg", "x"}, {"1.txt", "a dog"}});
  EXPECT_THAT(keys_of(folder / "a[1].tar"), ElementsAre("odd"));
}

TEST(Places, CaptionsAloneKnowPatternsOfOneFile) {
  const TemporaryFolder folder;
  folder.write("a.txt", "a dog\n");
  EXPECT_EQ(open_dataset({.source = folder / "*.txt", .pictures = false})->size(), 1);
  folder.write("b.txt", "a cat\n");
  EXPECT_THROW(open_dataset({.source = folder / "*.txt", .pictures = false}), Error);
  EXPECT_THAT(refused("s3://bucket/captions.txt", false), HasSubstr("aws s3 sync"));
}

TEST(Places, WhatIsNotOfThisMachineIsNamedWithAdvice) {
  for (const char* place :
       {"s3://bucket/{00..09}.tar", "https://example.org/{0..9}.tar", "hf://datasets/a/b/0.tar",
        "gs://bucket/0.tar", "pipe:aws s3 cp s3://bucket/{0..9}.tar -", "/x/0.tar::s3://b/1.tar"})
    EXPECT_THAT(refused(place), AllOf(HasSubstr("which is not"), HasSubstr("then name the files")))
        << place;
  EXPECT_EQ(read_image_file("https://example.org/0.jpg").error,
            "is an address on a network, which is not read");
}

TEST(Places, CompressedTarsAreSaidAloneAndInFolders) {
  const TemporaryFolder folder;
  for (const char* name : {"0.tar.gz", "1.tgz", "2.tar.zst", "3.tar.bz2"}) {
    const std::string path = folder.write(std::string(name) + ".d/" + name, "x");
    EXPECT_THAT(refused(path), AllOf(HasSubstr("is compressed"), HasSubstr("Unpack it once")));
    EXPECT_THAT(refused(folder / (std::string(name) + ".d")),
                AllOf(HasSubstr(name), HasSubstr("plain tars"), HasSubstr("Unpack it once")));
  }
  // Under a plain name.
  EXPECT_THAT(refused(folder.write("z.tar", "\x1f\x8b" + std::string(1000, 'x'))),
              HasSubstr("is gzipped, not a plain tar"));
}

TEST(Places, CompressedTarsBesidePlainOnesAreTold) {
  const TemporaryFolder folder;
  write_tar(folder / "0.tar", {{"0.jpg", "x"}, {"0.txt", "a dog"}});
  folder.write("1.tar.gz", "x");
  configure_log({});
  testing::internal::CaptureStderr();
  EXPECT_THAT(keys_of(folder.path()), ElementsAre("0"));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("1.tar.gz are not read"));
}

TEST(Places, AFolderWithoutPicturesSaysWhatItHolds) {
  const TemporaryFolder folder;
  write_tar((fs::create_directories(folder / "nested/part"), folder / "nested/part/0.tar"),
            {{"0.jpg", "x"}, {"0.txt", "a dog"}});
  EXPECT_THAT(refused(folder / "nested"),
              AllOf(HasSubstr("part/0.tar"), HasSubstr("nested/**/*.tar")));
  EXPECT_THAT(keys_of(folder / "nested/**/*.tar"), ElementsAre("0"));
  folder.write("table/train.csv", "filepath,title\n");
  EXPECT_THAT(refused(folder / "table"), HasSubstr("table/train.csv"));
  folder.write("phone/1.HEIC", "x");
  EXPECT_THAT(refused(folder / "phone"), AllOf(HasSubstr("1.HEIC"), HasSubstr("Convert them")));
  folder.write("mac/._1.jpg", "x");
  EXPECT_THAT(refused(folder / "mac"), HasSubstr("holds no picture"));
}

TEST(Places, EndingsCountInAnyCaseInFoldersAsInTars) {
  const TemporaryFolder folder;
  write_tar(folder / "s.tar",
            {{"IMG_1.JPG", "one"}, {"IMG_1.TXT", "a dog"}, {"b.GIF", "two"}, {"b.Txt", "a cat"}});
  for (const auto& [name, text] : Members{{"d/IMG_1.JPG", "one"},
                                          {"d/IMG_1.TXT", "a dog\r\n"},
                                          {"d/b.GIF", "two"},
                                          {"d/b.Txt",
                                           "\xEF\xBB\xBF"
                                           "a cat"}})
    folder.write(name, text);
  for (const std::string& source : {folder / "s.tar", folder / "d"}) {
    const auto dataset = open_dataset({.source = source});
    ASSERT_EQ(dataset->size(), 2) << source;
    EXPECT_EQ(dataset->caption(0), "a dog") << source;
    EXPECT_EQ(dataset->caption(1), "a cat") << source;
  }
  folder.write("both/x.jpg", "x");
  folder.write("both/x.TXT", "loud");
  folder.write("both/x.txt", "quiet");
  EXPECT_EQ(open_dataset({.source = folder / "both"})->caption(0), "quiet");
}

TEST(Places, HiddenFilesArePassedOverInFoldersAndTarsAlike) {
  const TemporaryFolder folder;
  const Members members = {{"0.jpg", "x"},          {"._0.jpg", "x"},      {"0.txt", "a dog"},
                           {"._0.txt", "x"},        {".DS_Store", "x"},    {"__MACOSX/1.jpg", "x"},
                           {"__MACOSX/1.txt", "x"}, {".trash/2.jpg", "x"}, {".trash/2.txt", "x"}};
  write_tar(folder / "s.tar", members);
  for (const auto& [name, bytes] : members) folder.write("d/" + name, bytes);
  EXPECT_THAT(keys_of(folder / "s.tar"), ElementsAre("0"));
  EXPECT_THAT(keys_of(folder / "d"), ElementsAre("0.jpg"));
  write_tar(folder / "all.tar", {{".x/0.jpg", "x"}, {".x/0.txt", "a dog"}});
  EXPECT_THAT(refused(folder / "all.tar"), HasSubstr("hidden members, which are passed over: 2"));
}

TEST(Places, LinksAreFollowed) {
  const TemporaryFolder folder, elsewhere;
  elsewhere.write("set/1.jpg", "x");
  elsewhere.write("set/1.txt", "a dog");
  write_tar(elsewhere / "0.tar", {{"0.jpg", "x"}, {"0.txt", "a cat"}});
  fs::create_directories(folder / "d");
  fs::create_directory_symlink(elsewhere / "set", folder / "d/linked");
  fs::create_directory_symlink(folder / "d", folder / "d/cycle");
  EXPECT_THAT(keys_of(folder / "d"), ElementsAre("linked/1.jpg"));
  fs::create_directories(folder / "t");
  fs::create_symlink(elsewhere / "0.tar", folder / "t/9.tar");
  EXPECT_THAT(keys_of(folder / "t"), ElementsAre("0"));
  EXPECT_THAT(keys_of(folder / "t/*.tar"), ElementsAre("0"));
}

TEST(Places, SparseMembersAreAReason) {
  const TemporaryFolder folder;
  folder.write("0.jpg", "x");
  fs::resize_file(folder / "0.jpg", 1 << 20);
  folder.write("0.txt", "a dog");
  folder.write("1.jpg", "x");
  folder.write("1.txt", "a cat");
  for (const std::string format : {"gnu", "pax"}) {
    const std::string command = "tar --sparse --format=" + format + " --sort=name -C " +
                                folder.path().string() + " -cf " + (folder / "s.tar") +
                                " 0.jpg 0.txt 1.jpg 1.txt";
    ASSERT_EQ(std::system(command.c_str()), 0);
    const auto dataset = open_dataset({.source = folder / "s.tar"});
    EXPECT_THAT(dataset->describe(), HasSubstr("skipped 1 of 2 (sparse 1)")) << format;
    EXPECT_EQ(dataset->key(0), "1");
  }
}

TEST(Places, ATarWithoutItsEndMarkIsToldAndRead) {
  const TemporaryFolder folder;
  write_tar(folder / "s.tar", {{"0.jpg", "x"}, {"0.txt", "a dog"}});
  for (const int size : {4 * 512, 4 * 512 - 100}) {
    fs::resize_file(folder / "s.tar", static_cast<uintmax_t>(size));
    configure_log({});
    testing::internal::CaptureStderr();
    EXPECT_THAT(keys_of(folder / "s.tar"), ElementsAre("0"));
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("cut off"));
    EXPECT_THAT(open_dataset({.source = folder / "s.tar"})->describe(),
                HasSubstr("1 tar damaged or cut off"));
  }
}

static_assert(!std::is_copy_constructible_v<ImageBytes> && !std::is_copy_assignable_v<ImageBytes>,
              "the view of a copy would be into the original");

TEST(ImageBytes, AMovedOneStillSeesItsBytes) {
  const TemporaryFolder folder;
  ImageBytes first = read_image_file(folder.write("0.jpg", "bytes"));
  const ImageBytes second = std::move(first);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(second.view.data()), second.view.size()),
            "bytes");
}

}  // namespace
}  // namespace clipwright::data::source
