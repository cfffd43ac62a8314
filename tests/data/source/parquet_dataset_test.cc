#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "data/captions/caption_table.h"
#include "tests/parquet_file.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::source {
namespace {

using testing::HasSubstr;

std::string bytes_of(const ImageBytes& image) {
  EXPECT_EQ(image.error, "");
  return {reinterpret_cast<const char*>(image.view.data()), image.view.size()};
}

TEST(ParquetDataset, ReadsPicturesInsideAndPaths) {
  const TemporaryFolder folder;
  folder.write("beside.png", "from a file");
  const auto image =
      arrow::StructArray::Make(
          {array_of<arrow::BinaryBuilder>({"one", "two", std::nullopt, std::nullopt, "five"}),
           array_of<arrow::StringBuilder>({"1.png", "2.png", "beside.png", std::nullopt, "5.png"})},
          std::vector<std::string>{"bytes", "path"})
          .ValueOrDie();
  write_parquet(folder / "t.parquet",
                {{"image", image},
                 {"caption", array_of<arrow::StringDictionaryBuilder>(
                                 {"a dog", " a cat ", "a dog", "lost", std::nullopt})},
                 {"url", array_of<arrow::LargeStringBuilder>({"u1", "u2", "u3", "u4", "u5"})}});
  const auto dataset = open_dataset({.source = folder / "t.parquet"});
  ASSERT_EQ(dataset->size(), 3);
  EXPECT_EQ(dataset->key(0), "u1");
  EXPECT_EQ(dataset->caption(1), "a cat");
  EXPECT_EQ(dataset->caption(2), "a dog");
  EXPECT_EQ(bytes_of(dataset->image(1)), "two");
  EXPECT_EQ(bytes_of(dataset->image(2)), "from a file");
  EXPECT_THAT(dataset->describe(), HasSubstr("skipped 2 of 5 (no caption 1, no picture 1)"));
}

TEST(ParquetDataset, DamagedOrForeignFilesAreNamed) {
  const TemporaryFolder folder;
  const auto message = [&](const std::string& path) {
    try {
      open_dataset({.source = path});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(message(folder.write("junk.parquet", "PAR1 but not really PAR1")),
              HasSubstr("cannot be read as Parquet"));
  write_parquet(folder / "t.parquet", {{"width", numbers({1, 2})},
                                       {"caption", array_of<arrow::StringBuilder>({"a", "b"})}});
  EXPECT_THAT(message(folder / "t.parquet"),
              HasSubstr("has no column of pictures among width, caption"));
  write_parquet(folder / "cut.parquet",
                {{"image_path", array_of<arrow::StringBuilder>({"a.png", "b.png"})},
                 {"caption", array_of<arrow::StringBuilder>({"a", "b"})}});
  std::string bytes = read_file(folder / "cut.parquet");
  for (size_t i = 4; i < 60; ++i) bytes[i] = 'x';
  EXPECT_THAT(message(folder.write("cut.parquet", bytes)), HasSubstr("cannot be read as Parquet"));
}

class Pairs final : public Dataset {
 public:
  int64_t size() const override { return 3; }
  std::string key(int64_t index) const override { return "k" + std::to_string(index); }
  std::string caption(int64_t index) const override { return "caption " + std::to_string(index); }
  ImageBytes image(int64_t) const override { return {}; }
  std::string describe() const override { return "pairs"; }
};

TEST(RewritesParquet, LongAndWideSideCarsJoinByKey) {
  const TemporaryFolder folder;
  const Pairs data;
  const auto hash = [&](int i) { return hex(sha256(data.caption(i))); };
  write_parquet(
      folder / "long.parquet",
      {{"key", array_of<arrow::StringBuilder>({"k2", "k0", "k0", "k1"})},
       {"mode", array_of<arrow::StringBuilder>({"bard", "bard", "human", "bard"})},
       {"text", array_of<arrow::StringBuilder>({"two!", "zero!", "null", "one!"})},
       {"status",
        array_of<arrow::StringBuilder>({"accepted", "accepted", "accepted", "rejected:empty"})},
       {"source_sha256", array_of<arrow::StringBuilder>({hash(2), hash(0), hash(0), hash(1)})},
       {"audit", numbers({1, 0.2, 1, 1})}});
  const auto table = captions::CaptionTable::build(data, {folder / "long.parquet"});
  ASSERT_EQ(table.rewrites(), 2);
  EXPECT_EQ(table.slot_name(1), "rewrite:bard");
  EXPECT_EQ(table.text(2, 1), "two!");
  EXPECT_EQ(table.text(0, 1), "zero!");
  EXPECT_EQ(table.text(1, 1), "");
  EXPECT_EQ(table.text(0, 2), "null");
  EXPECT_EQ(captions::CaptionTable::build(data, {folder / "long.parquet"}, "audit.score >= 0.6")
                .text(0, 1),
            "");

  write_parquet(folder / "wide.parquet",
                {{"key", array_of<arrow::StringBuilder>({"k0", "k1", "k2"})},
                 {"rewrite:a", array_of<arrow::StringBuilder>({"a0", std::nullopt, "a2"})},
                 {"rewrite:b", array_of<arrow::StringBuilder>({"b0", "b1", "b2"})}});
  const auto wide = captions::CaptionTable::build(data, {folder / "wide.parquet"});
  EXPECT_EQ(wide.text(0, 1), "a0");
  EXPECT_EQ(wide.text(1, 1), "");
  EXPECT_EQ(wide.text(2, 2), "b2");
}

TEST(RewritesParquet, AChangedCaptionIsAnErrorWithItsKey) {
  const TemporaryFolder folder;
  const Pairs data;
  write_parquet(folder / "r.parquet",
                {{"key", array_of<arrow::StringBuilder>({"k0"})},
                 {"mode", array_of<arrow::StringBuilder>({"bard"})},
                 {"text", array_of<arrow::StringBuilder>({"x"})},
                 {"source_sha256", array_of<arrow::StringBuilder>({hex(sha256("caption 1"))})}});
  try {
    captions::CaptionTable::build(data, {folder / "r.parquet"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("key 'k0' was rewritten from another caption"));
  }
}

}  // namespace
}  // namespace clipwright::data::source
