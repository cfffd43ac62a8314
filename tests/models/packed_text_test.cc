// The packed text tower against the tower as it is usually written: every text padded to the
// context length, a dense causal mask, every row of every block computed, the end token's row
// picked at the end.
#include <gtest/gtest.h>

#include "core/random.h"
#include "models/clip.h"
#include "models/towers/text_transformer.h"

namespace clipwright::models {
namespace {

TextConfig small_config() {
  return {.context_length = 12,
          .vocabulary_size = 50,
          .width = 16,
          .layers = 3,
          .heads = 2,
          .activation = Activation::kQuickGelu};
}

std::shared_ptr<towers::TextTransformer> random_tower() {
  torch::manual_seed(11);
  auto tower = std::make_shared<towers::TextTransformer>(small_config(), 8);
  torch::NoGradGuard no_grad;
  for (Tensor& parameter : tower->parameters()) parameter.normal_(0, 0.3);
  tower->to(torch::kFloat64);
  return tower;
}

text::bpe::PackedTexts some_texts() {
  text::bpe::PackedTexts texts;
  Random random(5, "texts", 0, uint64_t{0});
  for (const int length : {2, 12, 5, 7}) {
    for (int i = 0; i < length; ++i)
      texts.ids.push_back(static_cast<int32_t>(i + 1 == length ? 49 : random.below(49)));
    texts.offsets.push_back(static_cast<int32_t>(texts.ids.size()));
  }
  return texts;
}

/// Every row (N, L, W) after the last norm.
Tensor dense_rows(const towers::TextTransformer& tower, const text::bpe::PackedTexts& texts) {
  const int64_t length = tower.config.context_length, width = tower.config.width,
                heads = tower.config.heads, count = texts.size();
  Tensor ids = torch::zeros({count, length}, torch::kInt64);
  for (int64_t n = 0; n < count; ++n) {
    for (int32_t t = texts.offsets[n]; t < texts.offsets[n + 1]; ++t)
      ids[n][t - texts.offsets[n]] = texts.ids[t];
  }
  const Tensor hidden_future = torch::ones({length, length}, torch::kBool).triu(1);
  const auto norm = [](const Tensor& x, const Tensor& weight, const Tensor& bias) {
    const Tensor centred = x - x.mean(-1, true);
    return centred / (centred.pow(2).mean(-1, true) + 1e-5).sqrt() * weight + bias;
  };
  Tensor x = tower.token_embedding.index_select(0, ids.view({-1})).view({count, length, width}) +
             tower.positional_embedding;
  for (const auto& block : tower.blocks) {
    const Tensor qkv =
        (at::matmul(norm(x, block->ln_1_weight, block->ln_1_bias), block->in_proj_weight.t()) +
         block->in_proj_bias)
            .view({count, length, 3, heads, width / heads})
            .permute({2, 0, 3, 1, 4});
    const Tensor scores = at::matmul(qkv[0], qkv[1].transpose(-1, -2)) /
                          std::sqrt(static_cast<double>(width / heads));
    const Tensor mixed =
        at::matmul(
            scores.masked_fill(hidden_future, -std::numeric_limits<double>::infinity()).softmax(-1),
            qkv[2])
            .transpose(1, 2)
            .reshape({count, length, width});
    x = x + at::matmul(mixed, block->out_proj_weight.t()) + block->out_proj_bias;
    const Tensor hidden =
        at::matmul(norm(x, block->ln_2_weight, block->ln_2_bias), block->c_fc_weight.t()) +
        block->c_fc_bias;
    x = x + at::matmul(hidden * at::sigmoid(1.702 * hidden), block->c_proj_weight.t()) +
        block->c_proj_bias;
  }
  return norm(x, tower.ln_final_weight, tower.ln_final_bias);
}

Tensor dense_forward(const towers::TextTransformer& tower, const text::bpe::PackedTexts& texts) {
  Tensor ends = torch::zeros({texts.size()}, torch::kInt64);
  for (int64_t n = 0; n < texts.size(); ++n) ends[n] = texts.offsets[n + 1] - texts.offsets[n] - 1;
  return at::matmul(dense_rows(tower, texts).index({torch::arange(texts.size()), ends}),
                    tower.projection);
}

TEST(PackedText, EqualsThePaddedTower) {
  const auto tower = random_tower();
  const text::bpe::PackedTexts texts = some_texts();
  const TextBatch batch = to_text_batch(texts);
  EXPECT_LT((tower->forward(batch.ids, batch.offsets).embedding - dense_forward(*tower, texts))
                .abs()
                .max()
                .item<double>(),
            1e-12);
}

TEST(PackedText, EveryParameterGetsThePaddedTowersGradient) {
  const auto tower = random_tower();
  const text::bpe::PackedTexts texts = some_texts();
  const TextBatch batch = to_text_batch(texts);
  const Tensor direction = torch::randn({texts.size(), 8}, torch::kFloat64);
  (tower->forward(batch.ids, batch.offsets).embedding * direction).sum().backward();
  std::vector<Tensor> packed;
  for (Tensor& parameter : tower->parameters()) {
    packed.push_back(parameter.grad().clone());
    parameter.mutable_grad() = Tensor();
  }
  (dense_forward(*tower, texts) * direction).sum().backward();
  size_t i = 0;
  for (const auto& named : tower->named_parameters()) {
    EXPECT_LT((packed[i++] - named.value().grad()).abs().max().item<double>(), 1e-11)
        << named.key();
  }
}

// As published for FILIP: id 0 behind the end token up to the context length, causal attention.
TEST(PackedText, PaddingHasThePaddedTowersRows) {
  const auto tower = random_tower();
  const text::bpe::PackedTexts texts = some_texts();
  const TextBatch batch = to_text_batch(texts);
  const TextOutputs outputs =
      tower->forward(batch.ids, batch.offsets, {.tokens = true, .padding = true});
  const int64_t length = tower->config.context_length;
  const Tensor expected = dense_rows(*tower, texts);
  EXPECT_LT((outputs.tokens.view_as(expected) - expected).abs().max().item<double>(), 1e-12);
  EXPECT_LT((outputs.embedding - dense_forward(*tower, texts)).abs().max().item<double>(), 1e-12);
  EXPECT_TRUE(
      torch::equal(outputs.offsets, torch::arange(texts.size() + 1, torch::kInt32).mul_(length)));
  // What no padding is asked of stays as it is.
  const TextOutputs plain = tower->forward(batch.ids, batch.offsets, {.tokens = true});
  EXPECT_TRUE(torch::equal(plain.offsets, batch.offsets));
  for (int64_t n = 0; n < texts.size(); ++n) {
    const int64_t begin = texts.offsets[n], count = texts.offsets[n + 1] - begin;
    EXPECT_LT((plain.tokens.narrow(0, begin, count) - expected[n].narrow(0, 0, count))
                  .abs()
                  .max()
                  .item<double>(),
              1e-12);
  }
}

TEST(PackedText, PaddingLearnsAsInThePaddedTower) {
  const auto tower = random_tower();
  const text::bpe::PackedTexts texts = some_texts();
  const TextBatch batch = to_text_batch(texts);
  const Tensor direction = torch::randn({texts.size(), 12, 16}, torch::kFloat64);
  (tower->forward(batch.ids, batch.offsets, {.tokens = true, .padding = true})
       .tokens.view_as(direction) *
   direction)
      .sum()
      .backward();
  std::vector<Tensor> packed;
  for (Tensor& parameter : tower->parameters()) {
    packed.push_back(parameter.grad().defined() ? parameter.grad().clone() : Tensor());
    parameter.mutable_grad() = Tensor();
  }
  (dense_rows(*tower, texts) * direction).sum().backward();
  size_t i = 0;
  for (const auto& named : tower->named_parameters()) {
    const Tensor &got = packed[i++], expected = named.value().grad();
    ASSERT_EQ(got.defined(), expected.defined()) << named.key();
    if (got.defined()) {
      EXPECT_LT((got - expected).abs().max().item<double>(), 1e-11) << named.key();
    }
  }
}

// DeCLIP's order: the mask's row before those of start and end. The same rows in another order, so
// the same features.
TEST(PackedText, DeclipsOrderOfTheTokenTableIsTheSameTower) {
  const auto tower = random_tower();
  TextConfig config = small_config();
  config.declip_numbering = true;
  config.vocabulary_size = 51;
  const auto other = std::make_shared<towers::TextTransformer>(config, 8);
  other->to(torch::kFloat64);
  const Tensor mask = torch::randn({16}, torch::kFloat64);
  {
    const torch::NoGradGuard no_grad;
    const auto from = tower->named_parameters();
    for (auto& named : other->named_parameters()) {
      if (named.key() != "token_embedding_weight") named.value().copy_(from[named.key()]);
    }
    other->token_embedding.copy_(
        torch::cat({tower->token_embedding.narrow(0, 0, 48), mask.unsqueeze(0),
                    tower->token_embedding.narrow(0, 48, 2)}));
  }
  text::bpe::PackedTexts texts = some_texts();
  texts.ids[3] = 50;  // a hidden word
  texts.ids[4] = 48;  // a start
  const TextBatch batch = to_text_batch(texts);
  EXPECT_TRUE(
      torch::equal(other->forward(batch.ids, batch.offsets).embedding,
                   tower->forward(batch.ids, batch.offsets, {.mask_token = mask}).embedding));
}

TEST(PackedText, ABiasIsAddedToTheProjection) {
  const auto tower = random_tower();
  TextConfig config = small_config();
  config.projection_bias = true;
  const auto other = std::make_shared<towers::TextTransformer>(config, 8);
  other->to(torch::kFloat64);
  const Tensor bias = torch::randn({8}, torch::kFloat64);
  {
    const torch::NoGradGuard no_grad;
    const auto from = tower->named_parameters();
    for (auto& named : other->named_parameters()) {
      const Tensor* value = from.find(named.key());
      named.value().copy_(value == nullptr ? bias : *value);
    }
  }
  const TextBatch batch = to_text_batch(some_texts());
  for (const bool tokens : {false, true}) {
    EXPECT_LT((other->forward(batch.ids, batch.offsets, {.tokens = tokens}).embedding - bias -
               tower->forward(batch.ids, batch.offsets, {.tokens = tokens}).embedding)
                  .abs()
                  .max()
                  .item<double>(),
              1e-12);
  }
}

TEST(PackedText, ATextDoesNotDependOnItsNeighbours) {
  const auto tower = random_tower();
  const text::bpe::PackedTexts all = some_texts();
  const TextBatch together = to_text_batch(all);
  const Tensor features = tower->forward(together.ids, together.offsets).embedding;
  for (int64_t n = 0; n < all.size(); ++n) {
    text::bpe::PackedTexts one;
    one.ids.assign(all.ids.begin() + all.offsets[n], all.ids.begin() + all.offsets[n + 1]);
    one.offsets.push_back(static_cast<int32_t>(one.ids.size()));
    const TextBatch alone = to_text_batch(one);
    EXPECT_LT((tower->forward(alone.ids, alone.offsets).embedding[0] - features[n])
                  .abs()
                  .max()
                  .item<double>(),
              1e-13);
  }
}

TEST(PackedText, SeveralListsJoinEndToEnd) {
  const text::bpe::PackedTexts texts = some_texts();
  const TextBatch joined = to_text_batch(std::vector<text::bpe::PackedTexts>{texts, texts});
  ASSERT_EQ(joined.size(), 2 * texts.size());
  const TextBatch one = to_text_batch(texts);
  EXPECT_TRUE(torch::equal(joined.ids, torch::cat({one.ids, one.ids})));
  EXPECT_EQ(joined.offsets[-1].item<int>(), 2 * static_cast<int>(texts.ids.size()));
}

}  // namespace
}  // namespace clipwright::models
