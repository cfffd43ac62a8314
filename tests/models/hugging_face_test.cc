// Folders of transformers' CLIPModel, read with the peer's features.
#include "models/files/hugging_face.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>

#include <map>

#include "core/error.h"
#include "core/json.h"
#include "models/load_model.h"
#include "models/model_summary.h"
#include "models/open_clip_directory.h"
#include "tensor/safetensors.h"
#include "tests/models/golden_model.h"
#include "tests/temporary_folder.h"

namespace clipwright::models::files {
namespace {

using testing::HasSubstr;

const fs::path kFolders = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/hugging_face";

class EveryFolder : public testing::TestWithParam<const char*> {};

TEST_P(EveryFolder, HasThePeersFeatures) {
  const torch::NoGradGuard no_grad;
  const fs::path folder = kFolders / GetParam();
  const std::shared_ptr<Clip> model = load_trained_model(folder.string());
  const Tensor images = model->encode_image(golden_pixels(*model, kFolders / "pixels.npy"));
  EXPECT_LT((images - load_floats(folder / "image_features.npy")).abs().max().item<double>(), 1e-5);
  const Tensor texts = model->encode_text(golden_texts(kFolders / "ids.npy"));
  EXPECT_LT((texts - load_floats(folder / "text_features.npy")).abs().max().item<double>(), 1e-5);
  EXPECT_FALSE(model->is_training());
}

INSTANTIATE_TEST_SUITE_P(Folders, EveryFolder, testing::Values("plain", "sharded"));

TEST(HuggingFace, TheConfigurationOfEachTowerCounts) {
  const ModelConfig config = read_model_config((kFolders / "sharded").string());
  EXPECT_EQ(config.embed_dim, 8) << "the root's, not the towers'";
  EXPECT_EQ(config.text.activation, Activation::kGelu);
  EXPECT_EQ(config.vision.layers, 3);
  EXPECT_EQ(config.vision.heads, 4);
  EXPECT_EQ(static_cast<int>(config.text.width * config.text.mlp_ratio), 40);
  EXPECT_EQ(config.preprocess.interpolation, Interpolation::kBilinear);
  EXPECT_EQ(config.preprocess.resize_ratio, 36.0 / 32);
  EXPECT_EQ(config.preprocess.mean[0], 0.485);
}

/// A copy of the plain folder to damage.
class Damaged : public testing::Test {
 protected:
  Damaged() { fs::copy(kFolders / "plain", folder_.path() / "m"); }
  fs::path file(const std::string& name) const { return folder_.path() / "m" / name; }
  void change(const std::string& name, const std::string& pointer, const Json& value) const {
    Json json = read_json(file(name));
    json[Json::json_pointer(pointer)] = value;
    write_file(file(name), json.dump());
  }
  std::string error() const {
    try {
      load_trained_model((folder_.path() / "m").string());
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "was loaded";
    return {};
  }
  TemporaryFolder folder_;
};

TEST_F(Damaged, OtherKindsAreNamed) {
  change("config.json", "/model_type", "siglip");
  EXPECT_THAT(error(), HasSubstr("of the kind \"siglip\""));
}
TEST_F(Damaged, ValuesThatAreOfNoModelHere) {
  for (const auto& [pointer, value] :
       std::vector<std::pair<std::string, Json>>{{"/text_config/hidden_act", "gelu_new"},
                                                 {"/text_config/layer_norm_eps", 1e-6},
                                                 {"/text_config/num_attention_heads", 5},
                                                 {"/text_config/eos_token_id", 5},
                                                 {"/vision_config/image_size", 30},
                                                 {"/vision_config/num_channels", 1},
                                                 {"/vision_config/patch_size", 64},
                                                 {"/vision_config/num_hidden_layers", 0},
                                                 {"/vision_config/hidden_size", 1e9},
                                                 {"/vision_config/hidden_size", "wide"},
                                                 {"/projection_dim", -1},
                                                 {"/text_config", 3}}) {
    const std::string before = read_file(file("config.json"));
    change("config.json", pointer, value);
    EXPECT_THAT(error(), HasSubstr(pointer.substr(pointer.rfind('/') + 1))) << pointer;
    write_file(file("config.json"), before);
  }
}
TEST_F(Damaged, AConfigurationThatAsksForMoreThanItsWeights) {
  change("config.json", "/text_config/vocab_size", 9'000'000);
  change("config.json", "/text_config/hidden_size", 16000);
  change("config.json", "/text_config/eos_token_id", 2);
  EXPECT_THAT(error(), HasSubstr("holds fewer numbers than the model"));
}
TEST_F(Damaged, WeightsOfAnotherModel) {
  change("config.json", "/vision_config/num_hidden_layers", 1);
  EXPECT_THAT(error(), HasSubstr("visual.transformer.resblocks.1"));
}
TEST_F(Damaged, PreparationThatIsNoneOfOurs) {
  for (const auto& [pointer, value] :
       std::vector<std::pair<std::string, Json>>{{"/resample", 0},
                                                 {"/rescale_factor", 1 / 127.5},
                                                 {"/image_std", {0, 0, 0}},
                                                 {"/image_mean", {1, 2}},
                                                 {"/do_resize", false},
                                                 {"/crop_size", 40},
                                                 {"/size", {{"height", 32}, {"width", 40}}}}) {
    const std::string before = read_file(file("preprocessor_config.json"));
    change("preprocessor_config.json", pointer, value);
    EXPECT_THAT(error(), HasSubstr(pointer.substr(1))) << pointer;
    write_file(file("preprocessor_config.json"), before);
  }
}
TEST_F(Damaged, PreparationWithOtherProcessorsIsRead) {
  Json preparation = read_json(file("preprocessor_config.json"));
  preparation["image_mean"] = {0.25, 0.5, 0.75};
  write_file(file("processor_config.json"), Json{{"image_processor", preparation}}.dump());
  fs::remove(file("preprocessor_config.json"));
  EXPECT_EQ(read_hugging_face_config(file("")).preprocess.mean[2], 0.75);
}
TEST_F(Damaged, ATensorInTwoFiles) {
  fs::copy_file(file("model.safetensors"), file("a.safetensors"));
  fs::rename(file("model.safetensors"), file("b.safetensors"));
  write_file(file("model.safetensors.index.json"),
             R"({"weight_map": {"x": "a.safetensors", "y": "b.safetensors"}})");
  EXPECT_THAT(error(), HasSubstr("which another of the files holds too"));
}
TEST_F(Damaged, ATensorUnderTwoNamesAndHalfOfAStack) {
  auto tensors = tensor::read_safetensors(file("model.safetensors")).tensors;
  const auto with = [&](const std::string& name, const Tensor& value) {
    auto more = tensors;
    more.emplace_back(name, value);
    tensor::write_safetensors(file("model.safetensors"), more);
    return error();
  };
  EXPECT_THAT(with("visual.conv1.weight", torch::ones({32, 3, 8, 8})), HasSubstr("visual.conv1"));
  EXPECT_THAT(with("transformer.resblocks.0.self_attn.q_proj.weight", torch::ones({24, 24})),
              HasSubstr("q_proj"));
  EXPECT_THAT(with("x.self_attn.", torch::ones({1})), HasSubstr("x.self_attn."));
  for (auto& [name, value] : tensors) {
    if (name.ends_with("layers.0.self_attn.q_proj.bias"))
      value = torch::cat({value, torch::ones({1})});
  }
  EXPECT_THAT(with("logit_scale2", torch::ones({})), HasSubstr("in_proj_bias"));
}
TEST_F(Damaged, NumbersThatAreNotFinite) {
  auto tensors = tensor::read_safetensors(file("model.safetensors")).tensors;
  tensors.back().second = torch::full_like(tensors.back().second, NAN);
  tensor::write_safetensors(file("model.safetensors"), tensors);
  EXPECT_THAT(error(), HasSubstr("not finite"));
}
TEST_F(Damaged, PositionsOfAnotherContext) {
  change("config.json", "/text_config/max_position_embeddings", 14);
  EXPECT_THAT(error(), HasSubstr("positions for 12 places"));
}
TEST_F(Damaged, APipeIsNotWaitedFor) {
  for (const char* name : {"model.safetensors", "preprocessor_config.json", "config.json"}) {
    fs::rename(file(name), file("aside"));
    ASSERT_EQ(::mkfifo(file(name).c_str(), 0600), 0);
    if (std::string(name) != "config.json") {
      EXPECT_THAT(error(), HasSubstr("not a regular file"));
    } else {
      EXPECT_THROW(load_trained_model((folder_.path() / "m").string()), Error);
    }
    fs::rename(file("aside"), file(name));
  }
}
TEST_F(Damaged, ATokenizerOfAnotherModel) {
  write_file(file("vocab.json"), R"({"<|startoftext|>": 0, "<|endoftext|>": 2})");
  EXPECT_THAT(error(), HasSubstr("another tokenizer than CLIP's"));
}
TEST_F(Damaged, FilesThatAreMissing) {
  fs::remove(file("model.safetensors"));
  EXPECT_THAT(error(), HasSubstr("no weights"));
  write_file(file("model.safetensors.index.json"), R"({"weight_map": {"a": "b.safetensors"}})");
  EXPECT_THAT(error(), HasSubstr("b.safetensors: is not there"));
  write_file(file("model.safetensors.index.json"), R"({"weight_map": {"a": "../b.safetensors"}})");
  EXPECT_THAT(error(), HasSubstr("files of the same folder"));
  for (const char* name : {".", "..", "/etc/passwd", "", "a\\u0000b"}) {
    write_file(file("model.safetensors.index.json"),
               "{\"weight_map\": {\"a\": \"" + std::string(name) + "\"}}");
    EXPECT_THAT(error(), HasSubstr("files of the same folder")) << name;
  }
  fs::remove(file("preprocessor_config.json"));
  write_file(file("model.safetensors.index.json"), R"([])");
  EXPECT_THAT(error(), HasSubstr("lists no files"));
}

TEST(HuggingFace, WhatIsWrittenReadsBackTheSame) {
  for (const char* name : {"plain", "sharded"}) {
    const TemporaryFolder folder;
    const auto model = read_hugging_face_folder(kFolders / name);
    write_hugging_face_folder(*model, folder / "written");
    const auto again = read_hugging_face_folder(folder / "written");
    EXPECT_EQ(again->config().preprocess, model->config().preprocess);
    const auto before = model->table().file_tensors(), after = again->table().file_tensors();
    ASSERT_EQ(before.size(), after.size());
    for (size_t i = 0; i < before.size(); ++i)
      EXPECT_TRUE(before[i].second.equal(after[i].second)) << before[i].first;
    write_hugging_face_folder(*again, folder / "twice");
    for (const char* file : {"model.safetensors", "config.json", "preprocessor_config.json"})
      EXPECT_EQ(read_file(fs::path(folder / "written") / file),
                read_file(fs::path(folder / "twice") / file));
  }
}

// Each tower has its own activation there, and one for both in open_clip's directories.
TEST(HuggingFace, TowersOfDifferentActivations) {
  const TemporaryFolder folder;
  ModelConfig config = find_model_config("tiny-32");
  config.vision.activation = Activation::kQuickGelu;
  write_hugging_face_folder(Clip(config, 1), folder / "mixed");
  const auto model = read_hugging_face_folder(folder / "mixed");
  EXPECT_EQ(model->config().vision.activation, Activation::kQuickGelu);
  EXPECT_EQ(model->config().text.activation, Activation::kGelu);
  EXPECT_THROW(write_open_clip_directory(*model, folder / "no"), Error);
  EXPECT_FALSE(fs::exists(folder / "no"));
  const ModelSummary summary = summarize(folder / "mixed");
  EXPECT_TRUE(summary.json()["configuration"].is_null());
  EXPECT_EQ(summary.json()["beyond_open_clip"], "towers of different activations");
}

TEST(HuggingFace, EveryArchitectureIsWrittenOrRefusedByWhatItHas) {
  const TemporaryFolder folder;
  const std::map<std::string, std::string> foreign = {
      {"laclip-ViT-S-16", "timm's image tower"},
      {"RN50", "a ResNet"},
      {"tiny-32+text-bias", "a bias in the text projection"},
      {"tiny-32+declip-tokens", "DeCLIP's order of tokens"}};
  for (const auto& [name, part] : foreign) {
    try {
      write_hugging_face_folder(Clip(find_model_config(name)), folder / "no");
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(part));
    }
    EXPECT_FALSE(fs::exists(folder / "no"));
  }
  // With CLIP's vocabulary come the tokenizer's files, which its reader accepts.
  write_hugging_face_folder(Clip(find_model_config("tiny-32"), 1), folder / "tiny");
  EXPECT_TRUE(fs::exists(folder / "tiny/merges.txt"));
  EXPECT_EQ(read_hugging_face_folder(folder / "tiny")->config().embed_dim, 128);
}

}  // namespace
}  // namespace clipwright::models::files
