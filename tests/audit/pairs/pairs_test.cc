#include "audit/pairs/pairs.h"

#include <gtest/gtest.h>

#include <tuple>

#include "core/error.h"
#include "core/hash.h"
#include "records/parquet_writer.h"
#include "tests/temporary_folder.h"

namespace clipwright::audit::pairs {
namespace {

namespace fs = std::filesystem;

using Row = std::tuple<std::string, std::string, std::string, std::string>;

std::vector<records::Record> some_records() {
  std::vector<records::Record> all;
  const auto add = [&](const char* key, const char* source, const char* text, const char* status) {
    all.push_back({.key = key,
                   .mode = "human",
                   .source = source,
                   .source_sha256 = hex(sha256(source)),
                   .text = text,
                   .status = status});
  };
  add("a", "a dog", "one dog", "accepted");
  add("b", "a cat", "", "rejected:empty");
  add("c", "a bird", "the bird", "accepted");
  return all;
}

std::vector<Row> rows_of(PairSource& source) {
  std::vector<Row> rows;
  AuditPair pair;
  while (source.next(pair)) rows.emplace_back(pair.key, pair.mode, pair.source, pair.text);
  return rows;
}

std::string write_parquet(const std::string& path, const std::vector<records::Record>& all) {
  records::ParquetWriter writer(path);
  for (const records::Record& record : all) writer.add(record);
  writer.commit();
  return path;
}

std::string refusal(const std::string& path, ExitCode code) {
  try {
    const auto source = open_pairs({}, {path});
    rows_of(*source);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    return error.what();
  }
  ADD_FAILURE() << path << " was taken";
  return {};
}

TEST(OpenPairs, EveryFormTheProgramWritesHasTheSamePairs) {
  const TemporaryFolder folder;
  const std::vector<Row> wanted = {{"a", "human", "a dog", "one dog"},
                                   {"c", "human", "a bird", "the bird"}};
  std::string lines;
  for (const records::Record& record : some_records())
    lines += to_line(records::to_json(record)) + "\n";
  const std::string jsonl = folder.write("out/rewrites.jsonl", lines),
                    parquet = write_parquet(folder / "r.parquet", some_records());
  for (const std::string& path : {jsonl, folder / "out", parquet}) {
    const auto source = open_pairs({}, {path});
    EXPECT_EQ(rows_of(*source), wanted) << path;
    EXPECT_EQ(source->passed_over["rejected:empty"], 1) << path;
  }
  const auto both = open_pairs({}, {folder / "out", parquet});
  EXPECT_EQ(rows_of(*both).size(), 4u);
}

TEST(OpenPairs, LinesStandBesideOtherForms) {
  const TemporaryFolder folder;
  const auto source = open_pairs(folder.write("captions.txt", "a dog\na cat\n"),
                                 {folder.write("coco.txt", "one dog\none cat\n"),
                                  write_parquet(folder / "r.parquet", some_records())});
  EXPECT_EQ(rows_of(*source).size(), 4u);
}

TEST(OpenPairs, WhatCannotBeAuditedIsRefused) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "empty");
  EXPECT_NE(refusal(folder / "empty", ExitCode::kInput).find("without rewrites.jsonl"),
            std::string::npos);
  refusal(folder.write("x.parquet", "no parquet"), ExitCode::kInput);
  refusal(folder / "absent.parquet", ExitCode::kInput);
  refusal(folder.write("empty.jsonl", ""), ExitCode::kInput);
  auto edited = some_records();
  edited[2].source = "a bat";
  EXPECT_NE(refusal(write_parquet(folder / "edited.parquet", edited), ExitCode::kInput)
                .find("row 3: source and source_sha256 of key 'c'"),
            std::string::npos);
}

TEST(OpenPairs, AnAuditThatStopsEarlyEnds) {
  const TemporaryFolder folder;
  std::vector<records::Record> many;
  for (int i = 0; i < 20'000; ++i) many.push_back(some_records()[0]);
  const auto source = open_pairs({}, {write_parquet(folder / "many.parquet", many)});
  AuditPair pair;
  EXPECT_TRUE(source->next(pair));
}

}  // namespace
}  // namespace clipwright::audit::pairs
