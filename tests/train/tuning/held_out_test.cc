#include "train/tuning/held_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "models/load_model.h"
#include "tensor/safetensors.h"
#include "tests/data/test_pictures.h"
#include "tests/temporary_folder.h"
#include "train/folder/checkpoint.h"
#include "train/loop/trainer.h"

namespace clipwright::train::tuning {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/training";

/// 40 pictures with two captions each, in one order or the other.
class HeldOutPairs : public testing::Test {
 protected:
  static void SetUpTestSuite() { configure_log({.quiet = true}); }
  std::shared_ptr<const data::source::Dataset> pairs(bool backwards) {
    std::vector<std::string> rows;
    for (int i = 0; i < 40; ++i) {
      const std::string name = "p" + std::to_string(i) + ".png";
      folder_.write(name, data::test_png(i));
      for (const char* what : {"a picture", "another word for picture"})
        rows.push_back(name + "\t" + what + " " + std::to_string(i) + "\n");
    }
    if (backwards) std::reverse(rows.begin(), rows.end());
    std::string table = "filepath\ttitle\n";
    for (const std::string& row : rows) table += row;
    return data::source::open_dataset(
        {.source = folder_.write(backwards ? "backwards.tsv" : "pairs.tsv", table)});
  }
  static std::multiset<std::string> keys(const data::source::Dataset& pairs) {
    std::multiset<std::string> keys;
    for (int64_t i = 0; i < pairs.size(); ++i) keys.insert(pairs.key(i));
    return keys;
  }

  TemporaryFolder folder_;
};

TEST_F(HeldOutPairs, AreThoseOfTheirKeysAndKeepAPictureTogether) {
  const auto all = pairs(false), reversed = pairs(true);
  const HeldOut one = hold_out(all, 0.3, 5), two = hold_out(reversed, 0.3, 5);
  EXPECT_EQ(keys(*one.held_out), keys(*two.held_out));
  EXPECT_NE(keys(*one.held_out), keys(*hold_out(all, 0.3, 6).held_out));
  EXPECT_EQ(one.training->size() + one.held_out->size(), all->size());
  const auto held = keys(*one.held_out), training = keys(*one.training);
  for (const std::string& key : held) {
    EXPECT_EQ(held.count(key), 2U) << key;
    EXPECT_EQ(training.count(key), 0U) << key;
  }
  EXPECT_GT(held.size(), 8U);
  EXPECT_LT(held.size(), 44U);
}

TEST_F(HeldOutPairs, NothingOnASideIsRefused) {
  EXPECT_THROW(hold_out(pairs(false), 1e-6, 5), Error);
  EXPECT_THROW(hold_out(pairs(false), 1 - 1e-6, 5), Error);
}

TEST(BestValidation, KeepsTheLowestAndCountsSince) {
  folder::BestValidation best;
  EXPECT_TRUE(best.add(3, 10));
  EXPECT_TRUE(best.add(2, 20));
  EXPECT_FALSE(best.add(2, 30));
  EXPECT_FALSE(best.add(2.5, 40));
  EXPECT_EQ(best.step, 20);
  EXPECT_EQ(best.since, 2);
  EXPECT_TRUE(best.add(1, 50));
  EXPECT_EQ(best.since, 0);
}

class EarlyStop : public testing::Test {
 protected:
  static void SetUpTestSuite() { configure_log({.quiet = true}); }
  options::TrainOptions options(const std::string& name) const {
    options::TrainOptions options;
    options.train_data = (kGolden / "pictures.tar").string();
    options.model = "tiny-32";
    options.batch_size = 12;
    options.epochs = 40;
    options.lr = 3e-3;  // learns its pairs by heart soon
    options.warmup = "0";
    options.threads = 1;
    options.hold_out = 0.25;
    options.early_stop_patience = 3;
    options.save_frequency = 0;
    options.keep_checkpoints = 1;
    options.logs = folder_.path().string();
    options.name = name;
    return options;
  }
  std::map<int64_t, double> validations(const std::string& name) const {
    std::map<int64_t, double> list;
    const std::string rows = read_file(folder_.path() / name / "metrics.jsonl");
    for (size_t at = 0; at < rows.size(); at = rows.find('\n', at) + 1) {
      const Json row = parse_json(rows.substr(at, rows.find('\n', at) - at), name);
      if (row.contains("val_loss")) list[row["step"]] = row["val_loss"];
    }
    return list;
  }

  TemporaryFolder folder_;
};

TEST_F(EarlyStop, EndsAfterItsPatienceWithTheBestModelAndResumesToTheSame) {
  const loop::TrainResult result = loop::train(options("run"));
  EXPECT_FALSE(result.interrupted);
  const auto losses = validations("run");
  const auto best =
      std::min_element(losses.begin(), losses.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  ASSERT_LT(losses.size(), 40U) << "it never stopped";
  EXPECT_EQ(std::distance(best, losses.end()), 4) << "three worse ones and no more";
  const fs::path checkpoint =
      folder_.path() / ("run/checkpoints/step_" + std::to_string(best->first));
  const tensor::Safetensors kept = tensor::read_safetensors(checkpoint / "model.safetensors"),
                            model = tensor::read_safetensors(
                                folder_.path() / "run/model/open_clip_model.safetensors");
  for (const auto& [name, tensor] : model.tensors)
    EXPECT_TRUE(torch::equal(tensor, *kept.find(name))) << name;
  EXPECT_NE(read_file(folder_.path() / "run/out.log").find("with the lowest validation loss"),
            std::string::npos);

  // From the best checkpoint, and from the end, it comes to the same.
  const std::string weights = read_file(folder_.path() / "run/model/open_clip_model.safetensors");
  for (const std::string& from : {checkpoint.string(), std::string("latest")}) {
    options::TrainOptions again = options("run");
    again.resume = from;
    loop::train(again);
    EXPECT_EQ(validations("run"), losses) << from;
    EXPECT_EQ(read_file(folder_.path() / "run/model/open_clip_model.safetensors"), weights) << from;
  }
}

TEST_F(EarlyStop, NeedsPairsToGoBy) {
  options::TrainOptions given = options("run");
  given.hold_out = 0;
  try {
    loop::train(given);
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_THAT(error.what(), testing::HasSubstr("--early-stop-patience goes by"));
  }
  given.val_data = given.train_data;
  given.hold_out = 0.5;
  EXPECT_THROW(options::check_options(given), Error);
}

}  // namespace
}  // namespace clipwright::train::tuning
