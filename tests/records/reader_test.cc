#include "records/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "core/error.h"
#include "core/hash.h"
#include "records/jsonl.h"
#include "records/parquet_writer.h"
#include "tests/temporary_folder.h"

namespace clipwright::records {
namespace {

using testing::HasSubstr;

Record full_record() {
  return {.key = "img/1.jpg",
          .mode = "human",
          .source = "a dog",
          .source_sha256 = hex(sha256("a dog")),
          .text = "one \"dog\" \xE2\x98\x95",
          .attempt = 2,
          .source_cut = true,
          .scores = {.values = {{"audit", 0.93}, {"length", 1}},
                     .flags = {{"number-changed", "too-long"}}},
          .recipe = std::string(64, 'a')};
}

std::vector<Record> some_records() {
  std::vector<Record> all = {full_record(), full_record(), full_record()};
  all[1].status = "rejected:empty";
  all[1].text.clear();
  all[1].source_cut = false;
  all[1].scores = {};
  all[2].scores.flags.emplace();  // looked at, nothing found
  return all;
}

template <typename Writer>
std::string write(const std::string& path, const std::vector<Record>& all) {
  Writer writer(path);
  for (const Record& record : all) writer.add(record);
  EXPECT_FALSE(fs::exists(path));  // whole or not at all
  writer.commit();
  return path;
}

std::vector<std::string> read(const std::string& path) {
  std::vector<std::string> all;
  const auto reader = open_reader(path);
  for (Record record; reader->next(record);) {
    EXPECT_EQ(reader->damage(), "");
    EXPECT_EQ(reader->row(), static_cast<int64_t>(all.size()) + 1);
    all.push_back(to_line(to_json(record)));
  }
  return all;
}

std::string refusal(const std::string& path, bool needs_source = false) {
  try {
    const auto reader = open_reader(path, needs_source);
    for (Record record; reader->next(record);) {
    }
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    return error.what();
  }
  return "taken";
}

TEST(Reader, WhatAWriterWroteComesBackInEveryForm) {
  const TemporaryFolder folder;
  std::vector<std::string> wanted;
  for (const Record& record : some_records()) wanted.push_back(to_line(to_json(record)));
  EXPECT_EQ(read(write<JsonlWriter>(folder / "r.jsonl", some_records())), wanted);
  EXPECT_EQ(read(write<ParquetWriter>(folder / "r.parquet", some_records())), wanted);
}

TEST(Reader, ALineIsAsTheDocumentSays) {
  const Record record{.key = "2",
                      .mode = "human",
                      .source = "a dog",
                      .source_sha256 = "ab",
                      .text = "t",
                      .scores = {.values = {{"audit", 0.93}}, .flags = {{}}},
                      .recipe = "cd"};
  EXPECT_EQ(to_line(to_json(record)),
            R"({"key":"2","mode":"human","source":"a dog","source_sha256":"ab","text":"t",)"
            R"("status":"accepted","attempt":0,"scores":{"audit":0.93,"flags":[]},"recipe":"cd"})");
}

TEST(Reader, AFieldOfAnotherTypeCountsAsAbsentAndARowOfAnotherIsDamaged) {
  const TemporaryFolder folder;
  const struct {
    const char* line;
    const char* damage;  ///< empty: a record
  } kLines[] = {
      {R"({"text":"t"})", ""},
      {R"({"key":7,"mode":"m","text":"t"})", ""},
      {R"({"key":{},"mode":[],"source":1.5,"source_sha256":null,"text":"t"})", ""},
      {R"({"text":"t","status":3,"attempt":"x","source_cut":1,"scores":[],"recipe":{}})", ""},
      {R"({"text":"t","scores":{"audit":"high","flags":"many"}})", ""},
      {R"({"text":"t","scores":{"flags":["a",1,null]}})", ""},
      {R"({"text":"t","attempt":-5,"occurrence":-1})", ""},
      {R"({"text":"t","attempt":99999999999})", ""},
      {R"({"status":"failed:server"})", ""},
      {R"({"key":"k","mode":"m"})", "has no text"},
      {R"({"text":null})", "has no text"},
      {R"(["text"])", "is no JSON object"},
      {R"("text")", "is no JSON object"},
      {R"({"text":"cut)", "is no JSON object"},
      {"once upon a time", "is no JSON object"},
      {"{\"text\":\"b\xff\"}", "is no JSON object"},
  };
  std::string text = "\xEF\xBB\xBF";
  for (const auto& [line, damage] : kLines) text += std::string(line) + "\r\n \n";
  const auto reader = open_reader(folder.write("r.jsonl", text));
  Record record;
  int64_t number = 1;
  for (const auto& [line, damage] : kLines) {
    ASSERT_TRUE(reader->next(record)) << line;
    EXPECT_EQ(reader->damage(), damage) << line;
    EXPECT_EQ(reader->where(), folder / "r.jsonl, line " + std::to_string(number));
    EXPECT_GE(record.attempt, 0);
    EXPECT_EQ(record.occurrence, 0);
    number += 2;  // blank lines count
  }
  EXPECT_FALSE(reader->next(record));
  Record odd;
  std::string damage;
  ASSERT_TRUE(from_json(Json::parse(kLines[1].line), odd, damage));
  EXPECT_EQ(odd.key, "7");
  ASSERT_TRUE(from_json(Json::parse(kLines[3].line), odd, damage));
  EXPECT_TRUE(odd.accepted());
  ASSERT_TRUE(from_json(Json::parse(kLines[5].line), odd, damage));
  EXPECT_THAT(*odd.scores.flags, testing::ElementsAre("a"));
}

TEST(Reader, ARecordIsFoundAgainAtItsPlace) {
  const TemporaryFolder folder;
  const auto file = std::make_shared<const JsonlFile>(
      folder.write("r.jsonl", "{\"text\":\"one\"}\n\n{\"text\":\"two\"}\n{\"text\":\"three\"}"));
  JsonlReader reader(file);
  std::vector<uint64_t> places;
  std::vector<std::string> texts;
  for (Record record; reader.next(record);) {
    places.push_back(reader.place());
    texts.push_back(record.text);
  }
  ASSERT_EQ(texts.size(), 3u);
  for (size_t i = texts.size(); i-- > 0;) EXPECT_EQ(file->at(places[i]).text, texts[i]);
}

TEST(Reader, FilesThatHoldNoRewritesAreSentences) {
  const TemporaryFolder folder;
  EXPECT_THAT(refusal(folder.write("e.jsonl", "")), HasSubstr("e.jsonl: is empty"));
  EXPECT_THAT(refusal(folder.write("e.jsonl", "\n \n")), HasSubstr("is empty"));
  EXPECT_THAT(refusal(folder / "absent.jsonl"), HasSubstr("cannot be opened"));
  EXPECT_THAT(refusal(folder.write("x.parquet", "PAR1 no parquet")),
              HasSubstr("cannot be read as Parquet"));
  std::string bytes = read_file(write<ParquetWriter>(folder / "r.parquet", some_records()));
  EXPECT_THAT(refusal(folder.write("cut.parquet", bytes.substr(0, bytes.size() / 2))),
              HasSubstr("cannot be read as Parquet"));
  for (size_t i = 4; i < 60; ++i) bytes[i] = 'x';
  EXPECT_THAT(refusal(folder.write("spoilt.parquet", bytes)),
              HasSubstr("cannot be read as Parquet"));
}

TEST(Reader, ASourceThatIsNotTheOneOfItsHashIsRefusedWithItsRow) {
  Record record = full_record();
  check_source(record, "here");
  record.source = "a bat";
  try {
    check_source(record, "r.jsonl, line 3");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    EXPECT_THAT(error.what(), HasSubstr("r.jsonl, line 3: source and source_sha256 of key "
                                        "'img/1.jpg' do not belong together"));
  }
  record.source_sha256.clear();  // nothing to hold it against
  check_source(record, "here");
}

TEST(Reader, AFolderStandsForItsRewrites) {
  const TemporaryFolder folder;
  folder.write("out/rewrites.jsonl", "{}");
  fs::create_directories(folder / "empty");
  EXPECT_EQ(file_of(folder / "out"), folder / "out/rewrites.jsonl");
  EXPECT_EQ(file_of(folder / "x.parquet"), folder / "x.parquet");
  EXPECT_THROW(file_of(folder / "empty"), Error);
}

TEST(Reader, TheEndingTellsTheForm) {
  EXPECT_EQ(form_of("a/b.TXT"), Form::kLines);
  EXPECT_EQ(form_of("b.jsonl"), Form::kJsonl);
  EXPECT_EQ(form_of("b.ndjson"), Form::kJsonl);
  EXPECT_EQ(form_of("b.Parquet"), Form::kParquet);
  EXPECT_EQ(form_of("b.csv"), Form::kUnknown);
  EXPECT_EQ(form_of("b"), Form::kUnknown);
}

}  // namespace
}  // namespace clipwright::records
