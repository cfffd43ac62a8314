#include "eval/suite/suite_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/error.h"
#include "core/file.h"
#include "eval/paired/metric_samples.h"
#include "eval/suite/tasks.h"
#include "tests/temporary_folder.h"

namespace clipwright::eval::suite {
namespace {

std::string complaint(const std::string& text) {
  TemporaryFolder folder;
  write_file(folder / "mine.toml", text);
  try {
    read_suite(folder / "mine.toml");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage) << error.what();
    return error.what();
  }
  return "none";
}

std::vector<std::string> names_of(const Suite& suite) {
  std::vector<std::string> names;
  for (const SuiteSet& set : suite.sets) names.push_back(set.name);
  return names;
}

TEST(SuiteFile, TheSuitesThatShipAreThoseOfThePapers) {
  EXPECT_EQ(built_in_suites(),
            (std::vector<std::string>{"declip11", "laclip15", "retrieval", "robustness", "vtab"}));
  EXPECT_EQ(names_of(read_suite("laclip15")),
            (std::vector<std::string>{"food101", "cifar10", "cifar100", "sun397", "cars",
                                      "fgvc_aircraft", "dtd", "pets", "caltech101", "flowers",
                                      "stl10", "eurosat", "resisc45", "gtsrb", "country211"}));
  EXPECT_EQ(read_suite("declip11").sets.size(), 11U);
  EXPECT_EQ(read_suite("vtab").sets.size(), 19U);
  EXPECT_EQ(names_of(read_suite("robustness")),
            (std::vector<std::string>{"imagenetv2", "imagenet_sketch", "imagenet-a", "imagenet-r",
                                      "objectnet"}));
  for (const SuiteSet& set : read_suite("retrieval").sets)
    EXPECT_EQ(set.metric, "mean_recall@1") << set.name;
  const std::set<std::string> by_class = {"fgvc_aircraft", "pets", "caltech101", "flowers"};
  for (const char* suite : {"laclip15", "declip11"}) {
    for (const SuiteSet& set : read_suite(suite).sets)
      EXPECT_EQ(set.metric, by_class.contains(set.name) ? "mean_per_class_recall" : "acc1")
          << set.name;
  }
}

TEST(SuiteFile, EveryKeyIsRead) {
  TemporaryFolder folder;
  write_file(folder / "names.txt", "cat\n");
  write_file(folder / "mine.toml", R"(
name = "my sets"
[[set]]
name = "a"
[[set]]
name = "b-2"
task = "retrieval"
data = ["one.csv", "two.csv"]
classnames = "names.txt"
templates = "80"
set = "pets"
metric = "mean_recall@5"
protocol = "clip"
train = "x/train"
val = "x/val"
test = "x/test"
dataset-type = "csv"
csv-separator = ","
csv-img-key = "image"
csv-caption-key = "text"
image-root = "pictures"
folds = 5
role = "select"
)");
  const Suite suite = read_suite(folder / "mine.toml");
  EXPECT_EQ(suite.name, "my sets");
  ASSERT_EQ(suite.sets.size(), 2U);
  EXPECT_EQ(suite.sets[0].task, "zeroshot");
  EXPECT_EQ(suite.sets[0].role, Role::kReport);
  const SuiteSet& set = suite.sets[1];
  EXPECT_EQ(set.data, (std::vector<std::string>{"one.csv", "two.csv"}));
  EXPECT_EQ(set.classnames, folder / "names.txt") << "files are looked for beside the suite";
  EXPECT_EQ(set.templates, "80");
  EXPECT_EQ(set.description + set.metric + set.protocol, "petsmean_recall@5clip");
  EXPECT_EQ(set.train + set.val + set.test, "x/trainx/valx/test");
  EXPECT_EQ(set.type + set.csv_separator + set.csv_image_key + set.csv_caption_key,
            "csv,imagetext");
  EXPECT_EQ(set.image_root, "pictures");
  EXPECT_EQ(set.folds, 5);
  EXPECT_EQ(suite.sets[0].folds, 1);
  EXPECT_EQ(set.role, Role::kSelect);
}

TEST(SuiteFile, MistakesAreNamedWithLineAndNearestWord) {
  using testing::HasSubstr;
  EXPECT_THAT(complaint("[[set]]\nname = \"a\"\nmetrik = \"acc1\"\n"),
              testing::AllOf(HasSubstr("line 3"), HasSubstr("'metrik'"),
                             HasSubstr("Did you mean 'metric'?")));
  EXPECT_THAT(complaint("[[sett]]\nname = \"a\"\n"), HasSubstr("Did you mean 'set'?"));
  EXPECT_THAT(complaint("[[set]]\nname = \"a\"\ntask = \"zero-shot\"\n"),
              testing::AllOf(HasSubstr("zero-shot"), HasSubstr("Did you mean 'zeroshot'?")));
  EXPECT_THAT(complaint("[[set]]\ntask = \"zeroshot\"\n"), HasSubstr("no name"));
  EXPECT_THAT(complaint("[[set]]\nname = 3\n"), HasSubstr("is no text"));
  EXPECT_THAT(complaint("[[set]]\nname = \"a\"\nrole = \"choose\"\n"),
              HasSubstr("report or select"));
  for (const char* folds : {"0", "-5", "2.5", "\"5\"", "true", "[5]", "3000000000"}) {
    EXPECT_THAT(complaint("[[set]]\nname = \"a\"\ntask = \"retrieval\"\nfolds = " +
                          std::string(folds) + "\n"),
                testing::AllOf(HasSubstr("line 4"), HasSubstr("'folds'")))
        << folds;
  }
  EXPECT_THAT(complaint("[[set]]\nname = \"a\"\nfolds = 5\n"),
              testing::AllOf(HasSubstr("set a has folds"), HasSubstr("task 'zeroshot'")));
  EXPECT_THAT(complaint("[[set]]\nname = \"a\"\n[[set]]\nname = \"A\"\n"), HasSubstr("twice"));
  EXPECT_THAT(complaint("[[set]]\nname = \"../a\"\n"), HasSubstr("'../a'"));
  EXPECT_THAT(complaint("[[set]]\nname = \".a\"\n"), HasSubstr("'.a'"));
  EXPECT_THAT(complaint("set = \"a\"\n"), HasSubstr("list of tables"));
  EXPECT_THAT(complaint("name = \"empty\"\n"), HasSubstr("names no set"));
  EXPECT_THAT(complaint("[[set]\n"), HasSubstr("line 1"));
  try {
    read_suite("laclip51");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("Did you mean 'laclip15'?"));
  }
}

TEST(Tasks, TheMainMetricIsTheSetsOrTheTasks) {
  EvaluationRecord record;
  record.task = "zeroshot_classification";
  record.metrics = {{"acc1", 0.5}, {"acc5", nullptr}, {"mean_per_class_recall", 0.25}};
  EXPECT_EQ(main_metric(SuiteSet{.name = "a"}, record), "acc1");
  EXPECT_EQ(main_metric(SuiteSet{.name = "a", .metric = "mean_per_class_recall"}, record),
            "mean_per_class_recall");
  EXPECT_EQ(main_metric(SuiteSet{.name = "a", .metric = "acc5"}, record), "") << "null is none";
  const Json retrieval = {{"image_retrieval_recall@1", 0.25}, {"text_retrieval_recall@1", 0.75}};
  EXPECT_EQ(paired::main_metric("zeroshot_retrieval", retrieval), "mean_recall@1");
  EXPECT_EQ(paired::main_metric("zeroshot_classification", {{"mean_average_precision", 0.5}}),
            "mean_average_precision");
  EXPECT_EQ(paired::main_metric("linear_probe", {{"lp_acc1", 0.5}}), "lp_acc1");
  EXPECT_EQ(paired::main_metric("something new", {{"accuracy", 0.5}}), "accuracy");
}

}  // namespace
}  // namespace clipwright::eval::suite
