#include "train/options/trajectory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "models/config.h"
#include "models/open_clip_config.h"
#include "tests/temporary_folder.h"
#include "train/options/image_recipe.h"
#include "train/options/resolved_options.h"

namespace clipwright::train::options {
namespace {

constexpr const char* kWhere = "logs/a/checkpoints/step_7";

std::string refusal(const Json& saved, const Json& now) {
  try {
    check_trajectory(saved, now, false, kWhere);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    return error.what();
  }
  return "";
}

/// What a check logs; the log is quiet otherwise.
std::string logged(const Json& saved, const Json& now, bool allow_changes = false) {
  const TemporaryFolder folder;
  configure_log({.quiet = true});
  {
    const LogFile file(folder / "log");
    check_trajectory(saved, now, allow_changes, kWhere);
  }
  return read_file(folder / "log");
}

/// The trajectory of a run of `model` on 48 pairs.
Json trajectory_of(const models::ModelConfig& config, const TrainOptions& options = {}) {
  const auto pairs = data::source::open_dataset(
      {.source = std::string(CLIPWRIGHT_SOURCE_DIR) + "/tests/golden/training/pictures.tar"});
  const auto captions = data::captions::CaptionTable::build(*pairs, {});
  const TrainOptions filled =
      filled_in(options, {.objective = resolve_objective(options),
                          .augment = resolve_augment(config.preprocess, options.augment),
                          .logs = "logs",
                          .name = "run"});
  return describe_trajectory(
      filled, plan_run({.batch_size = 8, .epochs = 2}, pairs->size()), *pairs, captions,
      {.config = config, .preprocessing = training_recipe(config.preprocess, options.augment)});
}

Json changed(const Json& value) {
  if (value.is_boolean()) return !value.get<bool>();
  if (value.is_number()) return value.get<double>() + 1;
  if (value.is_string()) return value.get<std::string>() + "x";
  Json longer = value;
  longer.push_back(1);
  return longer;
}

/// Calls `visit(path, name)` for every value, "model.vision.width".
template <typename Visit>
void for_each_value(const Json& object, const Json::json_pointer& path, const std::string& name,
                    const Visit& visit) {
  for (const auto& [key, value] : object.items()) {
    const std::string full = name.empty() ? key : name + "." + key;
    if (value.is_object()) {
      for_each_value(value, path / key, full, visit);
    } else {
      visit(path / key, full);
    }
  }
}

TEST(Trajectory, WhatDiffersIsListed) {
  const Json saved = {{"lr", 0.001}, {"steps", 100}, {"seed", 1}},
             now = {{"lr", 0.0005}, {"steps", 200}, {"seed", 1}};
  EXPECT_THAT(
      refusal(saved, now),
      testing::AllOf(
          testing::HasSubstr("step_7"),
          testing::HasSubstr("lr was 0.001 and is now 0.0005; steps was 100 and is now 200"),
          testing::HasSubstr("--allow-changes"), testing::Not(testing::HasSubstr("seed"))));
  EXPECT_THAT(logged(saved, now, /*allow_changes=*/true),
              testing::HasSubstr("although lr was 0.001"));
  EXPECT_EQ(logged(saved, saved), "");
}

TEST(Trajectory, EveryEntryThatChangesIsRefusedByItsNameWithBothValues) {
  for (const char* model : {"ViT-B-32", "laclip-ViT-S-16", "RN50"}) {
    const Json now = trajectory_of(models::find_model_config(model));
    EXPECT_EQ(refusal(now, now), "");
    int entries = 0;
    for_each_value(now, Json::json_pointer(), "",
                   [&](const Json::json_pointer& path, const std::string& name) {
                     Json saved = now;
                     saved[path] = changed(now[path]);
                     EXPECT_THAT(refusal(saved, now),
                                 testing::HasSubstr(": " + name + " was " + saved[path].dump() +
                                                    " and is now " + now[path].dump() + ";"))
                         << model;
                     ++entries;
                   });
    EXPECT_GT(entries, 40);
  }
}

TEST(Trajectory, WhatAnOlderCheckpointDoesNotSayIsNamedAndNoReasonToRefuse) {
  const Json now = trajectory_of(models::find_model_config("tiny-32"));
  for_each_value(now, Json::json_pointer(), "",
                 [&](const Json::json_pointer& path, const std::string& name) {
                   Json saved = now;
                   saved[path.parent_pointer()].erase(path.back());
                   EXPECT_THAT(logged(saved, now),
                               testing::AllOf(testing::HasSubstr("does not say " + name + ";"),
                                              testing::HasSubstr("could not be compared")));
                 });
  Json saved = now;
  saved["tomorrow's setting"] = 1;
  EXPECT_THAT(refusal(saved, now),
              testing::HasSubstr("tomorrow's setting was 1 and means nothing"));
}

TEST(Trajectory, AnOlderCheckpointsOwnConfigurationSaysItsModel) {
  const models::ModelConfig gelu = models::find_model_config("ViT-B-32"),
                            quick = models::find_model_config("ViT-B-32-quickgelu");
  const Json now = trajectory_of(gelu);
  Json old = now;
  for (const char* key : {"model", "preprocessing", "starting weights", "picture fingerprint"})
    old.erase(key);
  EXPECT_THAT(logged(with_model_of_checkpoint(old, gelu), now),
              testing::HasSubstr("does not say starting weights; picture fingerprint;"));
  EXPECT_THAT(refusal(with_model_of_checkpoint(old, quick), now),
              testing::HasSubstr("model.vision.activation was \"quick_gelu\" and is now \"gelu\"; "
                                 "model.text.activation was \"quick_gelu\" and is now \"gelu\""));
}

// Runs of before a term had an option, or a model a switch, had what is now its default.
TEST(Trajectory, AnOlderCheckpointKnowsNothingOfLaterOptions) {
  const models::ModelConfig config = models::find_model_config("tiny-32");
  const Json now = trajectory_of(
      config,
      {.objective = "filip", .terms = {{"simclr", 1}}, .views = {"base", "mocov2", "mocov2"}});
  Json old = now;
  Json& options = old["term-option"];
  std::erase(options.get_ref<Json::array_t&>(), "filip.padding=off");
  ASSERT_EQ(options.size() + 1, now["term-option"].size());
  for (const char* later : {"projection_bias", "declip_numbering"})
    old["model"]["text"].erase(later);
  EXPECT_NE(refusal(old, now), "");
  EXPECT_EQ(refusal(with_model_of_checkpoint(old, config), now), "");
  EXPECT_EQ(logged(with_model_of_checkpoint(old, config), now), "");
  EXPECT_EQ(with_model_of_checkpoint(now, config), now);
  const Json padded = trajectory_of(config, {.objective = "filip",
                                             .terms = {{"simclr", 1}},
                                             .term_options = {"filip.padding=on"},
                                             .views = {"base", "mocov2", "mocov2"}});
  EXPECT_THAT(refusal(with_model_of_checkpoint(old, config), padded),
              testing::HasSubstr("filip.padding=on"));
}

TEST(Trajectory, AModelReadFromItsFileIsTheSameModel) {
  for (const std::string& name : models::model_names()) {
    const models::ModelConfig config = models::find_model_config(name);
    models::ModelConfig read =
        models::parse_open_clip_config(models::to_open_clip_config(config), name);
    read.name = "elsewhere";
    EXPECT_EQ(refusal(trajectory_of(config), trajectory_of(read)), "") << name;
  }
}

TEST(Trajectory, NoTwoArchitecturesAreTheSame) {
  const auto names = models::model_names();
  for (size_t a = 0; a < names.size(); ++a) {
    for (size_t b = a + 1; b < names.size(); ++b) {
      EXPECT_NE(refusal(describe_model(models::find_model_config(names[a])),
                        describe_model(models::find_model_config(names[b]))),
                "")
          << names[a] << " and " << names[b];
    }
  }
}

TEST(Trajectory, SpellingsOfTheSameAreTheSame) {
  const models::ModelConfig tiny = models::find_model_config("tiny-32");
  EXPECT_EQ(
      refusal(trajectory_of(tiny, {.keep_if = "audit.score>=0.60 and not  flag:number-changed"}),
              trajectory_of(tiny, {.keep_if = "audit.score >= 0.6 and not flag:number-changed"})),
      "");
  EXPECT_EQ(refusal(trajectory_of(tiny, {.augment = "openai"}), trajectory_of(tiny)), "");
  EXPECT_EQ(refusal(trajectory_of(tiny, {.augment = "model"}), trajectory_of(tiny)), "");
  EXPECT_EQ(refusal(trajectory_of(tiny, {.caption_policy = "original"}), trajectory_of(tiny)), "");
  EXPECT_EQ(refusal(trajectory_of(tiny, {.terms = {{"contrastive", 1}}}), trajectory_of(tiny)), "");
  EXPECT_EQ(refusal(trajectory_of(tiny, {.decay_rule = "open_clip"}), trajectory_of(tiny)), "");
}

}  // namespace
}  // namespace clipwright::train::options
