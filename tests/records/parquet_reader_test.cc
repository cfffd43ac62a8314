#include "records/parquet_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>

#include "core/error.h"
#include "core/hash.h"
#include "tests/parquet_file.h"
#include "tests/temporary_folder.h"

namespace clipwright::records {
namespace {

using testing::HasSubstr;

std::shared_ptr<arrow::Array> texts(const std::vector<std::optional<std::string>>& values) {
  return array_of<arrow::StringBuilder>(values);
}

std::shared_ptr<arrow::Array> lists(
    const std::vector<std::optional<std::vector<std::string>>>& values) {
  const auto text = std::make_shared<arrow::StringBuilder>();
  arrow::ListBuilder builder(arrow::default_memory_pool(), text);
  for (const auto& value : values) {
    EXPECT_TRUE((value ? builder.Append() : builder.AppendNull()).ok());
    for (const std::string& one : value.value_or(std::vector<std::string>()))
      EXPECT_TRUE(text->Append(one).ok());
  }
  return builder.Finish().ValueOrDie();
}

std::string refusal(const std::string& path, bool needs_source = false) {
  try {
    ParquetReader reader(path, needs_source);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    return error.what();
  }
  return "taken";
}

TEST(ParquetReader, TheLongFormIsARecordARow) {
  const TemporaryFolder folder;
  arrow::Int64Builder key;
  ASSERT_TRUE(key.AppendValues({7, 8, 9}).ok());
  ParquetReader reader(
      write_parquet(folder / "l.parquet",
                    {{"key", key.Finish().ValueOrDie()},
                     {"mode", texts({"m", "m", "n"})},
                     {"text", texts({"one", std::nullopt, "three"})},
                     {"status", texts({std::nullopt, "accepted", "rejected:empty"})},
                     {"source_sha256", texts({hex(sha256("x")), std::nullopt, "odd"})},
                     {"flags", lists({{{"a", "b"}}, std::nullopt, std::vector<std::string>()})},
                     {"scores.audit", numbers({0.5, std::nullopt, 1})}}));
  Record record;
  ASSERT_TRUE(reader.next(record));
  EXPECT_EQ(record.key, "7");
  EXPECT_EQ(record.mode, "m");
  EXPECT_EQ(record.text, "one");
  EXPECT_FALSE(record.source);
  EXPECT_TRUE(record.accepted());
  EXPECT_EQ(record.source_sha256, hex(sha256("x")));
  EXPECT_EQ(record.scores.values.at("audit"), 0.5);
  EXPECT_THAT(*record.scores.flags, testing::ElementsAre("a", "b"));
  EXPECT_EQ(reader.where(), folder / "l.parquet, row 1");
  ASSERT_TRUE(reader.next(record));
  EXPECT_EQ(reader.damage(), "has no text");
  EXPECT_EQ(record.source_sha256, "");
  EXPECT_TRUE(record.scores.values.empty());
  EXPECT_FALSE(record.scores.flags);
  ASSERT_TRUE(reader.next(record));
  EXPECT_EQ(reader.damage(), "");
  EXPECT_EQ(record.status, "rejected:empty");
  EXPECT_TRUE(record.scores.flags->empty());
  EXPECT_EQ(reader.row(), 3);
  EXPECT_FALSE(reader.next(record));
}

TEST(ParquetReader, TheWideFormIsARecordATextThatIsThere) {
  const TemporaryFolder folder;
  ParquetReader reader(
      write_parquet(folder / "w.parquet", {{"key", texts({"k0", "k1", "k2"})},
                                           {"rewrite:a", texts({"a0", std::nullopt, ""})},
                                           {"caption", texts({"x", "y", "z"})},
                                           {"rewrite:b", texts({"b0", "b1", std::nullopt})}}));
  std::vector<std::string> all;
  for (Record record; reader.next(record);) {
    EXPECT_TRUE(record.accepted());
    all.push_back(std::to_string(reader.row()) + record.key + record.mode + record.text);
  }
  EXPECT_THAT(all, testing::ElementsAre("1k0aa0", "1k0bb0", "2k1bb1"));
}

TEST(ParquetReader, ColumnsThatAreMissingAreNamed) {
  const TemporaryFolder folder;
  const std::string wide = write_parquet(folder / "w.parquet", {{"key", texts({"k"})},  //
                                                                {"rewrite:a", texts({"a"})}});
  EXPECT_EQ(refusal(wide), "taken");
  EXPECT_THAT(refusal(wide, true), HasSubstr("has no column 'mode'"));
  const std::string bare =
      write_parquet(folder / "b.parquet",
                    {{"key", texts({"k"})}, {"mode", texts({"m"})}, {"text", texts({"t"})}});
  EXPECT_EQ(refusal(bare), "taken");
  EXPECT_THAT(refusal(bare, true), HasSubstr("has no column 'source'"));
  for (const char* lacking : {"key", "text"}) {
    std::vector<ParquetColumn> columns;
    for (const char* name : {"key", "mode", "text"}) {
      if (name != std::string(lacking)) columns.emplace_back(name, texts({"x"}));
    }
    EXPECT_THAT(refusal(write_parquet(folder / "x.parquet", columns)),
                HasSubstr("has neither the columns key, mode, text nor key and rewrite:<mode>"));
  }
}

TEST(ParquetReader, NumbersThatAreNoneCountAsAbsent) {
  const TemporaryFolder folder;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  ParquetReader reader(write_parquet(
      folder / "n.parquet", {{"key", texts({"k", "l"})},
                             {"mode", texts({"m", "m"})},
                             {"text", texts({"a", "b"})},
                             {"attempt", numbers({nan, 3})},
                             {"source_cut", numbers({nan, 1})},
                             {"scores.audit", numbers({nan, 0.5})},
                             {"scores.odd", numbers({std::numeric_limits<double>::infinity(), 1})},
                             {"scores.list", lists({{{"x"}}, std::nullopt})}}));
  Record record;
  ASSERT_TRUE(reader.next(record));
  EXPECT_EQ(record.attempt, 0);
  EXPECT_FALSE(record.source_cut);
  EXPECT_THAT(record.scores.values, testing::IsEmpty());
  ASSERT_TRUE(reader.next(record));
  EXPECT_EQ(record.attempt, 3);
  EXPECT_TRUE(record.source_cut);
  EXPECT_THAT(record.scores.values,
              testing::UnorderedElementsAre(testing::Pair("audit", 0.5), testing::Pair("odd", 1)));
}

TEST(ParquetReader, TwoColumnsOfOneNameAreRefused) {
  const TemporaryFolder folder;
  const std::string path = write_parquet(folder / "t.parquet", {{"key", texts({"k"})},
                                                                {"mode", texts({"m"})},
                                                                {"text", texts({"a"})},
                                                                {"text", texts({"b"})}});
  ParquetReader reader(path);
  Record record;
  try {
    reader.next(record);
    ADD_FAILURE() << "taken: " << record.text;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    EXPECT_THAT(error.what(), HasSubstr("has several columns 'text'"));
  }
}

}  // namespace
}  // namespace clipwright::records
