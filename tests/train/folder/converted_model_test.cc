#include "train/folder/converted_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/error.h"
#include "core/file.h"
#include "models/load_model.h"
#include "models/open_clip_directory.h"
#include "tests/temporary_folder.h"

namespace clipwright::train::folder {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden";

std::string refusal_of(const std::string& model, const std::string& format,
                       const std::string& output) {
  try {
    convert_model(model, format, output);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    return error.what();
  }
  ADD_FAILURE() << "was written";
  return {};
}

// What is written and not read back is looked at in tests/models/onnx and tests/models/gguf.
constexpr const char* kReadBack[] = {"open_clip", "hf"};

// Every kind of model in every format that holds it, and back to what it was.
TEST(ConvertModel, EveryKindGoesThroughEveryFormatThatHoldsIt) {
  const TemporaryFolder folder;
  for (const char* source :
       {"models/vit", "models/vit-quickgelu", "models/resnet", "models/laclip",
        "torch_files/openai/script.pt", "torch_files/resnet/state_dict.pt",
        "torch_files/laclip/checkpoint_best.pt", "torch_files/slip/checkpoint_best.pt",
        "hugging_face/plain", "hugging_face/sharded"}) {
    const std::string model = (kGolden / source).string();
    const auto before = models::load_trained_model(model)->table().file_tensors();
    for (const std::string format : kReadBack) {
      const std::string output = folder / (std::string(source) + "/" + format);
      try {
        convert_model(model, format, output);
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ExitCode::kUsage) << error.what();
        EXPECT_FALSE(fs::exists(output));
        EXPECT_EQ(format, "hf") << source << ": " << error.what();
        continue;
      }
      const auto after = models::load_trained_model(output)->table().file_tensors();
      ASSERT_EQ(before.size(), after.size()) << source;
      for (size_t i = 0; i < before.size(); ++i) {
        EXPECT_EQ(before[i].first, after[i].first);
        EXPECT_TRUE(before[i].second.equal(after[i].second)) << source << " " << before[i].first;
      }
    }
  }
}

TEST(ConvertModel, WhatIsThereStaysThere) {
  const TemporaryFolder folder;
  const std::string model = (kGolden / "models/vit").string();
  folder.write("mine/letter.txt", "dear");
  EXPECT_THAT(refusal_of(model, "hf", folder / "mine"), testing::HasSubstr("is there already"));
  EXPECT_THAT(refusal_of(model, "coreml", folder / "new"),
              testing::HasSubstr("open_clip, hf, onnx or gguf"));
  EXPECT_THAT(refusal_of((kGolden / "models/resnet").string(), "hf", folder / "new"),
              testing::HasSubstr("a ResNet"));
  EXPECT_THAT(refusal_of("tiny-32", "hf", folder / "new"), testing::HasSubstr("untrained"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
  fs::create_directories(folder / "empty");
  convert_model(model, "hf", folder / "empty/");
  EXPECT_TRUE(fs::exists(folder / "empty/config.json"));
}

TEST(ConvertModel, EveryFormatIsWritten) {
  const TemporaryFolder folder;
  for (const std::string& format : model_formats()) {
    const fs::path output = folder / format;
    convert_model((kGolden / "models/vit").string(), format, output);
    EXPECT_FALSE(fs::is_empty(output)) << format;
  }
}

TEST(ConvertModel, HalfPrecisionIsGgufsAlone) {
  const TemporaryFolder folder;
  const std::string model = (kGolden / "models/vit").string();
  for (const std::string& format : model_formats()) {
    const fs::path output = folder / format;
    if (format == "gguf") {
      convert_model(model, format, output, "f16");
      EXPECT_TRUE(fs::exists(output / "model.gguf"));
      continue;
    }
    try {
      convert_model(model, format, output, "f16");
      ADD_FAILURE() << format;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage);
      EXPECT_THAT(error.what(), testing::HasSubstr("--dtype f16 of --format " + format));
    }
  }
}

TEST(ConvertModel, NumbersThatAreNotFiniteAreNotWritten) {
  const TemporaryFolder folder;
  const auto model = models::load_trained_model((kGolden / "models/vit").string());
  const torch::NoGradGuard no_grad;
  model->table().at("ln_final.weight").leaf[0] = std::numeric_limits<float>::quiet_NaN();
  models::write_open_clip_directory(*model, folder / "broken");
  for (const std::string& format : model_formats()) {
    try {
      convert_model(folder / "broken", format, folder / format);
      ADD_FAILURE() << format;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      EXPECT_THAT(error.what(), testing::HasSubstr("ln_final.weight"));
    }
    EXPECT_FALSE(fs::exists(folder / format));
  }
}

TEST(InterpolateModels, WritesWhatLiesBetween) {
  const TemporaryFolder folder;
  const std::string a = (kGolden / "models/vit").string();
  interpolate_models(a, a, 0.25, "open_clip", folder / "same");
  const auto before = models::load_trained_model(a)->table().file_tensors();
  const auto after = models::load_trained_model(folder / "same")->table().file_tensors();
  for (size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(after[i].second.equal(before[i].second)) << before[i].first;
  try {
    interpolate_models(a, (kGolden / "models/resnet").string(), 0.5, "open_clip", folder / "no");
    ADD_FAILURE() << "was made";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("vision.layers of a ResNet"));
  }
  EXPECT_FALSE(fs::exists(folder / "no"));
}

}  // namespace
}  // namespace clipwright::train::folder
