#include "models/tuning/adapters.h"

#include <gtest/gtest.h>

#include <set>

#include "core/log.h"
#include "models/clip.h"
#include "models/open_clip_directory.h"
#include "tests/models/architecture_kinds.h"
#include "tests/temporary_folder.h"

namespace clipwright::models::tuning {
namespace {

class EveryKindAdapted : public testing::TestWithParam<ArchitectureKind> {
 protected:
  static void SetUpTestSuite() { configure_log({.quiet = true}); }
  static const ModelConfig& config() { return GetParam().config; }
  static bool is_resnet() { return !config().vision.resnet_layers.empty(); }
  static std::shared_ptr<Clip> model() {
    auto model = std::make_shared<Clip>(config(), 1);
    perturb(*model);
    model->eval();
    return model;
  }
  static Tensor pixels() {
    torch::manual_seed(2);
    return torch::randn({3, 3, config().vision.image_size, config().vision.image_size});
  }
  static TextBatch texts() {
    return {torch::arange(1, 15), torch::tensor({0, 5, 14}, torch::kInt32)};
  }
  static double difference(const Tensor& a, const Tensor& b) {
    return ((a - b).norm() / b.norm()).item<double>();
  }
};

TEST_P(EveryKindAdapted, StartsAsTheBaseModelToTheBit) {
  const auto base = model(), adapted = model();
  adapted->adapt({.rank = 3}, 7);
  const torch::NoGradGuard no_grad;
  for (const bool all : {false, true}) {
    const bool patches = all && !is_resnet();
    EXPECT_TRUE(torch::equal(base->encode_image(pixels(), {.patches = patches}).embedding,
                             adapted->encode_image(pixels(), {.patches = patches}).embedding));
    EXPECT_TRUE(torch::equal(base->encode_text(texts(), {.tokens = all}).embedding,
                             adapted->encode_text(texts(), {.tokens = all}).embedding));
  }
  for (size_t i = 0; i < base->table().size(); ++i)
    EXPECT_TRUE(torch::equal(base->file_tensors()[i].second, adapted->file_tensors()[i].second));
}

// Every promised matrix is there, once, with its own shape: q, k, v, o and two of the MLP a block.
TEST_P(EveryKindAdapted, HasWhatItsTargetsName) {
  for (const std::string& target : adapter_targets()) {
    const auto adapted = model();
    adapted->adapt({.rank = 3, .targets = {target}}, 7);
    const size_t each = target == "mlp" ? 2 : 1, text = each * 2,
                 image = is_resnet() ? (target == "mlp" ? 0 : 1) : each * 2;
    EXPECT_EQ(adapted->adapters().list().size(), text + image) << target;
    EXPECT_EQ(adapted->adapters().table().size(), 2 * (text + image)) << target;
    for (const Adapter& adapter : adapted->adapters().list()) {
      const Tensor& matrix = adapted->table().at(adapter.matrix).leaf;
      EXPECT_EQ(adapter.low_rank.a.size(1), matrix.size(1)) << adapter.name;
      EXPECT_LE(adapter.first_row + adapter.low_rank.b.size(0), matrix.size(0)) << adapter.name;
    }
  }
}

// Each matrix changes the features by itself, and merged it changes them alike.
TEST_P(EveryKindAdapted, EveryMatrixCountsAndMergesToTheSameFeatures) {
  const auto base = model();
  const torch::NoGradGuard no_grad;
  const Tensor image = base->encode_image(pixels()), text = base->encode_text(texts());
  const auto names = model();
  names->adapt({.rank = 3, .alpha = 4.5}, 7);
  for (size_t i = 0; i <= names->adapters().list().size(); ++i) {  // each alone, then all
    const bool all = i == names->adapters().list().size();
    const auto adapted = model();
    adapted->adapt({.rank = 3, .alpha = 4.5}, 7);
    torch::manual_seed(static_cast<uint64_t>(i));
    for (size_t j = 0; j < adapted->adapters().list().size(); ++j) {
      if (all || i == j) adapted->adapters().list()[j].low_rank.b.normal_(0, 0.1);
    }
    const std::string name = all ? "all" : adapted->adapters().list()[i].name;
    const bool of_image = all || name.starts_with("visual."), of_text = all || !of_image;
    const Tensor own_image = adapted->encode_image(pixels()),
                 own_text = adapted->encode_text(texts());
    EXPECT_EQ(!torch::equal(own_image, image), of_image) << name;
    EXPECT_EQ(!torch::equal(own_text, text), of_text) << name;

    const auto merged = std::make_shared<Clip>(config());
    merged->eval();
    merged->table().load(adapted->file_tensors(), "merged", "the model");
    EXPECT_LT(difference(merged->encode_image(pixels()), own_image), 1e-6) << name;
    EXPECT_LT(difference(merged->encode_text(texts()), own_text), 1e-6) << name;
    // Only the matrix it stands beside is another.
    const auto before = base->file_tensors(), after = adapted->file_tensors();
    for (size_t k = 0; k < before.size() && !all; ++k) {
      EXPECT_EQ(!torch::equal(before[k].second, after[k].second),
                before[k].first == adapted->adapters().list()[i].matrix)
          << name << " in " << before[k].first;
    }
  }
}

TEST_P(EveryKindAdapted, ADirectoryHoldsTheMergedModel) {
  const TemporaryFolder folder;
  const auto adapted = model();
  adapted->adapt({.rank = 2}, 7);
  const torch::NoGradGuard no_grad;
  for (const Adapter& adapter : adapted->adapters().list()) adapter.low_rank.b.normal_(0, 0.1);
  write_open_clip_directory(*adapted, folder.path() / "model");
  const auto read = read_open_clip_directory(folder.path() / "model");
  EXPECT_LT(difference(read->encode_image(pixels()), adapted->encode_image(pixels())), 1e-6);
  EXPECT_LT(difference(read->encode_text(texts()), adapted->encode_text(texts())), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryKindAdapted, testing::ValuesIn(architecture_kinds()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace clipwright::models::tuning
