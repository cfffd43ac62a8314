#include "losses/terms/multi_text.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "core/error.h"
#include "losses/class_tokens.h"
#include "losses/terms/contrastive.h"
#include "tensor/safetensors.h"
#include "tests/finite_difference.h"
#include "tests/losses/terms/by_hand.h"
#include "tests/temporary_folder.h"

namespace clipwright::losses::terms {
namespace {

TEST(MultiText, WithOneTextIsTheContrastiveLoss) {
  torch::manual_seed(3);
  const Features f = random_features(4, 1, 1);
  const double expected = Contrastive().loss(f).item<double>();
  EXPECT_EQ(made(multi_text_kind())->loss(f).item<double>(), expected);
  EXPECT_EQ(made(multi_text_kind(), {{"constant", "mean"}})->loss(f).item<double>(), expected);
}

TEST(MultiText, SumsTheTextsAndDividesByTheConstant) {
  torch::manual_seed(4);
  const Features f = random_features(4, 1, 2, 2);  // the second slot is not a rewrite
  double sum = by_hand::info_nce(f.views[0].unit, f.texts[0].unit, 5);
  for (const TextFeatures& text : f.rewrites)
    sum += by_hand::info_nce(f.views[0].unit, text.unit, 5);
  EXPECT_NEAR(made(multi_text_kind())->loss(f).item<double>(), sum / 2, 1e-12);
  EXPECT_NEAR(made(multi_text_kind(), {{"constant", "mean"}})->loss(f).item<double>(), sum / 3,
              1e-12);
  const std::vector<Tensor> texts = {single(f.texts[0].unit), single(f.rewrites[0].unit),
                                     single(f.rewrites[1].unit)};
  EXPECT_NEAR(
      multi_text({single(f.views[0].unit)}, texts, torch::tensor(5.0F), MultiTextConstant::kPaper)
          .item<double>(),
      sum / 2, 1e-5);
}

TowerWidths widths_with(std::vector<int64_t> class_token) {
  return {.embedding = 6, .class_token = std::move(class_token), .class_token_deviation = 0.25};
}

// Holistic CLIP: text j meets branch j modulo their number.
TEST(MultiText, EveryTextMeetsItsOwnBranch) {
  torch::manual_seed(6);
  for (const int branches : {2, 3, 5}) {
    Features f = random_features(4, 1, 1, 4);
    ImageFeatures& view = f.views[0];
    view.branches = torch::randn({4, branches - 1, 6}, kDouble);
    view.unit_branches = unit_rows(view.branches);
    double sum = 0;
    for (int j = 0; j < 5; ++j) {
      const Tensor image = j % branches == 0 ? view.unit
                                             : view.unit_branches.select(1, j % branches - 1),
                   text = j == 0 ? f.texts[0].unit : f.rewrites[static_cast<size_t>(j) - 1].unit;
      sum += by_hand::info_nce(image, text, 5);
    }
    const auto term =
        made(multi_text_kind(), {{"class-tokens", std::to_string(branches)}}, widths_with({7}));
    EXPECT_NEAR(term->loss(f).item<double>(), sum / 4, 1e-12) << branches;
    // Held-out pairs have the original alone, and it meets the class token that the model keeps.
    f.rewrites.clear();
    EXPECT_NEAR(term->loss(f).item<double>(), by_hand::info_nce(view.unit, f.texts[0].unit, 5),
                1e-12);
  }
}

TEST(MultiText, OwnsTheClassTokensBesideTheModels) {
  EXPECT_TRUE(made(multi_text_kind())->table().empty());
  EXPECT_FALSE(made(multi_text_kind())->wants().views[0].branches);
  const auto term = made(multi_text_kind(), {{"class-tokens", "4"}}, widths_with({4096}));
  EXPECT_TRUE(term->wants().views[0].branches);
  const std::vector<Tensor> tokens = term->class_tokens();
  ASSERT_EQ(tokens.size(), 3U);
  ASSERT_EQ(term->table().size(), 3U);
  for (size_t j = 0; j < 3; ++j) {
    EXPECT_EQ(term->table().entries()[j].name,
              "branch." + std::to_string(j + 1) + ".class_embedding");
    EXPECT_NEAR(tokens[j].std().item<double>(), 0.25, 0.02);
  }
  EXPECT_FALSE(torch::equal(tokens[0], tokens[1]));
  // In files as the tower's own, so that the same rules of weight decay see it.
  const auto timm = made(multi_text_kind(), {{"class-tokens", "2"}}, widths_with({1, 1, 8}));
  EXPECT_EQ(timm->table().entries()[0].shape, (std::vector<int64_t>{1, 1, 8}));
  EXPECT_EQ(timm->class_tokens()[0].sizes(), (std::vector<int64_t>{8}));
}

TEST(MultiText, WritesItsClassTokensBesideTheModel) {
  const TemporaryFolder folder;
  made(multi_text_kind())->write_beside(folder.path(), {});
  EXPECT_FALSE(std::filesystem::exists(folder.path() / kClassTokensName));
  const auto term = made(multi_text_kind(), {{"class-tokens", "3"}}, widths_with({8}));
  term->write_beside(folder.path(), {});
  const tensor::Safetensors file = tensor::read_safetensors(folder.path() / kClassTokensName);
  ASSERT_EQ(file.tensors.size(), 1U);
  EXPECT_TRUE(torch::equal(*file.find("class_tokens"), at::stack(term->class_tokens())));
}

TEST(MultiText, GradientsEqualFiniteDifferences) {
  torch::manual_seed(5);
  for (const auto constant : {MultiTextConstant::kPaper, MultiTextConstant::kMean}) {
    expect_gradients_match(
        [constant](const std::vector<Tensor>& in) {
          return multi_text({in[0]}, {in[1], in[2], in[3]}, in[4].exp(), constant);
        },
        {random_unit(4, 3), random_unit(4, 3), random_unit(4, 3), random_unit(4, 3),
         torch::tensor(1.1, kDouble)});
  }
}

TEST(MultiText, NamesTheNearestOfAnUnknownOptionOrChoice) {
  try {
    made(multi_text_kind(), {{"constnat", "mean"}});
    FAIL() << "an unknown option was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("Did you mean 'constant'"), std::string::npos)
        << error.what();
  }
  try {
    made(multi_text_kind(), {{"constant", "papre"}});
    FAIL() << "an unknown choice was taken";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("Did you mean 'paper'"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace clipwright::losses::terms
