#include "models/open_clip_directory.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "core/error.h"
#include "core/file.h"
#include "core/npy.h"
#include "models/open_clip_config.h"
#include "tensor/safetensors.h"
#include "tests/models/golden_model.h"
#include "tests/temporary_folder.h"

namespace clipwright::models {
namespace {

double largest_difference(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

/// The sentence of the error that `action` ends with; empty when there is none.
template <typename Action>
std::string input_error(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput) << error.what();
    return error.what();
  }
  return {};
}

class GoldenModel : public testing::TestWithParam<const char*> {};

TEST_P(GoldenModel, FeaturesEqualOpenClips) {
  torch::NoGradGuard no_grad;
  const auto model = read_open_clip_directory(kGolden / GetParam());
  EXPECT_LT(largest_difference(model->encode_image(golden_pixels(*model)),
                               load_floats(kGolden / GetParam() / "image_features.npy")),
            1e-5);
  EXPECT_LT(largest_difference(model->encode_text(golden_texts()),
                               load_floats(kGolden / GetParam() / "text_features.npy")),
            1e-5);
}

TEST_P(GoldenModel, WritesWhatItRead) {
  TemporaryFolder folder;
  const auto model = read_open_clip_directory(kGolden / GetParam());
  write_open_clip_directory(*model, folder.path() / "copy");
  const tensor::Safetensors before =
      tensor::read_safetensors(kGolden / GetParam() / "open_clip_model.safetensors");
  const tensor::Safetensors after =
      tensor::read_safetensors(folder.path() / "copy/open_clip_model.safetensors");
  ASSERT_EQ(before.tensors.size(), after.tensors.size());
  for (const auto& [name, tensor] : before.tensors) {
    ASSERT_NE(after.find(name), nullptr) << name;
    EXPECT_TRUE(torch::equal(*after.find(name), tensor)) << name;
  }
  const ModelConfig again =
      parse_open_clip_config(read_json(folder.path() / "copy" / kOpenClipConfigName), "copy");
  EXPECT_EQ(to_open_clip_config(again), to_open_clip_config(model->config()));
}

INSTANTIATE_TEST_SUITE_P(OpenClip, GoldenModel,
                         testing::Values("vit", "vit-quickgelu", "resnet", "laclip",
                                         "timm-averaged", "vit-averaged"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(OpenClipDirectory, ReadsCustomTextNames) {
  TemporaryFolder folder;
  tensor::Safetensors file = tensor::read_safetensors(kGolden / "vit/open_clip_model.safetensors");
  for (auto& [name, tensor] : file.tensors) {
    if (name.rfind("visual.", 0) != 0 && name != "logit_scale") name = "text." + name;
  }
  tensor::write_safetensors(folder.path() / "open_clip_model.safetensors", file.tensors);
  Json config = read_json(kGolden / "vit" / kOpenClipConfigName);
  config["model_cfg"]["custom_text"] = true;
  write_file(folder.path() / kOpenClipConfigName, config.dump());
  const auto model = read_open_clip_directory(folder.path());
  torch::NoGradGuard no_grad;
  EXPECT_LT(largest_difference(model->encode_text(golden_texts()),
                               load_floats(kGolden / "vit/text_features.npy")),
            1e-5);
}

TEST(OpenClipDirectory, ListsEveryMismatch) {
  TemporaryFolder folder;
  tensor::Safetensors file = tensor::read_safetensors(kGolden / "vit/open_clip_model.safetensors");
  std::erase_if(file.tensors,
                [](const NamedTensor& item) { return item.first == "ln_final.bias"; });
  for (auto& [name, tensor] : file.tensors) {
    if (name == "visual.proj") tensor = tensor.t();
  }
  file.tensors.emplace_back("stranger", torch::zeros({2}));
  tensor::write_safetensors(folder.path() / "open_clip_model.safetensors", file.tensors);
  fs::copy_file(kGolden / "vit" / kOpenClipConfigName, folder.path() / kOpenClipConfigName);
  const std::string message = input_error([&] { read_open_clip_directory(folder.path()); });
  EXPECT_NE(message.find("missing: ln_final.bias"), std::string::npos) << message;
  EXPECT_NE(message.find("unexpected: stranger"), std::string::npos) << message;
  EXPECT_NE(message.find("visual.proj is (16, 24) and should be (24, 16)"), std::string::npos)
      << message;
}

TEST(OpenClipDirectory, RefusesDamagedDirectories) {
  TemporaryFolder folder;
  const auto weights = folder.path() / "open_clip_model.safetensors";
  const std::string good = read_file(kGolden / "vit/open_clip_model.safetensors");
  fs::copy_file(kGolden / "vit" / kOpenClipConfigName, folder.path() / kOpenClipConfigName);
  EXPECT_NE(input_error([&] { read_open_clip_directory(folder.path()); }).find("no weights"),
            std::string::npos);
  for (const size_t length : {size_t{0}, size_t{7}, size_t{200}, good.size() - 1}) {
    write_file(weights, good.substr(0, length));
    EXPECT_NE(input_error([&] {
                read_open_clip_directory(folder.path());
              }).find("open_clip_model.safetensors"),
              std::string::npos)
        << length;
  }
  write_file(weights, good);
  write_file(folder.path() / kOpenClipConfigName, "{\"model_cfg\": ");
  EXPECT_NE(input_error([&] { read_open_clip_directory(folder.path()); }).find("is not valid JSON"),
            std::string::npos);
}

TEST(OpenClipDirectory, AConfigurationCannotAskForMoreThanItsWeights) {
  TemporaryFolder folder;
  fs::copy_file(kGolden / "vit/open_clip_model.safetensors",
                folder.path() / "open_clip_model.safetensors");
  Json config = read_json(kGolden / "vit" / kOpenClipConfigName);
  config["model_cfg"]["vision_cfg"]["width"] = 12000;
  config["model_cfg"]["vision_cfg"]["layers"] = 250;
  write_file(folder.path() / kOpenClipConfigName, config.dump());
  EXPECT_NE(input_error([&] { read_open_clip_directory(folder.path()); }).find("fewer numbers"),
            std::string::npos);
}

}  // namespace
}  // namespace clipwright::models
