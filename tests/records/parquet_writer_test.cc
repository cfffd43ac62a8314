#include "records/parquet_writer.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>

#include "core/error.h"
#include "core/hash.h"
#include "tests/temporary_folder.h"

namespace clipwright::records {
namespace {

Record record(const std::string& key, const std::string& mode, const std::string& source,
              const std::string& text, double score, const std::string& status = "accepted") {
  return {.key = key,
          .mode = mode,
          .source = source,
          .source_sha256 = hex(sha256(source)),
          .text = text,
          .status = status,
          .attempt = 1,
          .scores = {.values = {{"audit", score}}, .flags = {{"number-changed"}}},
          .recipe = std::string(64, 'a')};
}

std::shared_ptr<arrow::Table> read(const std::string& path) {
  const auto file = arrow::io::ReadableFile::Open(path).ValueOrDie();
  const auto reader = parquet::arrow::OpenFile(file, arrow::default_memory_pool()).ValueOrDie();
  std::shared_ptr<arrow::Table> table;
  EXPECT_TRUE(reader->ReadTable(&table).ok());
  return table;
}

TEST(ParquetWriter, ColumnsHaveTheirTypes) {
  const TemporaryFolder folder;
  ParquetWriter writer(folder / "r.parquet");
  writer.add(record("k1", "human", "a dog", "one dog", 0.75));
  Record cut = record("k2", "human", "a cat", "", 0, "rejected:empty");
  cut.scores = {};
  cut.source_cut = true;
  writer.add(cut);
  EXPECT_FALSE(std::filesystem::exists(folder / "r.parquet"));  // whole or not at all
  writer.commit();
  const auto table = read(folder / "r.parquet");
  EXPECT_EQ(table->schema()->ToString(),
            "key: string\n"
            "mode: dictionary<values=string, indices=int32, ordered=0>\n"
            "source: string\n"
            "source_sha256: fixed_size_binary[32]\n"
            "text: string\n"
            "status: dictionary<values=string, indices=int32, ordered=0>\n"
            "attempt: int32\n"
            "source_cut: bool\n"
            "recipe: dictionary<values=string, indices=int32, ordered=0>\n"
            "flags: list<element: string>\n"
            "scores.audit: double");
  ASSERT_EQ(table->num_rows(), 2);
  const auto scores = std::static_pointer_cast<arrow::DoubleArray>(
      table->GetColumnByName("scores.audit")->chunk(0));
  EXPECT_EQ(scores->Value(0), 0.75);
  EXPECT_TRUE(scores->IsNull(1));
  const auto cuts =
      std::static_pointer_cast<arrow::BooleanArray>(table->GetColumnByName("source_cut")->chunk(0));
  EXPECT_FALSE(cuts->Value(0));
  EXPECT_TRUE(cuts->Value(1));
  const auto hashes = std::static_pointer_cast<arrow::FixedSizeBinaryArray>(
      table->GetColumnByName("source_sha256")->chunk(0));
  const Sha256 expected = sha256("a dog");
  EXPECT_EQ(hashes->GetView(0),
            std::string_view(reinterpret_cast<const char*>(expected.data()), expected.size()));
}

TEST(ParquetWriter, RecipesAreToldInTheMetadata) {
  const TemporaryFolder folder;
  ParquetWriter writer(folder / "r.parquet");
  writer.describe("abc", {{"engine", "eda"}});
  writer.add(record("k", "eda", "a dog", "one dog", 1));
  writer.commit();
  const auto metadata = read(folder / "r.parquet")->schema()->metadata();
  ASSERT_NE(metadata, nullptr);
  EXPECT_EQ(metadata->Get("clipwright.recipe.abc").ValueOrDie(), R"({"engine":"eda"})");
}

TEST(ParquetWriter, NoRecordsStillGiveAFileWithColumns) {
  const TemporaryFolder folder;
  ParquetWriter writer(folder / "r.parquet");
  writer.commit();
  EXPECT_EQ(read(folder / "r.parquet")->num_rows(), 0);
  EXPECT_EQ(read(folder / "r.parquet")->num_columns(), 10);
}

TEST(ParquetWriter, ManyRowsGoOutInGroups) {
  const TemporaryFolder folder;
  ParquetWriter writer(folder / "r.parquet");
  constexpr int kRows = 70'000;
  for (int i = 0; i < kRows; ++i)
    writer.add({.key = std::to_string(i), .mode = "m", .text = "t", .attempt = i});
  writer.commit();
  const auto table = read(folder / "r.parquet");
  ASSERT_EQ(table->num_rows(), kRows);
  const auto attempts = table->GetColumnByName("attempt");
  EXPECT_EQ(attempts->GetScalar(kRows - 1).ValueOrDie()->ToString(), std::to_string(kRows - 1));
}

TEST(ParquetWriter, AFolderIsMadeOrIsAFailure) {
  const TemporaryFolder folder;
  ParquetWriter(folder / "new/folder/r.parquet").commit();
  EXPECT_EQ(read(folder / "new/folder/r.parquet")->num_rows(), 0);
  try {
    ParquetWriter writer("/dev/null/folder/r.parquet");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kFailed);
  }
}

}  // namespace
}  // namespace clipwright::records
