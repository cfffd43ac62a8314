#include "losses/terms/multi_text.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "losses/terms/contrastive.h"
#include "tests/finite_difference.h"
#include "tests/losses/terms/by_hand.h"

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
      multi_text(single(f.views[0].unit), texts, torch::tensor(5.0F), MultiTextConstant::kPaper)
          .item<double>(),
      sum / 2, 1e-5);
}

TEST(MultiText, GradientsEqualFiniteDifferences) {
  torch::manual_seed(5);
  for (const auto constant : {MultiTextConstant::kPaper, MultiTextConstant::kMean}) {
    expect_gradients_match(
        [constant](const std::vector<Tensor>& in) {
          return multi_text(in[0], {in[1], in[2], in[3]}, in[4].exp(), constant);
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
