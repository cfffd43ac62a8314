#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "data/files/tar.h"
#include "data/source/dataset.h"
#include "tests/parquet_file.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::source {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class JsonLines : public testing::Test {
 protected:
  JsonLines() { folder_.write("1.jpg", "picture"); }
  std::unique_ptr<Dataset> open(const std::string& contents, DataOptions options = {}) {
    options.source = folder_.write("t.jsonl", contents);
    return open_dataset(options);
  }
  std::string complaint(const std::string& contents, const DataOptions& options = {}) {
    try {
      open(contents, options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput) << error.what();
      return error.what();
    }
    return "no complaint";
  }
  TemporaryFolder folder_;
};

TEST_F(JsonLines, AListOfCaptionsIsThePicturesCaptions) {
  for (const char* field : {"caption", "text", "captions", "sentences", "Caption"}) {
    for (const bool pictures : {true, false}) {
      const auto dataset = open(
          "{\"image\": \"1.jpg\", \"" + std::string(field) + "\": [\"a dog\", \" \", \"brown\"]}\n",
          {.pictures = pictures});
      ASSERT_EQ(dataset->size(), 1) << field;
      EXPECT_EQ(dataset->key(0), "1.jpg");
      EXPECT_EQ(dataset->caption(0), "a dog");
      EXPECT_THAT(dataset->captions(0), ElementsAre("a dog", "brown")) << field;
    }
  }
  EXPECT_THAT(open(R"({"image": "1.jpg", "sentences": [{"raw": "a", "tokens": []}, {"raw": "b"}]})")
                  ->captions(0),
              ElementsAre("a", "b"));
  EXPECT_THAT(open(R"({"image": "1.jpg", "caption": "a", "captions": ["a", "b"]})")->captions(0),
              ElementsAre("a", "b"));
}

TEST_F(JsonLines, OneListOfObjectsIsNamed) {
  EXPECT_THAT(complaint(R"([{"image": "1.jpg", "caption": ["a dog"]}])"),
              HasSubstr("a JSON object a line"));
  EXPECT_THAT(complaint("[\n {\"image\": \"1.jpg\",\n  \"caption\": \"a dog\"}]"),
              HasSubstr("a JSON object a line"));
}

TEST_F(JsonLines, NestedFieldsCanBeNamedAndAreTold) {
  const std::string line =
      R"({"image": {"path": "1.jpg"}, "meta": {"en": {"caption": "a dog"}}, "id": 7})";
  EXPECT_EQ(open(line, {.csv_caption_key = "meta.en.caption"})->caption(0), "a dog");
  EXPECT_EQ(open(line, {.pictures = false, .caption_column = "meta.en.caption"})->caption(0),
            "a dog");
  EXPECT_EQ(open(line, {.pictures = false, .caption_column = "meta.en.caption"})->key(0), "1.jpg");
  EXPECT_THAT(complaint(line),
              HasSubstr("there is meta.en.caption, which --csv-caption-key may name"));
  EXPECT_THAT(complaint(line, {.pictures = false}),
              HasSubstr("there is meta.en.caption, which --caption-column may name"));
  EXPECT_THAT(complaint(R"({"photo": {"file_name": "1.jpg"}, "caption": "a dog"})"),
              HasSubstr("there is photo.file_name, which --csv-img-key may name"));
}

/// Wherever JSON is read that Python may have written.
TEST_F(JsonLines, NanAndTheLikeAreReadAsPythonReadsThem) {
  const std::string words =
      R"("punsafe": NaN, "x": [Infinity, -Infinity, 1e999], "title2": "cut \ud83d")";
  const std::string object = R"({"image": "1.jpg", "caption": "a dog", )" + words + "}";
  for (const bool pictures : {true, false})
    EXPECT_EQ(open(object + "\n", {.pictures = pictures})->caption(0), "a dog");
  EXPECT_EQ(open_dataset({.source = folder_.write("t.json", "[" + object + "]")})->caption(0),
            "a dog");
  files::TarWriter writer(folder_ / "t.tar");
  writer.add("1.jpg", "picture");
  writer.add("1.json", R"({"caption": ["a dog", "brown"], )" + words + "}");
  writer.finish();
  const auto tar = open_dataset({.source = folder_ / "t.tar"});
  EXPECT_EQ(tar->caption(0), "a dog");
  EXPECT_THAT(tar->captions(0), ElementsAre("a dog", "brown"));
}

TEST_F(JsonLines, NumbersOf64BitsAreExactKeys) {
  for (const char* key : {"9007199254740993", "18446744073709551615", "-9223372036854775808"}) {
    const std::string line =
        R"({"image": "1.jpg", "caption": "a dog", "key": )" + std::string(key) + "}\n";
    EXPECT_EQ(open(line)->key(0), key);
    EXPECT_EQ(open(line, {.pictures = false})->key(0), key);
  }
  arrow::Int64Builder below;
  arrow::UInt64Builder above;
  ASSERT_TRUE(below.AppendValues({9007199254740993, -9007199254740993}).ok());
  ASSERT_TRUE(above.AppendValues({18446744073709551615U, 9007199254740993U}).ok());
  const auto numbers_below = below.Finish().ValueOrDie(),
             numbers_above = above.Finish().ValueOrDie();
  for (const auto& keys : {numbers_below, numbers_above}) {
    const std::string path = write_parquet(
        folder_ / "t.parquet", {{"key", keys},
                                {"image_path", array_of<arrow::StringBuilder>({"1.jpg", "1.jpg"})},
                                {"caption", array_of<arrow::StringBuilder>({"a", "b"})}});
    for (const bool pictures : {true, false}) {
      const auto dataset = open_dataset({.source = path, .pictures = pictures});
      EXPECT_EQ(dataset->key(0),
                keys == numbers_below ? "9007199254740993" : "18446744073709551615");
      EXPECT_EQ(dataset->key(1), keys == numbers_below ? "-9007199254740993" : "9007199254740993");
    }
  }
}

template <typename ListBuilder, typename... Size>
std::shared_ptr<arrow::Array> lists(const std::vector<std::vector<std::string>>& rows,
                                    Size... size) {
  const auto texts = std::make_shared<arrow::StringBuilder>();
  ListBuilder builder(arrow::default_memory_pool(), texts, size...);
  for (const auto& row : rows) {
    EXPECT_TRUE(builder.Append().ok());
    for (const std::string& text : row) EXPECT_TRUE(texts->Append(text).ok());
  }
  return builder.Finish().ValueOrDie();
}

TEST_F(JsonLines, ParquetsListsAreCaptionsToo) {
  const std::vector<std::vector<std::string>> texts = {{"a dog", " brown "}, {" ", "a cat"}};
  for (const auto& column :
       {lists<arrow::ListBuilder>(texts), lists<arrow::LargeListBuilder>(texts),
        lists<arrow::FixedSizeListBuilder>(texts, 2)}) {
    for (const char* name : {"caption", "captions"}) {
      const std::string path = write_parquet(
          folder_ / "t.parquet",
          {{"image_path", array_of<arrow::StringBuilder>({"1.jpg", "1.jpg"})}, {name, column}});
      for (const bool pictures : {true, false}) {
        const auto dataset = open_dataset({.source = path, .pictures = pictures});
        ASSERT_EQ(dataset->size(), 2);
        EXPECT_EQ(dataset->caption(0), "a dog");
        EXPECT_THAT(dataset->captions(0), ElementsAre("a dog", "brown"));
        EXPECT_THAT(dataset->captions(1), ElementsAre("a cat"));
      }
    }
  }
  const std::string path = write_parquet(
      folder_ / "t.parquet", {{"image_path", array_of<arrow::StringBuilder>({"1.jpg", "1.jpg"})},
                              {"caption", lists<arrow::ListBuilder>({{"a dog"}, {}})}});
  EXPECT_THAT(open_dataset({.source = path})->describe(),
              HasSubstr("skipped 1 of 2 (no caption 1)"));
  const auto alone = open_dataset({.source = path, .pictures = false});
  ASSERT_EQ(alone->size(), 2) << "every row keeps its place";
  EXPECT_EQ(alone->caption(1), "");
}

TEST_F(JsonLines, ParquetsPicturesInAPlainColumnAreNoPaths) {
  const std::string path =
      write_parquet(folder_ / "t.parquet",
                    {{"image", array_of<arrow::BinaryBuilder>({"\xFF\xD8 one", "\x89PNG two"})},
                     {"text", array_of<arrow::StringBuilder>({"a", "b"})}});
  const auto dataset = open_dataset({.source = path});
  ASSERT_EQ(dataset->size(), 2);
  EXPECT_EQ(dataset->key(1), "1");
  EXPECT_EQ(dataset->image(1).view.size(), 8u);
}

}  // namespace
}  // namespace clipwright::data::source
