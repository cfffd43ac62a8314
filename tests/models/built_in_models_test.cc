// Every built-in architecture has the tensors and parameters that open_clip 3.3.0 counts
// (tests/golden/make_backbones.py). The large ones are counted by small ones: both numbers are
// linear in the number of blocks of each tower and stage, and in the vocabulary.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "core/file.h"
#include "core/json.h"
#include "models/clip.h"

namespace clipwright::models {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/backbones/counts.json";

struct Counts {
  int64_t tensors = 0, parameters = 0;

  void add(const Counts& other, int64_t times) {
    tensors += other.tensors * times;
    parameters += other.parameters * times;
  }
  friend bool operator==(const Counts&, const Counts&) = default;
};

Counts made(const ModelConfig& config) {
  const Clip model(config);
  return {static_cast<int64_t>(model.table().size()), model.table().parameter_count()};
}

Counts counted(const ModelConfig& config) {
  ModelConfig least = config;
  least.text.layers = 1;
  least.text.vocabulary_size = 8;
  std::vector<std::pair<std::function<int*(ModelConfig&)>, int>> sizes = {
      {[](ModelConfig& one) { return &one.text.layers; }, config.text.layers},
      {[](ModelConfig& one) { return &one.text.vocabulary_size; }, config.text.vocabulary_size}};
  if (config.vision.resnet_layers.empty()) {
    least.vision.layers = 1;
    sizes.emplace_back([](ModelConfig& one) { return &one.vision.layers; }, config.vision.layers);
  }
  for (size_t stage = 0; stage < config.vision.resnet_layers.size(); ++stage) {
    least.vision.resnet_layers[stage] = 1;
    sizes.emplace_back([stage](ModelConfig& one) { return &one.vision.resnet_layers[stage]; },
                       config.vision.resnet_layers[stage]);
  }
  const Counts base = made(least);
  Counts total = base;
  for (const auto& [size, value] : sizes) {
    ModelConfig larger = least;
    const int from = (*size(larger))++;
    Counts step = made(larger);
    step.add(base, -1);
    total.add(step, value - from);
  }
  return total;
}

class BuiltInModel : public testing::TestWithParam<std::string> {};

TEST_P(BuiltInModel, HasThePeersTensorsAndParameters) {
  const Json golden = read_json(kGolden);
  ASSERT_TRUE(golden.contains(GetParam())) << "make_backbones.py does not count it";
  const Json& peer = golden[GetParam()];
  const Counts ours = counted(find_model_config(GetParam()));
  EXPECT_EQ(ours.tensors, peer["tensors"].get<int64_t>());
  EXPECT_EQ(ours.parameters, peer["parameters"].get<int64_t>());
}

INSTANTIATE_TEST_SUITE_P(Names, BuiltInModel, testing::ValuesIn(model_names()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(BuiltInModels, AreCountedAsTheyAreMade) {
  for (const char* name : {"tiny-32", "RN50", "laclip-ViT-S-16"})
    EXPECT_EQ(counted(find_model_config(name)), made(find_model_config(name))) << name;
}

}  // namespace
}  // namespace clipwright::models
