#include "train/folder/evaluations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.h"
#include "tests/temporary_folder.h"

namespace clipwright::train::folder {
namespace {

Json comparison(const std::map<std::string, double>& values) {
  Json metrics = Json::array();
  for (const auto& [set, value] : values)
    metrics.push_back({{"set", set}, {"metric", "acc1"}, {"main", true}, {"values", {value}}});
  return {{"metrics", metrics}};
}

TEST(Evaluations, TheBestIsChosenBySetsThatMayChooseAlone) {
  TemporaryFolder run;
  Evaluations evaluations(run.path(), {"val"}, 0);
  const auto add = [&](int64_t step, double val, double test) {
    evaluations.add(step, run.path() / "checkpoints" / ("step_" + std::to_string(step)),
                    comparison({{"val", val}, {"test", test}}));
  };
  add(10, 0.25, 0.9);
  EXPECT_EQ(evaluations.best(), 10);
  add(20, 0.5, 0.1);
  EXPECT_EQ(evaluations.best(), 20);
  add(30, 0.5, 0.8);  // as good: the earlier one stays
  EXPECT_EQ(evaluations.best(), 20);
  const Json best = read_json(run.path() / "best.json");
  EXPECT_EQ(best["step"], 20);
  EXPECT_EQ(best["checkpoint"], "checkpoints/step_20");
  EXPECT_EQ(best["value"], 0.5);
  EXPECT_EQ(best["sets"].size(), 1U);
  const std::string rows = read_file(run.path() / "evaluations.jsonl");
  EXPECT_EQ(std::count(rows.begin(), rows.end(), '\n'), 6);
  EXPECT_THAT(rows, testing::HasSubstr("{\"step\":20,\"set\":\"test\",\"role\":\"report\","
                                       "\"metric\":\"acc1\",\"value\":0.1}\n"));
}

TEST(Evaluations, WithoutAChoosingSetNothingIsChosen) {
  TemporaryFolder run;
  Evaluations evaluations(run.path(), {}, 0);
  evaluations.add(10, run.path() / "c", comparison({{"test", 0.9}}));
  EXPECT_EQ(evaluations.best(), std::nullopt);
  EXPECT_FALSE(fs::exists(run.path() / "best.json"));
}

TEST(Evaluations, ACheckpointWithoutEveryChoosingSetIsNotChosen) {
  TemporaryFolder run;
  Evaluations evaluations(run.path(), {"a", "b"}, 0);
  evaluations.add(10, run.path() / "c", comparison({{"a", 0.9}}));
  EXPECT_EQ(evaluations.best(), std::nullopt);
  evaluations.add(20, run.path() / "c", comparison({{"a", 0.1}, {"b", 0.2}}));
  EXPECT_EQ(evaluations.best(), 20);
}

TEST(Evaluations, AResumedRunForgetsItsFuture) {
  TemporaryFolder run;
  {
    Evaluations evaluations(run.path(), {"val"}, 0);
    evaluations.add(10, run.path() / "c", comparison({{"val", 0.2}}));
    evaluations.add(20, run.path() / "c", comparison({{"val", 0.4}}));
  }
  write_file(run.path() / "evaluations.jsonl",
             read_file(run.path() / "evaluations.jsonl") + "{\"step\":10,\"se");
  const Evaluations resumed(run.path(), {"val"}, 15);
  EXPECT_EQ(resumed.best(), 10);
  EXPECT_EQ(
      read_file(run.path() / "evaluations.jsonl"),
      "{\"step\":10,\"set\":\"val\",\"role\":\"select\",\"metric\":\"acc1\",\"value\":0.2}\n");
}

}  // namespace
}  // namespace clipwright::train::folder
