#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "data/source/dataset.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::source {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Yfcc15m : public testing::Test {
 protected:
  DataOptions options(const std::string& lines) const {
    return {.source = folder_.write("yfcc15m_clean_open_data.json", lines), .type = "yfcc15m"};
  }
  std::unique_ptr<Dataset> open(const std::string& lines) const {
    return open_dataset(options(lines));
  }
  static std::string complaint(const DataOptions& options) {
    try {
      open_dataset(options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput) << error.what();
      return error.what();
    }
    return "no complaint";
  }
  /// "key=caption" of every pair.
  static std::vector<std::string> rows(const Dataset& dataset) {
    std::vector<std::string> all;
    for (int64_t i = 0; i < dataset.size(); ++i)
      all.push_back(dataset.key(i) + "=" + dataset.caption(i));
    return all;
  }
  static std::string record(const std::string& name, const std::string& caption) {
    return R"({"filename": ")" + name + R"(", "caption": )" + caption + R"(, "url": "http://x"})" +
           "\n";
  }
  TemporaryFolder folder_;
};

TEST_F(Yfcc15m, FilenameIsPictureAndKeyWhateverElseTheRecordSays) {
  folder_.write("a/1.jpg", "beside");
  folder_.write("elsewhere/a/1.jpg", "under the root");
  DataOptions list = options(
      R"({"url": "http://x", "caption": "  a boat ", "filename": "a/1.jpg", "filepath": "no", "title": "no", "key": "no", "captions": ["no"], "label": 7})"
      "\r\n\n");
  const auto beside = open_dataset(list);
  EXPECT_THAT(rows(*beside), ElementsAre("a/1.jpg=a boat"));
  EXPECT_THAT(beside->captions(0), ElementsAre("a boat"));
  EXPECT_EQ(beside->label(0), 7);
  EXPECT_EQ(beside->image(0).view.size(), std::string("beside").size());
  EXPECT_THAT(beside->describe(), HasSubstr("YFCC15M "));
  EXPECT_THAT(beside->describe(), HasSubstr("1 pairs"));
  list.image_root = folder_ / "elsewhere";
  EXPECT_EQ(open_dataset(list)->image(0).view.size(), std::string("under the root").size());
}

TEST_F(Yfcc15m, OfAListTheFirstEntryIsTheCaption) {
  const auto dataset = open(record("1", R"(["first", "second"])") + record("2", R"(["only"])") +
                            record("3", R"(["", "second"])") + record("4", R"([5, "second"])") +
                            record("5", "[]") + record("6", R"([["nested"], "second"])") +
                            record("7", R"(["latin", "猫"])") + record("8", R"(["猫", "latin"])"));
  EXPECT_THAT(rows(*dataset), ElementsAre("1=first", "2=only", "7=latin"));
  EXPECT_THAT(dataset->captions(0), ElementsAre("first"));
  EXPECT_THAT(dataset->describe(), HasSubstr("skipped 5 of 8 (CJK ideograph 1, no caption 4)"));
}

TEST_F(Yfcc15m, IdeographsFrom4E00To9FA5AreLeftOutAndTheirNeighboursAreNot) {
  // U+4E00 and U+9FA5 are the first and the last of them; kana, hangul, accents, other planes and
  // the code points just outside are not among them.
  const auto dataset =
      open(record("first", R"("a 一")") + record("last", R"("龥 b")") +
           record("escaped", R"("a \u732b")") + record("before", R"("\u4dff")") +
           record("after", R"("\u9fa6")") + record("kana", R"("ねこ ネコ 한")") +
           record("accent", R"("é ü ß ñ")") + record("plane", R"("\ud840\udc00 \ud83d\ude00")"));
  EXPECT_THAT(rows(*dataset),
              ElementsAre("before=\xE4\xB7\xBF", "after=\xE9\xBE\xA6", "kana=ねこ ネコ 한",
                          "accent=é ü ß ñ", "plane=\xF0\xA0\x80\x80 \xF0\x9F\x98\x80"));
  EXPECT_THAT(dataset->describe(), HasSubstr("skipped 3 of 8 (CJK ideograph 3)"));
}

TEST_F(Yfcc15m, DamageIsCountedByReasonAndTheRestIsRead) {
  const auto dataset =
      open("\xEF\xBB\xBF" + record("1", R"("good")") + record("blank", R"(" \t ")") +
           record("null", "null") + record("number", "5") + record("object", R"({"a": "b"})") +
           R"({"caption": "no name"})"
           "\n"
           R"({"filename": "", "caption": "empty name"})"
           "\n"
           R"({"filename": 7, "caption": "name is a number"})"
           "\n"
           R"({"filename": "labelled", "label": 3})"
           "\n"
           "[\"a\", \"list\"]\n\"text\"\nnonsense\n" +
           record("latin1", "\"caf\xE9\"") + record("cut", R"("surrogate \ud83d")") +
           record("2", R"("good too")") + R"({"filename": "torn", "capt)");
  EXPECT_THAT(rows(*dataset), ElementsAre("1=good", "cut=surrogate \uFFFD", "2=good too"));
  EXPECT_THAT(dataset->describe(),
              HasSubstr("skipped 13 of 16 (no caption 5, no picture 3, not JSON 5)"));
}

TEST_F(Yfcc15m, AListWithoutAUsableRecordOrWithTooManyBadOnesIsRefusedWithTheFirst) {
  EXPECT_THAT(complaint(options(record("1", R"("猫")"))),
              HasSubstr("line 1: has a caption with a CJK ideograph (U+4E00 to U+9FA5)"));
  EXPECT_THAT(complaint(options(R"({"image": "1.jpg", "caption": "a dog"})")),
              HasSubstr("has no picture (looked for filename)"));
  EXPECT_THAT(complaint(options(" \n")), HasSubstr("is empty"));
  std::string many;
  for (int i = 0; i < 300; ++i)
    many += record(std::to_string(i), i % 10 == 3 ? R"("猫")" : R"("a dog")");
  EXPECT_THAT(complaint(options(many)), HasSubstr("line 4: has a caption with a CJK ideograph"));
  DataOptions patient = options(many);
  patient.max_skipped_share = 0.2;
  EXPECT_EQ(open_dataset(patient)->size(), 270);
}

TEST_F(Yfcc15m, CaptionsAloneKeepThePlacesOfRecordsThatAreLeftOut) {
  DataOptions alone = options(record("1", R"(["a dog", "no"])") + record("2", R"("猫")") +
                              record("3", R"("")") + record("4", R"("a cat")"));
  alone.pictures = false;
  const auto dataset = open_dataset(alone);
  EXPECT_THAT(rows(*dataset), ElementsAre("1=a dog", "2=", "3=", "4=a cat"));
  EXPECT_THAT(dataset->describe(), HasSubstr("skipped 2 of 4 (CJK ideograph 1, no caption 1)"));
}

TEST_F(Yfcc15m, IsOnlyReadByItsRulesWhenItIsNamed) {
  const std::string lines = R"({"filename": "1.jpg", "image": "1.jpg", "caption": "猫"})";
  folder_.write("1.jpg", "picture");
  EXPECT_EQ(open_dataset({.source = folder_.write("a.jsonl", lines)})->size(), 1);
  EXPECT_THAT(complaint({.source = folder_.write("a.json", lines)}), HasSubstr("--dataset-type"));
}

}  // namespace
}  // namespace clipwright::data::source
