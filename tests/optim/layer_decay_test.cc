#include "optim/layer_decay.h"

#include <gtest/gtest.h>

#include <cmath>

#include "optim/adamw.h"

namespace clipwright::optim {
namespace {

// The numbers of open_clip's own test of it.
TEST(LayerDecay, TheLastGroupLearnsAtTheFullRate) {
  const std::vector<std::vector<std::string>> groups = {
      {"embeddings"}, {"a", "b"}, {"c"}, {"proj"}};
  const RateFactors factors = layer_rate_factors(groups, 0.5);
  EXPECT_EQ(
      factors,
      (RateFactors{{"embeddings", 0.125}, {"a", 0.25}, {"b", 0.25}, {"c", 0.5}, {"proj", 1}}));
  EXPECT_TRUE(layer_rate_factors(groups, 1).empty());
}

// A factor is a smaller learning rate for everything that the rate decides, decay included.
TEST(LayerDecay, AStepEqualsOneAtTheSmallerRate) {
  for (const double factor : {1.0, 0.65, 0.01}) {
    tensor::ParameterTable scaled, plain;
    for (auto* table : {&scaled, &plain}) {
      torch::manual_seed(3);
      table->add("proj", torch::randn({3, 5}, torch::kDouble).requires_grad_());
      table->add("ln.weight", torch::randn({4}, torch::kDouble).requires_grad_());
    }
    AdamW one(scaled, {.rate_factors = {{"proj", factor}, {"ln.weight", factor}}}),
        other(plain, {});
    EXPECT_EQ(one.rate_factor(0), factor);
    EXPECT_EQ(one.decaying(), 1);
    for (int step = 0; step < 3; ++step) {
      torch::manual_seed(step);
      for (const tensor::ParameterTable* table : {&scaled, &plain}) {
        torch::manual_seed(step);
        for (const tensor::TableEntry& entry : table->entries())
          entry.leaf.mutable_grad() = torch::randn_like(entry.leaf);
      }
      one.step(0.01);
      other.step(0.01 * factor);
    }
    for (size_t i = 0; i < scaled.size(); ++i)
      EXPECT_TRUE(torch::equal(scaled.entries()[i].leaf, plain.entries()[i].leaf));
  }
}

}  // namespace
}  // namespace clipwright::optim
