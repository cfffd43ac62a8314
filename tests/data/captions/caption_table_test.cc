#include "data/captions/caption_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/log.h"
#include "tests/data/captions/texts.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::captions {
namespace {

using testing::HasSubstr;

const std::vector<std::string> kNouns = {"dog",   "cat",    "boat",  "house", "apple",
                                         "train", "guitar", "river", "lamp",  "chair",
                                         "shoe",  "bridge", "cloud"};
const std::vector<std::string> kPlaces = {"beach",   "garden", "kitchen", "street",
                                          "forest",  "market", "station", "roof",
                                          "harbour", "field",  "museum"};

std::string caption_of(int i) {
  return kNouns[static_cast<size_t>(i * 7 % 13)] + " " + kPlaces[static_cast<size_t>(i * 5 % 11)] +
         " " + std::to_string(i / 40);
}
std::string rewrite_of(int i) {
  return "a picture of a " + kNouns[static_cast<size_t>(i * 7 % 13)] + " near the " +
         kPlaces[static_cast<size_t>(i * 5 % 11)];
}

std::vector<std::string> list_of(int count, std::string (*make)(int)) {
  std::vector<std::string> list;
  for (int i = 0; i < count; ++i) list.push_back(make(i));
  return list;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::string message_of(const source::Dataset& dataset, const std::vector<std::string>& rewrites,
                       const std::string& keep_if = {}, ExitCode code = ExitCode::kInput) {
  try {
    CaptionTable::build(dataset, rewrites, keep_if);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

TEST(LineAligned, LineKBelongsToPairKModL) {
  const TemporaryFolder folder;
  const Texts data({"a", "b", "c", "a", "b", "c"});
  const auto table = CaptionTable::build(data, {folder.write("chatgpt.txt", "x a\r\n\ny \u00e9"),
                                                folder.write("bard.txt", "1\n2\n3\n")});
  EXPECT_EQ(table.rewrites(), 2);
  EXPECT_EQ(table.slot_name(0), "raw");
  EXPECT_EQ(table.slot_name(1), "rewrite:chatgpt");
  EXPECT_EQ(table.text(0, 1), "x a");
  EXPECT_EQ(table.text(4, 1), "");
  EXPECT_EQ(table.text(5, 1), "y é");
  EXPECT_EQ(table.text(4, 2), "2");
  EXPECT_EQ(table.text(4, 0), "b");
  EXPECT_THAT(table.describe(), HasSubstr("rewrite:chatgpt 2 texts, 1 blank lines"));
}

TEST(LineAligned, AFileOneLineShortIsRefusedWithItsCount) {
  const TemporaryFolder folder;
  const Texts data(list_of(1000, caption_of));
  const std::string path = folder.write("bard.txt", joined(list_of(999, rewrite_of)));
  EXPECT_THAT(message_of(data, {path}),
              HasSubstr("bard.txt: has 999 lines for 1,000 pairs; expected a line for each pair"));
}

TEST(LineAligned, HalfAFileIsRefusedUnlessTheCaptionsRepeat) {
  const TemporaryFolder folder;
  const std::string half = folder.write("bard.txt", joined(list_of(30, rewrite_of)));
  EXPECT_THAT(message_of(Texts(list_of(60, caption_of)), {half}),
              HasSubstr("bard.txt: has 30 lines for 60 pairs, and line 1 would also rewrite pair "
                        "31, whose caption is not that of pair 1"));
  std::vector<std::string> twice = list_of(30, caption_of);
  for (int i = 0; i < 30; ++i) twice.push_back(caption_of(i));
  EXPECT_EQ(CaptionTable::build(Texts(twice), {half}).text(41, 1), rewrite_of(11));
  twice[47] = "another caption";
  EXPECT_THAT(message_of(Texts(twice), {half}),
              HasSubstr("line 18 would also rewrite pair 48, whose caption is not that of pair "
                        "18; expected a line for each pair (60), or the same captions in the same "
                        "order after every 30 pairs"));
}

TEST(LineAligned, FilesOfDifferentLengthAreRefused) {
  const TemporaryFolder folder;
  const Texts data({"a", "b", "a", "b"});
  EXPECT_THAT(
      message_of(data, {folder.write("x.txt", "1\n2\n3\n4\n"), folder.write("y.txt", "1\n2\n")}),
      HasSubstr("y.txt: has 2 lines, "));
}

class ShiftedFile : public testing::TestWithParam<std::pair<int, int>> {};

TEST_P(ShiftedFile, IsRefusedWithTheFirstBadLine) {
  const auto [at, shift] = GetParam();
  const int size = 6000;
  std::vector<std::string> lines = list_of(size, rewrite_of);
  for (int i = 0; i < std::abs(shift); ++i) {
    if (shift > 0) {
      lines.insert(lines.begin() + at, "some unrelated words");
      lines.pop_back();
    } else {
      lines.erase(lines.begin() + at);
      lines.push_back("some unrelated words");
    }
  }
  const TemporaryFolder folder;
  const Texts data(list_of(size, caption_of));
  const std::string message = message_of(data, {folder.write("chatgpt.txt", joined(lines))});
  EXPECT_THAT(message, HasSubstr("chatgpt.txt, line " + std::to_string(at + 1) + ": from here on"));
  EXPECT_THAT(message, HasSubstr(std::to_string(std::abs(shift)) +
                                 (std::abs(shift) == 1 ? " line " : " lines ") +
                                 (shift > 0 ? "before" : "after")));
}

INSTANTIATE_TEST_SUITE_P(Places, ShiftedFile,
                         testing::Values(std::pair(0, 1), std::pair(0, -1), std::pair(1, 1),
                                         std::pair(2500, 1), std::pair(2501, -1),
                                         std::pair(4321, 2), std::pair(5900, -3)));

TEST(LineAligned, ALostAndAFoundLineShiftOnlyThePartBetween) {
  std::vector<std::string> lines = list_of(3000, rewrite_of);
  lines.erase(lines.begin() + 1000);
  lines.insert(lines.begin() + 2000, "some unrelated words");
  const TemporaryFolder folder;
  const Texts data(list_of(3000, caption_of));
  EXPECT_THAT(message_of(data, {folder.write("a.txt", joined(lines))}),
              HasSubstr("line 1001: from here on"));
}

TEST(LineAligned, AShiftByManyLinesIsFoundByItsRareWords) {
  const int size = 6000, at = 2222, lost = 700;
  std::vector<std::string> captions, rewrites;
  for (int i = 0; i < size; ++i) {
    const std::string name = "street" + std::to_string(i / 3);
    captions.push_back(kNouns[static_cast<size_t>(i % 13)] + " in " + name);
    rewrites.push_back("one can see a " + kNouns[static_cast<size_t>(i % 13)] + " that stands in " +
                       name);
  }
  for (int i = 0; i < lost; ++i) rewrites.insert(rewrites.begin() + at, "some unrelated words");
  rewrites.resize(size);
  const TemporaryFolder folder;
  EXPECT_THAT(
      message_of(Texts(captions), {folder.write("a.txt", joined(rewrites))}),
      HasSubstr(
          "a.txt, line 2223: from here on the rewrites fit the captions 700 lines before theirs"));
}

TEST(LineAligned, DriftingOrRepeatedRewritesAreNoShift) {
  const TemporaryFolder folder;
  const int size = 3000;
  std::vector<std::string> drifting, repeated_captions, repeated_rewrites, unrelated;
  for (int i = 0; i < size; ++i) {
    // Two of three rewrites speak of something else; one of them of the neighbour's noun.
    drifting.push_back(i % 3 == 0   ? rewrite_of(i)
                       : i % 3 == 1 ? rewrite_of((i * 31) % size)
                                    : "something quite different");
    repeated_captions.push_back(caption_of(i / 50));
    repeated_rewrites.push_back(rewrite_of(i / 50));
    unrelated.push_back("lorem ipsum " + std::to_string(i * i % 97));
  }
  const Texts data(list_of(size, caption_of));
  EXPECT_EQ(CaptionTable::build(data, {folder.write("drift.txt", joined(drifting))}).rewrites(), 1);
  EXPECT_EQ(CaptionTable::build(Texts(repeated_captions),
                                {folder.write("repeat.txt", joined(repeated_rewrites))})
                .rewrites(),
            1);
  EXPECT_EQ(CaptionTable::build(data, {folder.write("other.txt", joined(unrelated))}).rewrites(),
            1);
}

TEST(LineAligned, LinesThatAreNotUtf8AreCountedAndTooManyRefused) {
  const TemporaryFolder folder;
  const Texts data(list_of(100, caption_of));
  std::vector<std::string> lines = list_of(100, rewrite_of);
  lines[41] = "caf\xe9 noir";
  const auto table = CaptionTable::build(data, {folder.write("a.txt", joined(lines))});
  EXPECT_EQ(table.text(41, 1), "");
  EXPECT_EQ(table.text(42, 1), rewrite_of(42));
  EXPECT_THAT(table.describe(), HasSubstr("1 lines not UTF-8"));
  for (int i = 50; i < 60; ++i) lines[static_cast<size_t>(i)] += "\xff";
  EXPECT_THAT(message_of(data, {folder.write("a.txt", joined(lines))}),
              HasSubstr("a.txt, line 42: is not UTF-8, as 11 of 100 lines are not"));
}

Json record(const std::string& key, const std::string& mode, const std::string& text,
            const std::string& source, double score = 1) {
  Json row;
  row["key"] = key;
  row["mode"] = mode;
  row["source"] = source;
  row["source_sha256"] = hex(sha256(source));
  row["text"] = text;
  row["status"] = "accepted";
  row["scores"]["audit"] = score;
  row["scores"]["flags"] = Json::array();
  return row;
}

std::string as_lines(const std::vector<Json>& rows) {
  std::string text;
  for (const Json& row : rows) text += to_line(row) + "\n";
  return text;
}

TEST(RewritesJsonl, JoinsByKeyWhateverTheOrderAndTheLastAcceptedWins) {
  const TemporaryFolder folder;
  const Texts data({"a dog", "a cat", "a bird"});
  Json refused = record("image/1.jpg", "bard", "refused", "a cat");
  refused["status"] = "rejected:empty";
  const auto path = folder.write(
      "rewrites.jsonl", as_lines({record("image/2.jpg", "bard", "the bird sings", "a bird"),
                                  record("image/1.jpg", "bard", "old", "a cat"),
                                  record("image/1.jpg", "bard", "the cat sleeps", "a cat"), refused,
                                  record("image/0.jpg", "human", "my dog", "a dog"),
                                  record("elsewhere.jpg", "human", "no pair here", "x")}));
  for (const std::string& given : {path, folder.path().string()}) {
    const auto table = CaptionTable::build(data, {given});
    ASSERT_EQ(table.rewrites(), 2);
    EXPECT_EQ(table.slot_name(1), "rewrite:bard");
    EXPECT_EQ(table.slot_name(2), "rewrite:human");
    EXPECT_EQ(table.text(0, 1), "");
    EXPECT_EQ(table.text(1, 1), "the cat sleeps");
    EXPECT_EQ(table.text(2, 1), "the bird sings");
    EXPECT_EQ(table.text(0, 2), "my dog");
    EXPECT_THAT(table.describe(), HasSubstr("rewrite:bard 2 texts, 1 rows of other data"));
  }
}

TEST(RewritesJsonl, AChangedCaptionIsAnErrorWithItsKey) {
  const TemporaryFolder folder;
  const Texts data({"a dog", "a bird", "a cat"});  // the last two changed places
  const auto path =
      folder.write("r.jsonl", as_lines({record("image/0.jpg", "bard", "x y", "a dog"),
                                        record("image/1.jpg", "bard", "y z", "a cat"),
                                        record("image/2.jpg", "bard", "z z", "a bird")}));
  const std::string message = message_of(data, {path});
  EXPECT_THAT(message, HasSubstr("record 2: key 'image/1.jpg' was rewritten from another caption"));
  EXPECT_THAT(message, HasSubstr("\"a bird\""));
}

TEST(RewritesJsonl, RewritesOfATextFileAreJoinedBySource) {
  const TemporaryFolder folder;
  const Texts data({"a dog", "a cat", "a dog"});
  const auto path = folder.write("r.jsonl", as_lines({record("0", "bard", "the cat", "a cat"),
                                                      record("1", "bard", "the dog", " a dog ")}));
  const auto table = CaptionTable::build(data, {path});
  EXPECT_EQ(table.text(0, 1), "the dog");
  EXPECT_EQ(table.text(1, 1), "the cat");
  EXPECT_EQ(table.text(2, 1), "the dog");
  EXPECT_THAT(table.describe(), HasSubstr("joined by source"));
}

TEST(RewritesJsonl, FilesOfOtherDataOrOtherKindsAreRefused) {
  const TemporaryFolder folder;
  const Texts data({"a dog"});
  EXPECT_THAT(
      message_of(data, {folder.write("r.jsonl", as_lines({record("9", "bard", "x", "unknown")}))}),
      HasSubstr("no accepted rewrite belongs"));
  EXPECT_THAT(message_of(data, {folder.write("s.jsonl", "not json\n{}\n")}),
              HasSubstr("s.jsonl, line 1: is no rewrite"));
  EXPECT_THAT(message_of(data, {folder.write("e.jsonl", "")}), HasSubstr("is empty"));
  EXPECT_THAT(message_of(data, {folder / "absent.jsonl"}), HasSubstr("cannot be opened"));
  EXPECT_THAT(message_of(data, {folder.write("r.doc", "x")}, {}, ExitCode::kUsage),
              HasSubstr("no known kind"));
}

TEST(KeepIf, DropsByRecordedScoreAndFlag) {
  const TemporaryFolder folder;
  const Texts data({"a", "b", "c", "d"});
  std::vector<Json> rows;
  const std::vector<double> scores = {0.9, 0.6, 0.59, 1};
  for (int i = 0; i < 4; ++i)
    rows.push_back(record("image/" + std::to_string(i) + ".jpg", "bard", "t " + std::to_string(i),
                          data.caption(i), scores[static_cast<size_t>(i)]));
  rows[3]["scores"]["flags"].push_back("number-changed");
  const auto path = folder.write("r.jsonl", as_lines(rows));
  const auto kept = [&](const std::string& condition) {
    const auto table = CaptionTable::build(data, {path}, condition);
    std::string found;
    for (int i = 0; i < 4; ++i)
      found += table.text(i, 1).empty() ? '-' : static_cast<char>('0' + i);
    return found;
  };
  EXPECT_EQ(kept(""), "0123");
  EXPECT_EQ(kept("audit.score >= 0.6"), "01-3");
  EXPECT_EQ(kept("audit.score>0.6"), "0--3");
  EXPECT_EQ(kept("audit.score >= 0.6 and not flag:number-changed"), "01--");
  EXPECT_EQ(kept("flag:number-changed"), "---3");
  EXPECT_THAT(CaptionTable::build(data, {path}, "audit.score > 0.6").describe(),
              HasSubstr("rewrite:bard 2 texts, 2 dropped by the condition"));
}

TEST(KeepIf, AConditionThatDropsEverythingIsWarnedOf) {
  const TemporaryFolder folder;
  const Texts data({"a dog", "a cat"});
  const auto path =
      folder.write("r.jsonl", as_lines({record("image/0.jpg", "bard", "one dog", "a dog", 0.5),
                                        record("image/1.jpg", "bard", "one cat", "a cat", 0.9)}));
  const auto said = [&](const std::string& file, const std::string& condition) {
    const std::string log = folder / "log.txt";
    std::filesystem::remove(log);
    const LogFile lines(log);
    CaptionTable::build(data, {file}, condition);
    return read_file(log);
  };
  EXPECT_THAT(said(path, "audit.score >= 0.95"),
              HasSubstr("r.jsonl: the condition drops all 2 rewrites of mode bard"));
  EXPECT_EQ(said(path, "audit.score >= 0.8"), "");
  const auto lines = folder.write("a.txt", "one dog\none cat\n");
  EXPECT_THAT(said(lines, "audit.score > 1"),
              HasSubstr("a.txt: the condition drops all 2 rewrites that were looked at"));
  EXPECT_EQ(said(lines, "audit.score >= 0"), "");
}

TEST(KeepIf, BadGrammarIsAUsageError) {
  const Texts data({"a"});
  for (const std::string bad :
       {"audit.score", "audit.score == 1", "score >= 0.5", "audit.score >= high",
        "audit.score >= nan", "audit.score < inf", "audit.score > -infinity", "audit.score < 1e999",
        "audit.score >= 0.5 or flag:x", "not flag:number-chnged", "not",
        "flag:", "audit.score >= 0.5 and", "audit.score >= 0.5 audit.score < 1"}) {
    EXPECT_THAT(message_of(data, {}, bad, ExitCode::kUsage),
                HasSubstr("'" + bad + "' cannot be read"))
        << bad;
  }
}

TEST(KeepIf, LineAlignedTextsAreAuditedOnTheWay) {
  const TemporaryFolder folder;
  const Texts data({"two brown dogs on a beach", "a red car in the street"});
  const auto path = folder.write(
      "a.txt",
      "two brown dogs playing on a sandy beach\nbarbados is the capital of nine countries\n");
  const auto table = CaptionTable::build(data, {path}, "audit.score >= 0.6");
  EXPECT_EQ(table.text(0, 1), "two brown dogs playing on a sandy beach");
  EXPECT_EQ(table.text(1, 1), "");
  EXPECT_THAT(table.describe(), HasSubstr("the condition drops 1 of 2"));
}

TEST(CaptionTable, ASubsetTakesTheRewritesOfTheWhole) {
  const TemporaryFolder folder;
  const auto whole = std::make_shared<Texts>(std::vector<std::string>{"a", "b", "c", "d"});
  const auto part = source::subset(whole, {3, 1});
  const auto table = CaptionTable::build(*part, {folder.write("a.txt", "A\nB\nC\nD\n")});
  EXPECT_EQ(table.text(0, 0), "d");
  EXPECT_EQ(table.text(0, 1), "D");
  EXPECT_EQ(table.text(1, 1), "B");
}

}  // namespace
}  // namespace clipwright::data::captions
