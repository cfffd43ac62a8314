// Sentence encoders' folders, read with the peers' features.
#include "models/encoders/sentence_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "models/encoders/find_sentence_encoder.h"
#include "models/files/sentence_encoder_folder.h"
#include "models/towers/text_encoder.h"
#include "tests/models/golden_model.h"
#include "tests/temporary_folder.h"
#include "text/hugging_face/read_tokenizer.h"

namespace clipwright::models::encoders {
namespace {

using testing::HasSubstr;

const fs::path kFolders = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/sentence_encoders";

std::vector<std::string> texts_of_golden() {
  return read_json(kFolders / "texts.json").get<std::vector<std::string>>();
}

TextBatch batch_of(const text::tokens::Tokenizer& tokenizer, const std::vector<std::string>& texts,
                   int context_length) {
  text::bpe::PackedTexts packed;
  for (const std::string& text : texts) {
    tokenizer.encode(text, packed.ids, context_length);
    packed.offsets.push_back(static_cast<int32_t>(packed.ids.size()));
  }
  return to_text_batch(packed);
}

Tensor features(SentenceEncoder& encoder, const std::vector<std::string>& texts) {
  return encoder.encode(batch_of(encoder.tokenizer(), texts, encoder.context_length()));
}

double largest(const Tensor& difference) { return difference.abs().max().item<double>(); }

class EveryEncoder : public testing::TestWithParam<const char*> {};

TEST_P(EveryEncoder, HasThePeersFeatures) {
  const torch::NoGradGuard no_grad;
  SentenceEncoder encoder(kFolders / GetParam());
  EXPECT_FALSE(encoder.is_training());
  EXPECT_EQ(encoder.context_length(), 60) << "as its tokenizer_config.json says";
  const Tensor golden = load_floats(kFolders / GetParam() / "features.npy");
  EXPECT_LT(largest(features(encoder, texts_of_golden()) - golden), 1e-5);
}

TEST_P(EveryEncoder, GivesATextTheSameRowInAnyCompany) {
  const torch::NoGradGuard no_grad;
  SentenceEncoder encoder(kFolders / GetParam());
  const std::vector<std::string> texts = texts_of_golden();
  const Tensor together = features(encoder, texts);
  for (const size_t i : {0U, 3U, 20U, 37U}) {
    EXPECT_LT(largest(features(encoder, {texts[i]})[0] - together[static_cast<int64_t>(i)]), 1e-6)
        << texts[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Folders, EveryEncoder,
                         testing::Values("bert-mean", "bert-class", "bert-files", "roberta-last",
                                         "roberta-files"));

TEST(SentenceEncoder, MiniLmHasSentenceTransformersFeatures) {
  const fs::path folder = fetched_sentence_encoder();
  if (folder.empty()) GTEST_SKIP() << "not fetched (./run fetch minilm)";
  const torch::NoGradGuard no_grad;
  SentenceEncoder encoder(find_sentence_encoder(kMiniLm));
  EXPECT_EQ(encoder.context_length(), 256);
  EXPECT_EQ(encoder.table().parameter_count(), 22'565'376) << "the pooler's are not among them";
  std::vector<std::string> texts;
  const std::vector<std::string> all = texts_of_golden();
  for (size_t i = 0; i < all.size(); i += 3) texts.push_back(all[i]);
  const Tensor rows = features(encoder, texts);
  const Tensor unit = rows / rows.norm(2, -1, /*keepdim=*/true);
  EXPECT_LT(largest(unit - load_floats(kFolders / "minilm_features.npy")), 1e-5);
}

TEST(SentenceEncoder, BertsOwnPoolerIsThePeers) {
  const torch::NoGradGuard no_grad;
  const fs::path folder = kFolders / "bert-class";
  const EncoderConfig config = files::read_encoder_config(folder, Pooling::kPooler);
  towers::TextEncoder encoder(config);
  encoder.table().load(files::read_encoder_weights(folder, config), "the test", "the encoder");
  const auto tokenizer = text::hugging_face::read_tokenizer(folder);
  const TextBatch texts = batch_of(*tokenizer, texts_of_golden(), 9);
  EXPECT_LT(largest(encoder.forward(texts.ids, texts.offsets) - load_floats(folder / "pooler.npy")),
            1e-5);
}

TEST(SentenceEncoder, EveryParameterThatIsReadHasAGradient) {
  SentenceEncoder encoder(kFolders / "roberta-files");
  features(encoder, {"a photo of a cat", "the dog jumps over the fox"}).pow(2).sum().backward();
  for (const tensor::TableEntry& entry : encoder.table().entries()) {
    ASSERT_TRUE(entry.leaf.grad().defined()) << entry.name;
    // Of what a softmax cancels rounding is left.
    constexpr double kRounding = 1e-5;
    EXPECT_EQ(largest(entry.leaf.grad()) > kRounding, entry.cancelled.empty()) << entry.name;
  }
}

TEST(SentenceEncoder, OneThatIsNotThereSaysHowToFetchIt) {
  TemporaryFolder empty;
  EXPECT_TRUE(find_sentence_encoder("ViT-B-32").empty());
  EXPECT_TRUE(find_sentence_encoder(empty.path().string()).empty());
  if (!fetched_sentence_encoder().empty()) GTEST_SKIP() << "it is there";
  try {
    find_sentence_encoder(kMiniLm);
    ADD_FAILURE() << "was found";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    EXPECT_THAT(error.what(), HasSubstr("./run fetch minilm"));
  }
}

/// A copy of a folder to damage.
class DamagedEncoder : public testing::Test {
 protected:
  DamagedEncoder() { copy("bert-mean"); }
  void copy(const char* from) {
    fs::remove_all(folder_.path() / "m");
    fs::copy(kFolders / from, folder_.path() / "m", fs::copy_options::recursive);
  }
  fs::path file(const std::string& name) const { return folder_.path() / "m" / name; }
  std::string after(const std::string& name, const std::string& pointer, const Json& value) {
    copy("bert-mean");
    Json json = read_json(file(name));
    json[Json::json_pointer(pointer)] = value;
    write_file(file(name), json.dump());
    return error();
  }
  std::string error() const {
    try {
      SentenceEncoder encoder(folder_.path() / "m");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput) << error.what();
      return error.what();
    }
    return {};
  }
  TemporaryFolder folder_;
};

TEST_F(DamagedEncoder, OtherKindsAreNamed) {
  EXPECT_THAT(after("config.json", "/model_type", "xlm-roberta"), HasSubstr("xlm-roberta"));
  EXPECT_THAT(after("config.json", "/hidden_act", "gelu_new"), HasSubstr("gelu_new"));
  EXPECT_THAT(after("config.json", "/position_embedding_type", "relative_key"),
              HasSubstr("relative_key"));
  EXPECT_THAT(after("config.json", "/is_decoder", true), HasSubstr("is_decoder"));
  EXPECT_THAT(after("1_Pooling/config.json", "/pooling_mode", "max"), HasSubstr("pools by max"));
  EXPECT_THAT(after("1_Pooling/config.json", "/pooling_mode", Json::array({"mean", "cls"})),
              HasSubstr("mean and cls"));
  EXPECT_THAT(after("modules.json", "/2/type", "sentence_transformers.models.Dense"),
              HasSubstr("Dense"));
  EXPECT_THAT(after("modules.json", "/1/path", "../elsewhere"), HasSubstr("elsewhere"));
  EXPECT_THAT(after("modules.json", "", Json::array()), HasSubstr("modules"));
  EXPECT_THAT(after("config_sentence_transformers.json", "/default_prompt_name", "query"), "")
      << "its prompt is empty";
  Json prompts = {{"prompts", {{"query", "query: "}}}, {"default_prompt_name", "query"}};
  EXPECT_THAT(after("config_sentence_transformers.json", "", prompts), HasSubstr("prompt"));
}

TEST_F(DamagedEncoder, ConfigurationsThatAskForTerabytesAreRefused) {
  for (const char* key : {"/vocab_size", "/max_position_embeddings", "/hidden_size",
                          "/intermediate_size", "/num_hidden_layers", "/num_attention_heads"}) {
    for (const Json& value : {Json(1e30), Json(999'999), Json(-1), Json("x"), Json(0)})
      EXPECT_NE(after("config.json", key, value), "") << key << " " << value.dump();
  }
  EXPECT_THAT(after("config.json", "/vocab_size", 9'999'999), HasSubstr("fewer numbers"));
}

TEST_F(DamagedEncoder, ATokenizerOfAnotherModelIsRefused) {
  EXPECT_THAT(after("tokenizer.json", "/model/vocab/dog", 4000), HasSubstr("ids up to 4000"));
}

TEST_F(DamagedEncoder, CutAndMissingFilesAreRefused) {
  const std::string weights = read_file(file("model.safetensors"));
  write_file(file("model.safetensors"), weights.substr(0, weights.size() / 2));
  EXPECT_THAT(error(), HasSubstr("model.safetensors"));
  fs::remove(file("model.safetensors"));
  EXPECT_THAT(error(), HasSubstr("no weights"));
  copy("bert-mean");
  fs::remove(file("tokenizer.json"));
  EXPECT_THAT(error(), HasSubstr("no tokenizer"));
  copy("bert-files");
  fs::remove(file("model-00002-of-00002.safetensors"));
  EXPECT_THAT(error(), HasSubstr("model-00002-of-00002.safetensors"));
}

}  // namespace
}  // namespace clipwright::models::encoders
