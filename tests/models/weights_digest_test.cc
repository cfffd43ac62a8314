#include "models/weights_digest.h"

#include <gtest/gtest.h>

#include "core/file.h"
#include "models/open_clip_directory.h"
#include "tensor/safetensors.h"
#include "tests/temporary_folder.h"

namespace clipwright::models {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/models";

TEST(WeightsDigest, IsThatOfTheValuesWhereverTheyLie) {
  const std::string laclip = weights_digest(*read_open_clip_directory(kGolden / "laclip"));
  EXPECT_EQ(laclip.size(), 64U);
  EXPECT_EQ(weights_digest(*read_open_clip_directory(kGolden / "laclip")), laclip);
  TemporaryFolder folder;
  write_open_clip_directory(*read_open_clip_directory(kGolden / "laclip"), folder.path() / "copy");
  // The same tensors in a file that is laid out otherwise.
  const fs::path weights = folder.path() / "copy/open_clip_model.safetensors";
  tensor::write_safetensors(folder.path() / "copy/model.safetensors",
                            tensor::read_safetensors(weights).tensors,
                            {{"note", "a longer header"}});
  fs::remove(weights);
  EXPECT_EQ(weights_digest(*read_open_clip_directory(folder.path() / "copy")), laclip);
  EXPECT_NE(weights_digest(*read_open_clip_directory(kGolden / "vit")), laclip);
}

TEST(WeightsDigest, OneOtherBitOfAnyTensorIsAnotherDigest) {
  for (const char* name : {"vit", "resnet", "laclip"}) {
    const std::string before = weights_digest(*read_open_clip_directory(kGolden / name));
    tensor::Safetensors file =
        tensor::read_safetensors(kGolden / name / "open_clip_model.safetensors");
    auto model = read_open_clip_directory(kGolden / name);
    for (auto& [tensor_name, tensor] : file.tensors) {
      const Tensor value = tensor.clone();
      auto* bytes = static_cast<uint8_t*>(value.data_ptr());
      bytes[value.nbytes() / 2] ^= 1;
      std::vector<NamedTensor> changed = file.tensors;
      for (auto& [other, target] : changed) {
        if (other == tensor_name) target = value;
      }
      model->load_state(changed, name);
      EXPECT_NE(weights_digest(*model), before) << name << " " << tensor_name;
    }
    model->load_state(file.tensors, name);
    EXPECT_EQ(weights_digest(*model), before) << name;
  }
}

}  // namespace
}  // namespace clipwright::models
