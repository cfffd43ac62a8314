#include "train/tuning/patch_dropout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/error.h"
#include "core/log.h"
#include "models/open_clip_directory.h"
#include "tests/models/architecture_kinds.h"
#include "tests/models/golden_model.h"
#include "tests/train/objective_inputs.h"
#include "train/loop/frozen.h"
#include "train/loop/step.h"

namespace clipwright::train::tuning {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/patch_dropout";

models::VisionConfig grid_of(int side) {
  models::VisionConfig vision;
  vision.patch_size = 8;
  vision.image_size = 8 * side;
  return vision;
}

TEST(PatchDropout, KeepsAsManyAsOpenClipDoes) {
  for (const auto& [side, share, kept] : std::vector<std::tuple<int, double, int64_t>>{
           {7, 0.5, 24}, {7, 0.75, 12}, {14, 0.1, 176}, {2, 0.9, 1}, {4, 0.25, 12}})
    EXPECT_EQ(PatchDropout(share, grid_of(side), 0).kept(), kept) << side << " " << share;
  EXPECT_FALSE(PatchDropout(0, grid_of(7), 0).drops());
}

TEST(PatchDropout, ADrawIsOfItsSampleEpochAndViewAlone) {
  const PatchDropout dropout(0.5, grid_of(7), 3);
  const std::vector<std::string> keys = {"a", "b", "c"};
  const Tensor whole = dropout.draw(keys, 2, 0);
  for (int64_t n = 0; n < 3; ++n) {
    EXPECT_TRUE(torch::equal(dropout.draw({keys[static_cast<size_t>(n)]}, 2, 0)[0], whole[n]));
    std::set<int64_t> places;
    for (int64_t i = 0; i < 24; ++i) {
      const auto place = whole[n][i].item<int64_t>();
      EXPECT_TRUE(place >= 0 && place < 49);
      EXPECT_TRUE(places.insert(place).second) << "twice";
    }
  }
  EXPECT_FALSE(torch::equal(whole[0], whole[1]));
  EXPECT_FALSE(torch::equal(dropout.draw(keys, 3, 0), whole));
  EXPECT_FALSE(torch::equal(dropout.draw(keys, 2, 1), whole));
  EXPECT_FALSE(torch::equal(PatchDropout(0.5, grid_of(7), 4).draw(keys, 2, 0), whole));
}

// Every patch is kept as often as every other.
TEST(PatchDropout, IsFair) {
  const PatchDropout dropout(0.75, grid_of(4), 3);
  Tensor counts = torch::zeros({16});
  const int64_t draws = 4000;
  for (int64_t n = 0; n < draws; ++n)
    counts.index_add_(0, dropout.draw({std::to_string(n)}, 0, 0)[0], torch::ones({4}));
  // Four standard deviations of a binomial draw.
  EXPECT_LT((counts / draws - 0.25).abs().max().item<double>(), 4 * std::sqrt(0.25 * 0.75 / draws));
}

TEST(PatchDropout, FeaturesEqualOpenClips) {
  const auto model = models::read_open_clip_directory(models::kGolden / "vit");
  model->train();
  const NpyArray kept = read_npy(kGolden / "kept.npy");
  Tensor indices = torch::empty(kept.shape, torch::kInt64);
  std::memcpy(indices.data_ptr(), kept.bytes.data(), kept.bytes.size());
  const Tensor expected = models::load_floats(kGolden / "image_features.npy"),
               got = model->encode_image(models::golden_pixels(*model), {.kept_patches = indices})
                         .embedding;
  EXPECT_LT(((got - expected).norm() / expected.norm()).item<double>(), 1e-5);
}

// All patches, in the step's path, are the step without dropout; in evaluation none are dropped.
TEST(PatchDropout, IsOfTrainingAloneAndExactUnderAccumulation) {
  configure_log({.quiet = true});
  for (const models::ArchitectureKind& kind : models::architecture_kinds()) {
    if (!kind.config.vision.resnet_layers.empty()) {
      EXPECT_THROW(PatchDropout(0.5, kind.config.vision, 0), Error) << kind.name;
      continue;
    }
    for (const char* preset : {"clip", "slip", "filip", "laclip-mt with 5 class tokens"}) {
      const losses::ObjectiveConfig config = small_preset(preset);
      models::Clip model(kind.config, 1), again(kind.config, 1);
      models::perturb(model);
      models::perturb(again);
      losses::Objective objective(config, kind.config), other(config, kind.config);
      for (torch::nn::Module* module :
           std::initializer_list<torch::nn::Module*>{&model, &again, &objective, &other})
        module->to(torch::kDouble);
      loop::freeze_untrained(model, objective);
      loop::freeze_untrained(again, other);
      loop::StepInput input = random_input(kind.config, config, 6);
      const double evaluated = loop::evaluate_step(model, objective, input, {}).loss;
      const PatchDropout dropout(0.5, kind.config.vision, 1);
      for (size_t v = 0; v < input.views.size(); ++v)
        input.kept_patches.push_back(dropout.draw({"a", "b", "c", "d", "e", "f"}, 0, v));
      EXPECT_EQ(loop::evaluate_step(model, objective, input, {}).loss, evaluated) << preset;
      const double loss = loop::forward_backward(model, objective, input, {}).loss;
      EXPECT_NE(loss, evaluated) << preset;
      EXPECT_NEAR(loop::forward_backward(again, other, input, {.micro_batch = 2}).loss, loss,
                  1e-12 * std::abs(loss));
      for (const tensor::TableEntry& entry : model.table().entries()) {
        if (!entry.trainable()) continue;
        const Tensor one = entry.leaf.grad(), two = again.table().at(entry.name).leaf.grad();
        ASSERT_TRUE(one.defined() && two.defined()) << preset << " " << entry.name;
        EXPECT_LT((one - two).abs().max().item<double>(),
                  1e-11 * std::max(1.0, one.abs().max().item<double>()))
            << kind.name << " " << preset << " " << entry.name;
      }
    }
  }
}

}  // namespace
}  // namespace clipwright::train::tuning
