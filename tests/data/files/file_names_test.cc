#include "data/files/file_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace clipwright::data::files {
namespace {

using testing::HasSubstr;

TEST(FileNames, PicturesInAnyCase) {
  for (const char* name :
       {"a.jpg", "b/A.JPG", "x.y.JpEg", "p.png", "p.webp", "p.GIF", "p.bmp", "p.tif", "p.TIFF"})
    EXPECT_TRUE(is_image_name(name)) << name;
  for (const char* name : {"jpg", "a.jpg.txt", "a.txt", "a.svg", "a.jpg/b", ""})
    EXPECT_FALSE(is_image_name(name)) << name;
  EXPECT_EQ(lower_extension("x/Y.JPG"), "jpg");
  EXPECT_EQ(lower_extension("x.d/y"), "");
}

TEST(FileNames, HiddenIsWhatSystemsLeaveBesideData) {
  for (const char* path : {"._0.jpg", ".DS_Store", "a/._0.jpg", ".cache/0.jpg", "a/.git/0.jpg",
                           "__MACOSX/0.jpg", "a/__MACOSX/b/0.jpg", "__MACOSX"})
    EXPECT_TRUE(is_hidden(path)) << path;
  for (const char* path : {"0.jpg", "./0.jpg", "../a/0.jpg", "a.b/c.jpg", "a/MACOSX/0.jpg", ""})
    EXPECT_FALSE(is_hidden(path)) << path;
}

TEST(FileNames, InAListTheFoldersAboveAreTheUsers) {
  EXPECT_FALSE(is_hidden_file("/home/me/.cache/pictures/0.jpg"));
  EXPECT_FALSE(is_hidden_file("./0.jpg"));
  EXPECT_TRUE(is_hidden_file("/home/me/pictures/._0.jpg"));
  EXPECT_TRUE(is_hidden_file("pictures/__MACOSX/0.jpg"));
}

TEST(FileNames, CompressedArchivesAndHowToUnpackThem) {
  const std::pair<const char*, const char*> kArchives[] = {
      {"0.tar.gz", "gunzip"}, {"0.TGZ", "gunzip"},      {"0.tar.zst", "zstd -d"},
      {"0.tzst", "zstd -d"},  {"0.tar.bz2", "bunzip2"}, {"0.tbz2", "bunzip2"},
      {"0.tar.xz", "unxz"},   {"0.tar.lz4", "lz4 -d"},  {"0.zip", "unzip"}};
  for (const auto& [name, command] : kArchives) {
    EXPECT_TRUE(is_compressed_archive(name)) << name;
    EXPECT_THAT(unpacking_advice(name), HasSubstr(command)) << name;
  }
  EXPECT_FALSE(is_compressed_archive("0.tar"));
  EXPECT_FALSE(is_compressed_archive("captions.txt.gz"));
}

TEST(FileNames, PlacesOnANetworkAreNamedWithWhatToDo) {
  const std::pair<const char*, const char*> kPlaces[] = {
      {"s3://bucket/{0..9}.tar", "aws s3 sync"},
      {"gs://bucket/0.tar", "gcloud storage"},
      {"hf://datasets/owner/name", "hf download"},
      {"https://example.org/0.tar", "wget"},
      {"http://example.org/0.tar", "wget"},
      {"az://container/0.tar", "Copy it to this machine first"},
      {"file:///data/0.tar", "Leave out 'file://'"},
      {"pipe:aws s3 cp s3://bucket/0.tar -", "Run the command once"}};
  for (const auto& [place, advice] : kPlaces) {
    try {
      refuse_remote(place);
      ADD_FAILURE() << place;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      EXPECT_THAT(error.what(), HasSubstr(place));
      EXPECT_THAT(error.what(), HasSubstr(advice));
    }
  }
  for (const char* path : {"/data/0.tar", "a.tar::b.tar", "C:/x", "odd name: x", "x/s3://y", ""})
    EXPECT_NO_THROW(refuse_remote(path)) << path;
}

}  // namespace
}  // namespace clipwright::data::files
