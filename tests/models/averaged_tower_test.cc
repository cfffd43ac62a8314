// Image towers whose feature is the mean of their patches (their features are held against
// open_clip's in open_clip_directory_test.cc): what is written of them, and by whom not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "models/files/hugging_face.h"
#include "models/gguf/gguf_model.h"
#include "models/open_clip_directory.h"
#include "models/weights_digest.h"
#include "tests/models/golden_model.h"
#include "tests/temporary_folder.h"

namespace clipwright::models {
namespace {

class AveragedTower : public testing::TestWithParam<const char*> {
 protected:
  const std::shared_ptr<Clip> model_ = read_open_clip_directory(kGolden / GetParam());
  const TemporaryFolder folder_;
};

TEST_P(AveragedTower, ComesBackFromADirectory) {
  EXPECT_TRUE(model_->config().vision.mean_pooling);
  write_open_clip_directory(*model_, folder_.path() / "again");
  const auto again = read_open_clip_directory(folder_.path() / "again");
  EXPECT_EQ(weights_digest(*again), weights_digest(*model_));
  const torch::NoGradGuard no_grad;
  const Tensor pixels = golden_pixels(*model_, kGolden / "pixels.npy");
  EXPECT_TRUE(again->encode_image(pixels).equal(model_->encode_image(pixels)));
}

TEST_P(AveragedTower, PatchesAndEmbeddingDoNotDependOnWhatElseIsAsked) {
  const torch::NoGradGuard no_grad;
  const Tensor pixels = golden_pixels(*model_, kGolden / "pixels.npy");
  const ImageOutputs all = model_->encode_image(pixels, {.pooled = true, .patches = true});
  EXPECT_TRUE(all.embedding.equal(model_->encode_image(pixels)));
  EXPECT_EQ(all.patches.size(1), 16);
  EXPECT_EQ(all.pooled.size(1), 24);
}

TEST_P(AveragedTower, FormatsWithoutThemSaySo) {
  const auto error_of = [](const auto& write) -> std::string {
    try {
      write();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage);
      return error.what();
    }
    return "written";
  };
  EXPECT_THAT(error_of([&] { gguf::write_gguf_model(*model_, folder_.path() / "model.gguf"); }),
              testing::HasSubstr("averages its patches"));
  EXPECT_THAT(error_of([&] { files::write_hugging_face_folder(*model_, folder_.path() / "hf"); }),
              testing::HasSubstr("an average of patches"));
}

INSTANTIATE_TEST_SUITE_P(Folders, AveragedTower, testing::Values("timm-averaged", "vit-averaged"),
                         [](const auto& info) { return std::string(info.param).substr(0, 3); });

}  // namespace
}  // namespace clipwright::models
