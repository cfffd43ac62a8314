// The table of every kind of built-in architecture: what it names, and that a written model comes
// back bit for bit.
#include <gtest/gtest.h>

#include "core/file.h"
#include "models/open_clip_directory.h"
#include "models/weights_digest.h"
#include "tensor/safetensors.h"
#include "tests/models/architecture_kinds.h"
#include "tests/temporary_folder.h"

namespace clipwright::models {
namespace {

class EveryArchitecture : public testing::TestWithParam<ArchitectureKind> {};

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

TEST_P(EveryArchitecture, ComesBackBitForBit) {
  TemporaryFolder folder;
  const Clip model(GetParam().config, 1);
  perturb(model);
  write_open_clip_directory(model, folder.path() / "first");
  const std::shared_ptr<Clip> again = read_open_clip_directory(folder.path() / "first");
  const auto before = model.table().file_tensors(), after = again->table().file_tensors();
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].first, after[i].first);
    EXPECT_TRUE(torch::equal(before[i].second, after[i].second)) << before[i].first;
  }
  EXPECT_EQ(weights_digest(model), weights_digest(*again));
  write_open_clip_directory(*again, folder.path() / "second");
  EXPECT_EQ(read_file(folder.path() / "first/open_clip_model.safetensors"),
            read_file(folder.path() / "second/open_clip_model.safetensors"));
}

// What is not a plain trained parameter is an exception, and there are these and no others.
TEST_P(EveryArchitecture, DeclaresNoExceptionButTheKnownOnes) {
  const Clip model(GetParam().config, 1);
  for (const tensor::TableEntry& entry : model.table().entries()) {
    const bool statistic = ends_with(entry.name, ".running_mean") ||
                           ends_with(entry.name, ".running_var") ||
                           ends_with(entry.name, ".num_batches_tracked");
    const bool key_bias =
        ends_with(entry.name, "attn.k_norm.bias") || ends_with(entry.name, "attnpool.k_proj.bias");
    EXPECT_EQ(entry.kind, statistic ? tensor::TensorKind::kBuffer : tensor::TensorKind::kParameter)
        << entry.name;
    EXPECT_EQ(!entry.cancelled.empty(), key_bias) << entry.name;
    EXPECT_EQ(entry.trainable(), !statistic) << entry.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryArchitecture, testing::ValuesIn(architecture_kinds()),
                         [](const auto& info) { return info.param.name; });

// The grouping itself: sizes make no kind, anything else does.
TEST(ArchitectureKinds, AreTheFamiliesOfBuiltInModels) {
  std::vector<std::string> names;
  for (const ArchitectureKind& kind : architecture_kinds()) names.push_back(kind.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"tiny_32", "ViT_B_32_quickgelu", "RN50", "RN50_quickgelu",
                                      "laclip_ViT_S_16", "tiny_32_text_bias_declip_tokens"}));
}

}  // namespace
}  // namespace clipwright::models
