#include "train/loop/side_evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/log.h"
#include "tests/temporary_folder.h"
#include "train/loop/trainer.h"

namespace clipwright::train::loop {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden";

class SideEvaluationTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(CLIPWRIGHT_PROGRAM)) GTEST_SKIP() << "the program is not built";
    configure_log({.quiet = true});
    for (const std::string name : {"2", "10", "green_pear"}) {
      // What chooses and what is reported have no picture in common.
      for (const auto& [set, number] :
           {std::pair("walls", "0"), std::pair("walls", "1"), std::pair("other", "2")}) {
        fs::create_directories(path("sets") / set / name);
        fs::copy_file(kGolden / "eval/pictures" / (name + "_" + number + ".png"),
                      path("sets") / set / name / (std::string(number) + ".png"));
      }
    }
    write_file(path("suite.toml"),
               "[[set]]\nname = \"walls\"\nrole = \"select\"\n[[set]]\nname = \"other\"\n");
  }

  options::TrainOptions options(const std::string& name) const {
    options::TrainOptions options;
    options.train_data = (kGolden / "training/pictures.tar").string();
    options.model = "tiny-32";
    options.batch_size = 16;
    options.steps = 6;
    options.lr = 1e-3;
    options.threads = 1;
    options.save_frequency = 0;
    options.logs = folder_.path().string();
    options.name = name;
    return options;
  }
  options::TrainOptions evaluating(const std::string& name) const {
    options::TrainOptions given = options(name);
    given.eval = path("suite.toml").string();
    given.eval_data_root = path("sets").string();
    given.eval_every = 3;
    return given;
  }
  fs::path path(const std::string& inside) const { return folder_.path() / inside; }
  std::vector<double> losses(const std::string& name) const {
    std::vector<double> list;
    std::ifstream file(path(name) / "metrics.jsonl");
    for (std::string line; std::getline(file, line);)
      list.push_back(parse_json(line, name)["loss"]);
    return list;
  }

  TemporaryFolder folder_;
};

TEST_F(SideEvaluationTest, TheRunIsTheSameWithAndWithout) {
  train(options("without"));
  train(evaluating("with"));
  EXPECT_EQ(losses("with"), losses("without"));
  EXPECT_EQ(hex(sha256_file(path("with/model/open_clip_model.safetensors"))),
            hex(sha256_file(path("without/model/open_clip_model.safetensors"))));
  EXPECT_FALSE(fs::exists(path("without/evaluations.jsonl")));
}

TEST_F(SideEvaluationTest, TheLastCheckpointIsEvaluatedAndTheBestNamed) {
  options::TrainOptions given = evaluating("run");
  given.keep_checkpoints = 1;
  train(given);
  std::set<int64_t> steps;
  std::ifstream file(path("run/evaluations.jsonl"));
  for (std::string line; std::getline(file, line);) {
    const Json row = parse_json(line, "row");
    steps.insert(row["step"].get<int64_t>());
    EXPECT_EQ(row["role"], row["set"] == "walls" ? "select" : "report");
    EXPECT_EQ(row["metric"], "acc1");
  }
  EXPECT_TRUE(steps.contains(6)) << "the last checkpoint is waited for";
  const Json best = read_json(path("run/best.json"));
  EXPECT_TRUE(steps.contains(best["step"].get<int64_t>()));
  EXPECT_TRUE(fs::exists(path("run") / best["checkpoint"].get<std::string>() / "DONE"))
      << "the best checkpoint stays on disk";
  EXPECT_TRUE(fs::exists(path("run/evaluation/results/step_6/walls.json")));
}

TEST_F(SideEvaluationTest, AFailingEvaluationStopsNoTraining) {
  options::TrainOptions given = evaluating("run");
  fs::create_directories(path("empty"));
  given.eval_data_root = path("empty").string();
  EXPECT_EQ(train(given).steps, 6);
  EXPECT_THAT(read_file(path("run/out.log")), testing::HasSubstr("has failed"));
  EXPECT_FALSE(fs::exists(path("run/best.json")));
}

TEST_F(SideEvaluationTest, ACheckpointIsNotChosenByWhatIsReported) {
  fs::remove_all(path("sets/other"));
  fs::copy(path("sets/walls"), path("sets/other"), fs::copy_options::recursive);
  try {
    train(evaluating("run"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("walls, which chooses"),
                                             testing::HasSubstr("other, which is reported")));
  }
  EXPECT_FALSE(fs::exists(path("run/metrics.jsonl")));
}

TEST_F(SideEvaluationTest, MistakesAreToldBeforeTheFirstStep) {
  options::TrainOptions given = evaluating("run");
  given.eval = "laclip51";
  EXPECT_THROW(train(given), Error);
  given = evaluating("run");
  given.eval_data_root = path("nowhere").string();
  EXPECT_THROW(train(given), Error);
  given.eval_data_root.clear();
  EXPECT_THROW(train(given), Error);
  given = options("run");
  given.eval_every = 3;
  EXPECT_THROW(train(given), Error);
  EXPECT_FALSE(fs::exists(path("run/metrics.jsonl")));
}

}  // namespace
}  // namespace clipwright::train::loop
