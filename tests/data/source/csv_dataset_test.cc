#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "data/source/dataset.h"
#include "data/source/source_kind.h"
#include "tests/captured_log.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::source {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class Tables : public testing::Test {
 protected:
  Tables() {
    for (int i = 0; i < 6; ++i) folder_.write("p" + std::to_string(i) + ".jpg", "picture");
  }
  /// "key=caption" of every pair.
  static std::vector<std::string> pairs(const Dataset& dataset) {
    std::vector<std::string> all;
    for (int64_t i = 0; i < dataset.size(); ++i)
      all.push_back(dataset.key(i) + "=" + dataset.caption(i));
    return all;
  }
  std::vector<std::string> read(const std::string& name, const std::string& contents,
                                DataOptions options = {}) {
    options.source = folder_.write(name, contents);
    return pairs(*open_dataset(options));
  }
  std::string complaint(const std::string& name, const std::string& contents,
                        DataOptions options = {}, ExitCode code = ExitCode::kInput) {
    options.source = folder_.write(name, contents);
    try {
      open_dataset(options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    return "no complaint";
  }
  TemporaryFolder folder_;
};

/// The same six rows, with the quote that another way closes it.
TEST_F(Tables, StrayQuotesTakeNoRows) {
  for (const std::string& fifth : {"\"Dream big and smile", "12\" vinyl record", "an inch, 1\"",
                                   "\"a quotation\"", "no quote"}) {
    for (const std::string& ending : {"\n", "\r\n", "\r"}) {
      std::string table = "filepath\ttitle" + ending;
      const std::vector<std::string> captions = {
          "a plain caption", "\"Best view in town", "a cat", "a red bus", fifth, "a boat"};
      for (size_t i = 0; i < captions.size(); ++i)
        table += "p" + std::to_string(i) + ".jpg\t" + captions[i] + ending;
      CapturedLog log;
      const std::vector<std::string> found = read("train.tsv", table);
      EXPECT_THAT(log.told(), HasSubstr("train.tsv, line 3: a double quote opens a field"));
      ASSERT_THAT(found, SizeIs(6)) << fifth;
      EXPECT_EQ(found[1], "p1.jpg=\"Best view in town");
      EXPECT_EQ(found[4], "p4.jpg=" + (fifth == "\"a quotation\"" ? "a quotation" : fifth));
      EXPECT_EQ(found[5], "p5.jpg=a boat");
    }
  }
}

TEST_F(Tables, StrayQuotesOfEveryKindOfTable) {
  using Options = DataOptions;
  const std::string rows = "p0.jpg,\"Best view\np1.jpg,a cat\np2.jpg,6\" nails\n";
  const auto wanted = ElementsAre("p0.jpg=\"Best view", "p1.jpg=a cat", "p2.jpg=6\" nails");
  EXPECT_THAT(read("a.csv", "filepath,title\n" + rows), wanted);
  EXPECT_THAT(read("b.csv", rows), wanted) << "LaCLIP's";
  EXPECT_THAT(read("c.csv", "filepath,title\n" + rows, Options{.pictures = false}), wanted);
  EXPECT_THAT(read("d.csv", rows, Options{.csv_image_key = "#1", .csv_caption_key = "#2"}), wanted);
  EXPECT_THAT(read("e.tsv", "\"Best view\thttp://a/1\na cat\thttp://a/2\n6\" nails\thttp://a/3\n",
                   Options{.pictures = false, .caption_column = "#1", .key_column = "#2"}),
              ElementsAre("http://a/1=\"Best view", "http://a/2=a cat", "http://a/3=6\" nails"));
  Options labels{.labels = true};
  labels.source = folder_.write(
      "f.csv", "filepath,label,title\np0.jpg,\"cat,Best\np1.jpg,dog,x\np2.jpg,dog,5\" y\n");
  const auto labelled = open_dataset(labels);
  ASSERT_EQ(labelled->size(), 3);
  EXPECT_EQ(labelled->class_name(0), "\"cat");
}

TEST_F(Tables, AQuoteThatTakesTheRestNamesItsLine) {
  EXPECT_THAT(
      complaint("a.csv", "caption\nfine\n\"never closed\nmore\nand more\n", {.pictures = false}),
      HasSubstr("a.csv, line 3: a double quote that opens here is never closed"));
}

TEST_F(Tables, CaptionsOfSeveralLinesStayWhole) {
  CapturedLog log;
  EXPECT_THAT(read("a.csv", "filepath,title\np0.jpg,\"two lines,\r\nof one\"\np1.jpg,x\n"),
              ElementsAre("p0.jpg=two lines,\r\nof one", "p1.jpg=x"));
  EXPECT_THAT(log.told(), testing::Not(HasSubstr("double quote")));
}

/// Flickr's tables as the download sites give them.
TEST_F(Tables, FlickrsColumnsAreKnown) {
  EXPECT_THAT(read("flickr30k.csv",
                   "image_name,comment_number,comment\np0.jpg,0,\"A child , climbing\"\n"
                   "p0.jpg,1,\"A \"\"Rock\"\" shirt\"\n"),
              ElementsAre("p0.jpg=A child , climbing", "p0.jpg=A \"Rock\" shirt"));
  // One line lacks a separator, as in the published file.
  const std::string bars =
      "image_name| comment_number| comment\np0.jpg| 0| A child , climbing .\n"
      "p1.jpg| 4   A dog runs\np1.jpg| 1| \"quoted\" words\n";
  const auto wanted = ElementsAre("p0.jpg=A child , climbing .", "p1.jpg=\"quoted\" words");
  EXPECT_THAT(read("results.csv", bars), wanted);
  for (const char* name : {"comment", " comment"}) {
    EXPECT_THAT(read("results.csv", bars,
                     {.type = "csv",
                      .csv_separator = "|",
                      .csv_image_key = "image_name",
                      .csv_caption_key = name}),
                wanted);
  }
  EXPECT_THAT(read("captions.txt", "image,caption\np0.jpg,A child , climbing\np0.jpg,x\n"),
              ElementsAre("p0.jpg=A child , climbing"));
}

TEST_F(Tables, AnyUsualSeparatorAndColumn) {
  for (const char separator : {',', ';', '\t', '|'}) {
    for (const std::string names : {"filepath,title", "image,caption", "file_name,text",
                                    "Image_Path,TEXT", "filename,comment", "path,txt"}) {
      std::string table = names + "\np0.jpg,a dog\np1.jpg,\"a cat\"\n";
      std::replace(table.begin(), table.end(), ',', separator);
      EXPECT_THAT(read("t.csv", table), ElementsAre("p0.jpg=a dog", "p1.jpg=a cat")) << table;
    }
  }
}

TEST_F(Tables, UnknownColumnsAreListedAndNeverGuessed) {
  const std::string unknown = "picture_file,comment_nr,words\np0.jpg,0,a dog\np1.jpg,1,a cat\n";
  EXPECT_THAT(
      complaint("t.csv", unknown),
      AllOf(HasSubstr("has no column of pictures among 'picture_file', 'comment_nr', 'words'"),
            HasSubstr("--csv-img-key")));
  EXPECT_THAT(read("t.csv", unknown, {.csv_image_key = "picture_file", .csv_caption_key = "words"}),
              ElementsAre("p0.jpg=a dog", "p1.jpg=a cat"));
  EXPECT_THAT(complaint("t.csv", "filepath,wording\np0.jpg,a dog\n"),
              AllOf(HasSubstr("has no column of captions among 'filepath', 'wording'"),
                    HasSubstr("--csv-caption-key")));
  EXPECT_THAT(complaint("t.csv", "image,caption\np0.jpg,a dog\n", {.csv_image_key = "img"}),
              HasSubstr("has no column 'img' among 'image', 'caption'"))
      << "a name that was given has no stand-in";
  EXPECT_THAT(complaint("t.csv", "p0.jpg,0,a dog\np1.jpg,1,a cat\n"),
              HasSubstr("has no column of pictures"))
      << "numbers are no captions";
  EXPECT_THAT(read("t.csv", "p0.jpg,0,a dog\np1.jpg,1,a cat\n", {.type = "laclip-csv"}),
              ElementsAre("p0.jpg=0", "p1.jpg=1"))
      << "unless it was said so";
}

TEST_F(Tables, WithoutAHeaderColumnsHaveNumbers) {
  const std::string cc3m = "a dog\tp0.jpg\na cat\tp1.jpg\n";
  EXPECT_THAT(read("cc3m.tsv", cc3m, {.csv_image_key = "#2", .csv_caption_key = "#1"}),
              ElementsAre("p0.jpg=a dog", "p1.jpg=a cat"));
  EXPECT_THAT(complaint("cc3m.tsv", cc3m), HasSubstr("--csv-img-key '#1' --csv-caption-key '#2'"));
  EXPECT_THAT(complaint("cc3m.tsv", cc3m, {.csv_image_key = "#2"}, ExitCode::kUsage),
              HasSubstr("--csv-caption-key is not given beside a numbered column"));
  EXPECT_THAT(complaint("cc3m.tsv", cc3m, {.csv_image_key = "#3", .csv_caption_key = "#1"}),
              HasSubstr("'#3'"));
  EXPECT_THAT(complaint("cc3m.tsv", "a dog\thttps://a.org/1.jpg\n",
                        {.csv_image_key = "#2", .csv_caption_key = "#1"}),
              AllOf(HasSubstr("https://a.org/1.jpg is an address"), HasSubstr("img2dataset")));
}

TEST_F(Tables, BackslashesOfWindowsAreNamed) {
  folder_.write("images/0.jpg", "picture");
  for (const auto& [name, contents] : std::vector<std::pair<std::string, std::string>>{
           {"t.csv", "filepath,title\nimages\\0.jpg,a dog\n"},
           {"t.jsonl", "{\"image\": \"images\\\\0.jpg\", \"caption\": \"a dog\"}\n"},
           {"t.json", "[{\"image\": \"images\\\\0.jpg\", \"caption\": \"a dog\"}]"}}) {
    EXPECT_THAT(complaint(name, contents),
                AllOf(HasSubstr("backslashes"), HasSubstr("images/0.jpg, which is there")))
        << name;
  }
  EXPECT_THAT(complaint("t.csv", "filepath,title\nC:\\sets\\0.jpg,a dog\n"),
              AllOf(HasSubstr("none of 1 pictures"), HasSubstr("Paths of Windows need slashes")));
}

TEST_F(Tables, AKeyColumnNamesThePairs) {
  EXPECT_THAT(read("t.csv", "key,filepath,title\nk0,p0.jpg,a dog\n,p1.jpg,a cat\n"),
              ElementsAre("k0=a dog", "p1.jpg=a cat"));
}

}  // namespace
}  // namespace clipwright::data::source
