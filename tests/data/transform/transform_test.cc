#include "data/transform/transform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "core/error.h"
#include "core/npy.h"
#include "tests/data/golden_pictures.h"

namespace clipwright::data::transform {
namespace {

std::vector<uint8_t> room(int size) {
  return std::vector<uint8_t>(3 * static_cast<size_t>(size) * static_cast<size_t>(size));
}

/// Every mode, recipe and size of every golden picture of a format equals what Pillow and
/// torchvision made.
void expect_pillow_tensors(std::string_view prefix) {
  size_t compared = 0;
  for (const GoldenPicture& picture : golden_pictures(prefix)) {
    for (const Json& c : picture.expected["cases"]) {
      const int size = c["size"];
      ImagePipeline pipeline(find_recipe(c["recipe"].get<std::string>()), size);
      std::vector<uint8_t> chw = room(size);
      std::string problem;
      if (c["mode"] == "evaluate") {
        problem = pipeline.evaluate(picture.view(), chw);
      } else if (c["mode"] == "thumbnail") {
        problem = pipeline.thumbnail(picture.view(), chw);
      } else {
        const auto box = c["crop"].get<std::vector<int>>();
        problem = pipeline.crop(picture.view(), {box[0], box[1], box[2], box[3]}, chw);
      }
      EXPECT_EQ(problem, "") << picture.name;
      EXPECT_EQ(sha256_hex(chw), c["sha256"]) << picture.name << ' ' << c << " differs from Pillow";
      ++compared;
    }
  }
  EXPECT_GT(compared, 100U);
}

TEST(ImagePipeline, JpegEqualsPillow) { expect_pillow_tensors("jpeg_"); }
TEST(ImagePipeline, PngEqualsPillow) { expect_pillow_tensors("png_"); }
TEST(ImagePipeline, WebpEqualsPillow) { expect_pillow_tensors("webp_"); }

TEST(ImagePipeline, EqualsStoredTensors) {
  ImagePipeline pipeline(find_recipe("openai"), 32);
  for (const GoldenPicture& picture : golden_pictures("")) {
    const NpyArray stored = read_npy(golden_image_folder() / (picture.name + ".npy"));
    ASSERT_EQ(stored.shape, (std::vector<int64_t>{3, 32, 32}));
    std::vector<uint8_t> chw = room(32);
    ASSERT_EQ(pipeline.evaluate(picture.view(), chw), "") << picture.name;
    int worst = 0, differing = 0;
    for (size_t i = 0; i < chw.size(); ++i) {
      worst = std::max(worst, std::abs(chw[i] - stored.bytes[i]));
      differing += chw[i] != stored.bytes[i] ? 1 : 0;
    }
    EXPECT_EQ(differing, 0) << picture.name << ": largest difference " << worst;
  }
}

TEST(ImagePipeline, TrainingIsTheDrawnCrop) {
  const GoldenPicture picture = golden_picture("jpeg_420_large.jpg");
  ImagePipeline pipeline(find_recipe("laclip"), 64);
  for (uint64_t sample = 0; sample < 20; ++sample) {
    Random random(1, "crop", 0, sample), same(1, "crop", 0, sample);
    std::vector<uint8_t> trained = room(64), cropped = room(64);
    ASSERT_EQ(pipeline.train(picture.view(), random, trained), "");
    ASSERT_EQ(pipeline.crop(picture.view(), image::draw_crop(331, 250, 0.5, 1.0, same), cropped),
              "");
    EXPECT_EQ(trained, cropped) << "sample " << sample;
  }
}

TEST(ImagePipeline, ManyPicturesThroughOnePipelineAreEachAsAlone) {
  // Scratch memory must not leak from one picture into the next.
  const std::vector<GoldenPicture> pictures = golden_pictures("");
  ImagePipeline kept(find_recipe("declip"), 48);
  for (int round = 0; round < 2; ++round) {
    for (const GoldenPicture& picture : pictures) {
      ImagePipeline fresh(find_recipe("declip"), 48);
      std::vector<uint8_t> a = room(48), b = room(48);
      ASSERT_EQ(kept.evaluate(picture.view(), a), "");
      ASSERT_EQ(fresh.evaluate(picture.view(), b), "");
      ASSERT_EQ(a, b) << picture.name;
    }
  }
}

TEST(ImagePipeline, RefusesACropOutsideThePicture) {
  const GoldenPicture picture = golden_picture("png_rgb.png");
  ImagePipeline pipeline(find_recipe("openai"), 32);
  std::vector<uint8_t> chw = room(32);
  EXPECT_EQ(pipeline.crop(picture.view(), {50, 0, 20, 20}, chw),
            "the crop lies outside the picture of 61 x 43");
  EXPECT_NE(pipeline.crop(picture.view(), {-1, 0, 20, 20}, chw), "");
}

TEST(Normalize, IsTheReferencesOrderOfOperations) {
  const Preprocessing& recipe = find_recipe("openai");
  std::vector<uint8_t> chw = room(16);
  for (size_t i = 0; i < chw.size(); ++i) chw[i] = static_cast<uint8_t>(i * 7);
  std::vector<float> out(chw.size());
  normalize(chw, 16, recipe, out);
  for (size_t i = 0; i < chw.size(); ++i) {
    float value = static_cast<float>(chw[i]) / 255.0F;
    value -= static_cast<float>(recipe.mean[i / 256]);
    value /= static_cast<float>(recipe.std[i / 256]);
    ASSERT_EQ(out[i], value);
  }
}

TEST(ImagePipeline, SquashEvaluatesTheWholePicture) {
  const GoldenPicture picture = golden_picture("png_rgb.png");
  Preprocessing squash = find_recipe("openai");
  squash.resize_mode = ResizeMode::kSquash;
  ImagePipeline squashing(squash, 32), cutting(find_recipe("openai"), 32);
  std::vector<uint8_t> evaluated = room(32), whole = room(32), cut = room(32);
  ASSERT_EQ(squashing.evaluate(picture.view(), evaluated), "");
  ASSERT_EQ(cutting.crop(picture.view(), {0, 0, 61, 43}, whole), "");
  ASSERT_EQ(cutting.evaluate(picture.view(), cut), "");
  EXPECT_EQ(evaluated, whole);
  EXPECT_NE(evaluated, cut);
}

}  // namespace
}  // namespace clipwright::data::transform
