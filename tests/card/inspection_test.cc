#include "card/inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/error.h"
#include "models/load_model.h"
#include "models/open_clip_directory.h"
#include "tensor/safetensors.h"
#include "tests/card/run_folder.h"

namespace clipwright::card {
namespace {

using testing::HasSubstr;

std::string text_of_golden(const std::string& name) {
  return inspect((kGolden / name).string()).text();
}

TEST(Inspection, SaysHowWeightsAreStoredAndWhatIsMissing) {
  const std::string open_clip = text_of_golden("models/vit");
  EXPECT_THAT(open_clip, HasSubstr("stored          open_clip_model.safetensors, safetensors: "));
  EXPECT_THAT(open_clip, HasSubstr(" numbers F32\n"));
  EXPECT_THAT(open_clip, HasSubstr("missing         the run that made it"));
  EXPECT_THAT(text_of_golden("models/resnet"), HasSubstr(" numbers I64\n"));
  const std::string script = text_of_golden("torch_files/openai/script.pt");
  EXPECT_THAT(script, HasSubstr("script.pt, TorchScript: "));
  EXPECT_THAT(script, HasSubstr("missing         a configuration"));
  EXPECT_THAT(text_of_golden("torch_files/laclip/checkpoint_best.pt"),
              HasSubstr("provenance      a checkpoint, beside "));
  EXPECT_THAT(text_of_golden("hugging_face/sharded"), HasSubstr("safetensors"));
}

TEST(Inspection, AnArchitectureHasNoWeights) {
  const Inspection found = inspect("tiny-32");
  EXPECT_THAT(found.text(), HasSubstr("stored          nothing: an architecture"));
  EXPECT_EQ(found.json().at("files"), Json::array());
}

TEST(Inspection, HalfPrecisionAndWhatTheFileSaysAreTold) {
  const TemporaryFolder folder;
  const auto model = models::load_model((kGolden / "models/vit").string());
  models::write_open_clip_directory(*model, folder / "half");
  std::vector<NamedTensor> tensors = model->table().file_tensors();
  for (auto& [name, tensor] : tensors) tensor = tensor.to(torch::kFloat16);
  tensor::write_safetensors(folder / "half/open_clip_model.safetensors", tensors,
                            {{"producer", "somebody"}});
  const std::string text = inspect(folder / "half").text();
  EXPECT_THAT(text, HasSubstr(" numbers F16\n"));
  EXPECT_THAT(text, HasSubstr("provenance      the file says producer = somebody"));
}

TEST(Inspection, NumbersThatAreNotFiniteAreSaid) {
  const TemporaryFolder folder;
  const auto model = models::load_model((kGolden / "models/vit").string());
  const torch::NoGradGuard no_grad;
  model->table().at("visual.proj").leaf[0][0] = std::numeric_limits<float>::infinity();
  models::write_open_clip_directory(*model, folder / "broken");
  try {
    inspect(folder / "broken");
    ADD_FAILURE() << "was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    EXPECT_THAT(error.what(), HasSubstr("visual.proj holds numbers that are not finite"));
  }
}

TEST(Inspection, KnowsTheRunWhoseModelItIs) {
  const TemporaryFolder folder;
  write_run(folder);
  for (const char* place : {"run", "run/model"}) {
    const Inspection found = inspect(folder / place);
    EXPECT_THAT(found.text(), HasSubstr("objective laclip, data pairs/{0..9}.tar (12,345 pairs), "
                                        "100 steps, from drawn weights"))
        << place;
    EXPECT_EQ(found.json().at("run").at("record").at("pairs"), 12345);
  }
}

}  // namespace
}  // namespace clipwright::card
