#include "eval/sets/evaluation_data.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "data/files/tar.h"
#include "eval/multi_label.h"
#include "eval/zeroshot.h"
#include "tests/eval/tiny_set.h"
#include "tests/parquet_file.h"

namespace clipwright::eval::sets {
namespace {

using Strings = std::vector<std::string>;

class SetData : public testing::Test {
 protected:
  /// A picture in a folder.
  void add(const std::string& path) {
    const fs::path to = folder_ / path;
    fs::create_directories(to.parent_path());
    fs::copy_file(kGoldenEval / "pictures/2_0.png", to);
  }
  ClassificationData open(const std::string& source, const std::string& set,
                          const std::string& classnames = {},
                          const std::string& templates = {}) const {
    return open_classification({.source = folder_ / source}, classnames, templates, set);
  }
  std::string refusal(const std::function<void()>& work) const {
    try {
      work();
    } catch (const Error& error) {
      return error.what();
    }
    ADD_FAILURE() << "was not refused";
    return {};
  }
  Strings names_of(const ClassificationData& data) const {
    Strings names;
    for (int64_t i = 0; i < data.pictures->size(); ++i)
      names.push_back(data.classnames[static_cast<size_t>(data.pictures->label(i))]);
    return names;
  }
  TemporaryFolder folder_;
};

TEST_F(SetData, FoldersAreFoundByNameAndNotByPlace) {
  for (const char* path : {"s/SeaLake/1.png", "s/Forest/1.png", "s/AnnualCrop/1.png"}) add(path);
  const ClassificationData data = open("s", "vtab/eurosat");
  EXPECT_EQ(names_of(data), (Strings{"annual crop land", "forest", "lake or sea"}));
  EXPECT_EQ(data.classnames.size(), 10U);
  EXPECT_EQ(data.templates[0], "a centered satellite photo of {c}.");
  EXPECT_EQ(data.main_metric(), "acc1");
}

TEST_F(SetData, ImageNetPartsAreScoredAmongTheir200Classes) {
  for (const char* path : {"a/n01440764/1.png", "a/n01498041/1.png", "a/n12267677/1.png"})
    add(path);
  const ClassificationData data = open("a", "imagenet-a");
  EXPECT_EQ(data.classnames.size(), 200U);
  EXPECT_EQ(names_of(data), (Strings{"stingray", "acorn"}));  // the tench is none of the 200
  EXPECT_EQ(data.pictures->size(), 2);
  EXPECT_EQ(data.templates.size(), 80U);
  EXPECT_EQ(open("a", "imagenet1k").pictures->size(), 3);
}

TEST_F(SetData, NestedFoldersAndNumbersAreUnderstood) {
  for (const char* path : {"sun/a/alley/1.png", "sun/a/apartment_building/outdoor/1.png"})
    add(path);
  EXPECT_EQ(names_of(open("sun", "sun397")), (Strings{"alley", "apartment building outdoor"}));
  for (const char* path : {"v2/10/1.png", "v2/2/1.png"}) add(path);
  const ClassificationData v2 = open("v2", "imagenetv2");
  EXPECT_EQ(v2.pictures->label(0), 10);
  EXPECT_EQ(v2.pictures->label(1), 2);
}

TEST_F(SetData, TheFourSetsOfMeanPerClassSaySo) {
  add("f/Spitfire/1.png");
  EXPECT_EQ(open("f", "fgvc_aircraft").main_metric(), "mean_per_class_recall");
  EXPECT_NE(refusal([&] { open("f", "eurosat"); }).find("none of the folders 'Spitfire'"),
            std::string::npos);
  EXPECT_NE(refusal([&] { open("f", "fgvc_aircarft"); }).find("Did you mean 'fgvc_aircraft'?"),
            std::string::npos);
}

TEST_F(SetData, PromptsMayBeClipBenchmarks) {
  add("r/airplane/1.png");
  EXPECT_EQ(open("r", "resisc45").templates.size(), 18U);
  EXPECT_EQ(open("r", "resisc45", {}, "clip_benchmark").templates[0], "a sattelite image of {c}");
  EXPECT_EQ(open("r", "resisc45", {}, "7").templates.size(), 7U);
  EXPECT_THROW(open("r", {}, {}, "clip_benchmark"), Error);
}

TEST_F(SetData, TablesCarryNumbersOrClassNames) {
  add("1.png");
  add("2.png");
  write_file(folder_ / "numbers.csv", "filepath,label\n1.png,9\n2.png,0\n");
  EXPECT_EQ(names_of(open("numbers.csv", "eurosat")), (Strings{"lake or sea", "annual crop land"}));
  write_file(folder_ / "words.csv", "image,class\n1.png,SeaLake\n2.png,River\n");
  EXPECT_EQ(names_of(open("words.csv", "eurosat")), (Strings{"lake or sea", "river"}));
  write_file(folder_ / "words.jsonl",
             "{\"image\": \"1.png\", \"label\": \"forest\"}\n"
             "{\"image\": \"2.png\", \"label\": 3}\n");
  EXPECT_EQ(names_of(open("words.jsonl", "eurosat")), (Strings{"forest", "highway or road"}));
  write_file(folder_ / "names.txt", "cat\nbig dog\n");
  write_file(folder_ / "other.csv", "filepath,kind\n1.png,Big_Dog\n2.png,cat\n");
  const ClassificationData data = open_classification(
      {.source = folder_ / "other.csv", .label_key = "kind"}, folder_ / "names.txt", {});
  EXPECT_EQ(names_of(data), (Strings{"big dog", "cat"}));
}

// All pictures of a table in one folder, or in folders that say nothing of their classes.
TEST_F(SetData, FoldersOfATablesPicturesAreNoClasses) {
  add("10/1.png");
  add("2/1.png");
  write_file(folder_ / "t.csv", "filepath,label\n10/1.png,0\n2/1.png,1\n");
  EXPECT_EQ(names_of(open("t.csv", "eurosat")), (Strings{"annual crop land", "forest"}));
  write_file(folder_ / "one.csv", "filepath,label\n10/1.png,0\n");
  EXPECT_EQ(names_of(open("one.csv", "eurosat")), Strings{"annual crop land"});
}

// Labels that are given stay: only class folders are put in the order of their numbers.
TEST_F(SetData, GivenLabelsAreNotSortedByFolder) {
  add("10/1.png");
  add("2/1.png");
  write_file(folder_ / "names.txt", "first\nsecond\n");
  write_file(folder_ / "t.csv", "filepath,label\n10/1.png,0\n2/1.png,1\n");
  ClassificationData data =
      open_classification({.source = folder_ / "t.csv"}, folder_ / "names.txt", {});
  ASSERT_EQ(data.pictures->key(0), "10/1.png");
  EXPECT_EQ(names_of(data), (Strings{"first", "second"}));

  fs::create_directories(folder_ / "wds/test");
  write_file(folder_ / "wds/classnames.txt", "first\nsecond\n");
  write_file(folder_ / "wds/test/nshards.txt", "1\n");
  data::files::TarWriter tar(folder_ / "wds/test/0.tar");
  const std::string picture = read_file(kGoldenEval / "pictures/2_0.png");
  for (const auto& [key, label] : {std::pair("10/1", "0"), std::pair("2/1", "1")}) {
    tar.add(std::string(key) + ".png", picture);
    tar.add(std::string(key) + ".cls", label);
  }
  tar.finish();
  data = open("wds", {});
  ASSERT_EQ(data.pictures->size(), 2);
  EXPECT_EQ(data.pictures->key(0), "10/1");
  EXPECT_EQ(names_of(data), (Strings{"first", "second"}));
}

// RESISC45 has 18 prompts of OpenAI's, and 4 in CLIP_benchmark's folder.
TEST_F(SetData, OwnPromptsThatDifferFromTheSetsAreWarnedOf) {
  const std::string warning = "the data's own 2 prompt templates are used; they are not the 18 of";
  const auto said_of = [&](const std::string& templates) {
    fs::remove(folder_ / "log.txt");
    auto log = std::make_optional<LogFile>(folder_ / "log.txt");
    const ClassificationData data = open("wds", "resisc45", {}, templates);
    log.reset();
    const std::string said = read_file(folder_ / "log.txt");
    return std::pair(data.templates, said.find(warning) != std::string::npos);
  };
  fs::create_directories(folder_ / "wds/test");
  write_file(folder_ / "wds/zeroshot_classification_templates.txt", "a {c}\nthe {c}\n");
  write_file(folder_ / "wds/test/nshards.txt", "1\n");
  data::files::TarWriter tar(folder_ / "wds/test/0.tar");
  tar.add("1.png", read_file(kGoldenEval / "pictures/2_0.png"));
  tar.add("1.cls", "3");
  tar.finish();
  EXPECT_EQ(said_of({}), std::pair(Strings({"a {c}", "the {c}"}), true));
  EXPECT_EQ(said_of("set"), std::pair(find_set("resisc45").templates, false));
  std::string own;
  for (const std::string& one : find_set("resisc45").templates) own += one + "\n";
  write_file(folder_ / "wds/zeroshot_classification_templates.txt", own);
  EXPECT_EQ(said_of({}), std::pair(find_set("resisc45").templates, false));
  EXPECT_THROW(open("wds", {}, {}, "set"), Error);
}

// A table of pictures in columns: labels as numbers or as words.
TEST_F(SetData, ParquetCarriesLabels) {
  add("1.png");
  add("2.png");
  write_parquet(folder_ / "words.parquet",
                {{"filepath", array_of<arrow::StringBuilder>({"1.png", "2.png"})},
                 {"label", array_of<arrow::StringBuilder>({"SeaLake", "forest"})}});
  const ClassificationData data = open("words.parquet", "eurosat");
  EXPECT_EQ(names_of(data), (Strings{"lake or sea", "forest"}));
  write_parquet(folder_ / "numbers.parquet",
                {{"filepath", array_of<arrow::StringBuilder>({"1.png", "2.png"})},
                 {"label", numbers({9, 1})}});
  EXPECT_EQ(names_of(open("numbers.parquet", "eurosat")), (Strings{"lake or sea", "forest"}));
  // The same answers as from class folders.
  add("s/Forest/2.png");
  add("s/SeaLake/1.png");
  const ClassificationData folders = open("s", "eurosat");
  const auto model = tiny_clip();
  const ZeroshotResult table = evaluate_zeroshot(*model, *data.pictures, data.classnames,
                                                 data.templates),
                       other = evaluate_zeroshot(*model, *folders.pictures, folders.classnames,
                                                 folders.templates);
  EXPECT_EQ(table.pictures, 2);
  EXPECT_EQ(table.metrics(), other.metrics());
}

TEST_F(SetData, AWordThatIsNoClassIsAnErrorWithTheNearest) {
  add("1.png");
  write_file(folder_ / "words.csv", "filepath,label\n1.png,SeaLaek\n");
  const std::string said = refusal([&] { open("words.csv", "eurosat"); });
  EXPECT_NE(said.find("1.png: has the label 'SeaLaek'"), std::string::npos) << said;
  EXPECT_NE(said.find("Did you mean 'SeaLake'?"), std::string::npos) << said;
  write_file(folder_ / "none.csv", "filepath,labels\n1.png,1\n");
  EXPECT_NE(refusal([&] { open("none.csv", "eurosat"); }).find("no column of labels"),
            std::string::npos);
  const std::string without = refusal([&] { open("words.csv", {}); });
  EXPECT_NE(without.find("there are no class names"), std::string::npos) << without;
}

TEST_F(SetData, ALabelBeyondTheNamesIsASentence) {
  add("1.png");
  write_file(folder_ / "n.csv", "filepath,label\n1.png,10\n");
  const ClassificationData data = open("n.csv", "eurosat");
  const auto model = tiny_clip();
  const std::string said =
      refusal([&] { evaluate_zeroshot(*model, *data.pictures, data.classnames, data.templates); });
  EXPECT_NE(said.find("1.png: has label 10; expected labels from 0 to 9"), std::string::npos)
      << said;
}

TEST_F(SetData, OneSampleIsASet) {
  add("s/Forest/1.png");
  const ClassificationData data = open("s", "eurosat");
  const auto model = tiny_clip();
  const ZeroshotResult result =
      evaluate_zeroshot(*model, *data.pictures, data.classnames, data.templates, {}, nullptr, 100);
  EXPECT_EQ(result.pictures, 1);
  EXPECT_TRUE(result.acc1 == 0 || result.acc1 == 1);
  EXPECT_EQ(result.acc1, result.mean_per_class_recall);
  EXPECT_TRUE(result.ece.has_value());
  const SampleOutcomes samples = zeroshot_outcomes(result, *data.pictures);
  EXPECT_EQ(samples.metrics, (Strings{"acc1", "acc5"}));
  EXPECT_EQ(samples.keys, Strings{"Forest/1.png"});
  EXPECT_EQ(samples.classes, std::vector<int>{1});
  EXPECT_EQ(samples.values[0], static_cast<float>(result.acc1));
}

TEST_F(SetData, OutcomesOfSamplesGiveTheMetrics) {
  TemporaryFolder set;
  make_class_folders(set.path());
  const ClassificationData data = open_classification({.source = set.path().string()}, {}, {});
  const auto model = tiny_clip();
  const ZeroshotResult result =
      evaluate_zeroshot(*model, *data.pictures, data.classnames, data.templates);
  const SampleOutcomes samples = zeroshot_outcomes(result, *data.pictures);
  EXPECT_EQ(samples.metrics, Strings{"acc1"});  // three classes have no acc5
  double sum = 0;
  for (const float value : samples.values) sum += value;
  EXPECT_DOUBLE_EQ(sum / static_cast<double>(samples.rows()), result.acc1);
  EXPECT_TRUE(result.metrics()["acc5"].is_null());
}

}  // namespace
}  // namespace clipwright::eval::sets
