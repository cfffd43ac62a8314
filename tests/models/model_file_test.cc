// Weights as torch.save leaves them, read back with the peer's features.
#include "models/files/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "models/files/torch_weights.h"
#include "models/load_model.h"
#include "models/open_clip_config.h"
#include "tests/models/golden_model.h"
#include "tests/temporary_folder.h"

namespace clipwright::models::files {
namespace {

using testing::HasSubstr;

const fs::path kFiles = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/torch_files";

/// Features of the model as the peer computed them from the same numbers.
void expect_features(Clip& model, const fs::path& folder) {
  const torch::NoGradGuard no_grad;
  const Tensor images = model.encode_image(golden_pixels(model, kFiles / "pixels.npy"));
  EXPECT_LT((images - load_floats(folder / "image_features.npy")).abs().max().item<double>(), 1e-5);
  const Tensor texts = model.encode_text(golden_texts(kFiles / "ids.npy"));
  EXPECT_LT((texts - load_floats(folder / "text_features.npy")).abs().max().item<double>(), 1e-5);
}

class EveryFile : public testing::TestWithParam<const char*> {};

TEST_P(EveryFile, HasThePeersFeatures) {
  const fs::path file = kFiles / GetParam();
  const std::shared_ptr<Clip> model = load_trained_model(file.string());
  expect_features(*model, file.parent_path());
  EXPECT_FALSE(model->is_training());
  EXPECT_EQ(read_model_config(file.string()).embed_dim, 16);
}

INSTANTIATE_TEST_SUITE_P(Files, EveryFile,
                         testing::Values("openai/state_dict.pt", "openai/stream.pth",
                                         "openai/protocol_4.pt", "openai/nested.pth.tar",
                                         "openai/epoch_3.pt", "openai/module.pt",
                                         "openai/script.pt", "resnet/state_dict.pt",
                                         "laclip/checkpoint_best.pt", "slip/checkpoint_best.pt"));

TEST(TorchWeights, NumbersAreThoseOfTheFile) {
  const auto half = read_torch_weights(kFiles / "openai/state_dict.pt").tensors;
  const auto brain = read_torch_weights(kFiles / "openai/bfloat16.pt").tensors;
  ASSERT_EQ(half.size(), brain.size());
  for (size_t i = 0; i < half.size(); ++i) {
    EXPECT_EQ(half[i].first, brain[i].first);
    EXPECT_TRUE(half[i].second.to(torch::kBFloat16).equal(brain[i].second)) << half[i].first;
  }
}

TEST(TorchWeights, WhatStandsBesideThemIsNamed) {
  const TorchWeights weights = read_torch_weights(kFiles / "laclip/checkpoint_best.pt");
  EXPECT_EQ(weights.place, "state_dict");
  EXPECT_THAT(weights.beside, testing::ElementsAre("epoch", "best_acc1", "args"));
  EXPECT_EQ(read_torch_weights(kFiles / "openai/nested.pth.tar").place, "model.state_dict");
}

TEST(ModelFile, WhatIsAssumedIsWhatThePeersAssume) {
  const ModelConfig slip = read_model_config((kFiles / "slip/checkpoint_best.pt").string());
  EXPECT_EQ(slip.vision.activation, Activation::kGelu);
  EXPECT_EQ(slip.text.activation, Activation::kQuickGelu);
  EXPECT_FALSE(slip.vision.qk_norm);
  EXPECT_EQ(slip.preprocess, find_recipe("laclip"));
  const ModelConfig openai = read_model_config((kFiles / "openai/stream.pth").string());
  EXPECT_EQ(openai.vision.activation, Activation::kQuickGelu);
  EXPECT_EQ(openai.preprocess, find_recipe("openai"));
}

TEST(ModelFile, WeightsBesideAConfigurationMayBeOfTorchSave) {
  for (const char* name : {"open_clip_pytorch_model.bin", "open_clip_pytorch_model.pt"}) {
    const TemporaryFolder folder;
    const fs::path weights = kFiles / "openai/epoch_3.pt";
    fs::copy_file(weights, folder.path() / name);
    write_file(folder.path() / "open_clip_config.json",
               to_open_clip_config(read_model_config(weights.string())).dump());
    expect_features(*load_trained_model(folder.path().string()), kFiles / "openai");
  }
}

std::string error_of(const fs::path& file) {
  try {
    load_trained_model(file.string());
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput) << error.what();
    return error.what();
  }
  ADD_FAILURE() << file << " was loaded";
  return {};
}

TEST(ModelFile, CutAnywhereItIsAnError) {
  const TemporaryFolder folder;
  for (const char* name : {"openai/state_dict.pt", "openai/stream.pth", "openai/script.pt"}) {
    const std::string whole = read_file(kFiles / name);
    for (size_t size = 0; size < whole.size(); size += 1 + size / 3) {
      EXPECT_NE(error_of(folder.write("cut.pt", whole.substr(0, size))), "") << name << " " << size;
    }
    EXPECT_NE(error_of(folder.write("cut.pt", whole.substr(0, whole.size() - 1))), "") << name;
  }
  EXPECT_THAT(error_of(folder.write("empty.pt", "")), HasSubstr("is empty"));
}

TEST(ModelFile, OtherFilesAreNamed) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of(folder.write("a.pt", "version https://git-lfs.github.com/spec/v1\n")),
              HasSubstr("is no file of a model's weights"));
  EXPECT_THAT(error_of(folder.write("a.pt", std::string("\x80\x02}q\0.", 6))),
              HasSubstr("torch.save did not write"));
}

TEST(ModelFile, AConfigurationAloneIsThatArchitecture) {
  const TemporaryFolder folder;
  const std::string file = folder.write(
      "mine.json",
      R"({"embed_dim": 16, "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
          "text_cfg": {"context_length": 12, "vocab_size": 96, "width": 64, "heads": 1, "layers": 1}})");
  EXPECT_EQ(read_model_config(file).vision.width, 64);
  EXPECT_EQ(load_model(file, 1)->config().name, "mine");
  EXPECT_THROW(load_trained_model(file), Error);
}

}  // namespace
}  // namespace clipwright::models::files
