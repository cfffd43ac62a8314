#include "data/source/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/error.h"
#include "data/files/tar.h"
#include "tests/data/test_pictures.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::source {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string message_of(const DataOptions& options, ExitCode code = ExitCode::kInput) {
  try {
    open_dataset(options);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error for " << options.source;
  return {};
}

std::string bytes_of(const ImageBytes& image) {
  EXPECT_EQ(image.error, "");
  return {reinterpret_cast<const char*>(image.view.data()), image.view.size()};
}

std::vector<std::string> keys_of(const Dataset& dataset) {
  std::vector<std::string> keys;
  for (int64_t i = 0; i < dataset.size(); ++i) keys.push_back(dataset.key(i));
  return keys;
}

std::vector<std::string> captions_of(const Dataset& dataset) {
  std::vector<std::string> captions;
  for (int64_t i = 0; i < dataset.size(); ++i) captions.push_back(dataset.caption(i));
  return captions;
}

void write_tar(const std::string& path,
               const std::vector<std::pair<std::string, std::string>>& members) {
  files::TarWriter writer(path);
  for (const auto& [name, bytes] : members) writer.add(name, bytes);
  writer.finish();
}

TEST(OpenClipCsv, ReadsNamedColumnsAndPicturesBesideTheTable) {
  const TemporaryFolder folder;
  folder.write("images/1.png", "one");
  folder.write("2.JPG", "two");
  const std::string table =
      folder.write("train.tsv",
                   "\xEF\xBB\xBFid\ttitle\tfilepath\r\n7\ta dog\timages/1.png\r\n\r\n8\t\"says "
                   "\"\"woof\"\"\r\ntwice\"\t2.JPG");
  const auto dataset = open_dataset({.source = table});
  EXPECT_THAT(keys_of(*dataset), ElementsAre("images/1.png", "2.JPG"));
  EXPECT_THAT(captions_of(*dataset), ElementsAre("a dog", "says \"woof\"\r\ntwice"));
  EXPECT_EQ(bytes_of(dataset->image(1)), "two");
  EXPECT_THAT(dataset->describe(), HasSubstr("2 pairs"));
}

TEST(OpenClipCsv, CommaAndOwnColumnNames) {
  const TemporaryFolder folder;
  folder.write("pictures/1.png", "one");
  const std::string table = folder.write("train.csv", "image,text\n1.png,\"a dog, brown\"\n");
  const auto dataset = open_dataset({.source = table,
                                     .csv_image_key = "image",
                                     .csv_caption_key = "text",
                                     .image_root = folder / "pictures"});
  EXPECT_THAT(captions_of(*dataset), ElementsAre("a dog, brown"));
  EXPECT_EQ(bytes_of(dataset->image(0)), "one");
}

TEST(OpenClipCsv, RowsWithoutCaptionOrPictureAreCountedAndSkipped) {
  const TemporaryFolder folder;
  folder.write("1.png", "one");
  const std::string table = folder.write(
      "t.csv",
      "filepath,title\n1.png,good\n1.png,\n,lost\n1.png\n1.png,\xff\xfe bad\n1.png,fine\n");
  const auto dataset = open_dataset({.source = table});
  EXPECT_THAT(captions_of(*dataset), ElementsAre("good", "fine"));
  EXPECT_THAT(
      dataset->describe(),
      HasSubstr("skipped 4 of 6 (no caption 1, no picture 1, not UTF-8 1, too few columns 1)"));
}

TEST(OpenClipCsv, TooManySkippedRowsAreAnErrorWithTheFirstBadLine) {
  const TemporaryFolder folder;
  folder.write("1.png", "one");
  std::string table = "filepath,title\n";
  for (int i = 0; i < 300; ++i) table += i % 10 == 4 ? "1.png,\n" : "1.png,a dog\n";
  EXPECT_THAT(message_of({.source = folder.write("t.csv", table)}),
              HasSubstr("t.csv, line 6: column 'title' is empty; 21 of 205 skipped so far"));
  EXPECT_EQ(open_dataset({.source = folder / "t.csv", .max_skipped_share = 0.2})->size(), 270);
}

TEST(OpenClipCsv, WrongColumnsSayWhatThereIs) {
  const TemporaryFolder folder;
  const std::string table = folder.write("t.tsv", "file_path\tcaption\n1.png\tx\n");
  const std::string message = message_of({.source = table});
  EXPECT_THAT(message, HasSubstr("has no column of pictures among 'file_path', 'caption'"));
  EXPECT_THAT(message, HasSubstr("Did you mean 'file_path'?"));
  EXPECT_THAT(message, HasSubstr("--csv-img-key"));
}

TEST(OpenClipCsv, AWrongImageRootStopsBeforeTheRun) {
  const TemporaryFolder folder;
  const std::string table = folder.write("t.csv", "filepath,title\na.png,x\nb.png,y\n");
  EXPECT_THAT(message_of({.source = table}), HasSubstr("--image-root"));
}

TEST(OpenClipCsv, UnusableFilesAreNamed) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of({.source = folder / "absent.csv"}), HasSubstr("does not exist"));
  EXPECT_THAT(message_of({.source = folder.write("empty.csv", "")}), HasSubstr("is empty"));
  EXPECT_THAT(message_of({.source = folder.write("wide.csv", std::string("\xFF\xFE"
                                                                         "f\0i\0",
                                                                         6)),
                          .type = "csv"}),
              HasSubstr("UTF-16"));
  EXPECT_THAT(message_of({.source = folder.write("x.xyz", "?")}), HasSubstr("--dataset-type"));
  EXPECT_THAT(
      message_of({.source = folder.write("x.csv", "a"), .type = "webdatset"}, ExitCode::kUsage),
      HasSubstr("Did you mean 'webdataset'?"));
  EXPECT_THAT(message_of({.source = folder / "x.csv", .type = "csv", .csv_separator = ";;"},
                         ExitCode::kUsage),
              HasSubstr("--csv-separator"));
}

TEST(LaclipCsv, AcceptsByExtensionCaseSensitively) {
  const TemporaryFolder folder;
  for (const std::string name : {"a.png", "b.jpg", "c.jpeg"}) folder.write(name, name);
  const std::string table = folder.write("t.csv",
                                         "picture,words\na.png,one,x\nB.JPG,two\nb.jpg,"
                                         "\"three, four\"\nw.webp,five\nc.jpeg,six\n");
  const auto dataset = open_dataset({.source = table});
  EXPECT_THAT(keys_of(*dataset), ElementsAre("a.png", "b.jpg", "c.jpeg"));
  EXPECT_THAT(captions_of(*dataset), ElementsAre("one", "three, four", "six"));
  EXPECT_THAT(dataset->describe(), HasSubstr("3 rows without"));
}

TEST(LaclipCsv, ARowWithoutCaptionKeepsItsPlaceForLineAlignedRewrites) {
  const TemporaryFolder folder;
  folder.write("a.png", "a");
  const std::string table = folder.write("t.csv", "a.png,one\na.png\na.png,three\n");
  EXPECT_THAT(captions_of(*open_dataset({.source = table})), ElementsAre("one", "", "three"));
}

TEST(Folder, PairsPicturesWithTheirTexts) {
  const TemporaryFolder folder;
  folder.write("b/2.JPG", "two");
  folder.write("b/2.txt", "second\n\n  another one \r\n");
  folder.write("a.png", "one");
  folder.write("a.txt", "first\n");
  folder.write("c.webp", "three");
  folder.write("notes.md", "no picture");
  folder.write(".hidden/x.png", "no");
  const auto dataset = open_dataset({.source = folder.path()});
  EXPECT_THAT(keys_of(*dataset), ElementsAre("a.png", "b/2.JPG"));
  EXPECT_THAT(captions_of(*dataset), ElementsAre("first", "second"));
  EXPECT_THAT(dataset->captions(1), ElementsAre("second", "another one"));
  EXPECT_EQ(bytes_of(dataset->image(1)), "two");
  EXPECT_THAT(dataset->describe(), HasSubstr("skipped 1 of 3 (no caption 1)"));
}

TEST(Folder, ClassFoldersGiveLabelsInSortedOrder) {
  const TemporaryFolder folder;
  folder.write("zebra/1.png", "z");
  folder.write("ant/1.png", "a");
  folder.write("ant/2.png", "a");
  const auto dataset = open_dataset({.source = folder.path()});
  EXPECT_THAT(keys_of(*dataset), ElementsAre("ant/1.png", "ant/2.png", "zebra/1.png"));
  EXPECT_EQ(dataset->label(0), 0);
  EXPECT_EQ(dataset->label(2), 1);
  EXPECT_EQ(dataset->caption(0), "");
}

TEST(Folder, AMissingPictureIsAValueNotAnError) {
  const TemporaryFolder folder;
  folder.write("a.png", "one");
  folder.write("a.txt", "first");
  const auto dataset = open_dataset({.source = folder.path()});
  std::filesystem::remove(folder / "a.png");
  EXPECT_THAT(dataset->image(0).error, HasSubstr("cannot be opened"));
  EXPECT_THAT(message_of({.source = TemporaryFolder().path()}), HasSubstr("holds no picture"));
}

TEST(Folder, OneThatCannotBeOpenedSaysWhy) {
  const TemporaryFolder folder;
  folder.write("closed/a.png", "one");
  std::filesystem::permissions(folder / "closed", std::filesystem::perms::none);
  if (::access((folder / "closed").c_str(), R_OK) == 0) GTEST_SKIP() << "root opens any folder";
  EXPECT_THAT(message_of({.source = folder / "closed"}),
              HasSubstr("closed: cannot be listed (Permission denied)"));
  std::filesystem::permissions(folder / "closed", std::filesystem::perms::owner_all);
}

TEST(Webdataset, GroupsMembersByKeyAcrossShards) {
  const TemporaryFolder folder;
  write_tar(folder / "s-00.tar", {{"0001.jpg", "one"},
                                  {"0001.txt", "a dog\n"},
                                  {"0001.json", "{}"},
                                  {"x/0002.b.png", "not a picture"},
                                  {"x/0003.txt", "a cat"},
                                  {"x/0003.PNG", "three"}});
  write_tar(folder / "s-01.tar", {{"0001.webp", "four"},
                                  {"0001.json", R"({"caption": " a bird ", "url": "u"})"},
                                  {"0001.jpg", "five"},
                                  {"0001.txt", "a fish"}});
  const auto dataset = open_dataset({.source = folder / "s-{00..01}.tar"});
  EXPECT_THAT(keys_of(*dataset), ElementsAre("0001", "x/0003", "0001"));
  EXPECT_THAT(captions_of(*dataset), ElementsAre("a dog", "a cat", "a fish"));
  EXPECT_EQ(bytes_of(dataset->image(0)), "one");
  EXPECT_EQ(bytes_of(dataset->image(1)), "three");
  EXPECT_EQ(bytes_of(dataset->image(2)), "five") << "jpg comes before webp";
  EXPECT_THAT(dataset->describe(), HasSubstr("2 tars, 3 pairs, skipped 1 of 4 (no picture 1)"));
  EXPECT_EQ(open_dataset({.source = folder.path()})->size(), 3);
  EXPECT_EQ(
      open_dataset({.source = (folder / "s-01.tar") + "::" + (folder / "s-00.tar")})->caption(0),
      "a fish");
}

TEST(Webdataset, TheCaptionMayStandInTheJson) {
  const TemporaryFolder folder;
  write_tar(folder / "s.tar", {{"1.jpg", "one"},
                               {"1.json", R"({"caption": " a bird "})"},
                               {"2.jpg", "two"},
                               {"2.json", "{broken"},
                               {"2.cls", "17\n"}});
  const auto dataset = open_dataset({.source = folder / "s.tar"});
  EXPECT_THAT(captions_of(*dataset), ElementsAre("a bird", ""));
  EXPECT_EQ(dataset->label(0), -1);
  EXPECT_EQ(dataset->label(1), 17);
}

TEST(Webdataset, TooManyBadSamplesNameTheFirst) {
  const TemporaryFolder folder;
  std::vector<std::pair<std::string, std::string>> members;
  for (int i = 0; i < 300; ++i) {
    members.emplace_back(std::to_string(100 + i) + ".jpg", "x");
    if (i % 10 != 5) members.emplace_back(std::to_string(100 + i) + ".txt", "a dog");
  }
  write_tar(folder / "s.tar", members);
  EXPECT_THAT(message_of({.source = folder / "s.tar"}),
              HasSubstr("s.tar: sample 105 has no caption (looked for .txt, json:caption); 30 of "
                        "300 skipped so far"));
}

TEST(Webdataset, ACutTarGivesItsFirstSamplesAndJunkIsRefused) {
  const TemporaryFolder folder;
  write_tar(folder / "s.tar", {{"1.jpg", "one"},
                               {"1.txt", "a dog"},
                               {"2.jpg", std::string(5000, 'x')},
                               {"2.txt", "a cat"}});
  std::filesystem::resize_file(folder / "s.tar", 4 * 512 + 512 + 1000);
  const auto dataset = open_dataset({.source = folder / "s.tar"});
  EXPECT_THAT(keys_of(*dataset), ElementsAre("1"));
  EXPECT_THAT(dataset->describe(), HasSubstr("1 tar damaged"));
  EXPECT_THAT(message_of({.source = folder.write("junk.tar", std::string(3000, 'j'))}),
              HasSubstr("no valid tar header"));
  EXPECT_THAT(message_of({.source = folder.write("x.tar.gz", "z")}), HasSubstr("is compressed"));
  EXPECT_THAT(message_of({.source = folder / "{0..1}.tar"}), HasSubstr("0.tar: does not exist"));
}

TEST(ClipBenchmark, ReadsItsLayout) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "test");
  folder.write("test/nshards.txt", "2\n");
  write_tar(folder / "test/0.tar", {{"s0000000.webp", "one"}, {"s0000000.cls", "3"}});
  write_tar(folder / "test/1.tar",
            {{"s0000001.png", "two"}, {"s0000001.txt", "a dog\na brown dog"}});
  write_tar(folder / "test/2.tar", {{"s0000002.png", "beyond nshards"}, {"s0000002.cls", "1"}});
  const auto dataset = open_dataset({.source = folder.path()});
  ASSERT_EQ(dataset->size(), 2);
  EXPECT_EQ(dataset->label(0), 3);
  EXPECT_THAT(dataset->captions(1), ElementsAre("a dog", "a brown dog"));
  EXPECT_EQ(dataset->caption(1), "a dog");
  EXPECT_EQ(open_dataset({.source = folder / "test", .type = "clip-benchmark"})->size(), 2);
  folder.write("test/nshards.txt", "many");
  EXPECT_THAT(message_of({.source = folder.path()}), HasSubstr("says 'many'"));
}

TEST(Jsonl, ReadsPathsCaptionsAndKeys) {
  const TemporaryFolder folder;
  folder.write("1.png", "one");
  const std::string lines = folder.write(
      "t.jsonl",
      "{\"key\": \"k1\", \"image\": \"1.png\", \"captions\": [\"a dog\", \"brown\", 5]}\r\n\n"
      "{\"filepath\": \"1.png\", \"title\": \"  a \\u00e9 \"}\n{\"image\": \"1.png\"}\nnonsense\n");
  const auto dataset = open_dataset({.source = lines});
  EXPECT_THAT(keys_of(*dataset), ElementsAre("k1", "1.png"));
  EXPECT_THAT(captions_of(*dataset), ElementsAre("a dog", "a é"));
  EXPECT_THAT(dataset->captions(0), ElementsAre("a dog", "brown"));
  EXPECT_EQ(bytes_of(dataset->image(0)), "one");
  EXPECT_THAT(dataset->describe(), HasSubstr("skipped 2 of 4 (no caption 1, not JSON 1)"));
}

TEST(Concatenation, SourcesFollowEachOther) {
  const TemporaryFolder folder;
  folder.write("1.png", "one");
  folder.write("a.csv", "filepath,title\n1.png,first\n");
  folder.write("b.jsonl", R"({"image": "1.png", "caption": "second"})");
  write_tar(folder / "c.tar", {{"3.png", "three"}, {"3.txt", "third"}});
  const auto dataset = open_dataset(
      {.source = (folder / "a.csv") + "::" + (folder / "c.tar") + "::" + (folder / "b.jsonl")});
  EXPECT_THAT(captions_of(*dataset), ElementsAre("first", "third", "second"));
  EXPECT_EQ(bytes_of(dataset->image(1)), "three");
}

TEST(Subset, KeepsOrderAndKnowsItsBase) {
  const TemporaryFolder folder;
  folder.write("1.png", "one");
  folder.write("a.csv", "filepath,title\n1.png,0\n1.png,1\n1.png,2\n");
  const std::shared_ptr<const Dataset> whole = open_dataset({.source = folder / "a.csv"});
  const auto part = subset(whole, {2, 0});
  EXPECT_THAT(captions_of(*part), ElementsAre("2", "0"));
  EXPECT_EQ(part->base(), whole.get());
  EXPECT_EQ(part->base_index(0), 2);
}

}  // namespace
}  // namespace clipwright::data::source
