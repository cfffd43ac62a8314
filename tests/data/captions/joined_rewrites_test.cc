#include "data/captions/joined_rewrites.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/hash.h"
#include "data/captions/caption_table.h"
#include "records/jsonl.h"
#include "records/parquet_writer.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::captions {
namespace {

using testing::HasSubstr;

constexpr int kPairs = 5;

class Pairs final : public source::Dataset {
 public:
  int64_t size() const override { return kPairs; }
  std::string key(int64_t index) const override { return std::to_string(index) + ".png"; }
  std::string caption(int64_t index) const override { return "picture " + std::to_string(index); }
  source::ImageBytes image(int64_t) const override { return {}; }
  std::string describe() const override { return "pairs"; }
};

records::Record record_of(int pair, const std::string& mode, const std::string& source) {
  const std::string number = std::to_string(pair);
  return {.key = number + ".png",
          .mode = mode,
          .source = source,
          .source_sha256 = hex(sha256(source)),
          .text = mode + " words " + number,
          .status = pair == 1 ? "rejected:empty" : "accepted",
          .scores = {.values = {{"audit", pair == 3 ? 0.7 : 0.2 * pair}},
                     .flags = {{pair == 4 ? "number-changed" : "too-long"}}}};
}

/// The same records in both forms.
class JoinedRewrites : public testing::Test {
 protected:
  void write(const std::vector<records::Record>& all) {
    records::JsonlWriter jsonl(folder_ / "r.jsonl");
    records::ParquetWriter parquet(folder_ / "r.parquet");
    for (const records::Record& record : all) {
      jsonl.add(record);
      parquet.add(record);
    }
    jsonl.commit();
    parquet.commit();
  }
  CaptionTable build(const std::string& file, const std::string& keep = {}) {
    return CaptionTable::build(pairs_, {folder_ / file}, keep);
  }
  TemporaryFolder folder_;
  Pairs pairs_;
};

TEST_F(JoinedRewrites, BothFormsGiveTheSameTextsUnderEveryCondition) {
  std::vector<records::Record> all;
  for (int i = 0; i < kPairs; ++i) {
    for (const char* mode : {"human", "coco"})
      all.push_back(record_of(i, mode, "picture " + std::to_string(i)));
  }
  write(all);
  int64_t kept_by_flag = 0;
  for (const std::string keep : {"", "audit.score >= 0.7", "not flag:number-changed"}) {
    const CaptionTable from_lines = build("r.jsonl", keep), from_parquet = build("r.parquet", keep);
    ASSERT_EQ(from_parquet.rewrites(), 2);
    for (int slot = 1; slot <= 2; ++slot) {
      EXPECT_EQ(from_parquet.slot_name(slot), from_lines.slot_name(slot));
      for (int64_t i = 0; i < kPairs; ++i) {
        EXPECT_EQ(from_parquet.text(i, slot), from_lines.text(i, slot)) << keep << i;
        kept_by_flag += keep.starts_with("not") && !from_parquet.text(i, slot).empty();
      }
    }
  }
  EXPECT_EQ(kept_by_flag, 2 * 3);  // the flags that were written count, nobody audits again
}

TEST_F(JoinedRewrites, BlanksAroundARewrittenCaptionDoNotPart) {
  write({record_of(2, "human", "  picture 2 ")});
  EXPECT_EQ(build("r.jsonl").text(2, 1), "human words 2");
  EXPECT_EQ(build("r.parquet").text(2, 1), "human words 2");
}

TEST_F(JoinedRewrites, UnknownKeysAreJoinedBySourceInBothForms) {
  std::vector<records::Record> all = {record_of(2, "human", "picture 2")};
  all[0].key = "from a text file";
  write(all);
  EXPECT_EQ(build("r.jsonl").text(2, 1), "human words 2");
  EXPECT_EQ(build("r.parquet").text(2, 1), "human words 2");
}

TEST_F(JoinedRewrites, RowsThatAreNoRewritesAreNamedInBothForms) {
  records::Record nameless = record_of(0, "", "picture 0"), silent = record_of(2, "human", "x");
  silent.text.clear();
  write({nameless, silent});
  for (const auto& [file, row] : {std::pair("r.jsonl", "line 1"), {"r.parquet", "row 1"}}) {
    try {
      build(file);
      ADD_FAILURE() << file;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      EXPECT_THAT(error.what(), HasSubstr(std::string(file) + ": holds no rewrite"));
      EXPECT_THAT(error.what(), HasSubstr(std::string(row) + ": is no rewrite"));
    }
  }
}

}  // namespace
}  // namespace clipwright::data::captions
