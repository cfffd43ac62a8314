#include "eval/invariance/contrasts.h"

#include <gtest/gtest.h>

#include "text/bpe/tokenizer.h"

namespace clipwright::eval::invariance {
namespace {

TEST(TextPool, TextsWithOneRowOfTokensAreOne) {
  TextPool pool(text::bpe::Tokenizer::standard(), 8);
  EXPECT_EQ(pool.add("a red dog"), 0);
  EXPECT_EQ(pool.add("a blue dog"), 1);
  EXPECT_EQ(pool.add("A red  dog"), 0);  // case and blanks are not seen
  EXPECT_EQ(pool.add("one two three four five six seven eight"), 2);
  EXPECT_EQ(pool.add("one two three four five six nine ten"), 2);  // cut before the difference
  EXPECT_EQ(pool.texts().size(), 3U);
}

// Texts: the truth, another wording, a lie. Pictures are rows of which the first numbers are the
// similarities to the three.
class JudgeContrast : public testing::Test {
 protected:
  const Tensor texts_ = torch::eye(3);
  Preferences judge_pictures(const Tensor& pictures) const {
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < pictures.size(0); ++i) rows.push_back(i);
    return judge({.original = 0, .negative = 2, .rewordings = {1}, .pictures = rows},
                 pictures.contiguous(), texts_);
  }
};

TEST_F(JudgeContrast, CountsPicturesThatPreferTheTruth) {
  const Preferences found = judge_pictures(torch::tensor({{0.9F, 0.8F, 0.1F},     // both
                                                          {0.9F, 0.1F, 0.2F},     // the original
                                                          {0.1F, 0.9F, 0.2F},     // the rewording
                                                          {0.1F, 0.2F, 0.9F}}));  // the lie
  EXPECT_EQ(found.pairs, 4);
  EXPECT_EQ(found.prefer_original, 2);
  EXPECT_EQ(found.reworded_pairs, 4);
  EXPECT_EQ(found.prefer_both, 1);
  EXPECT_DOUBLE_EQ(*found.sensitivity(), 0.5);
  EXPECT_DOUBLE_EQ(*found.sensitivity_reworded(), 0.25);
}

TEST_F(JudgeContrast, ATieIsNoPreference) {
  const Preferences found =
      judge_pictures(torch::tensor({{0.5F, 0.5F, 0.5F}, {0.6F, 0.5F, 0.5F}, {0.0F, 0.0F, 0.0F}}));
  EXPECT_EQ(found.prefer_original, 1);
  EXPECT_EQ(found.prefer_both, 0);
}

TEST_F(JudgeContrast, ADifferenceWithinRoundingIsATie) {
  const Preferences found =
      judge_pictures(torch::tensor({{0.500001F, 0.6F, 0.5F}, {0.50002F, 0.6F, 0.5F}}));
  EXPECT_EQ(found.prefer_original, 1);
  EXPECT_EQ(found.prefer_both, 1);
}

TEST_F(JudgeContrast, WithoutRewordingsOnlyTheFirstShareExists) {
  const Preferences found = judge({.original = 0, .negative = 2, .pictures = {0}},
                                  torch::tensor({{0.9F, 0.8F, 0.1F}}), texts_);
  EXPECT_DOUBLE_EQ(*found.sensitivity(), 1);
  EXPECT_FALSE(found.sensitivity_reworded());
  EXPECT_FALSE(found.text_sensitivity());
  EXPECT_FALSE(Preferences().sensitivity());
}

// Unit vectors at 0, 30 and 50 degrees: the rewording is 30 from the truth and 20 from the lie. At
// 0, 30 and 80 it is nearer to the truth. At 0, 40, -20 the truth is nearer to the lie.
TEST(JudgeTexts, MeaningIsNearerThanWording) {
  const auto prefers = [](double reworded, double negative) {
    std::vector<float> values;
    for (const double degrees : {0.0, reworded, negative}) {
      values.push_back(static_cast<float>(std::cos(degrees * M_PI / 180)));
      values.push_back(static_cast<float>(std::sin(degrees * M_PI / 180)));
    }
    const Tensor texts = torch::tensor(values).reshape({3, 2});
    const Preferences found =
        judge({.original = 0, .negative = 2, .rewordings = {1}}, texts, texts);
    EXPECT_EQ(found.pairs, 0);
    EXPECT_EQ(found.text_pairs, 1);
    return found.prefer_meaning;
  };
  EXPECT_EQ(prefers(30, 50), 0);
  EXPECT_EQ(prefers(30, 80), 1);
  EXPECT_EQ(prefers(40, -20), 0);
}

}  // namespace
}  // namespace clipwright::eval::invariance
