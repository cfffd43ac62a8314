#include "train/tuning/frozen_features.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "losses/presets.h"
#include "models/open_clip_directory.h"
#include "tensor/safetensors.h"
#include "tests/models/architecture_kinds.h"
#include "tests/temporary_folder.h"
#include "train/loop/trainer.h"
#include "train/tuning/locked.h"

namespace clipwright::train::tuning {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/training";

ContentHash hash_of(const std::string& text) {
  return content_hash(std::as_bytes(std::span(text)));
}

class FrozenFeaturesFile : public testing::Test {
 protected:
  static void SetUpTestSuite() { configure_log({.quiet = true}); }

  /// Rows of three numbers that say which content they are of and how often it was computed.
  Tensor ask(FrozenFeatures& features, const std::vector<std::string>& contents) {
    std::vector<ContentHash> hashes;
    for (const std::string& content : contents) hashes.push_back(hash_of(content));
    return features.rows(hashes, [&](const std::vector<int64_t>& missing) {
      Tensor rows = torch::empty({static_cast<int64_t>(missing.size()), 3});
      for (size_t i = 0; i < missing.size(); ++i) {
        asked_.push_back(contents[static_cast<size_t>(missing[i])]);
        rows[static_cast<int64_t>(i)] = torch::tensor(
            {static_cast<float>(asked_.back()[0]), 0.5F, static_cast<float>(asked_.size())});
      }
      return rows;
    });
  }
  std::unique_ptr<FrozenFeatures> open(const Sha256& key = {1}) const {
    return std::make_unique<FrozenFeatures>(folder_.path(), "image", key, 3);
  }
  fs::path file() const {
    for (const auto& entry : fs::directory_iterator(folder_.path()))
      if (entry.path().extension() == ".features") return entry.path();
    return {};
  }
  /// What opening it logs.
  std::string told() const {
    const TemporaryFolder folder;
    {
      const LogFile log(folder / "log");
      open();
    }
    return read_file(folder / "log");
  }

  TemporaryFolder folder_;
  std::vector<std::string> asked_;
};

TEST_F(FrozenFeaturesFile, ComputesEachContentOnceAndFindsItAgain) {
  Tensor first;
  {
    const auto features = open();
    first = ask(*features, {"a", "b", "a"});
    EXPECT_TRUE(torch::equal(first[0], first[2]));
    EXPECT_TRUE(torch::equal(ask(*features, {"b", "a"}), first.narrow(0, 0, 2).flip(0)));
    ask(*features, {"c"});
    EXPECT_EQ(features->known(), 3);
  }
  asked_.clear();
  const auto again = open();
  EXPECT_EQ(again->known(), 3);
  EXPECT_TRUE(torch::equal(ask(*again, {"a", "b", "a"}), first));
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(fs::file_size(file()), 56 + 3 * (16 + 12 + 8));
}

TEST_F(FrozenFeaturesFile, AnotherKeyIsAnotherFile) {
  ask(*open(), {"a"});
  EXPECT_EQ(open({2})->known(), 0);
  EXPECT_EQ(open()->known(), 1);
}

TEST_F(FrozenFeaturesFile, DamageIsToldAndComputedAgain) {
  ask(*open(), {"a", "b", "c"});
  const std::string good = read_file(file());
  for (const size_t at : {size_t{56}, size_t{56 + 20}, size_t{56 + 36 + 35}, good.size() - 1}) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    write_file(file(), bad);
    EXPECT_THAT(told(), testing::HasSubstr("1 damaged features of 3")) << at;
    asked_.clear();
    const Tensor rows = ask(*open(), {"a", "b", "c"});
    EXPECT_EQ(asked_.size(), 1U);
    for (int64_t i = 0; i < 3; ++i)
      EXPECT_EQ(rows[i][0].item<float>(), static_cast<float>('a' + i));
    EXPECT_EQ(open()->known(), 3);
  }
  // A torn end.
  for (const size_t size : {good.size() - 1, good.size() - 35, size_t{57}}) {
    write_file(file(), good.substr(0, size));
    EXPECT_THAT(told(), testing::HasSubstr("a torn end")) << size;
    EXPECT_EQ(fs::file_size(file()), 56 + (size - 56) / 36 * 36);
  }
  // A beginning that is not its own.
  for (const size_t at : {size_t{0}, size_t{9}, size_t{41}, size_t{50}}) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    write_file(file(), bad);
    EXPECT_THAT(told(), testing::HasSubstr("is written anew")) << at;
    EXPECT_EQ(open()->known(), 0);
  }
  write_file(file(), good.substr(0, 30));
  EXPECT_THAT(told(), testing::HasSubstr("is written anew"));
  // Numbers that are not finite under a checksum that is right.
  write_file(file(), good.substr(0, 56));
  {
    const auto features = open();
    features->rows({hash_of("x")}, [](const std::vector<int64_t>&) {
      return torch::full({1, 3}, NAN);
    });
  }
  EXPECT_EQ(fs::file_size(file()), 56U);
}

TEST_F(FrozenFeaturesFile, TwoRunsDoNotWriteOneFile) {
  const auto first = open();
  EXPECT_THAT(told(), testing::HasSubstr("is being written by another run"));
  ask(*first, {"a"});
  const auto second = open();
  ask(*second, {"b"});  // computed, and not kept
  EXPECT_EQ(fs::file_size(file()), 56U + 36U);
}

TEST_F(FrozenFeaturesFile, AFolderThatCannotBeIsToldAndTheRunGoesOn) {
  write_file(folder_.path() / "plain", "x");
  FrozenFeatures features(folder_.path() / "plain", "image", {1}, 3);
  EXPECT_EQ(ask(features, {"a", "b"}).size(0), 2);
}

class EveryKindsFrozenFeatures : public testing::TestWithParam<models::ArchitectureKind> {
 protected:
  static void SetUpTestSuite() { configure_log({.quiet = true}); }
  void SetUp() override {
    const models::Clip model(GetParam().config, 1);
    models::perturb(model);
    models::write_open_clip_directory(model, folder_.path() / "start");
  }
  options::TrainOptions options(const std::string& name, bool image, int64_t steps) const {
    options::TrainOptions options;
    options.train_data = options.val_data = (kGolden / "pictures.tar").string();
    options.model = folder_ / "start";
    options.batch_size = 6;
    options.accum_freq = 2;
    options.steps = steps;  // four an epoch
    options.warmup = "0";
    options.threads = 1;
    options.save_frequency = 0;
    options.augment = image ? "none" : "";
    options.lock_image = options.lock_image_freeze_bn_stats = image;
    options.lock_text = !image;
    options.logs = folder_.path().string();
    options.name = name;
    return options;
  }
  std::vector<double> losses(const std::string& name) const {
    std::vector<double> list;
    std::ifstream rows(folder_.path() / name / "metrics.jsonl");
    for (std::string row; std::getline(rows, row);) {
      const Json json = parse_json(row, name);
      for (const char* field : {"loss", "val_loss"})
        if (json.contains(field)) list.push_back(json[field]);
    }
    return list;
  }
  std::string log(const std::string& name) const {
    return read_file(folder_.path() / name / "out.log");
  }

  TemporaryFolder folder_;
};

TEST_P(EveryKindsFrozenFeatures, ARunWithThemIsTheRunWithoutAndResumesToTheBit) {
  for (const bool image : {true, false}) {
    if (image && GetParam().config.vision.timm_names) continue;  // below
    const std::string side = image ? "image" : "text";
    loop::train(options("plain-" + side, image, 8));
    options::TrainOptions given = options("kept-" + side, image, 8);
    given.cache_features = folder_ / ("features-" + side);
    given.save_every_steps = 4;
    loop::train(given);
    const auto plain = losses("plain-" + side), kept = losses(given.name);
    ASSERT_EQ(kept.size(), plain.size());
    for (size_t i = 0; i < plain.size(); ++i) EXPECT_NEAR(kept[i], plain[i], 1e-4) << i;
    EXPECT_THAT(log(given.name), testing::HasSubstr("features of the locked " + side));
    // All that the run meets is there after its first epoch.
    const auto files = fs::directory_iterator(given.cache_features);
    const auto size = fs::file_size(files->path());
    given.resume = folder_ / (given.name + "/checkpoints/step_4");
    loop::train(given);
    EXPECT_EQ(losses(given.name), kept);
    EXPECT_EQ(fs::file_size(files->path()), size);
    // Another run of the same tower finds them; with another tower they are not used.
    options::TrainOptions next = options("next-" + side, image, 1);
    next.cache_features = given.cache_features;
    next.lr = 1e-4;
    loop::train(next);
    EXPECT_THAT(log(next.name), testing::Not(testing::HasSubstr(", 0 are there")));
    models::Clip other(GetParam().config, 2);
    models::write_open_clip_directory(other, folder_.path() / "other");
    next.name = "other-" + side;
    next.model = folder_ / "other";
    loop::train(next);
    EXPECT_THAT(log(next.name), testing::HasSubstr(", 0 are there"));
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryKindsFrozenFeatures,
                         testing::ValuesIn(models::architecture_kinds()),
                         [](const auto& info) { return info.param.name; });

TEST(FrozenTowersOfARun, WhatWouldKeepNothingIsRefused) {
  configure_log({.quiet = true});
  const TemporaryFolder folder;
  const auto refusal = [&](const std::string& name, const std::string& objective,
                           void (*set)(options::TrainOptions&)) -> std::string {
    const models::ModelConfig config = models::reduced(models::find_model_config(name));
    models::Clip model(config);
    losses::ObjectiveConfig preset = losses::find_preset(objective);
    const losses::Objective terms(preset, config);
    options::TrainOptions given;
    given.cache_features = folder.path().string();
    set(given);
    try {
      lock_towers(given, model);
      open_frozen_features(given, terms, model);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage) << error.what();
      return error.what();
    }
    return "";
  };
  using Options = options::TrainOptions;
  const auto image = [](Options& o) { o.lock_image = true; };
  EXPECT_THAT(refusal("tiny-32", "clip", [](Options&) {}), testing::HasSubstr("none is"));
  EXPECT_THAT(refusal("laclip-ViT-S-16", "clip", image),
              testing::HasSubstr("The projection of a timm image tower is not locked"));
  EXPECT_THAT(refusal("tiny-32", "clip", image), testing::HasSubstr("--augment none"));
  EXPECT_THAT(refusal("RN50", "clip",
                      [](Options& o) {
                        o.lock_image = true;
                        o.augment = "none";
                      }),
              testing::HasSubstr("--lock-image-freeze-bn-stats"));
  EXPECT_THAT(refusal("tiny-32", "filip",
                      [](Options& o) {
                        o.lock_image = true;
                        o.augment = "none";
                      }),
              testing::HasSubstr("read more of the tower"));
  EXPECT_EQ(refusal("tiny-32", "clip",
                    [](Options& o) {
                      o.lock_image = true;
                      o.augment = "none";
                    }),
            "");
  EXPECT_EQ(refusal("tiny-32", "clip", [](Options& o) { o.lock_text = true; }), "");
}

}  // namespace
}  // namespace clipwright::train::tuning
