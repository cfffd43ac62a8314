#include "models/towers/shared_prefixes.h"

#include <gtest/gtest.h>

#include "models/clip.h"

namespace clipwright::models {
namespace {

TEST(SharedPrefixes, GiveEachBeginningOneRow) {
  const Tensor ids = torch::tensor({1, 2, 3, 1, 2, 4, 1, 2, 3}, torch::kInt64),
               offsets = torch::tensor({0, 3, 6, 9}, torch::kInt32);
  const towers::SharedPrefixes shared = towers::share_prefixes(ids, offsets);
  EXPECT_TRUE(shared.ids.equal(torch::tensor({1, 2, 3, 4})));
  EXPECT_TRUE(shared.positions.equal(torch::tensor({0, 1, 2, 2})));
  EXPECT_TRUE(shared.row_of.equal(torch::tensor({0, 1, 2, 0, 1, 3, 0, 1, 2})));
  EXPECT_TRUE(shared.first_of.equal(torch::tensor({0, 1, 2, 5})));
  EXPECT_TRUE(shared.last.equal(torch::tensor({2, 3, 2})));
}

// A token after another beginning is another row, even at the same place.
TEST(SharedPrefixes, KeepEqualTokensAfterDifferentBeginningsApart) {
  const towers::SharedPrefixes shared = towers::share_prefixes(
      torch::tensor({1, 5, 2, 5}, torch::kInt64), torch::tensor({0, 2, 4}, torch::kInt32));
  EXPECT_EQ(shared.rows(), 4);
}

/// Whether the token table is in DeCLIP's order, with a bias behind the projection.
class SharedPrefixesOf : public testing::TestWithParam<bool> {};

TEST_P(SharedPrefixesOf, AreExactInTheTextTower) {
  ModelConfig config;
  config.text.projection_bias = config.text.declip_numbering = GetParam();
  config.text.vocabulary_size += GetParam() ? 1 : 0;
  config.name = "custom";
  config.embed_dim = 8;
  config.vision = {.image_size = 16, .patch_size = 8, .width = 16, .layers = 1, .heads = 2};
  config.text.width = 32;
  config.text.layers = 3;
  config.text.heads = 4;
  Clip model(config, 3);
  {
    torch::NoGradGuard no_grad;
    for (auto [name, tensor] : model.table().file_tensors()) {
      if (tensor.dim() >= 2) tensor.mul_(3);
      if (name == "text_projection.bias") tensor.fill_(0.1);
    }
  }
  text::bpe::PackedTexts packed;
  for (const char* text : {"a photo of a cat.", "a photo of a dog.", "a photo", "", "the dog",
                           "a photo of a cat.", "a photo of a catalogue, a type of book."})
    text::bpe::Tokenizer::standard().append(text, packed, 77);
  const Evaluating evaluating(model);
  const Tensor alone = model.encode_text(to_text_batch(packed)),
               shared =
                   model.encode_text(to_text_batch(packed), TextRequest{.share_prefixes = true})
                       .embedding;
  EXPECT_LT((alone - shared).abs().max().item<float>(), 1e-6F * alone.abs().max().item<float>());
  EXPECT_TRUE(shared[0].equal(shared[5]));
}
INSTANTIATE_TEST_SUITE_P(Towers, SharedPrefixesOf, testing::Bool());

}  // namespace
}  // namespace clipwright::models
