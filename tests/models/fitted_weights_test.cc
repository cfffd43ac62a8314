#include "models/fitted_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <optional>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "core/npy.h"
#include "models/open_clip_directory.h"
#include "tensor/safetensors.h"
#include "tests/models/golden_model.h"
#include "tests/temporary_folder.h"

namespace clipwright::models {
namespace {

using testing::HasSubstr;

/// The golden texts of up to `most` tokens, packed.
TextBatch golden_texts(int64_t most) {
  const NpyArray array = read_npy(kGolden / "ids.npy");
  const auto ids = array.values<int64_t>();
  text::bpe::PackedTexts texts;
  for (int64_t row = 0; row < array.shape[0]; ++row) {
    std::vector<int32_t> one;
    for (int64_t i = 0; i < array.shape[1]; ++i) {
      one.push_back(static_cast<int32_t>(ids[static_cast<size_t>(row * array.shape[1] + i)]));
      if (one.back() == 95) break;
    }
    if (static_cast<int64_t>(one.size()) > most) continue;
    texts.ids.insert(texts.ids.end(), one.begin(), one.end());
    texts.offsets.push_back(static_cast<int32_t>(texts.ids.size()));
  }
  return to_text_batch(texts);
}

double largest_difference(const Tensor& a, const Tensor& b) {
  return (a - b).abs().max().item<double>();
}

const Tensor& leaf(const Clip& model, const std::string& name) {
  return model.table().at(name).leaf;
}

/// A folder with one of the golden models' weights, under a changed configuration.
class OtherFolder {
 public:
  explicit OtherFolder(const std::string& model, const std::vector<NamedTensor>* tensors = nullptr)
      : config_(read_json(kGolden / model / kOpenClipConfigName)),
        tensors_(tensors != nullptr
                     ? *tensors
                     : tensor::read_safetensors(kGolden / model / "open_clip_model.safetensors")
                           .tensors) {}
  Json& vision() { return config_["model_cfg"]["vision_cfg"]; }
  Json& text() { return config_["model_cfg"]["text_cfg"]; }
  /// `said`: what was logged meanwhile.
  std::shared_ptr<Clip> open(std::string* said = nullptr) {
    write_file(folder_.path() / kOpenClipConfigName, config_.dump());
    tensor::write_safetensors(folder_.path() / "open_clip_model.safetensors", tensors_);
    auto log = std::make_optional<LogFile>(folder_ / "log");
    std::shared_ptr<Clip> model = read_open_clip_directory(folder_.path());
    log.reset();
    if (said != nullptr) *said = read_file(folder_ / "log");
    return model;
  }

 private:
  TemporaryFolder folder_;
  Json config_;
  std::vector<NamedTensor> tensors_;
};

TEST(FittedWeights, PositionsOfAnotherResolutionAreThoseOfOpenClip) {
  torch::NoGradGuard no_grad;
  for (const int size : {48, 40, 16, 8}) {
    OtherFolder folder("vit");
    folder.vision()["image_size"] = size;
    std::string said;
    const auto model = folder.open(&said);
    const std::string patches = std::to_string(size / 8) + " x " + std::to_string(size / 8);
    EXPECT_THAT(said,
                HasSubstr("trained on pictures of 4 x 4 patches, and the model has " + patches));
    const std::string number = std::to_string(size) + ".npy";
    EXPECT_LT(
        largest_difference(leaf(*model, "visual.positional_embedding"),
                           load_floats(kGolden / "vit-resized" / ("image_positions_" + number))),
        1e-6);
    EXPECT_LT(
        largest_difference(model->encode_image(golden_pixels(*model)),
                           load_floats(kGolden / "vit-resized" / ("image_features_" + number))),
        1e-5);
  }
}

TEST(FittedWeights, PositionsOfAnotherContextAreThoseOfOpenClip) {
  torch::NoGradGuard no_grad;
  for (const int length : {20, 7}) {
    OtherFolder folder("vit");
    folder.text()["context_length"] = length;
    std::string said;
    const auto model = folder.open(&said);
    EXPECT_THAT(said, HasSubstr("trained on texts of 12 tokens, and the model's context is " +
                                std::to_string(length)));
    const std::string number = std::to_string(length) + ".npy";
    EXPECT_LT(
        largest_difference(leaf(*model, "positional_embedding"),
                           load_floats(kGolden / "vit-resized" / ("text_positions_" + number))),
        1e-6);
    EXPECT_LT(
        largest_difference(model->encode_text(golden_texts(length)),
                           load_floats(kGolden / "vit-resized" / ("text_features_" + number))),
        1e-5);
  }
}

TEST(FittedWeights, NothingIsSaidOrChangedWherePositionsFit) {
  OtherFolder folder("vit");
  std::string said;
  folder.open(&said);
  EXPECT_EQ(said, "");
}

/// Half precision, a timm tower and a ResNet's pooling have the same table in other clothes.
TEST(FittedWeights, EveryTowerWithATableOfPositionsIsFitted) {
  torch::NoGradGuard no_grad;
  std::vector<NamedTensor> half =
      tensor::read_safetensors(kGolden / "vit/open_clip_model.safetensors").tensors;
  for (auto& [name, tensor] : half) tensor = tensor.to(torch::kFloat16);
  OtherFolder in_half("vit", &half);
  in_half.vision()["image_size"] = 48;
  EXPECT_LT(largest_difference(leaf(*in_half.open(), "visual.positional_embedding"),
                               load_floats(kGolden / "vit-resized/image_positions_48.npy")),
            2e-3);
  OtherFolder timm("laclip");
  timm.vision()["image_size"] = 48;
  timm.vision()["timm_model_kwargs"]["img_size"] = 48;
  EXPECT_EQ(leaf(*timm.open(), "visual.trunk.pos_embed").size(0), 37);
  OtherFolder resnet("resnet");
  resnet.vision()["image_size"] = 128;
  EXPECT_EQ(leaf(*resnet.open(), "visual.attnpool.positional_embedding").size(0), 17);
}

TEST(FittedWeights, PositionsThatAreNoGridOrOfAnotherWidthAreRefused) {
  const auto refusal = [](const Tensor& positions) -> std::string {
    std::vector<NamedTensor> tensors =
        tensor::read_safetensors(kGolden / "vit/open_clip_model.safetensors").tensors;
    for (auto& [name, tensor] : tensors) {
      if (name == "visual.positional_embedding") tensor = positions;
    }
    try {
      OtherFolder("vit", &tensors).open();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(refusal(torch::zeros({14, 24})),
              HasSubstr("visual.positional_embedding is (14, 24)"));
  EXPECT_THAT(refusal(torch::zeros({10, 12})),
              HasSubstr("visual.positional_embedding is (10, 12)"));
  EXPECT_THAT(refusal(torch::zeros({24})), HasSubstr("visual.positional_embedding is (24)"));
  EXPECT_THAT(refusal(torch::zeros({1, 24})), HasSubstr("visual.positional_embedding is (1, 24)"));
}

TEST(FittedWeights, WrappersInNamesAreTakenOff) {
  torch::NoGradGuard no_grad;
  const Tensor wanted = load_floats(kGolden / "vit/image_features.npy");
  for (const std::string prefix :
       {"module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.", "module.module.",
        "module._orig_mod.text."}) {
    std::vector<NamedTensor> tensors =
        tensor::read_safetensors(kGolden / "vit/open_clip_model.safetensors").tensors;
    for (auto& [name, tensor] : tensors) {
      const bool text =
          prefix.ends_with("text.") && (name.starts_with("visual.") || name == "logit_scale");
      name.insert(0, text ? prefix.substr(0, prefix.size() - 5) : prefix);
    }
    const auto model = OtherFolder("vit", &tensors).open();
    EXPECT_LT(largest_difference(model->encode_image(golden_pixels(*model)), wanted), 1e-5)
        << prefix;
  }
}

TEST(FittedWeights, NamesAreLeftAsTheyAreWhereAWrapperIsNone) {
  const Tensor one = torch::zeros({1});
  const auto names = [&](const std::vector<std::string>& given) {
    std::vector<NamedTensor> tensors;
    for (const std::string& name : given) tensors.emplace_back(name, one);
    std::vector<std::string> found;
    for (const auto& [name, tensor] : with_plain_names(tensors)) found.push_back(name);
    return found;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names({"module.a", "b"}), (Names{"module.a", "b"})) << "not all have it";
  EXPECT_EQ(names({"visual._orig_mod.a", "b"}), (Names{"visual.a", "b"})) << "one tower compiled";
  EXPECT_EQ(names({"_orig_mod.a", "a"}), (Names{"_orig_mod.a", "a"})) << "two of one name";
  EXPECT_EQ(names({"x_orig_mod.a"}), (Names{"x_orig_mod.a"}));
  EXPECT_EQ(names({}), Names{});
}

TEST(FittedWeights, AConfigurationCannotAskForFarMorePositionsThanThereAre) {
  OtherFolder folder("vit");
  folder.vision()["image_size"] = 8192;
  try {
    folder.open();
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("fewer numbers"));
  }
}

}  // namespace
}  // namespace clipwright::models
