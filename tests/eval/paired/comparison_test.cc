#include "eval/paired/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "eval/paired/metric_samples.h"
#include "eval/paired/tables.h"
#include "tests/temporary_folder.h"

namespace clipwright::eval::paired {
namespace {

/// A zero-shot result with a hit or a miss a sample; sample i is of class i % 2.
StoredResult result_of(const std::string& file, const std::vector<float>& hits,
                       const std::string& metric = "acc1") {
  StoredResult result;
  result.file = file;
  result.metric = metric;
  result.record.task = "zeroshot_classification";
  result.record.samples.metrics = {"acc1"};
  result.record.classnames = {"cat", "dog | wolf"};
  for (size_t i = 0; i < hits.size(); ++i)
    result.record.samples.add("s" + std::to_string(i), static_cast<int>(i % 2), {hits[i]});
  for (const char* name : {"acc1", "mean_per_class_recall"})
    result.record.metrics[name] = metric_samples(result.record.samples, name)->mean();
  return result;
}

Arm arm_of(const std::string& name, const std::vector<std::vector<float>>& runs) {
  Arm arm{.name = name};
  for (const auto& hits : runs) arm.runs.push_back({{"pets", result_of(name, hits)}});
  return arm;
}

std::string complaint(const std::vector<Arm>& arms, ExitCode code) {
  try {
    compare(arms);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  return "none";
}

TEST(MetricSamples, GiveTheMetricBack) {
  SampleOutcomes outcomes;
  outcomes.metrics = {"acc1", "image_retrieval_recall@1", "text_retrieval_recall@1"};
  const float none = std::nanf("");
  outcomes.add("a", 0, {1, none, none});
  outcomes.add("b", 0, {0, none, none});
  outcomes.add("c", 1, {1, none, none});
  outcomes.add("d", -1, {none, 1, none});
  outcomes.add("e", -1, {none, 0, none});
  outcomes.add("f", -1, {none, none, 1});
  EXPECT_DOUBLE_EQ(metric_samples(outcomes, "acc1")->mean(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(metric_samples(outcomes, "mean_per_class_recall")->mean(), 0.75);
  EXPECT_DOUBLE_EQ(metric_samples(outcomes, "mean_recall@1")->mean(), 0.75);
  EXPECT_FALSE(metric_samples(outcomes, "mean_average_precision"));
  EXPECT_FALSE(metric_samples(outcomes, "mean_recall@5"));
  const Json metrics = {{"image_retrieval_recall@1", 0.5}, {"text_retrieval_recall@1", 1.0}};
  EXPECT_EQ(metric_value(metrics, "mean_recall@1"), 0.75);
  EXPECT_EQ(metric_value(metrics, "mean_recall@5"), std::nullopt);
  EXPECT_EQ(metric_value({{"acc5", nullptr}}, "acc5"), std::nullopt);
}

TEST(MetricSamples, AMeanOverClassesIsNoPlainMeanOfItsColumn) {
  // As probes write it: the same hits in each column, three of class 0 and one of class 1.
  SampleOutcomes outcomes;
  outcomes.metrics = {"lp_acc1", "lp_mean_per_class_recall"};
  for (int i = 0; i < 3; ++i) outcomes.add("a" + std::to_string(i), 0, {1, 1});
  outcomes.add("b", 1, {0, 0});
  EXPECT_DOUBLE_EQ(metric_samples(outcomes, "lp_acc1")->mean(), 0.75);
  EXPECT_DOUBLE_EQ(metric_samples(outcomes, "lp_mean_per_class_recall")->mean(), 0.5);
  const EvaluationRecord record{.task = "linear_probe",
                                .metrics = {{"lp_acc1", 0.75}, {"lp_mean_per_class_recall", 0.5}},
                                .samples = outcomes};
  TemporaryFolder folder;
  write_result(folder.path() / "probe.json", record);
  EXPECT_EQ(read_stored_result(folder.path() / "probe.json").record.samples.rows(), 4);
}

TEST(MetricSamples, ScoresAreKnownByName) {
  for (const char* name :
       {"acc1", "lp_mean_per_class_recall", "image_retrieval_recall@10", "mean_recall@1", "acc",
        "macro_accuracy_published", "accuracy_4_shot", "sensitivity_swap", "ece"})
    EXPECT_TRUE(is_score(name)) << name;
  for (const char* name : {"epochs", "fewshot_k", "weight_decay", "C", "lr", "seed", "folds",
                           "ece_scale", "cases", "ties", "acc_chance", "fitted_rows", "interval"})
    EXPECT_FALSE(is_score(name)) << name;
}

TEST(Comparison, PairsSamplesByKeyWhateverTheirOrder) {
  const Arm base = arm_of("base", {{1, 0, 0, 0, 1, 0, 0, 0}});
  Arm better = arm_of("better", {{1, 1, 0, 1, 1, 0, 1, 0}});
  // The same outcomes, written in another order.
  SampleOutcomes& samples = better.runs[0].at("pets").record.samples;
  SampleOutcomes turned;
  turned.metrics = samples.metrics;
  for (size_t i = samples.keys.size(); i-- > 0;)
    turned.add(samples.keys[i], samples.classes[i], {samples.values[i]});
  const Comparison straight = compare({base, better});
  samples = turned;
  const Comparison paired = compare({base, better});
  EXPECT_EQ(to_json(paired), to_json(straight));
  const ComparedMetric& row = paired.metrics.at(0);
  EXPECT_EQ(row.metric, "acc1");
  EXPECT_EQ(row.samples, 8);
  EXPECT_DOUBLE_EQ(*row.values[0], 0.25);
  EXPECT_DOUBLE_EQ(*row.values[1], 0.625);
  EXPECT_FALSE(row.differences[0]);
  EXPECT_DOUBLE_EQ(row.differences[1]->difference, 0.375);
  EXPECT_GE(row.differences[1]->low, 0) << "no sample got worse";
  EXPECT_LE(row.differences[1]->high, 1);
  EXPECT_EQ(paired.metrics.at(1).metric, "mean_per_class_recall");
}

TEST(Comparison, EqualModelsDifferByNothing) {
  const Comparison same = compare({arm_of("a", {{1, 0, 1, 0}}), arm_of("b", {{1, 0, 1, 0}})});
  for (const ComparedMetric& row : same.metrics) {
    EXPECT_EQ(row.differences[1]->difference, 0);
    EXPECT_EQ(row.differences[1]->low, 0);
    EXPECT_EQ(row.differences[1]->high, 0);
  }
}

TEST(Comparison, SeveralRunsWidenTheInterval) {
  std::vector<float> none(40, 0), all(40, 1), half;
  for (int i = 0; i < 40; ++i) half.push_back(i < 20 ? 1 : 0);
  // One run gains everything, the other nothing: samples alone would say +0.5 for sure.
  const Comparison seeds = compare({arm_of("a", {none, none}), arm_of("b", {all, none})});
  const auto& difference = seeds.metrics[0].differences[1];
  EXPECT_DOUBLE_EQ(difference->difference, 0.5);
  EXPECT_EQ(difference->low, 0);
  EXPECT_EQ(difference->high, 1);
  EXPECT_EQ(difference->seeds, 2);
  EXPECT_DOUBLE_EQ(*seeds.metrics[0].values[1], 0.5);
  EXPECT_NEAR(seeds.metrics[0].deviations[1], 0.7071, 1e-4);
  EXPECT_NE(complaint({arm_of("a", {none}), arm_of("b", {all, none})}, ExitCode::kUsage)
                .find("as many runs"),
            std::string::npos);
}

TEST(Comparison, TheAverageIsTheMeanOfTheSetsThatAllHave) {
  Arm a = arm_of("a", {{1, 0, 0, 0}}), b = arm_of("b", {{1, 1, 1, 0}}),
      c = arm_of("c", {{1, 1, 1, 1}});
  for (Arm* arm : {&a, &b, &c}) {
    arm->runs[0]["food"] =
        result_of("food", arm->name == "a" ? std::vector<float>{1, 1} : std::vector<float>{1, 0});
  }
  a.runs[0]["only a"] = result_of("only a", {1});
  const Comparison comparison = compare({a, b, c}, {.all_metrics = false});
  ASSERT_TRUE(comparison.average);
  EXPECT_EQ(comparison.average_sets, (std::vector<std::string>{"food", "pets"}));
  EXPECT_DOUBLE_EQ(*comparison.average->values[0], (1 + 0.25) / 2);
  EXPECT_DOUBLE_EQ(*comparison.average->values[1], (0.5 + 0.75) / 2);
  EXPECT_DOUBLE_EQ(*comparison.average->values[2], (0.5 + 1) / 2);
  EXPECT_NEAR(comparison.average->differences[1]->difference, 0, 1e-12);
  EXPECT_NEAR(comparison.average->differences[2]->difference, 0.125, 1e-12);
  EXPECT_LT(comparison.average->differences[2]->low, 0.125);
  EXPECT_GT(comparison.average->differences[2]->high, 0.125);
  EXPECT_EQ(to_markdown(scores_table(comparison)),
            "Main metric of each set, per cent. The average is the unweighted mean over the 2 sets "
            "that all have.\n\n"
            "| model | food | only a | pets | average |\n"
            "|---|---:|---:|---:|---:|\n"
            "| a | **100.0** | 100.0 | 25.0 | 62.5 |\n"
            "| b | 50.0 | \xE2\x80\x93 | 75.0 | 62.5 |\n"
            "| c | 50.0 | \xE2\x80\x93 | **100.0** | **75.0** |\n");
  EXPECT_EQ(scores_csv(comparison),
            "model,food,only a,pets,average\na,1,1,0.25,0.625\nb,0.5,,0.75,0.625\nc,0.5,,1,0.75\n");
}

TEST(Comparison, ClassesSayWhoGainedAndWhoLost) {
  const Comparison comparison =
      compare({arm_of("a", {{1, 0, 1, 0}}), arm_of("b", {{0, 1, 0, 1}})}, {.per_class = true});
  const auto& classes = comparison.metrics[0].classes;
  ASSERT_EQ(classes.size(), 2U);
  EXPECT_EQ(classes[0].name, "cat");
  EXPECT_EQ(classes[0].samples, 2);
  EXPECT_EQ(classes[0].differences[1]->difference, -1);
  EXPECT_EQ(classes[1].differences[1]->difference, 1);
  EXPECT_EQ(to_markdown(classes_table(comparison, comparison.metrics[0], 10)),
            "pets: accuracy within each class, per cent; differences in points with 95 % "
            "intervals.\n\n"
            "| class | samples | a | b | b \xE2\x88\x92 a |\n"
            "|---|---:|---:|---:|---:|\n"
            "| dog \\| wolf | 2 | 0.0 | 100.0 | +100.0 [+100.0, +100.0] |\n"
            "| cat | 2 | 100.0 | 0.0 | \xE2\x88\x92"
            "100.0 [\xE2\x88\x92"
            "100.0, \xE2\x88\x92"
            "100.0] |\n");
}

TEST(Comparison, RefusesWhatCannotBePaired) {
  using testing::HasSubstr;
  const Arm a = arm_of("a", {{1, 0, 1, 0}});
  EXPECT_THAT(complaint({a, arm_of("b", {{1, 0}})}, ExitCode::kInput),
              testing::AllOf(HasSubstr("sample 's2' is in the second only"), HasSubstr("2 and 4")));
  EXPECT_THAT(complaint({arm_of("b", {{1, 0}}), a}, ExitCode::kInput),
              HasSubstr("sample 's2' is in the first only"));
  Arm other = a;
  other.name = "b";
  other.runs[0].at("pets").record.samples.classes[1] = 0;
  EXPECT_THAT(complaint({a, other}, ExitCode::kInput), HasSubstr("sample 's1' is of class 0"));
  other = a;
  other.runs[0].at("pets").record.task = "linear_probe";
  EXPECT_THAT(complaint({a, other}, ExitCode::kInput),
              testing::AllOf(HasSubstr("zeroshot_classification"), HasSubstr("linear_probe")));
  other = Arm{.name = "b"};
  other.runs.push_back({{"food", result_of("food", {1})}});
  EXPECT_THAT(complaint({a, other}, ExitCode::kInput),
              testing::AllOf(HasSubstr("no set in common"), HasSubstr("a has pets"),
                             HasSubstr("b has food")));
}

TEST(Comparison, ResultsWithoutSamplesAreComparedWithoutIntervals) {
  Arm a = arm_of("a", {{1, 0}}), b = arm_of("b", {{1, 1}});
  b.runs[0].at("pets").record.samples = {};
  const Comparison comparison = compare({a, b});
  EXPECT_EQ(comparison.metrics[0].samples, 0);
  EXPECT_FALSE(comparison.metrics[0].differences[1]);
  EXPECT_EQ(*comparison.metrics[0].values[1], 1);
}

TEST(Comparison, SettingsAreNoMetrics) {
  std::vector<Arm> arms = {arm_of("a", {{1, 0}}), arm_of("b", {{1, 1}})};
  for (Arm& arm : arms) {
    EvaluationRecord& record = arm.runs[0].at("pets").record;
    record.samples = {};
    record.metrics.update({{"epochs", 10}, {"seed", 0}, {"weight_decay", 0.1}});
  }
  std::vector<std::string> names;
  for (const ComparedMetric& row : compare(arms).metrics) names.push_back(row.metric);
  EXPECT_EQ(names, (std::vector<std::string>{"acc1", "mean_per_class_recall"}));
}

TEST(StoredResult, AClassMayHaveNoName) {
  TemporaryFolder folder;
  StoredResult result = result_of("x", {1, 0});
  result.record.classnames = {"far", "", "near"};
  write_stored_result(folder.path(), "clevr", result.record, "acc1", {});
  EXPECT_EQ(read_stored_result(folder.path() / "clevr.json").record.classnames,
            result.record.classnames);
}

TEST(StoredResult, SamplesOfAnotherResultAreRefused) {
  TemporaryFolder folder;
  const StoredResult result = result_of("x", {1, 0, 0, 0});
  write_stored_result(folder.path(), "pets", result.record, "acc1", {{"model", 1}});
  EXPECT_TRUE(is_done(folder.path(), "pets", {{"model", 1}}));
  EXPECT_FALSE(is_done(folder.path(), "pets", {{"model", 2}}));
  const StoredResult again = read_stored_result(folder.path() / "pets.json");
  EXPECT_EQ(again.record.samples.keys, result.record.samples.keys);
  EXPECT_EQ(again.record.classnames, result.record.classnames);
  EXPECT_EQ(again.metric, "acc1");
  write_samples(folder.path() / "pets.samples.jsonl", result_of("x", {1, 1, 1, 1}).record.samples);
  EXPECT_FALSE(is_done(folder.path(), "pets", {{"model", 1}})) << "a file was changed";
  try {
    read_stored_result(folder.path() / "pets.json");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("not of the same evaluation"));
  }
}

}  // namespace
}  // namespace clipwright::eval::paired
