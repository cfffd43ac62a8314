#include "train/loop/tower_pass.h"

#include <gtest/gtest.h>

#include "tests/train/objective_inputs.h"
#include "tests/train/small_model.h"

namespace clipwright::train::loop {
namespace {

constexpr int64_t kPairs = 6;

losses::ObjectiveConfig with_hidden_words(losses::ObjectiveConfig config) {
  config.texts = {"caption+masked", "eda"};
  config.terms.push_back({"masked-lm", 0.2});
  return config;
}

struct Case {
  std::string name;
  losses::ObjectiveConfig config;
};

std::vector<Case> cases() {
  std::vector<Case> list;
  for (const std::string& name : objective_cases()) list.push_back({name, small_preset(name)});
  list.push_back(
      {"defilip that hides words, as published", with_hidden_words(small_preset("defilip"))});
  return list;
}

// Rows of tokens are most of what a text tower gives: of a whole batch only FILIP's are there.
TEST(TowerPass, OfAWholeBatchTheTokensAreThoseThatFilipCompares) {
  models::Clip model(small_config(), 1);
  const torch::NoGradGuard no_grad;
  bool dropped = false;
  for (const auto& [name, config] : cases()) {
    const losses::Objective objective(config, model.config(), 5);
    const StepInput input = random_input(small_config(), config, kPairs);
    const losses::Features whole = run_towers(model, objective, objective.wants(), input, false);
    losses::Wants of_batch = objective.wants();
    of_batch.texts = objective.batch_wants().texts;
    losses::Features less = run_towers(model, objective, of_batch, input, false),
                     kept = with_wanted_texts(whole, of_batch);
    bool filip = false;
    for (const losses::Objective::Part& part : objective.parts()) filip |= part.name == "filip";
    for (size_t k = 0; k < config.texts.size(); ++k) {
      const losses::TextFeatures& text = less.texts[k];
      EXPECT_EQ(text.tokens.defined(), filip && k == 0) << name << ", " << config.texts[k];
      dropped |= whole.texts[k].tokens.defined() && !text.tokens.defined();
      const bool read = objective.batch_wants().texts[k].embedding || (filip && k == 0);
      ASSERT_EQ(text.embedding.defined(), read) << name << ", " << config.texts[k];
      if (read) {
        EXPECT_TRUE(torch::allclose(text.embedding, whole.texts[k].embedding, 1e-5, 1e-6))
            << name << ", " << config.texts[k];
      }
    }
    // The last part is passed once, for both.
    EXPECT_EQ(rows_of_outputs(less), rows_of_outputs(kept)) << name;
  }
  EXPECT_TRUE(dropped);
}

}  // namespace
}  // namespace clipwright::train::loop
