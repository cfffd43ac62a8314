#include "eval/probe/probe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/error.h"
#include "eval/probe/splits.h"
#include "tensor/device.h"
#include "tests/eval/probe/golden_probe.h"

namespace clipwright::eval::probe {
namespace {

ProbeOptions by(const std::string& protocol) {
  ProbeOptions options;
  options.protocol = protocol_named(protocol);
  return options;
}

int64_t right(const ProbeOutcome& outcome) {
  return std::count(outcome.test.rank.begin(), outcome.test.rank.end(), 0);
}

/// Two numbers a row, classes at the corners of a polygon.
FeatureSet corners(const std::vector<int64_t>& labels, double noise = 0.1) {
  FeatureSet set;
  set.source = "corners";
  set.labels = labels;
  set.rows = torch::empty({static_cast<int64_t>(labels.size()), 2});
  torch::manual_seed(static_cast<uint64_t>(labels.size()));
  for (size_t i = 0; i < labels.size(); ++i) {
    const double angle = static_cast<double>(labels[i]);
    set.rows[static_cast<int64_t>(i)][0] = std::cos(angle);
    set.rows[static_cast<int64_t>(i)][1] = std::sin(angle);
  }
  set.rows += noise * torch::randn_like(set.rows);
  return set;
}

std::vector<int64_t> in_turn(int64_t rows, int64_t classes) {
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < rows; ++i) labels.push_back(i % classes);
  return labels;
}

template <typename Work>
std::string refusal(ExitCode code, const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  return "nothing was refused";
}

TEST(Probe, ClipChoosesScikitLearnsPenaltyAndGetsItsAccuracy) {
  const Json golden = golden_probe();
  for (const std::string name : {"digits", "wine", "breast_cancer"}) {
    for (const std::string kind : {"float32", "float16"}) {
      const GoldenSet set = golden_set(name, kind);
      const ProbeOutcome found = run_protocol(set.train, set.validation, set.test, by("clip"));
      const Json& expected = golden["sets"][name][kind]["clip"];
      EXPECT_NEAR(std::log10(*found.penalty), std::log10(expected["C"].get<double>()), 1e-9)
          << name << " " << kind;
      EXPECT_NEAR(static_cast<double>(right(found)), expected["right"].get<double>(), 1)
          << name << " " << kind;
      EXPECT_EQ(found.fitted_rows, set.train.size() + set.validation.size());
      const double scale = *found.penalty * static_cast<double>(found.fitted_rows);
      EXPECT_NEAR(found.objective * scale, expected["objective"].get<double>(),
                  1e-4 * expected["objective"].get<double>())
          << name << " " << kind;
      ASSERT_EQ(found.search.path.size(), expected["path"].size()) << name << " " << kind;
    }
  }
}

TEST(Probe, SynclrChoosesScikitLearnsPenaltyAndGetsItsAccuracy) {
  const Json golden = golden_probe();
  for (const std::string name : {"digits", "wine", "breast_cancer"}) {
    for (const std::string kind : {"float32", "float16"}) {
      const GoldenSet set = golden_set(name, kind);
      const ProbeOutcome found = run_protocol(set.train, set.validation, set.test, by("synclr"));
      const Json& expected = golden["sets"][name][kind]["synclr"];
      EXPECT_NEAR(std::log10(*found.penalty), std::log10(expected["weight_decay"].get<double>()),
                  1e-9)
          << name << " " << kind;
      EXPECT_NEAR(static_cast<double>(right(found)), expected["right"].get<double>(), 1)
          << name << " " << kind;
      ASSERT_EQ(found.search.path.size(), 45U);
      for (size_t i = 0; i < 45; ++i) {
        EXPECT_NEAR(found.search.path[i].score * static_cast<double>(set.validation.size()),
                    expected["path"][i].get<double>(), 1.01)
            << name << " " << kind << " penalty " << i;
      }
    }
  }
}

TEST(Probe, EveryProtocolLearnsDigits) {
  const GoldenSet set = golden_set("digits", "float32");
  for (const Protocol& protocol : protocols()) {
    ProbeOptions options = by(protocol.name);
    if (protocol.solver == Solver::kSgd) options.base_lrs = {0.5, 2, 5};
    if (protocol.solver == Solver::kAdamW) options.epochs = 3;
    const ProbeOutcome found = run_protocol(set.train, set.validation, set.test, options);
    EXPECT_GT(found.test.acc1, 0.9) << protocol.name;
    EXPECT_GT(found.test.mean_per_class_recall, 0.9) << protocol.name;
    ASSERT_TRUE(found.acc5);
    EXPECT_GT(*found.acc5, found.test.acc1) << protocol.name;
    const Json metrics = found.metrics(options);
    EXPECT_EQ(metrics["protocol"], protocol.name);
    EXPECT_EQ(metrics["seed"], 0);
    const std::string penalty = protocol.name == "clip" || protocol.name == "lgssl" ? "C"
                                : protocol.name == "sgd"                            ? "lr"
                                                         : "weight_decay";
    ASSERT_TRUE(metrics.contains(penalty)) << metrics.dump();
    EXPECT_EQ(metrics["normalized"], protocol.name == "clip-benchmark");
    ASSERT_FALSE(metrics["search"].empty());
    bool tried = false;
    for (const Json& step : metrics["search"]) {
      EXPECT_GE(step["val_acc1"].get<double>(), 0);
      tried = tried || step["penalty"] == metrics[penalty];
      EXPECT_EQ(step.contains("test_acc1"), protocol.name == "sgd");
    }
    EXPECT_TRUE(tried);
    EXPECT_EQ(metrics.contains("epochs"), protocol.solver != Solver::kLbfgs);
    EXPECT_EQ(metrics.contains("fewshot_k"), protocol.name == "clip-benchmark");
  }
}

TEST(Probe, ThreadsDoNotChangePenaltyOrAnswers) {
  const GoldenSet set = golden_set("digits", "float32");
  for (const std::string protocol : {"clip", "lgssl"}) {
    std::vector<ProbeOutcome> found;
    for (const int threads : {1, 2, 16}) {
      tensor::set_compute_threads(threads);
      found.push_back(run_protocol(set.train, set.validation, set.test, by(protocol)));
    }
    tensor::set_compute_threads(0);
    for (const ProbeOutcome& outcome : found) {
      EXPECT_EQ(*outcome.penalty, *found[0].penalty) << protocol;
      EXPECT_EQ(outcome.test.rank, found[0].test.rank) << protocol;
    }
  }
}

TEST(Probe, WithoutValidationAShareOfTrainingChoosesAndTheSeedSaysWhich) {
  const FeatureSet train = corners(in_turn(100, 4), 0.5), test = corners(in_turn(40, 4), 0.5);
  for (const std::string name : {"clip", "synclr", "lgssl"}) {
    ProbeOptions options = by(name);
    const ProbeOutcome first = run_protocol(train, {}, test, options);
    EXPECT_EQ(first.fitted_rows, 100) << "what was held out takes part in the last fit";
    EXPECT_EQ(first.test.rank, run_protocol(train, {}, test, options).test.rank);
    options.seed = 1;
    const ProbeOutcome other = run_protocol(train, {}, test, options);
    bool differs = false;
    for (size_t i = 0; i < std::min(first.search.path.size(), other.search.path.size()); ++i)
      differs = differs || first.search.path[i].score != other.search.path[i].score;
    EXPECT_TRUE(differs) << name;
  }
  const ProbeOutcome benchmark = run_protocol(train, {}, test, by("clip-benchmark"));
  EXPECT_EQ(*benchmark.penalty, 0) << "CLIP_benchmark decays nothing where it cannot choose";
  EXPECT_TRUE(benchmark.search.path.empty());
  const ProbeOutcome sgd = run_protocol(train, {}, test, by("sgd"));
  EXPECT_EQ(sgd.fitted_rows, 80) << "and is not fitted again";
}

TEST(Probe, FewOfEachClassAreFittedWithoutTheValidationRows) {
  const FeatureSet train = corners(in_turn(100, 4)), test = corners(in_turn(40, 4));
  ProbeOptions options = by("clip-benchmark");
  options.fewshot_k = 3;
  const ProbeOutcome found = run_protocol(train, test, test, options);
  EXPECT_EQ(found.fitted_rows, 12);
  EXPECT_EQ(found.metrics(options)["fewshot_k"], 3);
  options.fewshot_k = 26;
  EXPECT_NE(refusal(ExitCode::kInput, [&] { run_protocol(train, test, test, options); })
                .find("has 25 rows"),
            std::string::npos);
  options = by("clip");
  options.fewshot_k = 3;
  refusal(ExitCode::kUsage, [&] { run_protocol(train, test, test, options); });
}

TEST(Probe, ClassesThatAreAbsentSomewhere) {
  // Label 1 is not trained; label 7 only in train; label 9 only in test.
  const FeatureSet train = corners({0, 0, 0, 2, 2, 2, 7, 7, 7, 0, 2, 7}, 0.01);
  const FeatureSet test = corners({0, 2, 9, 2}, 0.01);
  for (const std::string name : {"clip", "synclr", "lgssl", "clip-benchmark", "sgd"}) {
    ProbeOptions options = by(name);
    if (name == "sgd") options.base_lrs = {100};
    const ProbeOutcome found = run_protocol(train, train, test, options);
    EXPECT_EQ(found.test.rank, (std::vector<int>{0, 0, -1, 0})) << name;
    EXPECT_NEAR(found.test.acc1, 0.75, 1e-12);
    EXPECT_NEAR(found.test.mean_per_class_recall, 2.0 / 3, 1e-12);
  }
  // A class that only validation has is fitted in the end.
  const FeatureSet validation = corners({0, 2, 9, 9}, 0.01);
  const ProbeOutcome found = run_protocol(train, validation, test, by("clip"));
  EXPECT_EQ(found.head.weight.size(0), 4);
}

TEST(Probe, TwoClassesOneSampleEach) {
  const FeatureSet two = corners({0, 1}, 0.01);
  for (const std::string name : {"clip", "synclr", "lgssl", "clip-benchmark", "sgd"}) {
    ProbeOptions options = by(name);
    if (name == "sgd") options.base_lrs = {1000};
    const ProbeOutcome found = run_protocol(two, two, two, options);
    EXPECT_EQ(found.test.acc1, 1) << name;
    EXPECT_FALSE(found.acc5) << "labels below five have no top five";
    EXPECT_TRUE(found.metrics(options)["lp_acc5"].is_null());
  }
  const FeatureSet one_test = corners({1}, 0.01);
  EXPECT_EQ(run_protocol(two, two, one_test, by("clip")).test.acc1, 1);
}

TEST(Probe, ConstantFeaturesAreNoTrouble) {
  FeatureSet train = corners(in_turn(30, 3));
  train.rows = at::cat({train.rows, at::full({30, 2}, 3.0F)}, 1);
  for (const std::string name : {"clip", "synclr", "lgssl", "clip-benchmark", "sgd"}) {
    ProbeOptions options = by(name);
    if (name == "sgd") options.batch_norm = true, options.base_lrs = {10};
    // Thirty rows are one step an epoch, and ten steps from drawn weights are few whatever the
    // rows.
    if (name == "clip-benchmark") options.epochs = 100;
    EXPECT_GT(run_protocol(train, train, train, options).test.acc1, 0.9) << name;
  }
  FeatureSet flat = train;
  flat.rows = at::ones({30, 4});
  EXPECT_NEAR(run_protocol(flat, flat, flat, by("synclr")).test.acc1, 1.0 / 3, 1e-9);
}

TEST(Probe, RefusesWhatCannotBeProbed) {
  const FeatureSet train = corners(in_turn(30, 3)), one = corners({2, 2, 2});
  EXPECT_NE(refusal(ExitCode::kInput, [&] { run_protocol(one, train, train, by("clip")); })
                .find("all rows have label 2"),
            std::string::npos);
  FeatureSet wide = train;
  wide.rows = at::ones({30, 3});
  for (const std::string name : {"clip", "sgd"}) {
    EXPECT_NE(refusal(ExitCode::kInput, [&] { run_protocol(train, train, wide, by(name)); })
                  .find("width 3"),
              std::string::npos);
    refusal(ExitCode::kInput, [&] { run_protocol(train, wide, train, by(name)); });
    refusal(ExitCode::kInput, [&] { run_protocol(train, train, {}, by(name)); });
  }
  refusal(ExitCode::kInput, [&] { run_protocol(corners({0, 1}), {}, train, by("clip")); });
  refusal(ExitCode::kUsage, [] { protocol_named("clap"); });
  ProbeOptions options = by("sgd");
  options.base_lrs = {0.1, -1};
  refusal(ExitCode::kUsage, [&] { run_protocol(train, train, train, options); });
}

TEST(Probe, RefusesSettingsThatAProtocolDoesNotRead) {
  const FeatureSet train = corners(in_turn(30, 3));
  const std::vector<std::string> lbfgs = {"clip", "synclr", "lgssl"}, adamw = {"clip-benchmark"},
                                 sgd = {"sgd"};
  struct Setting {
    const char* flag;
    std::function<void(ProbeOptions&)> give;
    std::vector<std::vector<std::string>> readers;
  };
  const Setting settings[] = {
      {"--max-iterations", [](ProbeOptions& o) { o.max_iterations = 50; }, {lbfgs}},
      {"--epochs", [](ProbeOptions& o) { o.epochs = 1; }, {adamw, sgd}},
      {"--batch-size", [](ProbeOptions& o) { o.batch_size = 8; }, {adamw, sgd}},
      {"--lr", [](ProbeOptions& o) { o.lr = 0.01; }, {adamw}},
      {"--fewshot-k", [](ProbeOptions& o) { o.fewshot_k = 5; }, {adamw}},
      {"--base-lrs", [](ProbeOptions& o) { o.base_lrs = {0.1}; }, {sgd}},
      {"--batch-norm", [](ProbeOptions& o) { o.batch_norm = true; }, {sgd}},
  };
  for (const Setting& setting : settings) {
    for (const Protocol& protocol : protocols()) {
      ProbeOptions options = by(protocol.name);
      if (protocol.solver != Solver::kLbfgs) options.epochs = 1;
      setting.give(options);
      const bool reads = std::any_of(
          setting.readers.begin(), setting.readers.end(), [&](const std::vector<std::string>& of) {
            return std::find(of.begin(), of.end(), protocol.name) != of.end();
          });
      const auto run = [&] { run_protocol(train, train, train, options); };
      if (reads) {
        EXPECT_NO_THROW(run()) << setting.flag << " " << protocol.name;
        continue;
      }
      const std::string said = refusal(ExitCode::kUsage, run);
      EXPECT_EQ(
          said.find(std::string(setting.flag) + " was given with --protocol " + protocol.name), 0U)
          << said;
    }
  }
  ProbeOptions none = by("clip-benchmark");
  none.epochs = 0;
  refusal(ExitCode::kUsage, [&] { run_protocol(train, train, train, none); });
  none = by("clip-benchmark");
  none.lr = INFINITY;
  refusal(ExitCode::kUsage, [&] { run_protocol(train, train, train, none); });
}

TEST(Probe, TheChoiceCanBeByClass) {
  // Nine rows of one class and one of the other: strong penalties answer the large class alone.
  std::vector<int64_t> labels(90, 0);
  labels.insert(labels.end(), 10, 1);
  const FeatureSet set = corners(labels, 0.6);
  ProbeOptions options = by("clip");
  options.by_class = true;
  const ProbeOutcome found = run_protocol(set, set, set, options);
  const Json metrics = found.metrics(options);
  EXPECT_TRUE(metrics["search"][0].contains("val_mean_per_class_recall"));
  EXPECT_NEAR(metrics["search"][0]["val_mean_per_class_recall"].get<double>(), 0.5, 1e-9);
}

TEST(Probe, OutcomesOfSamplesAverageToTheMetrics) {
  const GoldenSet set = golden_set("digits", "float32");
  ProbeOptions options = by("clip-benchmark");
  options.epochs = 2;
  const ProbeOutcome found = run_protocol(set.train, {}, set.test, options);
  const SampleOutcomes samples = found.samples(set.test);
  ASSERT_EQ(samples.rows(), set.test.size());
  EXPECT_EQ(samples.metrics,
            (std::vector<std::string>{"lp_acc1", "lp_acc5", "lp_mean_per_class_recall"}));
  double sums[2] = {};
  std::map<int, std::pair<double, double>> of_class;
  for (int64_t i = 0; i < samples.rows(); ++i) {
    const auto row = static_cast<size_t>(i);
    EXPECT_EQ(samples.keys[row], std::to_string(i));
    for (size_t m = 0; m < 2; ++m) sums[m] += samples.values[row * 3 + m];
    auto& [hits, count] = of_class[samples.classes[row]];
    hits += samples.values[row * 3 + 2];
    count += 1;
  }
  EXPECT_NEAR(sums[0] / static_cast<double>(samples.rows()), found.test.acc1, 1e-9);
  EXPECT_NEAR(sums[1] / static_cast<double>(samples.rows()), *found.acc5, 1e-9);
  double mean = 0;
  for (const auto& [label, pair] : of_class) mean += pair.first / pair.second;
  EXPECT_NEAR(mean / static_cast<double>(of_class.size()), found.test.mean_per_class_recall, 1e-6);
}

TEST(Splits, HoldOutTakesItsShare) {
  const FeatureSet set = corners(in_turn(103, 4));
  const auto [kept, held] = hold_out(set, 0.2, /*each_class=*/false, 5);
  EXPECT_EQ(held.size(), 20);
  EXPECT_EQ(kept.size(), 83);
  const auto [kept_by_class, held_by_class] = hold_out(set, 0.2, /*each_class=*/true, 5);
  for (int64_t c = 0; c < 4; ++c) {
    EXPECT_EQ(std::count(held_by_class.labels.begin(), held_by_class.labels.end(), c), 5);
  }
  EXPECT_NE(hold_out(set, 0.2, false, 6).second.labels, held.labels);
  EXPECT_EQ(hold_out(set, 0.2, false, 5).second.labels, held.labels);
  // Each row is in one part.
  const Tensor all = at::cat({kept.rows, held.rows}).select(1, 0);
  EXPECT_TRUE(at::equal(std::get<0>(all.sort()), std::get<0>(set.rows.select(1, 0).sort())));
}

}  // namespace
}  // namespace clipwright::eval::probe
