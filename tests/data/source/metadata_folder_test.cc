#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "data/source/dataset.h"
#include "tests/captured_log.h"
#include "tests/data/test_pictures.h"
#include "tests/parquet_file.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::source {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class MetadataFolder : public testing::Test {
 protected:
  MetadataFolder() {
    for (const char* name : {"0.png", "1.png", "deep/2.webp"}) folder_.write(name, "picture");
  }
  /// "key=caption" of every pair.
  std::vector<std::string> pairs(DataOptions options = {}) {
    options.source = folder_.path().string();
    const auto dataset = open_dataset(options);
    std::vector<std::string> all;
    for (int64_t i = 0; i < dataset->size(); ++i) {
      all.push_back(dataset->key(i) + "=" + dataset->caption(i));
      if (options.pictures) EXPECT_EQ(dataset->image(i).error, "");
    }
    return all;
  }
  TemporaryFolder folder_;
};

TEST_F(MetadataFolder, EveryFormGivesThePicturesTheirCaptions) {
  const struct {
    const char *name, *contents;
  } kTables[] = {
      {"metadata.jsonl",
       "{\"file_name\": \"0.png\", \"text\": \"a dog\"}\n"
       "{\"file_name\": \"deep/2.webp\", \"text\": \"a cat\"}\n"},
      {"metadata.ndjson",
       "{\"file_name\": \"0.png\", \"caption\": [\"a dog\", \"brown\"]}\n"
       "{\"file_name\": \"deep/2.webp\", \"caption\": [\"a cat\"]}\n"},
      {"metadata.csv", "file_name,text\n0.png,a dog\ndeep/2.webp,a cat\n"},
      {"metadata.csv", "text,additional,file_name\r\na dog,x,0.png\r\na cat,y,deep/2.webp\r\n"},
      {"metadata.tsv", "file_name\tcaption\n0.png\ta dog\ndeep/2.webp\ta cat\n"},
  };
  for (const auto& [name, contents] : kTables) {
    folder_.write(name, contents);
    for (const bool pictures : {true, false}) {
      CapturedLog log;
      EXPECT_THAT(pairs({.pictures = pictures}), ElementsAre("0.png=a dog", "deep/2.webp=a cat"))
          << contents;
      const std::string said = log.told();
      if (pictures)
        EXPECT_THAT(said,
                    HasSubstr("1 of 3 pictures have no row in its metadata, the first 1.png"));
    }
    std::filesystem::remove(folder_ / name);
  }
  write_parquet(folder_ / "metadata.parquet",
                {{"file_name", array_of<arrow::StringBuilder>({"0.png", "deep/2.webp"})},
                 {"text", array_of<arrow::StringBuilder>({"a dog", "a cat"})}});
  EXPECT_THAT(pairs(), ElementsAre("0.png=a dog", "deep/2.webp=a cat"));
}

TEST_F(MetadataFolder, FoldersBelowMayHaveTheirOwn) {
  folder_.write("train/0.png", "picture");
  folder_.write("train/metadata.csv", "file_name,text\n0.png,a dog\n");
  folder_.write("test/x/0.png", "picture");
  folder_.write("test/metadata.jsonl", "{\"file_name\": \"x/0.png\", \"text\": \"a cat\"}\n");
  EXPECT_THAT(pairs(), ElementsAre("test/x/0.png=a cat", "train/0.png=a dog"));
}

TEST_F(MetadataFolder, TextsBesideThePicturesAreTheCaptions) {
  folder_.write("0.txt", "from the text");
  folder_.write("metadata.csv", "file_name,text\n1.png,from the table\n");
  CapturedLog log;
  EXPECT_THAT(pairs(), ElementsAre("0.png=from the text"));
  EXPECT_THAT(log.told(), HasSubstr("metadata.csv is not read"));
}

TEST_F(MetadataFolder, OneWithoutCaptionsIsPassedOver) {
  folder_.write("metadata.csv", "file_name,width\n0.png,40\n");
  EXPECT_THAT(pairs(), ElementsAre("0.png=", "1.png=", "deep/2.webp="));
}

TEST_F(MetadataFolder, LabelsAreTakenWhereTheyAreAskedFor) {
  folder_.write("metadata.csv", "file_name,label\n0.png,cat\n1.png,3\n");
  const auto dataset = open_dataset({.source = folder_.path().string(), .labels = true});
  ASSERT_EQ(dataset->size(), 2);
  EXPECT_EQ(dataset->class_name(0), "cat");
  EXPECT_EQ(dataset->label(1), 3);
}

TEST_F(MetadataFolder, WhatCannotBeUsedIsASentence) {
  const auto complaint = [&]() -> std::string {
    try {
      pairs();
    } catch (const Error& error) {
      return error.what();
    }
    return "no complaint";
  };
  folder_.write("metadata.csv", "file_name,text\nabsent.png,a dog\n");
  EXPECT_THAT(complaint(), HasSubstr("metadata.csv: none of 1 pictures"));
  folder_.write("metadata.jsonl", "{\"file_name\": \"0.png\", \"text\": \"a dog\"}\n");
  EXPECT_THAT(complaint(), HasSubstr("holds metadata.csv and metadata.jsonl"));
}

/// Keys of a column of their own are no paths: nothing is said of pictures that they do not name.
TEST_F(MetadataFolder, KeysThatAreNoPathsTellNothingOfPictures) {
  folder_.write("metadata.csv", "file_name,key,text\n0.png,k0,a\n1.png,k1,b\ndeep/2.webp,k2,c\n");
  CapturedLog log;
  EXPECT_THAT(pairs(), ElementsAre("k0=a", "k1=b", "k2=c"));
  EXPECT_THAT(log.told(), testing::Not(HasSubstr("have no row")));
}

}  // namespace
}  // namespace clipwright::data::source
