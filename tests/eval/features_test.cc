#include "eval/features.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "tests/eval/tiny_set.h"

namespace clipwright::eval {
namespace {

TEST(Features, EqualTheTowerOnPreparedPixels) {
  torch::NoGradGuard no_grad;
  const auto model = tiny_clip();
  TemporaryFolder folder;
  make_class_folders(folder.path());
  const auto pictures = data::source::open_dataset({.source = folder.path().string()});
  const ImageFeatures features = embed_images(*model, *pictures, {.batch_size = 4, .workers = 2});
  data::transform::ImagePipeline pipeline(find_recipe("openai"), 16);
  for (int64_t i = 0; i < pictures->size(); ++i) {
    Tensor pixels = torch::empty({1, 3, 16, 16}, torch::kUInt8);
    ASSERT_EQ(pipeline.evaluate(pictures->image(i).view, {pixels.data_ptr<uint8_t>(), 768}), "");
    const Tensor alone =
        model->encode_image(models::normalize_pixels(pixels, model->config().preprocess));
    EXPECT_LT((alone[0] - features.rows[i]).abs().max().item<float>(), 1e-5F);
  }
}

TEST(Features, ModelsThatSquashSeeTheWholePicture) {
  torch::NoGradGuard no_grad;
  models::ModelConfig config = tiny_config();
  config.preprocess.resize_mode = ResizeMode::kSquash;
  models::Clip squash(config, 5);
  config.preprocess.resize_mode = ResizeMode::kShortest;
  models::Clip crop(config, 5);
  TemporaryFolder folder;
  make_class_folders(folder.path());
  const auto pictures = data::source::open_dataset(
      {.source = folder.path().string()});  // 48 x 24 and wider than high
  EXPECT_GT((embed_images(squash, *pictures).rows - embed_images(crop, *pictures).rows)
                .abs()
                .max()
                .item<float>(),
            1e-4F);
}

TEST(Features, TextsKeepTheirRowsAndTwinsAreEqualBitForBit) {
  const auto model = tiny_clip();
  const std::vector<std::string> texts = {"a dog", "", "A  DOG ", "a cat", "", "a dog"};
  const Tensor rows = embed_texts(*model, texts, {.batch_size = 2});
  ASSERT_EQ(rows.size(0), 6);
  EXPECT_TRUE(torch::equal(rows[0], rows[2]));
  EXPECT_TRUE(torch::equal(rows[0], rows[5]));
  EXPECT_TRUE(torch::equal(rows[1], rows[4]));
  EXPECT_FALSE(torch::equal(rows[0], rows[3]));
  for (size_t i = 0; i < texts.size(); ++i) {
    EXPECT_LT((embed_texts(*model, {texts[i]})[0] - rows[static_cast<int64_t>(i)])
                  .abs()
                  .max()
                  .item<float>(),
              1e-5F)
        << texts[i];
  }
}

/// Nothing compares above NaN: every answer of such a model would count as right.
TEST(Features, RefuseAModelThatIsNotFinite) {
  torch::NoGradGuard no_grad;
  const auto model = tiny_clip();
  TemporaryFolder folder;
  make_class_folders(folder.path());
  const auto pictures = data::source::open_dataset({.source = folder.path().string()});
  for (Tensor& parameter : model->parameters()) parameter.fill_(std::nan(""));
  const auto error_of = [](const auto& work) -> std::string {
    try {
      work();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      return error.what();
    }
    return "no error";
  };
  EXPECT_NE(error_of([&] { embed_images(*model, *pictures); }).find("of pictures are not finite"),
            std::string::npos);
  EXPECT_NE(error_of([&] { embed_texts(*model, {"a dog"}); }).find("of texts are not finite"),
            std::string::npos);
}

TEST(Features, LeaveTheModelInItsMode) {
  const auto model = tiny_clip();
  model->train();
  embed_texts(*model, {"a dog"});
  EXPECT_TRUE(model->is_training());
  model->eval();
  embed_texts(*model, {"a dog"});
  EXPECT_FALSE(model->is_training());
}

TEST(Features, RefuseAForeignVocabulary) {
  models::ModelConfig config = tiny_config();
  config.text.vocabulary_size = 100;
  models::Clip model(config);
  EXPECT_THROW(embed_texts(model, {"a dog"}), Error);
}

TEST(UnitRows, AreOfLengthOneHoweverLongOrShortTheyWere) {
  const Tensor plain = torch::tensor({3.0F, 4.0F}), unit = torch::tensor({0.6F, 0.8F});
  for (const double scale : {1.0, 1e30, 1e37, 1e-20, 1e-30, 1e-38}) {
    const Tensor rows = unit_rows(
        torch::stack({plain.to(torch::kFloat64) * scale, torch::zeros({2})}).to(torch::kFloat32));
    EXPECT_TRUE(at::allclose(rows[0], unit, 0, 1e-6)) << scale << ": " << rows[0];
    EXPECT_TRUE(at::equal(rows[1], torch::zeros({2}))) << scale;
  }
  // A row among others does not change them.
  const Tensor ordinary = torch::randn({5, 7}),
               mixed = torch::cat({ordinary, torch::full({1, 7}, 1e30F)});
  EXPECT_TRUE(at::equal(unit_rows(mixed).narrow(0, 0, 5), unit_rows(ordinary)));
  EXPECT_TRUE(at::equal(unit_rows(torch::zeros({0, 3})), torch::zeros({0, 3})));
}

}  // namespace
}  // namespace clipwright::eval
