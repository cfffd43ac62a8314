#include "losses/terms/filip.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/error.h"
#include "losses/terms/contrastive.h"
#include "tensor/safetensors.h"
#include "tests/finite_difference.h"
#include "tests/temporary_folder.h"

namespace clipwright::losses::terms {
namespace {

constexpr double kScale = 9;

Tensor unit(const Tensor& rows) { return rows / rows.norm(2, -1, /*keepdim=*/true); }

struct Pairs {
  Tensor patches, tokens, offsets;
};
/// Texts of 1 to 6 tokens.
Pairs random_pairs(int64_t count, int64_t patches, int64_t width) {
  Tensor offsets = torch::zeros({count + 1}, torch::kInt32);
  for (int64_t n = 0; n < count; ++n)
    offsets[n + 1] = offsets[n].item<int32_t>() + 1 + static_cast<int32_t>((n * 5 + 3) % 6);
  return {unit(torch::randn({count, patches, width}, torch::kFloat64)),
          unit(torch::randn({offsets[count].item<int64_t>(), width}, torch::kFloat64)), offsets};
}

double product(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (int64_t d = 0; d < a.size(0); ++d) sum += a[d].item<double>() * b[d].item<double>();
  return sum;
}

/// The `keep` indices with the largest sums over the other side, straight from the definition.
std::set<int64_t> best(const std::vector<Tensor>& own, const std::vector<Tensor>& other,
                       int64_t keep) {
  std::vector<std::pair<double, int64_t>> ranked;
  for (size_t i = 0; i < own.size(); ++i) {
    double sum = 0;
    for (const Tensor& row : other) sum += product(own[i], row);
    ranked.emplace_back(-sum, static_cast<int64_t>(i));
  }
  std::sort(ranked.begin(), ranked.end());
  std::set<int64_t> kept;
  for (size_t i = 0; i < ranked.size() && static_cast<int64_t>(i) < keep; ++i)
    kept.insert(ranked[i].second);
  return kept;
}

double by_hand(const Pairs& pairs, double scale, int64_t keep) {
  const int64_t count = pairs.patches.size(0);
  std::vector<std::vector<Tensor>> images, texts;
  for (int64_t n = 0; n < count; ++n) {
    images.push_back(pairs.patches[n].unbind(0));
    texts.push_back(
        pairs.tokens
            .slice(0, pairs.offsets[n].item<int64_t>(), pairs.offsets[n + 1].item<int64_t>())
            .unbind(0));
  }
  const auto fit = [&](const std::vector<Tensor>& rows, const std::vector<Tensor>& others,
                       const std::set<int64_t>& kept) {
    double sum = 0;
    for (const Tensor& row : rows) {
      double largest = -2;
      for (const int64_t k : kept)
        largest = std::max(largest, product(row, others[static_cast<size_t>(k)]));
      sum += largest;
    }
    return sum / static_cast<double>(rows.size());
  };
  std::vector<std::set<int64_t>> kept_patches, kept_tokens;
  for (size_t n = 0; n < images.size(); ++n) {
    kept_patches.push_back(best(images[n], texts[n], keep));
    kept_tokens.push_back(best(texts[n], images[n], keep));
  }
  double loss = 0;
  for (size_t n = 0; n < images.size(); ++n) {
    double over_texts = 0, over_images = 0;
    for (size_t k = 0; k < images.size(); ++k) {
      over_texts += std::exp(scale * fit(images[n], texts[k], kept_tokens[k]));
      over_images += std::exp(scale * fit(texts[n], images[k], kept_patches[k]));
    }
    loss += std::log(over_texts) - scale * fit(images[n], texts[n], kept_tokens[n]) +
            std::log(over_images) - scale * fit(texts[n], images[n], kept_patches[n]);
  }
  return loss / static_cast<double>(2 * count);
}

double loss_of(const Pairs& pairs, int64_t keep) {
  return filip_loss(pairs.patches, pairs.tokens, pairs.offsets,
                    torch::tensor(kScale, pairs.patches.options()), keep)
      .item<double>();
}

TEST(Filip, EqualsItsFormula) {
  torch::manual_seed(1);
  const Pairs pairs = random_pairs(5, 7, 6);
  for (const int64_t keep : {int64_t{1}, int64_t{2}, int64_t{4}, int64_t{6}, kKeepAll})
    EXPECT_NEAR(loss_of(pairs, keep), by_hand(pairs, kScale, keep), 1e-10) << keep;
}

TEST(Filip, EqualsItsFormulaInSinglePrecision) {
  torch::manual_seed(2);
  const Pairs pairs = random_pairs(5, 7, 6);
  const Pairs single = {pairs.patches.to(torch::kFloat32), pairs.tokens.to(torch::kFloat32),
                        pairs.offsets};
  for (const int64_t keep : {int64_t{2}, kKeepAll})
    EXPECT_NEAR(loss_of(single, keep), by_hand(pairs, kScale, keep), 1e-5) << keep;
}

TEST(Filip, GradientsEqualFiniteDifferences) {
  torch::manual_seed(3);
  const Pairs pairs = random_pairs(3, 4, 5);
  for (const int64_t keep : {int64_t{2}, kKeepAll}) {
    expect_gradients_match(
        [&](const std::vector<Tensor>& in) {
          return filip_loss(in[0], in[1], pairs.offsets, in[2], keep);
        },
        {pairs.patches, pairs.tokens, torch::tensor(4.0, torch::kFloat64)});
  }
}

TEST(Filip, WithOnePatchAndOneTokenIsInfoNce) {
  torch::manual_seed(4);
  const Tensor images = unit(torch::randn({6, 5}, torch::kFloat64)),
               texts = unit(torch::randn({6, 5}, torch::kFloat64)),
               scale = torch::tensor(kScale, torch::kFloat64);
  const Tensor offsets = torch::arange(7, torch::kInt32);
  EXPECT_NEAR(filip_loss(images.unsqueeze(1), texts, offsets, scale, 16).item<double>(),
              info_nce(images, texts, scale).item<double>(), 1e-12);
}

TEST(Filip, KeepingAsManyAsThereAreKeepsAll) {
  torch::manual_seed(5);
  const Pairs pairs = random_pairs(6, 7, 5);
  EXPECT_EQ(loss_of(pairs, 7), loss_of(pairs, kKeepAll));
  EXPECT_NE(loss_of(pairs, 6), loss_of(pairs, kKeepAll));
  const FilipSides sides = filip_sides(pairs.patches, pairs.tokens, pairs.offsets, 7);
  EXPECT_TRUE(sides.texts.kept.equal(torch::arange(pairs.tokens.size(0), torch::kInt32)));
  EXPECT_TRUE(sides.images.kept.equal(torch::arange(42, torch::kInt32)));
}

TEST(Filip, OfEqualRowsTheLowerIndexIsKept) {
  torch::manual_seed(6);
  const Tensor row = unit(torch::randn({1, 5}, torch::kFloat64));
  const Pairs pairs = {torch::cat({-row, row, row, -row, row}).unsqueeze(0),
                       torch::cat({row, row, -row, row}), torch::tensor({0, 4}, torch::kInt32)};
  const FilipSides sides = filip_sides(pairs.patches, pairs.tokens, pairs.offsets, 2);
  EXPECT_TRUE(sides.images.kept.equal(torch::tensor({1, 2}, torch::kInt32)));
  EXPECT_TRUE(sides.texts.kept.equal(torch::tensor({0, 1}, torch::kInt32)));
}

TEST(Filip, TheChoiceIsMadeWithinTheOwnPairAndAscends) {
  // One-hot rows: the sums are counts.
  const Tensor one_hot = torch::eye(4, torch::kFloat64);
  const auto rows = [&](std::vector<int64_t> which) {
    return one_hot.index_select(0, torch::tensor(which));
  };
  const Pairs pairs = {torch::stack({rows({0, 1, 2}), rows({3, 2, 1})}),
                       torch::cat({rows({1, 2, 2, 1, 2}), rows({0, 1})}),
                       torch::tensor({0, 5, 7}, torch::kInt32)};
  const FilipSides two = filip_sides(pairs.patches, pairs.tokens, pairs.offsets, 2);
  EXPECT_TRUE(two.images.kept.equal(torch::tensor({1, 2, 3, 5}, torch::kInt32)));
  EXPECT_TRUE(two.texts.kept.equal(torch::tensor({0, 1, 5, 6}, torch::kInt32)));
  const FilipSides one = filip_sides(pairs.patches, pairs.tokens, pairs.offsets, 1);
  EXPECT_TRUE(one.images.kept.equal(torch::tensor({2, 5}, torch::kInt32)));
  EXPECT_TRUE(one.texts.kept.equal(torch::tensor({0, 6}, torch::kInt32)));
}

constexpr TowerWidths kWidths = {
    .embedding = 8, .image_pooled = 12, .image_patches = 12, .text_tokens = 10, .vocabulary = 30};

std::shared_ptr<Term> make(const std::map<std::string, std::string>& options, uint64_t seed = 1) {
  const TermKind kind = filip_kind();
  return kind.make(
      {.options = TermOptions(kind.name, kind.options, options), .widths = kWidths, .seed = seed});
}

Features random_features() {
  Features f;
  f.views.push_back({.patches = torch::randn({4, 5, 12})});
  f.texts.push_back(
      {.tokens = torch::randn({9, 10}), .offsets = torch::tensor({0, 3, 4, 7, 9}, torch::kInt32)});
  f.logit_scale = torch::tensor(7.0F);
  return f;
}

TEST(Filip, TheTermComparesUnitRowsBehindItsHeads) {
  torch::manual_seed(7);
  const Features f = random_features();
  const auto term = make({{"dim", "6"}, {"keep", "2"}});
  const auto head = [&](const Tensor& rows, const std::string& side) {
    return unit(at::linear(rows, term->table().at(side + ".weight").leaf,
                           term->table().at(side + ".bias").leaf));
  };
  const Tensor expected =
      filip_loss(head(f.views[0].patches, "image"), head(f.texts[0].tokens, "text"),
                 f.texts[0].offsets, torch::tensor(static_cast<float>(1 / 0.07)), 2);
  EXPECT_NEAR(term->loss(f).item<double>(), expected.item<double>(), 1e-5);
  EXPECT_TRUE(term->wants().views.at(0).patches && term->wants().texts.at(0).tokens);
  EXPECT_FALSE(term->wants().views.at(0).embedding || term->wants().texts.at(0).embedding ||
               term->wants().scale);

  const auto shared = make({{"dim", "6"}, {"keep", "all"}, {"scale", "shared"}});
  const Tensor by_shared =
      filip_loss(head(f.views[0].patches, "image"), head(f.texts[0].tokens, "text"),
                 f.texts[0].offsets, f.logit_scale, kKeepAll);
  EXPECT_NEAR(shared->loss(f).item<double>(), by_shared.item<double>(), 1e-5);
  EXPECT_TRUE(shared->wants().scale);
  EXPECT_EQ(shared->table().size(), 4U);
}

TEST(Filip, EveryParameterOfTheTermIsReached) {
  torch::manual_seed(8);
  const Features f = random_features();
  const auto term = make({{"dim", "6"}});
  ASSERT_EQ(term->table().size(), 5U);
  term->loss(f).backward();
  for (const tensor::TableEntry& entry : term->table().entries()) {
    ASSERT_TRUE(entry.leaf.grad().defined()) << entry.name;
    EXPECT_GT(entry.leaf.grad().abs().max().item<double>(), 0) << entry.name;
  }
  EXPECT_LE(term->table().at("image.weight").leaf.abs().max().item<double>(), 1 / std::sqrt(12.0));
  EXPECT_LE(term->table().at("text.bias").leaf.abs().max().item<double>(), 1 / std::sqrt(10.0));
}

TEST(Filip, TheOwnScaleStartsAsPublishedAndStaysWithinItsBounds) {
  const auto term = make({});
  Tensor scale = term->table().at("logit_scale").leaf;
  EXPECT_NEAR(scale.item<double>(), 2.6592600369, 1e-6);
  for (const auto& [set, kept] : {std::pair{2.7, 3.0}, {4.5, 4.5}, {6.5, 6.0}}) {
    scale.detach().fill_(set);
    term->after_update();
    EXPECT_NEAR(scale.item<double>(), kept, 1e-6);
  }
}

TEST(Filip, HeadsFollowTheSeedAndComeBackFromAFile) {
  torch::manual_seed(9);
  const Features f = random_features();
  const TemporaryFolder folder;
  const auto first = make({}, 1), again = make({}, 1), other = make({}, 2);
  EXPECT_EQ(first->loss(f).item<double>(), again->loss(f).item<double>());
  EXPECT_NE(first->loss(f).item<double>(), other->loss(f).item<double>());
  tensor::write_safetensors(folder.path() / "term.safetensors", first->table().file_tensors());
  other->table().load(tensor::read_safetensors(folder.path() / "term.safetensors").tensors, "file",
                      "filip");
  EXPECT_EQ(first->loss(f).item<double>(), other->loss(f).item<double>());
}

TEST(Filip, OptionsThatDoNotFitAreRefused) {
  for (const char* keep : {"0", "some", "1.5", "-1"}) EXPECT_THROW(make({{"keep", keep}}), Error);
  EXPECT_THROW(make({{"dim", "0"}}), Error);
  EXPECT_THROW(make({{"scale", "none"}}), Error);
}

}  // namespace
}  // namespace clipwright::losses::terms
