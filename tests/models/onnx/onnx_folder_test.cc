#include "models/onnx/onnx_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "core/error.h"
#include "core/json.h"
#include "tests/models/architecture_kinds.h"
#include "tests/models/onnx/parsed_graph.h"
#include "tests/temporary_folder.h"

namespace clipwright::models::onnx {
namespace {

using testing::ElementsAre;

std::shared_ptr<Clip> perturbed(const ModelConfig& config) {
  auto model = std::make_shared<Clip>(config, 3);
  const torch::NoGradGuard no_grad;
  perturb(*model);
  model->eval();
  return model;
}

int64_t numbers_of(const ParsedTensor& tensor) {
  int64_t numbers = 1;
  for (const int64_t size : tensor.dims) numbers *= size;
  return numbers;
}

/// Every node reads only what was made before it, and nothing is held that none reads.
void expect_sound(const ParsedModel& model) {
  std::set<std::string> known, read;
  for (const ParsedValue& input : model.inputs) known.insert(input.name);
  for (const auto& [name, tensor] : model.weights) {
    EXPECT_TRUE(known.insert(name).second) << name;
    if (tensor.external.empty()) {
      EXPECT_EQ(tensor.raw.size(), numbers_of(tensor) * (tensor.type == 7 ? 8 : 4)) << name;
    }
  }
  for (const ParsedNode& node : model.nodes) {
    for (const std::string& input : node.inputs) {
      EXPECT_EQ(known.count(input), 1U) << node.op << " reads " << input;
      read.insert(input);
    }
    for (const std::string& output : node.outputs)
      EXPECT_TRUE(known.insert(output).second) << output;
  }
  for (const auto& [name, tensor] : model.weights) EXPECT_EQ(read.count(name), 1U) << name;
  for (const ParsedValue& output : model.outputs) EXPECT_EQ(known.count(output.name), 1U);
}

/// Those that are built in, and image towers that open_clip's configurations alone have.
std::vector<ArchitectureKind> kinds() {
  std::vector<ArchitectureKind> kinds = architecture_kinds();
  ModelConfig plain = reduced(find_model_config("tiny-32"));
  plain.vision.mean_pooling = true;
  kinds.push_back({"averaged", plain});
  ModelConfig timm = reduced(find_model_config("laclip-ViT-S-16"));
  timm.vision.mean_pooling = timm.vision.projection_bias = true;
  kinds.push_back({"averaged_with_bias", timm});
  return kinds;
}

class EveryKindInOnnx : public testing::TestWithParam<ArchitectureKind> {};
INSTANTIATE_TEST_SUITE_P(OnnxFolder, EveryKindInOnnx, testing::ValuesIn(kinds()),
                         [](const auto& info) { return info.param.name; });

TEST_P(EveryKindInOnnx, SaysWhatTheModelIsAndHoldsEveryWeight) {
  const TemporaryFolder folder;
  const auto model = perturbed(GetParam().config);
  const ModelConfig& config = model->config();
  write_onnx_folder(*model, folder.path());
  const ParsedModel visual = parse_onnx(folder / "visual/model.onnx"),
                    textual = parse_onnx(folder / "textual/model.onnx");
  for (const ParsedModel* tower : {&visual, &textual}) {
    EXPECT_EQ(tower->producer, "clipwright");
    EXPECT_EQ(tower->opset, 19);
    EXPECT_EQ(tower->ir_version, 9);
    ASSERT_EQ(tower->inputs.size(), 1U);
    ASSERT_EQ(tower->outputs.size(), 1U);
    EXPECT_EQ(tower->outputs[0].name, "embedding");
    EXPECT_EQ(tower->outputs[0].type, 1);
    EXPECT_THAT(tower->outputs[0].shape, ElementsAre("batch", std::to_string(config.embed_dim)));
    expect_sound(*tower);
  }
  const std::string side = std::to_string(config.vision.image_size);
  EXPECT_EQ(visual.inputs[0].name, "image");
  EXPECT_EQ(visual.inputs[0].type, 1);
  EXPECT_THAT(visual.inputs[0].shape, ElementsAre("batch", "3", side, side));
  EXPECT_EQ(textual.inputs[0].name, "text");
  EXPECT_EQ(textual.inputs[0].type, 6);  // int32
  EXPECT_THAT(textual.inputs[0].shape,
              ElementsAre("batch", std::to_string(config.text.context_length)));

  int64_t in_model = 0, in_files = 0;
  for (const auto& [name, tensor] : model->table().file_tensors())
    if (tensor.is_floating_point() && name != "logit_scale") in_model += tensor.numel();
  // A mask's row in DeCLIP's order is no word of a text.
  if (config.text.declip_numbering) in_model -= config.text.width;
  for (const ParsedModel* tower : {&visual, &textual}) {
    for (const auto& [name, tensor] : tower->weights) {
      if (!name.starts_with("sizes_") && !name.starts_with("number_") && name != "causal_mask" &&
          name != "class_row")
        in_files += numbers_of(tensor);
    }
  }
  EXPECT_EQ(in_files, in_model);
  // One matrix by its numbers, turned as ONNX multiplies.
  Tensor stored = torch::empty(textual.weights.at("text_projection").dims);
  std::memcpy(stored.data_ptr(), textual.weights.at("text_projection").raw.data(), stored.nbytes());
  const bool linear = config.text.projection_bias;
  const Tensor ours = model->table().at(linear ? "text_projection.weight" : "text_projection").leaf;
  EXPECT_TRUE(stored.equal(ours));
}

TEST_P(EveryKindInOnnx, SameModelSameBytes) {
  const TemporaryFolder first, second;
  write_onnx_folder(*perturbed(GetParam().config), first.path());
  write_onnx_folder(*perturbed(GetParam().config), second.path());
  for (const char* name :
       {"config.json", "visual/model.onnx", "visual/preprocess_cfg.json", "visual/config.json",
        "textual/model.onnx", "textual/tokenizer.json", "textual/tokenizer_config.json"})
    EXPECT_EQ(read_file(first / name), read_file(second / name)) << name;
}

TEST(OnnxFolder, WhatImmichAndDarktableReadBeside) {
  const TemporaryFolder folder;
  ModelConfig config = reduced(find_model_config("laclip-ViT-S-16"));
  write_onnx_folder(*perturbed(config), folder.path());
  const Json immich = read_json(folder / "config.json");
  EXPECT_EQ(immich.at("text_cfg").at("context_length"), config.text.context_length);
  const Json pictures = read_json(folder / "visual/preprocess_cfg.json");
  EXPECT_EQ(pictures.at("size"), config.vision.image_size);
  EXPECT_EQ(pictures.at("interpolation"), "bilinear");
  EXPECT_EQ(pictures.at("resize_mode"), "shortest");
  EXPECT_EQ(pictures.at("mean"), Json(config.preprocess.mean));
  const Json words = read_json(folder / "textual/tokenizer_config.json");
  EXPECT_EQ(words.at("pad_token"), "<|endoftext|>");
  const Json manifest = read_json(folder / "visual/config.json");
  EXPECT_EQ(manifest.at("id"), "embedding-clipwright-custom");
  EXPECT_EQ(manifest.at("task"), "embedding");
  EXPECT_EQ(manifest.at("backend"), "onnx");
  EXPECT_EQ(manifest.at("attributes").at("norm_std"), Json(config.preprocess.std));
  EXPECT_EQ(manifest.at("attributes").at("input_sizes"), Json::array({config.vision.image_size}));
}

TEST(OnnxFolder, AnotherVocabularyHasNoTokenizer) {
  const TemporaryFolder folder;
  ModelConfig config = reduced(find_model_config("tiny-32"));
  config.text.vocabulary_size = 64;
  write_onnx_folder(*perturbed(config), folder.path());
  EXPECT_TRUE(fs::exists(folder / "textual/model.onnx"));
  EXPECT_FALSE(fs::exists(folder / "textual/tokenizer.json"));
}

TEST(OnnxFolder, TowersOfTwoActivationsAreWritten) {
  const TemporaryFolder folder;
  ModelConfig config = reduced(find_model_config("tiny-32"));
  config.text.activation = Activation::kQuickGelu;  // no open_clip configuration says this
  write_onnx_folder(*perturbed(config), folder.path());
  EXPECT_EQ(read_json(folder / "config.json").at("text_cfg").at("context_length"), 16);
}

// A message of protobuf ends at 2 GiB; the bound is lowered here.
TEST(OnnxFolder, LargeWeightsLieBeside) {
  const TemporaryFolder folder;
  const auto model = perturbed(reduced(find_model_config("tiny-32")));
  write_onnx_folder(*model, folder.path(), /*largest_message=*/100'000);
  EXPECT_FALSE(fs::exists(folder / "visual/model.onnx_data"));
  const ParsedModel textual = parse_onnx(folder / "textual/model.onnx");
  expect_sound(textual);
  const std::string data = read_file(folder / "textual/model.onnx_data");
  const ParsedTensor& table = textual.weights.at("token_embedding.weight");
  EXPECT_EQ(table.external.at("location"), "model.onnx_data");
  const size_t offset = std::stoull(table.external.at("offset")),
               length = std::stoull(table.external.at("length"));
  EXPECT_EQ(offset % 4096, 0U);
  ASSERT_LE(offset + length, data.size());
  const Tensor ours = model->table().at("token_embedding.weight").leaf;
  ASSERT_EQ(length, ours.nbytes());
  EXPECT_EQ(std::memcmp(data.data() + offset, ours.const_data_ptr(), length), 0);
  EXPECT_TRUE(textual.weights.at("ln_final.weight").external.empty());
}

}  // namespace
}  // namespace clipwright::models::onnx
