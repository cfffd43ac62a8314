#include "train/folder/converted_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "models/load_model.h"
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
    for (const std::string& format : model_formats()) {
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
  EXPECT_THAT(refusal_of(model, "gguf", folder / "new"), testing::HasSubstr("open_clip or hf"));
  EXPECT_THAT(refusal_of((kGolden / "models/resnet").string(), "hf", folder / "new"),
              testing::HasSubstr("a ResNet"));
  EXPECT_THAT(refusal_of("tiny-32", "hf", folder / "new"), testing::HasSubstr("untrained"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
  fs::create_directories(folder / "empty");
  convert_model(model, "hf", folder / "empty/");
  EXPECT_TRUE(fs::exists(folder / "empty/config.json"));
}

}  // namespace
}  // namespace clipwright::train::folder
