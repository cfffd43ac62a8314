#include "models/gguf/gguf_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "core/error.h"
#include "core/file.h"
#include "tests/models/architecture_kinds.h"
#include "tests/temporary_folder.h"

// What llama.cpp's own reader makes of such a file: tests/cli/gguf_test.cc. Names, shapes and
// values by the gguf package: tests/golden/check_gguf_reads_ours.py.
namespace clipwright::models::gguf {
namespace {

std::shared_ptr<Clip> perturbed(const ModelConfig& config) {
  auto model = std::make_shared<Clip>(config, 3);
  const torch::NoGradGuard no_grad;
  perturb(*model);
  return model;
}

class EveryKindInGguf : public testing::TestWithParam<ArchitectureKind> {};
INSTANTIATE_TEST_SUITE_P(GgufModel, EveryKindInGguf, testing::ValuesIn(architecture_kinds()),
                         [](const auto& info) { return info.param.name; });

TEST_P(EveryKindInGguf, SameModelSameBytesAndAResNetIsRefusedByName) {
  const TemporaryFolder folder;
  if (!GetParam().config.vision.resnet_layers.empty()) {
    try {
      write_gguf_model(*perturbed(GetParam().config), folder / "model.gguf");
      ADD_FAILURE() << "was written";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage);
      EXPECT_THAT(error.what(), testing::HasSubstr("ModifiedResNet"));
    }
    EXPECT_TRUE(fs::is_empty(folder.path()));
    return;
  }
  for (const char* name : {"first.gguf", "second.gguf"})
    write_gguf_model(*perturbed(GetParam().config), folder / name);
  const std::string bytes = read_file(folder / "first.gguf");
  EXPECT_EQ(bytes, read_file(folder / "second.gguf"));
  EXPECT_EQ(bytes.substr(0, 4), "GGUF");
  EXPECT_EQ(bytes.size() % 32, 0U);
}

TEST(GgufModel, HalfIsSmallerAndRefusesWhatItCannotHold) {
  const TemporaryFolder folder;
  const auto model = perturbed(reduced(find_model_config("tiny-32")));
  write_gguf_model(*model, folder / "full.gguf");
  write_gguf_model(*model, folder / "half.gguf", Precision::kFloat16);
  const auto full = fs::file_size(folder / "full.gguf"), half = fs::file_size(folder / "half.gguf");
  EXPECT_LT(half, full - 49408 * 16 * 2);
  const torch::NoGradGuard no_grad;
  model->table().at("visual.proj").leaf[0][0] = 1e6;
  try {
    write_gguf_model(*model, folder / "broken.gguf", Precision::kFloat16);
    ADD_FAILURE() << "was written";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("visual_projection.weight holds numbers beyond"));
  }
  EXPECT_FALSE(fs::exists(folder / "broken.gguf"));
}

}  // namespace
}  // namespace clipwright::models::gguf
