#include "losses/terms/masked_lm.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "tensor/peak_memory.h"
#include "tests/finite_difference.h"

namespace clipwright::losses::terms {
namespace {

struct Head {
  Tensor weight, bias;
};
Head random_head(int64_t words, int64_t width, torch::ScalarType type = torch::kFloat64) {
  return {torch::randn({words, width}, type), torch::randn({words}, type)};
}

/// The sum of the words' cross-entropies and how many are guessed right, number by number.
std::pair<double, int64_t> by_hand(const Tensor& rows, const Tensor& targets, const Head& head) {
  double sum = 0;
  int64_t right = 0;
  for (int64_t r = 0; r < rows.size(0); ++r) {
    std::vector<double> scores;
    for (int64_t v = 0; v < head.weight.size(0); ++v) {
      double score = head.bias[v].item<double>();
      for (int64_t w = 0; w < rows.size(1); ++w)
        score += rows[r][w].item<double>() * head.weight[v][w].item<double>();
      scores.push_back(score);
    }
    const auto target = static_cast<size_t>(targets[r].item<int64_t>());
    double total = 0;
    for (const double score : scores) total += std::exp(score - scores[target]);
    sum += std::log(total);
    right += *std::max_element(scores.begin(), scores.end()) == scores[target];
  }
  return {sum, right};
}

TEST(MaskedLm, EqualsItsFormula) {
  torch::manual_seed(1);
  const Tensor rows = torch::randn({9, 6}, torch::kFloat64);
  const Tensor targets = torch::randint(0, 7, {9}, torch::kInt64);
  const Head head = random_head(7, 6);
  const auto [sum, right] = by_hand(rows, targets, head);
  const MaskedWords words = masked_words(rows, targets, head.weight, head.bias);
  EXPECT_NEAR(words.sum.item<double>(), sum, 1e-10);
  EXPECT_EQ(words.right.item<int64_t>(), right);
  EXPECT_EQ(words.words, 9);
  EXPECT_NEAR(masked_lm_loss(rows, targets, head.weight, head.bias).item<double>(), sum / 9, 1e-10);
  const auto single = [](const Tensor& x) { return x.to(torch::kFloat32); };
  EXPECT_NEAR(
      masked_lm_loss(single(rows), targets, single(head.weight), single(head.bias)).item<double>(),
      sum / 9, 1e-5);
}

TEST(MaskedLm, GradientsEqualFiniteDifferences) {
  torch::manual_seed(2);
  const Tensor targets = torch::tensor({int64_t{4}, int64_t{0}, int64_t{4}});
  const Head head = random_head(5, 4);
  expect_gradients_match(
      [&](const std::vector<Tensor>& in) {
        return 1.7 * masked_lm_loss(in[0], targets, in[1], in[2]);
      },
      {torch::randn({3, 4}, torch::kFloat64), head.weight, head.bias});
}

TEST(MaskedLm, WithoutWordsLossAndGradientsAreZero) {
  torch::manual_seed(3);
  Head head = random_head(5, 4);
  Tensor rows = torch::empty({0, 4}, torch::kFloat64).requires_grad_();
  head.weight.requires_grad_();
  head.bias.requires_grad_();
  const Tensor loss =
      masked_lm_loss(rows, torch::empty({0}, torch::kInt64), head.weight, head.bias);
  EXPECT_EQ(loss.item<double>(), 0);
  loss.backward();
  EXPECT_TRUE(rows.grad().equal(torch::empty({0, 4}, torch::kFloat64)));
  EXPECT_TRUE(head.weight.grad().equal(torch::zeros({5, 4}, torch::kFloat64)));
  EXPECT_TRUE(head.bias.grad().equal(torch::zeros({5}, torch::kFloat64)));
}

/// Loss and gradients of many words under a vocabulary of which 64 MB hold 167 rows of scores.
struct LargeCase {
  Tensor rows, targets;
  Head head;
};
LargeCase large_case() {
  torch::manual_seed(4);
  return {torch::randn({400, 8}), torch::randint(0, 100000, {400}, torch::kInt64),
          random_head(100000, 8, torch::kFloat32)};
}
std::vector<Tensor> run(const LargeCase& given) {
  LargeCase in = given;
  for (Tensor* tensor : {&in.rows, &in.head.weight, &in.head.bias})
    *tensor = tensor->clone().requires_grad_();
  const Tensor loss = masked_lm_loss(in.rows, in.targets, in.head.weight, in.head.bias);
  loss.backward();
  return {loss.detach(), in.rows.grad(), in.head.weight.grad(), in.head.bias.grad()};
}

TEST(MaskedLm, ManyWordsGiveWhatTheLibrarysLossGives) {
  const LargeCase given = large_case();
  const std::vector<Tensor> found = run(given);
  LargeCase in = given;
  for (Tensor* tensor : {&in.rows, &in.head.weight, &in.head.bias})
    *tensor = tensor->to(torch::kFloat64).requires_grad_();
  const Tensor loss =
      at::cross_entropy_loss(at::linear(in.rows, in.head.weight, in.head.bias), in.targets);
  loss.backward();
  EXPECT_NEAR(found[0].item<double>(), loss.item<double>(), 1e-5);
  EXPECT_LT((found[1] - in.rows.grad()).abs().max().item<double>(), 1e-6);
  EXPECT_LT((found[2] - in.head.weight.grad()).abs().max().item<double>(), 1e-6);
  EXPECT_LT((found[3] - in.head.bias.grad()).abs().max().item<double>(), 1e-6);
}

TEST(MaskedLm, NeverHoldsTheScoresOfAllWords) {
  LargeCase in = large_case();
  const int64_t all = int64_t{400} * 100000 * 4, parameters = in.head.weight.nbytes();
  for (Tensor* tensor : {&in.rows, &in.head.weight, &in.head.bias}) tensor->requires_grad_();
  const tensor::PeakMemory peak;
  masked_lm_loss(in.rows, in.targets, in.head.weight, in.head.bias).backward();
  // Some rows' scores, and the head's gradient with one summand.
  EXPECT_LT(peak.bytes(), (int64_t{64} << 20) + 3 * parameters);
  EXPECT_LT(peak.bytes(), all * 2 / 3);
}

TEST(MaskedLm, IsTheSameForAnyNumberOfThreads) {
  const LargeCase given = large_case();
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const std::vector<Tensor> one = run(given);
  at::set_num_threads(2);
  const std::vector<Tensor> two = run(given);
  at::set_num_threads(threads);
  for (size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(one[i].equal(two[i])) << i;
}

TEST(MaskedLm, ATargetOutsideTheVocabularyIsRefused) {
  const Head head = random_head(5, 4);
  for (const int64_t target : {-1, 5}) {
    try {
      masked_lm_loss(torch::zeros({1, 4}, torch::kFloat64), torch::tensor({target}), head.weight,
                     head.bias);
      FAIL() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      EXPECT_NE(std::string(error.what()).find("0 to 4"), std::string::npos) << error.what();
    }
  }
}

std::shared_ptr<Term> make(const std::vector<bool>& masked) {
  const TermKind kind = masked_lm_kind();
  return kind.make({.options = TermOptions(kind.name, kind.options, {}),
                    .widths = {.text_tokens = 6, .vocabulary = 12},
                    .seed = 3,
                    .masked = masked});
}

/// Three texts in each of three slots, the first of them not masked.
Features random_features() {
  Features f;
  const Tensor offsets = torch::tensor({0, 3, 4, 8}, torch::kInt32);
  f.texts.push_back({.offsets = offsets});
  f.texts.push_back({.tokens = torch::randn({8, 6}),
                     .offsets = offsets,
                     .targets = torch::tensor(std::vector<int64_t>{-1, 3, -1, -1, -1, 11, 0, -1})});
  f.texts.push_back(
      {.tokens = torch::randn({8, 6}),
       .offsets = offsets,
       .targets = torch::tensor(std::vector<int64_t>{-1, -1, -1, 5, -1, -1, -1, -1})});
  return f;
}

/// Rows `begin` to `end` of each slot.
Features part_of(const Features& all, int64_t begin, int64_t end) {
  Features part = all;
  for (TextFeatures& text : part.texts) {
    if (text.tokens.defined()) text.tokens = text.tokens.slice(0, begin, end);
    if (text.targets.defined()) text.targets = text.targets.slice(0, begin, end);
  }
  return part;
}

TEST(MaskedLm, TheTermReadsTheHiddenWordsOfMaskedSlotsAlone) {
  torch::manual_seed(5);
  const auto term = make({false, true, true});
  const Features f = random_features();
  const Wants wants = term->wants();
  ASSERT_EQ(wants.texts.size(), 3U);
  EXPECT_FALSE(wants.texts[0].tokens);
  EXPECT_TRUE(wants.texts[1].tokens && wants.texts[2].tokens);
  const Tensor rows = torch::stack(
      {f.texts[1].tokens[1], f.texts[1].tokens[5], f.texts[1].tokens[6], f.texts[2].tokens[3]});
  const Tensor targets = torch::tensor(std::vector<int64_t>{3, 11, 0, 5});
  const Head head = {term->table().at("head.weight").leaf, term->table().at("head.bias").leaf};
  EXPECT_EQ(head.weight.sizes(), (torch::IntArrayRef{12, 6}));
  EXPECT_LE(head.weight.abs().max().item<double>(), 1 / std::sqrt(6.0));
  const auto [sum, right] = by_hand(rows, targets, head);
  const StepContext step{.pairs = 3, .masked_words = 4};
  EXPECT_NEAR(term->sample_loss(f, step).item<double>(), sum / 4, 1e-6);
  EXPECT_FALSE(term->loss(f).defined());
  const std::vector<Reading> readings = term->readings();
  ASSERT_EQ(readings.size(), 2U);
  EXPECT_EQ(readings[0], Reading("masked-lm/accuracy", static_cast<double>(right) / 4));
  EXPECT_EQ(readings[1], Reading("masked-lm/words", 4));
}

TEST(MaskedLm, MicroBatchesAddUpToTheStep) {
  torch::manual_seed(6);
  const Features f = random_features();
  const StepContext step{.pairs = 3, .masked_words = 4};
  const auto whole = make({false, true, true}), parts = make({false, true, true});
  const Tensor loss = whole->sample_loss(f, step);
  loss.backward();
  double sum = 0;
  for (const auto& [begin, end] : {std::pair{0, 2}, {2, 3}, {3, 6}, {6, 8}}) {  // one has no word
    const Tensor share = parts->sample_loss(part_of(f, begin, end), step);
    share.backward();
    sum += share.item<double>();
  }
  EXPECT_NEAR(sum, loss.item<double>(), 1e-6);
  for (const char* name : {"head.weight", "head.bias"}) {
    EXPECT_LT((whole->table().at(name).leaf.grad() - parts->table().at(name).leaf.grad())
                  .abs()
                  .max()
                  .item<double>(),
              1e-6);
  }
  EXPECT_EQ(whole->readings(), parts->readings());
}

TEST(MaskedLm, ReadingsAreThoseOfTheLastTrainingStep) {
  torch::manual_seed(7);
  const Features f = random_features();
  const auto term = make({false, true, true});
  const auto words = [&] { return term->readings().at(1).second; };
  term->sample_loss(f, {.pairs = 3, .masked_words = 4});
  term->after_step(f);
  EXPECT_EQ(words(), 4);
  term->sample_loss(part_of(f, 0, 4), {.pairs = 2, .masked_words = 2});
  term->after_step(f);
  EXPECT_EQ(words(), 2);
  term->eval();
  term->sample_loss(f, {.pairs = 3, .masked_words = 4});
  EXPECT_EQ(words(), 2);
}

TEST(MaskedLm, AStepWithoutHiddenWordsCostsNothing) {
  torch::manual_seed(8);
  Features f = random_features();
  for (size_t slot : {1, 2}) {
    f.texts[slot].targets.fill_(-1);
    f.texts[slot].tokens.requires_grad_();
  }
  const auto term = make({false, true, true});
  const Tensor loss = term->sample_loss(f, {.pairs = 3, .masked_words = 0});
  EXPECT_EQ(loss.item<double>(), 0);
  loss.backward();
  EXPECT_EQ(f.texts[1].tokens.grad().abs().max().item<double>(), 0);
  EXPECT_EQ(term->table().at("head.weight").leaf.grad().abs().max().item<double>(), 0);
  EXPECT_EQ(term->readings().at(0).second, 0);
}

}  // namespace
}  // namespace clipwright::losses::terms
