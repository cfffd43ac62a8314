#include "eval/suite/run_suite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/log.h"
#include "eval/paired/compare_paths.h"
#include "eval/paired/tables.h"
#include "eval/suite/feature_cache.h"
#include "models/open_clip_directory.h"
#include "tests/eval/tiny_set.h"

namespace clipwright::eval::suite {
namespace {

using paired::compare_paths;
using paired::ComparedMetric;
using paired::CompareRequest;
using paired::Comparison;
using testing::HasSubstr;

/// Three models, and a root with a classification set, a retrieval set and a broken one.
class RunSuite : public testing::Test {
 protected:
  void SetUp() override {
    for (const auto& [name, seed] :
         {std::pair("one", 5), std::pair("two", 6), std::pair("three", 7)}) {
      models::Clip model(tiny_config(), static_cast<uint64_t>(seed));
      torch::NoGradGuard no_grad;
      for (auto [key, tensor] : model.table().file_tensors()) {
        if (tensor.dim() >= 2) tensor.mul_(3);
      }
      models::write_open_clip_directory(model, folder_.path() / name / "model");
    }
    make_class_folders(folder_.path() / "sets/walls");
    std::string table = "filepath,title\n";
    for (const char* name : {"2_0", "2_1", "10_0", "10_1", "green_pear_0"})
      table += (kGoldenEval / "pictures" / name).string() + ".png,wall " + name + "\n";
    write_file(folder_ / "sets/pairs.csv", table);
    write_file(folder_ / "suite.toml", R"(
name = "tiny"
[[set]]
name = "walls"
[[set]]
name = "pairs"
task = "retrieval"
data = "pairs.csv"
[[set]]
name = "nowhere"
)");
  }

  SuiteRequest request(const std::vector<std::string>& models) const {
    SuiteRequest request;
    request.suite = folder_ / "suite.toml";
    for (const std::string& model : models) request.models.push_back(folder_ / model);
    request.data_root = folder_ / "sets";
    request.output = folder_ / "out";
    request.comparison.draws = 100;
    return request;
  }
  std::string written(const std::string& name) const {
    return read_file(folder_ / ("out/" + name));
  }
  void add_broken_set() const {
    fs::create_directories(folder_.path() / "sets/broken/cat");
    write_file(folder_ / "sets/broken/cat/0.png", "no picture");
    write_file(folder_ / "suite.toml",
               read_file(folder_ / "suite.toml") + "[[set]]\nname = \"broken\"\n");
  }

  TemporaryFolder folder_;
};

TEST_F(RunSuite, ThreeModelsOnWhatIsThere) {
  const SuiteOutcome outcome = run_suite(request({"one", "two", "three"}));
  EXPECT_EQ(outcome.evaluated, 6);
  EXPECT_EQ(outcome.kept, 0);
  ASSERT_EQ(outcome.missing.size(), 1U);
  EXPECT_THAT(outcome.missing[0],
              testing::AllOf(HasSubstr("nowhere: "), HasSubstr("docs/datasets.md")));
  EXPECT_EQ(failures_in_words(outcome), "");
  EXPECT_EQ(outcome.comparison.arms, (std::vector<std::string>{"one", "two", "three"}));
  for (const char* model : {"one", "two", "three"}) {
    const Json walls =
        parse_json(written(std::string("results/") + model + "/walls.json"), "walls");
    EXPECT_EQ(walls["task"], "zeroshot_classification");
    EXPECT_EQ(walls["pretrained"], folder_ / model);
    EXPECT_EQ(written(std::string("results/") + model + "/walls.classnames.txt"),
              "10\n2\ngreen pear\n");
    const SampleOutcomes samples =
        read_samples(folder_ / ("out/results/" + std::string(model) + "/walls.samples.jsonl"));
    EXPECT_EQ(samples.rows(), 9);
  }
  // One model against itself alone gives the same results as beside others.
  SuiteRequest alone = request({"two"});
  alone.output = folder_ / "alone";
  run_suite(alone);
  EXPECT_EQ(read_file(folder_ / "alone/results/two/walls.json"), written("results/two/walls.json"));
  EXPECT_EQ(read_file(folder_ / "alone/results/two/pairs.json"), written("results/two/pairs.json"));

  const std::string markdown = written("table.md");
  EXPECT_THAT(markdown, HasSubstr("# tiny\n"));
  EXPECT_THAT(markdown, HasSubstr("| model | walls | pairs | average |\n"));
  EXPECT_THAT(markdown, HasSubstr("Difference to one in points"));
  EXPECT_THAT(markdown, HasSubstr("- nowhere: "));
  EXPECT_THAT(written("table.tex"), HasSubstr("\\toprule\nmodel & walls & pairs & average \\\\"));
  const std::string csv = written("table.csv");
  EXPECT_EQ(csv.substr(0, csv.find('\n')), "model,walls,pairs,average");
  for (size_t a = 0; a < 3; ++a) {
    EXPECT_DOUBLE_EQ(
        *outcome.comparison.average->values[a],
        (*outcome.comparison.metrics[0].values[a] + *outcome.comparison.metrics[1].values[a]) / 2);
  }
}

TEST_F(RunSuite, FoldsAreRankedEachByItself) {
  write_file(folder_ / "suite.toml", R"(
[[set]]
name = "whole"
task = "retrieval"
data = "pairs.csv"
[[set]]
name = "parts"
task = "retrieval"
data = "pairs.csv"
folds = 5
)");
  run_suite(request({"one"}));
  EXPECT_FALSE(parse_json(written("results/one/whole.json"), "whole")["metrics"].contains("folds"));
  const Json parts = parse_json(written("results/one/parts.json"), "parts")["metrics"];
  EXPECT_EQ(parts["folds"], 5);
  // Five parts of five pictures: nothing but its own is there to be found.
  EXPECT_EQ(parts["image_retrieval_recall@1"], 1);
  EXPECT_EQ(parts["text_retrieval_recall@1"], 1);

  // Another number of parts is another result; more parts than pictures is a sentence.
  std::string suite = read_file(folder_ / "suite.toml");
  suite.replace(suite.find("folds = 5"), 9, "folds = 2");
  write_file(folder_ / "suite.toml", suite);
  const SuiteOutcome halves = run_suite(request({"one"}));
  EXPECT_EQ(halves.evaluated, 1);
  EXPECT_EQ(halves.kept, 1);
  suite.replace(suite.find("folds = 2"), 9, "folds = 6");
  write_file(folder_ / "suite.toml", suite);
  EXPECT_THAT(failures_in_words(run_suite(request({"one"}))),
              testing::AllOf(HasSubstr("one on parts"), HasSubstr("6"), HasSubstr("1 to 5")));
}

TEST_F(RunSuite, DifferencesAreInACsvWithTheirIntervals) {
  const SuiteOutcome outcome = run_suite(request({"one", "two"}));
  const std::string csv = written("differences.csv");
  EXPECT_EQ(csv, paired::comparison_csv(outcome.comparison));
  // A line a set, class and model, and the average: what table.md and the page show.
  const auto two = *outcome.comparison.metrics[0].differences[1];
  const std::string line = csv.substr(csv.find("walls,acc1,,two,"));
  std::vector<double> numbers;
  std::string row = line.substr(0, line.find('\n'));
  for (int i = 0; i < 3; ++i) {
    const size_t comma = row.rfind(',');
    numbers.insert(numbers.begin(), std::stod(row.substr(comma + 1)));
    row.resize(comma);
  }
  EXPECT_EQ(numbers, (std::vector<double>{two.difference, two.low, two.high}));
  EXPECT_THAT(csv, HasSubstr("walls,acc1,green pear,two,"));
  EXPECT_THAT(csv, HasSubstr("pairs,mean_recall@1,,two,"));
  EXPECT_THAT(csv, HasSubstr("average,mean of main metrics,,two,"));
}

TEST_F(RunSuite, WhatIsDoneIsNotDoneAgain) {
  run_suite(request({"one", "two"}));
  const auto time = fs::last_write_time(folder_ / "out/results/one/walls.json");
  const SuiteOutcome again = run_suite(request({"one", "two", "three"}));
  EXPECT_EQ(again.kept, 4);
  EXPECT_EQ(again.evaluated, 2);
  EXPECT_EQ(fs::last_write_time(folder_ / "out/results/one/walls.json"), time);
  // Other settings, other pictures, other weights, or a file that was touched: done again.
  write_file(folder_ / "suite.toml", "[[set]]\nname = \"walls\"\ntemplates = \"plain\"\n");
  EXPECT_EQ(run_suite(request({"one"})).evaluated, 1);
  EXPECT_EQ(run_suite(request({"one"})).kept, 1);
  fs::copy_file(kGoldenEval / "pictures/2_1.png", folder_.path() / "sets/walls/2/0.png",
                fs::copy_options::overwrite_existing);
  EXPECT_EQ(run_suite(request({"one"})).evaluated, 1);
  fs::remove_all(folder_.path() / "one");
  fs::copy(folder_.path() / "three", folder_.path() / "one", fs::copy_options::recursive);
  EXPECT_EQ(run_suite(request({"one"})).evaluated, 1);
  EXPECT_EQ(read_file(folder_ / "out/results/one/walls.samples.jsonl").size() > 0, true);
  write_file(folder_ / "out/results/one/walls.json", "{\"metrics\": {\"acc1\": 1}}");
  EXPECT_EQ(run_suite(request({"one"})).evaluated, 1);
}

TEST_F(RunSuite, AFailingSetStopsNoOther) {
  add_broken_set();
  const SuiteOutcome outcome = run_suite(request({"one", "two"}));
  EXPECT_EQ(outcome.evaluated, 4);
  ASSERT_EQ(outcome.failed.size(), 2U);
  EXPECT_EQ(outcome.failed[0].set, "broken");
  const std::string words = failures_in_words(outcome);
  EXPECT_THAT(words, testing::AllOf(HasSubstr("2 results could not be made"),
                                    HasSubstr("one on broken"), HasSubstr("cannot be read")));
  EXPECT_EQ(outcome.comparison.average_sets, (std::vector<std::string>{"walls", "pairs"}));
  EXPECT_THAT(written("table.md"), HasSubstr("- two on broken: "));
  EXPECT_EQ(to_json(outcome)["failed"].size(), 2U);
}

TEST_F(RunSuite, AResultThatCannotBeReadStopsNoOther) {
  run_suite(request({"one", "two"}));
  // Done, and as it was written: only reading tells.
  const fs::path results = folder_.path() / "out/results/one";
  EvaluationRecord record = paired::read_stored_result(results / "walls.json").record;
  record.samples.keys[1] = record.samples.keys[0];
  const Json done = parse_json(written("results/one/walls.done"), "walls.done");
  paired::write_stored_result(results, "walls", record, "acc1", done["identity"]);
  const SuiteOutcome outcome = run_suite(request({"one", "two"}));
  EXPECT_EQ(outcome.kept, 4);
  ASSERT_EQ(outcome.failed.size(), 1U);
  EXPECT_EQ(outcome.failed[0].model, "one");
  EXPECT_THAT(
      failures_in_words(outcome),
      testing::AllOf(HasSubstr("one on walls"), HasSubstr("has the key"), HasSubstr("--output")));
  EXPECT_THAT(written("table.md"), HasSubstr("- one on walls: "));
  EXPECT_EQ(outcome.comparison.average_sets, (std::vector<std::string>{"pairs"}));
  const SuiteOutcome mended = run_suite(request({"one", "two"}));
  EXPECT_EQ(mended.evaluated, 1);
  EXPECT_TRUE(mended.failed.empty());
}

TEST_F(RunSuite, TheMainNumberIsPartOfWhatAResultWasMadeOf) {
  const auto with_metric = [&](const std::string& metric) {
    write_file(folder_ / "suite.toml", "[[set]]\nname = \"walls\"\nmetric = \"" + metric + "\"\n");
    return run_suite(request({"one"}));
  };
  EXPECT_EQ(with_metric("acc1").evaluated, 1);
  EXPECT_EQ(with_metric("acc1").kept, 1);
  EXPECT_EQ(with_metric("mean_per_class_recall").evaluated, 1);
  try {
    with_metric("acc2");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("no number 'acc2'"),
                                             HasSubstr("acc1 or mean_per_class_recall"),
                                             HasSubstr("Did you mean 'acc1'?")));
  }
}

/// What is logged while `act` runs.
std::string log_of(const std::function<void()>& act) {
  const TemporaryFolder folder;
  const std::string file = folder / "log";
  {
    const LogFile log(file);
    act();
  }
  return read_file(file);
}

TEST_F(RunSuite, ADamagedFeatureFileIsComputedAgain) {
  run_suite(request({"one"}));
  const std::string before = written("results/one/walls.json");
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder_.path() / "out/features")) {
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  }
  ASSERT_EQ(files.size(), 2U);
  for (const int damage : {0, 1, 2, 3}) {
    for (const fs::path& file : files) {
      std::string bytes = read_file(file);
      if (damage == 0) bytes.back() ^= 1;  // a number
      if (damage == 1) bytes.resize(bytes.size() / 2);
      if (damage == 2) bytes = "nothing";
      if (damage == 3) bytes[bytes.find("sha256") + 12] ^= 1;  // what is said of the numbers
      write_file(file, bytes);
    }
    fs::remove_all(folder_.path() / "out/results");
    EXPECT_THAT(log_of([&] { run_suite(request({"one"})); }), HasSubstr("computed again"))
        << damage;
    EXPECT_EQ(written("results/one/walls.json"), before) << damage;
  }
  // And what was written then is read.
  fs::remove_all(folder_.path() / "out/results");
  const std::string log = log_of([&] { run_suite(request({"one"})); });
  EXPECT_THAT(log, HasSubstr("are there already"));
  EXPECT_THAT(log, testing::Not(HasSubstr("computed again")));
  EXPECT_EQ(written("results/one/walls.json"), before);
}

TEST_F(RunSuite, FeaturesOfTheSamePicturesServeEverySet) {
  // The same pictures packed otherwise and asked otherwise: one file of features.
  write_file(folder_ / "suite.toml",
             "[[set]]\nname = \"walls\"\n[[set]]\nname = \"again\"\ndata = \"copy\"\ntemplates = "
             "\"plain\"\n");
  fs::copy(folder_.path() / "sets/walls", folder_.path() / "sets/copy",
           fs::copy_options::recursive);
  SuiteRequest wanted = request({"one"});
  wanted.feature_cache = folder_ / "kept";
  run_suite(wanted);
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder_.path() / "kept"))
    files += entry.path().extension() == ".safetensors";
  EXPECT_EQ(files, 1);
}

TEST_F(RunSuite, AProbeIsATaskLikeOthers) {
  write_file(folder_ / "suite.toml",
             "[[set]]\nname = \"probe\"\ntask = \"probe\"\nprotocol = \"clip\"\n"
             "train = \"walls\"\nval = \"walls\"\ntest = \"walls\"\n");
  const SuiteOutcome outcome = run_suite(request({"one", "two"}));
  EXPECT_EQ(failures_in_words(outcome), "");
  const ComparedMetric& row = outcome.comparison.metrics.at(0);
  EXPECT_EQ(row.metric, "lp_acc1");
  EXPECT_EQ(row.samples, 9);
  EXPECT_TRUE(row.differences[1]);
  EXPECT_EQ(run_suite(request({"one", "two"})).kept, 2);
}

TEST_F(RunSuite, MistakesAreToldBeforeAnyWork) {
  const auto code_of = [](const SuiteRequest& wanted) {
    try {
      run_suite(wanted);
    } catch (const Error& error) {
      return error.code();
    }
    return ExitCode::kDone;
  };
  EXPECT_EQ(code_of(request({"one", "missing"})), ExitCode::kInput);
  EXPECT_EQ(code_of(request({"one", "one"})), ExitCode::kUsage);
  EXPECT_EQ(code_of(request({})), ExitCode::kUsage);
  SuiteRequest wanted = request({"one"});
  wanted.data_root = folder_ / "nowhere";
  EXPECT_EQ(code_of(wanted), ExitCode::kInput);
  wanted.data_root = folder_ / "one";
  EXPECT_EQ(code_of(wanted), ExitCode::kInput);
  wanted.suite = "no-such-suite";
  EXPECT_EQ(code_of(wanted), ExitCode::kUsage);
  EXPECT_FALSE(fs::exists(folder_.path() / "out/results"));
}

TEST_F(RunSuite, CompareReadsItsOutput) {
  SuiteRequest wanted = request({"one", "two"});
  const SuiteOutcome outcome = run_suite(wanted);
  CompareRequest compared{.paths = {wanted.output}};
  compared.options.draws = 100;
  const Comparison both = compare_paths(compared);
  EXPECT_EQ(both.arms, (std::vector<std::string>{"one", "two"}));
  const auto main_row = [](const Comparison& comparison, const std::string& set) {
    for (const ComparedMetric& row : comparison.metrics) {
      if (row.set == set && row.main) return row;
    }
    return ComparedMetric{};
  };
  for (const char* set : {"walls", "pairs"})
    EXPECT_EQ(main_row(both, set).values, main_row(outcome.comparison, set).values) << set;

  // The same as two files, two folders, and two runs that were evaluated.
  const std::string results = folder_ / "out/results/";
  compared.paths = {results + "one/walls.json", results + "two/walls.json"};
  EXPECT_EQ(compare_paths(compared).arms, (std::vector<std::string>{"one-walls", "two-walls"}));
  compared.paths = {"a=" + results + "one/walls.json", "b=" + results + "two/walls.json"};
  const Comparison files = compare_paths(compared);
  EXPECT_EQ(files.arms, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(main_row(files, "walls").values, main_row(both, "walls").values);
  EXPECT_EQ(main_row(files, "walls").samples, 9);
  compared.paths = {results + "one", results + "two"};
  EXPECT_EQ(to_json(compare_paths(compared)), to_json(both));
  for (const char* run : {"run1", "run2"}) {
    fs::create_directories(folder_.path() / run / "checkpoints");
    compared.paths = {folder_ / run, results + "one"};
    EXPECT_THROW(compare_paths(compared), Error) << "not evaluated";
  }
  fs::create_directories(folder_.path() / "run1/evaluation/results");
  fs::copy(results + "one", folder_.path() / "run1/evaluation/results/run1",
           fs::copy_options::recursive);
  compared.paths = {folder_ / "run1", results + "two"};
  EXPECT_EQ(compare_paths(compared).arms, (std::vector<std::string>{"run1", "two"}));

  // Arms of several runs.
  compared.paths = {};
  compared.arms = {"x=" + results + "one," + results + "two",
                   "y=" + results + "two," + results + "one"};
  const Comparison arms = compare_paths(compared);
  EXPECT_EQ(arms.runs, (std::vector<size_t>{2, 2}));
  EXPECT_NEAR(main_row(arms, "walls").differences[1]->difference, 0, 1e-12);
  for (const std::string& wrong :
       {std::string("x"), std::string("=a"), "x=" + wanted.output, std::string("x=")}) {
    compared.arms = {wrong, "y=" + results + "one"};
    EXPECT_THROW(compare_paths(compared), Error) << wrong;
  }
}

}  // namespace
}  // namespace clipwright::eval::suite
