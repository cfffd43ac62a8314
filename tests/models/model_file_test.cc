// Weights as torch.save leaves them, read back with the peer's features.
#include "models/files/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/file.h"
#include "models/files/torch_weights.h"
#include "models/load_model.h"
#include "models/open_clip_config.h"
#include "tensor/safetensors.h"
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
  EXPECT_EQ(read_torch_weights(kFiles / "openai/epoch_3.pt").place, "state_dict")
      << "not its rng_state";
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

TEST(ModelFile, WhatTheModelIsMayBeSaid) {
  const TemporaryFolder folder;
  const fs::path weights = kFiles / "openai/state_dict.pt";
  ModelConfig config = read_model_config(weights.string());
  config.vision.activation = config.text.activation = Activation::kGelu;
  config.vision.heads = config.text.heads = 2;
  const std::string said = folder.write("said.json", to_open_clip_config(config).dump());
  const auto model = load_trained_model({weights.string(), said});
  EXPECT_EQ(model->config().vision.activation, Activation::kGelu);
  EXPECT_EQ(model->config().text.heads, 2);
  EXPECT_THROW(load_trained_model({weights.string(), "ViT-B-32"}), Error) << "of other shapes";
  EXPECT_THROW(load_trained_model({(kGolden / "vit").string(), said}), Error) << "has one of its own";
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

/// A stream of torch.save with tensors that say of themselves what the test wants.
struct Said {
  std::string name, storage;
  int64_t offset;
  std::vector<int64_t> shape, strides;
};
std::string stream_of(const std::vector<Said>& tensors,
                      const std::map<std::string, int64_t>& storages) {
  const auto text = [](const std::string& value) {
    const auto size = static_cast<uint32_t>(value.size());
    return "X" + std::string(reinterpret_cast<const char*>(&size), sizeof size) + value;
  };
  const auto number = [](int64_t value) {
    return "\x8a\x08" + std::string(reinterpret_cast<const char*>(&value), sizeof value);
  };
  const auto tuple = [&](const std::vector<int64_t>& values) {
    std::string items = "(";
    for (const int64_t value : values) items += number(value);
    return items + "t";
  };
  std::string bytes = "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.\x80\x02" + number(1001) +
                      ".\x80\x02}.\x80\x02}(";
  for (const Said& said : tensors) {
    const auto found = storages.find(said.storage);
    const int64_t count = found == storages.end() ? 1 : found->second;
    bytes += text(said.name) + "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") +
             "ctorch\nFloatStorage\n" + text(said.storage) + text("cpu") + number(count) + "NtQ" +
             number(said.offset) + tuple(said.shape) + tuple(said.strides) + "\x89NtR";
  }
  bytes += "u.\x80\x02](";
  for (const auto& [key, count] : storages) bytes += text(key);
  bytes += "e.";
  for (const auto& [key, count] : storages) {
    bytes += std::string(reinterpret_cast<const char*>(&count), sizeof count);
    bytes += std::string(static_cast<size_t>(count) * 4, '\0');
  }
  return bytes;
}

TEST(TorchWeights, WhatTensorsSayOfThemselvesIsChecked) {
  const TemporaryFolder folder;
  const auto read = [&](const std::vector<Said>& tensors) {
    return read_torch_weights(folder.write("a.pt", stream_of(tensors, {{"s", 100}}))).tensors;
  };
  EXPECT_EQ(read({{"a", "s", 50, {5, 10}, {1, 5}}})[0].second.sizes(),
            (std::vector<int64_t>{5, 10}));
  EXPECT_EQ(read({{"a", "s", 0, {0, 7}, {7, 1}}})[0].second.numel(), 0);
  constexpr int64_t kHuge = int64_t{1} << 62;
  for (const Said& said : std::vector<Said>{{"a", "s", -1, {1}, {1}},
                                            {"a", "s", 0, {101}, {1}},
                                            {"a", "s", 51, {5, 10}, {10, 1}},
                                            {"a", "s", 0, {-1}, {1}},
                                            {"a", "s", 99, {2}, {-1}},
                                            {"a", "s", 0, {4, 4}, {0, 1}},
                                            {"a", "s", 0, {kHuge, kHuge}, {1, 1}},
                                            {"a", "s", 0, {0, kHuge, kHuge}, {1, 1, 1}},
                                            {"a", "s", kHuge, {kHuge}, {kHuge}},
                                            {"a", "s", 0, {2, 2}, {1}},
                                            {"a", "none", 0, {1}, {1}}})
    EXPECT_THROW(read({said}), Error) << testing::PrintToString(said.shape);
  EXPECT_THROW(read({{"a", "s", 0, {1}, {1}}, {"a", "s", 1, {1}, {1}}}), Error) << "a name twice";
}

TEST(TorchWeights, ManyViewsOfOneStorageAreNoModel) {
  const TemporaryFolder folder;
  std::vector<Said> views;
  for (int i = 0; i < 200; ++i) views.push_back({"v" + std::to_string(i), "s", 0, {250000}, {1}});
  EXPECT_THAT(error_of(folder.write("a.pt", stream_of(views, {{"s", 250000}}))),
              HasSubstr("larger than the file"));
}

TEST(ModelFile, NamesThatDescribeMoreThanThereIsAreRefused) {
  const TemporaryFolder folder;
  const auto state = read_torch_weights(kFiles / "openai/state_dict.pt").tensors;
  const auto resnet = read_torch_weights(kFiles / "resnet/state_dict.pt").tensors;
  const auto with = [&](std::vector<NamedTensor> tensors, const std::string& name,
                        const Tensor& value) {
    const auto same = [&](const NamedTensor& one) { return one.first == name; };
    tensors.erase(std::remove_if(tensors.begin(), tensors.end(), same), tensors.end());
    tensors.emplace_back(name, value);
    tensor::write_safetensors(folder / "a.safetensors", tensors);
    return error_of(folder / "a.safetensors");
  };
  using torch::zeros;
  for (const std::vector<int64_t>& shape :
       std::vector<std::vector<int64_t>>{{1 << 29, 0}, {12, 0}, {0, 64}})
    EXPECT_THAT(with(state, "positional_embedding", zeros(shape)), HasSubstr("holds no numbers"));
  EXPECT_THAT(with(state, "visual.conv1.weight", zeros({20000, 3, 2, 2})), HasSubstr("width"));
  EXPECT_THAT(with(state, "visual.positional_embedding", zeros({4097 * 4097 + 1, 1})),
              HasSubstr("pixels a side"));
  EXPECT_THAT(with(state, "visual.transformer.resblocks.999.x", zeros({1})),
              HasSubstr("has no visual"));
  EXPECT_THAT(with(state, "text_projection", zeros({64, 9'000'000 / 64})),
              HasSubstr("fewer numbers"));
  EXPECT_THAT(with(resnet, "visual.layer1.0.conv1.weight", zeros({1, 1, 1, 1})),
              HasSubstr("heads of 64"));
  EXPECT_THAT(with(resnet, "visual.layer1.0.conv1.weight", zeros({512, 1, 1, 1})),
              HasSubstr("fewer numbers"));
}

TEST(ModelFile, APipeIsNotWaitedFor) {
  const TemporaryFolder folder;
  for (const char* name : {"a.pt", "a.json"}) {
    ASSERT_EQ(::mkfifo((folder / name).c_str(), 0600), 0);
    try {
      load_model(folder / name);
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("not a regular file"));
    }
  }
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
