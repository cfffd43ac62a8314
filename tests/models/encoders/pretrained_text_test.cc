// A pre-trained encoder as CLIP's text tower: as open_clip computes it, written and read again.
#include "models/encoders/pretrained_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "models/load_model.h"
#include "models/model_summary.h"
#include "models/open_clip_directory.h"
#include "tests/models/golden_model.h"
#include "tests/temporary_folder.h"

namespace clipwright::models::encoders {
namespace {

using testing::HasSubstr;

const fs::path kFolders = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/sentence_encoders";

Tensor features(Clip& model, const std::vector<std::string>& texts) {
  const torch::NoGradGuard no_grad;
  text::bpe::PackedTexts packed;
  for (const std::string& text : texts) {
    model.tokenizer().encode(text, packed.ids, model.config().text.context_length);
    packed.offsets.push_back(static_cast<int32_t>(packed.ids.size()));
  }
  return model.encode_text(to_text_batch(packed));
}

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(PretrainedText, AnOpenClipDirectoryHasThePeersFeatures) {
  const auto model = load_trained_model((kFolders / "open-clip").string());
  const auto texts = read_json(kFolders / "texts.json").get<std::vector<std::string>>();
  const Tensor golden = load_floats(kFolders / "open-clip/text_features.npy");
  const Tensor rows = features(*model, texts);
  for (size_t i = 0; i < texts.size(); ++i) {
    // open_clip masks the places of a text that spells the padding token.
    if (texts[i].find("[PAD]") != std::string::npos) continue;
    const auto row = static_cast<int64_t>(i);
    EXPECT_LT((rows[row] - golden[row]).abs().max().item<double>(), 1e-5) << texts[i];
  }
}

class EveryTextModel : public testing::TestWithParam<const char*> {};

TEST_P(EveryTextModel, IsWrittenAndReadAgain) {
  const std::string encoder = (kFolders / GetParam()).string();
  const auto model = exchange_text_tower(*models::load_model("tiny-32", 7), encoder, 0, 7);
  EXPECT_EQ(model->config().text.context_length, 60) << "no more than the encoder has";
  TemporaryFolder folder;
  write_open_clip_directory(*model, folder.path() / "m");
  const auto again = load_trained_model((folder.path() / "m").string());
  const std::vector<std::string> texts = {"a photo of a cat", "", "the dog jumps [MASK] <mask>"};
  EXPECT_TRUE(torch::equal(features(*model, texts), features(*again, texts)));
  EXPECT_EQ(features(*model, texts).size(1), 128);
  const auto third = exchange_text_tower(*models::load_model("tiny-32", 8), encoder, 0, 8);
  EXPECT_FALSE(torch::equal(features(*model, texts), features(*third, texts)))
      << "the projection is drawn";
  EXPECT_THAT(summarize((folder.path() / "m").string()).text(), HasSubstr(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Folders, EveryTextModel,
                         testing::Values("bert-mean", "bert-class", "bert-files", "roberta-last",
                                         "roberta-files"));

TEST(PretrainedText, StandsBesideTheImageTowerOfAModelThatIsThere) {
  Clip start(find_model_config("tiny-32"), 3);
  const auto model = exchange_text_tower(start, (kFolders / "bert-mean").string(), 0, 4);
  for (const char* name : {"visual.proj", "visual.conv1.weight", "logit_scale"})
    EXPECT_TRUE(torch::equal(model->table().at(name).leaf, start.table().at(name).leaf)) << name;
}

TEST(PretrainedText, WhatIsNoEncoderIsRefused) {
  EXPECT_THAT(error_of([] { exchange_text_tower(*load_model("tiny-32"), "ViT-B-32", 0, 0); }),
              HasSubstr("--text-model ViT-B-32"));
  EXPECT_THAT(error_of([] { load_trained_model(kFolders / "bert-mean"); }),
              HasSubstr("--text-model"));
}

TEST(PretrainedText, ADirectoryWithoutTheEncodersFilesSaysWhichAreMissing) {
  TemporaryFolder folder;
  fs::copy(kFolders / "open-clip", folder.path() / "m");
  fs::remove(folder.path() / "m/config.json");
  const auto load = [&] { load_trained_model((folder.path() / "m").string()); };
  EXPECT_THAT(error_of(load), HasSubstr("tiny-bert"));
  EXPECT_THAT(error_of([&] { load_model((folder.path() / "m/open_clip_config.json").string()); }),
              HasSubstr("--text-model"));
}

}  // namespace
}  // namespace clipwright::models::encoders
