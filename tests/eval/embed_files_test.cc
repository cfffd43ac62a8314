#include "eval/embed_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <span>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/npy.h"
#include "tests/temporary_folder.h"

namespace clipwright::eval {
namespace {

using testing::ElementsAre;

class PicturePaths : public testing::Test {
 protected:
  PicturePaths() {
    for (const char* name : {"d/0.jpg", "d/1.PNG", "d/2.gif", "d/sub/3.tif", "d/._0.jpg",
                             "d/.DS_Store", "d/__MACOSX/0.jpg", "d/notes.txt"})
      folder_.write(name, "x");
  }
  TemporaryFolder folder_;
};

TEST_F(PicturePaths, AFolderGivesWhatADataSetOfItGives) {
  EXPECT_THAT(picture_paths({folder_ / "d"}),
              ElementsAre(folder_ / "d/0.jpg", folder_ / "d/1.PNG", folder_ / "d/2.gif",
                          folder_ / "d/sub/3.tif"));
}

TEST_F(PicturePaths, AListMayHaveAMarkBlankLinesAndHiddenFiles) {
  const auto expected = ElementsAre(folder_ / "d/0.jpg", folder_ / "d/1.PNG");
  const char* kLists[] = {"0.jpg\n1.PNG\n", "0.jpg\n1.PNG",
                          "\xEF\xBB\xBF"
                          "0.jpg\r\n1.PNG\r\n",
                          "\n0.jpg\n \n\t\n1.PNG\n\n \r\n",
                          "0.jpg\n._0.jpg\n.DS_Store\n__MACOSX/0.jpg\n1.PNG\n"};
  for (const char* list : kLists) {
    EXPECT_THAT(picture_paths({folder_.write("d/list.txt", list)}), expected) << list;
    EXPECT_THAT(picture_paths({folder_.write("d/LIST.TXT", list)}), expected) << list;
  }
  // The folders above a picture are the user's.
  folder_.write(".cache/p.jpg", "x");
  EXPECT_THAT(picture_paths({folder_.write("l.txt", folder_ / ".cache/p.jpg")}),
              ElementsAre(folder_ / ".cache/p.jpg"));
}

TEST_F(PicturePaths, PatternsAndBracesAreThoseOfADataSource) {
  EXPECT_THAT(picture_paths({folder_ / "d/*.jpg", folder_ / "d/{1,9}.PNG"}),
              ElementsAre(folder_ / "d/0.jpg", folder_ / "d/1.PNG", folder_ / "d/9.PNG"));
  EXPECT_THROW(picture_paths({"https://example.org/0.jpg"}), Error);
}

const fs::path kEncoders = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/sentence_encoders";

std::vector<float> numbers_of(const fs::path& npy) {
  const NpyArray read = read_npy(npy);
  const std::span<const float> values = read.values<float>();
  return {values.begin(), values.end()};
}

class EmbedWithAnEncoder : public testing::Test {
 protected:
  EmbedWithAnEncoder() {
    request_.model = (kEncoders / "bert-class").string();
    request_.output = folder_ / "rows.npy";
  }
  EmbedSummary embed(const std::string& texts) {
    request_.texts = folder_.write("texts.txt", texts);
    return embed_files(request_);
  }
  std::vector<float> rows() const { return numbers_of(request_.output); }
  TemporaryFolder folder_;
  EmbedRequest request_;
};

TEST_F(EmbedWithAnEncoder, EveryLineHasTheRowOfThePeer) {
  const auto texts = read_json(kEncoders / "texts.json").get<std::vector<std::string>>();
  const std::vector<float> golden = numbers_of(kEncoders / "bert-class/features.npy");
  // Those on one line, empty ones too.
  std::string lines;
  std::vector<size_t> chosen;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].find_first_of("\n\r\x0b\x0c") != std::string::npos ||
        texts[i].find('\0') != std::string::npos)
      continue;
    lines += texts[i] + "\n";
    chosen.push_back(i);
  }
  request_.raw = true;
  const EmbedSummary summary = embed(lines);
  EXPECT_EQ(summary.rows, static_cast<int64_t>(chosen.size()));
  EXPECT_EQ(summary.width, 16);
  const std::vector<float> got = rows();
  for (size_t i = 0; i < chosen.size(); ++i) {
    for (size_t d = 0; d < 16; ++d)
      EXPECT_NEAR(got[i * 16 + d], golden[chosen[i] * 16 + d], 1e-5) << texts[chosen[i]];
  }
}

TEST_F(EmbedWithAnEncoder, CountsTheTextsThatItCuts) {
  std::string longer;
  for (int i = 0; i < 100; ++i) longer += "dog ";
  EXPECT_EQ(embed("a cat\n\n" + longer + "\n").cut, 1);
  double length = 0;
  for (size_t d = 0; d < 16; ++d) length += std::pow(rows()[16 + d], 2);
  EXPECT_NEAR(length, 1, 1e-5) << "an empty text has a row of unit length";
}

TEST_F(EmbedWithAnEncoder, PicturesAreRefused) {
  request_.images = {folder_.write("p.jpg", "x")};
  try {
    embed_files(request_);
    ADD_FAILURE() << "was embedded";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_THAT(error.what(), testing::HasSubstr("sentence encoder"));
  }
}

}  // namespace
}  // namespace clipwright::eval
