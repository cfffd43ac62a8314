#include "language/text_embedding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

namespace clipwright::language {
namespace {

const std::filesystem::path kModel = CLIPWRIGHT_DEFAULT_LANGUAGE_MODEL;

TEST(TextEmbedding, GivesUnitRowsThatHardlyDependOnCompany) {
  if (!std::filesystem::exists(kModel)) GTEST_SKIP() << "no default language model";
  const LanguageModel model(kModel);
  TextEmbedding embedding(model, 1);
  EXPECT_FALSE(embedding.has_own_pooling());
  std::vector<std::string> texts;
  for (int i = 0; i < 70; ++i) texts.push_back("a boat with " + std::to_string(i) + " sails");
  texts[5] = "";
  texts[9] = std::string(30000, 'x');
  const std::vector<float> rows = embedding.embed(texts);
  const size_t width = embedding.width();
  ASSERT_EQ(rows.size(), texts.size() * width);
  const auto norm = [&](size_t row) {
    double sum = 0;
    for (size_t i = 0; i < width; ++i) sum += std::pow(rows[row * width + i], 2);
    return std::sqrt(sum);
  };
  EXPECT_EQ(norm(5), 0) << "an empty text";
  EXPECT_NEAR(norm(9), 1, 1e-5) << "a long text is cut";
  for (const size_t row : {size_t{0}, size_t{33}, size_t{69}}) {
    EXPECT_NEAR(norm(row), 1, 1e-5);
    const std::vector<float> alone = embedding.embed(std::span(texts).subspan(row, 1));
    double dot = 0;
    for (size_t i = 0; i < width; ++i) dot += static_cast<double>(alone[i]) * rows[row * width + i];
    EXPECT_GT(dot, 0.999);
  }
}

}  // namespace
}  // namespace clipwright::language
