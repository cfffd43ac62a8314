#include "train/loop/step.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

#include "core/random.h"
#include "losses/presets.h"
#include "optim/adamw.h"
#include "tests/train/objective_inputs.h"
#include "tests/train/small_model.h"

namespace clipwright::train::loop {
namespace {

constexpr int64_t kPairs = 8;

constexpr const char* kClip = "clip";

StepInput input_of(const std::string& preset, int64_t pairs = kPairs) {
  return random_input(small_config(), small_preset(preset), pairs);
}

/// Everything that learns: the model's and the objective's.
tensor::ParameterTable whole_table(const models::Clip& model, const losses::Objective& objective) {
  tensor::ParameterTable table = model.table();
  table.append(objective.table(), "objective.");
  return table;
}

std::map<std::string, Tensor> gradients_of(models::Clip& model, const std::string& preset,
                                           const StepInput& input, int64_t micro_batch,
                                           double* loss) {
  losses::Objective objective(small_preset(preset), model.config(), 5);
  objective.to(torch::kDouble);
  for (const tensor::TableEntry& entry : model.table().entries())
    entry.leaf.mutable_grad() = Tensor();
  *loss = forward_backward(model, objective, input, {.micro_batch = micro_batch}).loss;
  std::map<std::string, Tensor> gradients;
  const tensor::ParameterTable table = whole_table(model, objective);
  for (const tensor::TableEntry& entry : table.entries())
    gradients[entry.name] = entry.leaf.grad().defined() ? entry.leaf.grad().clone() : Tensor();
  return gradients;
}

class Accumulation : public testing::TestWithParam<std::tuple<std::string, int64_t>> {};

TEST_P(Accumulation, GivesTheGradientOfOneLargeBatch) {
  const auto& [preset, micro_batch] = GetParam();
  models::Clip model(small_config(), 1);
  model.to(torch::kDouble);
  const StepInput input = input_of(preset);
  double whole_loss = 0, parts_loss = 0;
  const auto whole = gradients_of(model, preset, input, 0, &whole_loss);
  const auto parts = gradients_of(model, preset, input, micro_batch, &parts_loss);
  EXPECT_NEAR(whole_loss, parts_loss, 1e-12);
  for (const auto& [name, gradient] : whole) {
    ASSERT_EQ(gradient.defined(), parts.at(name).defined()) << name;
    if (!gradient.defined()) continue;
    const double difference = (gradient - parts.at(name)).abs().max().item<double>();
    EXPECT_LT(difference, 1e-12 * std::max(1.0, gradient.abs().max().item<double>())) << name;
  }
}

// 3 does not divide 8: the last micro-batch is smaller.
INSTANTIATE_TEST_SUITE_P(Presets, Accumulation,
                         testing::Combine(testing::ValuesIn(objective_cases()),
                                          testing::Values(1, 2, 3)));

class EveryPreset : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Presets, EveryPreset, testing::ValuesIn(objective_cases()));

// The whole chain: towers, shared passes, unit rows, terms, weights.
TEST_P(EveryPreset, GradientsAreThoseOfFiniteDifferences) {
  models::Clip model(small_config(), 4);
  model.to(torch::kDouble);
  const StepInput input = input_of(GetParam(), 5);
  losses::ObjectiveConfig config = small_preset(GetParam());
  for (losses::TermConfig& term : config.terms) {
    // A stop-gradient is there to differ from the derivative, and which rows are the best is not a
    // smooth choice.
    if (term.name == "simsiam") term.options["stop-gradient"] = "off";
    if (term.name == "filip") term.options["keep"] = "all";
  }
  losses::Objective objective(config, model.config(), 5);
  objective.to(torch::kDouble);
  const tensor::ParameterTable table = whole_table(model, objective);
  const auto loss = [&] {
    // Training mode: batch normalisation by the batch, as the gradient has it.
    for (const tensor::TableEntry& entry : table.entries()) entry.leaf.mutable_grad() = Tensor();
    std::vector<Tensor> buffers;
    for (const tensor::TableEntry& entry : objective.table().entries()) {
      if (entry.kind == tensor::TensorKind::kBuffer) buffers.push_back(entry.leaf.clone());
    }
    const double value = forward_backward(model, objective, input, {.micro_batch = 2}).loss;
    size_t i = 0;
    for (const tensor::TableEntry& entry : objective.table().entries()) {
      if (entry.kind == tensor::TensorKind::kBuffer) Tensor(entry.leaf).copy_(buffers[i++]);
    }
    return value;
  };
  loss();
  std::vector<Tensor> gradients;
  for (const tensor::TableEntry& entry : table.entries())
    gradients.push_back(entry.leaf.grad().defined() ? entry.leaf.grad().clone() : Tensor());
  Random random(9, "step_test", 0, uint64_t{0});
  for (size_t i = 0; i < table.size(); ++i) {
    const tensor::TableEntry& entry = table.entries()[i];
    if (entry.kind != tensor::TensorKind::kParameter) continue;
    const torch::NoGradGuard no_grad;
    // The steepest place of each tensor, and a random one.
    const Tensor flat = entry.leaf.view(-1);
    const int64_t places[] = {
        gradients[i].defined() ? gradients[i].view(-1).abs().argmax().item<int64_t>() : 0,
        static_cast<int64_t>(random.below(static_cast<uint64_t>(flat.numel())))};
    for (const int64_t place : places) {
      const double start = flat[place].item<double>(), step = 1e-6;
      const auto at = [&](double value) {
        flat[place] = value;
        const torch::AutoGradMode with_gradients(true);
        return loss();
      };
      const double slope = (at(start + step) - at(start - step)) / (2 * step);
      flat[place] = start;
      const double gradient =
          gradients[i].defined() ? gradients[i].view(-1)[place].item<double>() : 0;
      EXPECT_NEAR(gradient, slope, 2e-7 + 2e-5 * std::abs(slope)) << entry.name << " " << place;
    }
  }
}

TEST_P(EveryPreset, EvaluationChangesNothingAndTrainingMovesWhatTermsRemember) {
  models::Clip model(small_config(), 4);
  const StepInput input = input_of(GetParam());
  losses::Objective objective(small_preset(GetParam()), model.config(), 5);
  const auto copies = [&] {
    std::vector<NamedTensor> list;
    for (const auto& [name, tensor] : objective.table().file_tensors())
      list.emplace_back(name, tensor.clone());
    return list;
  };
  const auto before = copies();
  const StepLoss first = evaluate_step(model, objective, input, {.micro_batch = 3});
  EXPECT_TRUE(objective.is_training());
  const auto evaluated = copies();
  for (size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(torch::equal(before[i].second, evaluated[i].second)) << before[i].first;
  EXPECT_EQ(first.loss, evaluate_step(model, objective, input, {.micro_batch = 3}).loss);
  EXPECT_TRUE(first.shares.empty());

  const StepLoss trained = forward_backward(model, objective, input, {.micro_batch = 3});
  const auto after = copies();
  for (size_t i = 0; i < before.size(); ++i) {
    const bool buffer = objective.table().at(before[i].first).kind == tensor::TensorKind::kBuffer;
    EXPECT_NE(torch::equal(before[i].second, after[i].second), buffer) << before[i].first;
  }
  double sum = 0;
  for (const auto& [name, share] : trained.shares) {
    EXPECT_GT(share, 0) << name;
    sum += share;
  }
  if (objective.parts().size() > 1) {
    EXPECT_NEAR(sum, 1, 1e-9);
  }
}

// Readings are of training steps.
TEST(Readings, AreNotTakenInEvaluation) {
  for (const auto& [preset, reading] :
       {std::pair("slip", "simclr/accuracy"), std::pair("declip", "simsiam/collapse")}) {
    models::Clip model(small_config(), 4);
    losses::Objective objective(small_preset(preset), model.config(), 5);
    const auto taken = [&, &name = reading] {
      for (const losses::Objective::Part& part : objective.parts()) {
        for (const auto& [said, value] : part.term->readings()) {
          if (said == name) return true;
        }
      }
      return false;
    };
    evaluate_step(model, objective, input_of(preset), {});
    EXPECT_FALSE(taken()) << reading;
    forward_backward(model, objective, input_of(preset), {});
    EXPECT_TRUE(taken()) << reading;
  }
}

// What is found piece by piece is the weighted sum.
TEST_P(EveryPreset, TheLossIsTheWeightedSumOfItsTerms) {
  models::Clip model(small_config(), 4);
  losses::Objective objective(small_preset(GetParam()), model.config(), 5);
  const StepLoss step =
      forward_backward(model, objective, input_of(GetParam()), {.micro_batch = 3});
  ASSERT_EQ(step.terms.size(), objective.parts().size());
  double sum = 0;
  for (size_t i = 0; i < step.terms.size(); ++i) {
    EXPECT_EQ(step.terms[i].first, objective.parts()[i].name);
    sum += objective.parts()[i].weight * step.terms[i].second;
  }
  EXPECT_NEAR(step.loss, sum, 1e-5 * std::max(1.0, std::abs(sum)));
}

TEST(Step, TheScalesGradientIsThatOfAFiniteDifference) {
  models::Clip model(small_config(), 2);
  model.to(torch::kDouble);
  const StepInput input = input_of(kClip);
  losses::Objective objective(losses::find_preset(kClip), model.config());
  forward_backward(model, objective, input, {.micro_batch = 2});
  const double gradient = model.logit_scale().grad().item<double>();
  const auto loss_at = [&](double change) {
    const torch::NoGradGuard no_grad;
    model.logit_scale() += change;
    const double loss = evaluate_step(model, objective, input, {}).loss;
    model.logit_scale() -= change;
    return loss;
  };
  EXPECT_NEAR(gradient, (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5, 1e-8);
}

TEST(Step, EvaluationGivesTheLossOfTraining) {
  models::Clip model(small_config(), 2);
  const StepInput input = input_of("laclip-mt");
  losses::Objective objective(losses::find_preset("laclip-mt"), model.config());
  const StepLoss trained = forward_backward(model, objective, input, {});
  const StepLoss evaluated = evaluate_step(model, objective, input, {.micro_batch = 3});
  EXPECT_NEAR(trained.loss, evaluated.loss, 1e-5);
  ASSERT_EQ(trained.terms.size(), 1U);
  EXPECT_EQ(trained.terms[0].first, "multi-text");
  EXPECT_NEAR(trained.logit_scale, 1 / 0.07, 1e-4);
}

/// The losses and gradients of a preset with a change.
std::map<std::string, Tensor> changed_gradients(
    const std::string& preset, const std::function<void(losses::ObjectiveConfig&)>& change,
    double* loss) {
  models::Clip model(small_config(), 1);
  model.to(torch::kDouble);
  losses::ObjectiveConfig config = small_preset(preset);
  change(config);
  losses::Objective objective(config, model.config(), 5);
  objective.to(torch::kDouble);
  *loss = forward_backward(model, objective, random_input(small_config(), config, kPairs),
                           {.micro_batch = 3})
              .loss;
  std::map<std::string, Tensor> gradients;
  for (const tensor::TableEntry& entry : model.table().entries())
    gradients[entry.name] = entry.leaf.grad();
  return gradients;
}

void expect_equal(const std::map<std::string, Tensor>& a, const std::map<std::string, Tensor>& b) {
  for (const auto& [name, gradient] : a) {
    const Tensor& other = b.at(name);
    ASSERT_EQ(gradient.defined(), other.defined()) << name;
    if (gradient.defined()) {
      EXPECT_TRUE(torch::equal(gradient, other)) << name;
    }
  }
}

void set_weight(losses::ObjectiveConfig& config, const std::string& name, double weight) {
  for (losses::TermConfig& term : config.terms) {
    if (term.name == name) term.weight = weight;
  }
}

// One objective reached from two sides.
TEST(Identities, DefilipWithoutFilipIsDeclipWithoutMaskedWords) {
  double defilip = 0, declip = 0;
  const auto a = changed_gradients(
      "defilip", [](auto& config) { set_weight(config, "filip", 0); }, &defilip);
  const auto b = changed_gradients(
      "declip",
      [](auto& config) {
        config.texts = {"caption", "eda"};
        set_weight(config, "masked-lm", 0);
      },
      &declip);
  EXPECT_EQ(defilip, declip);
  expect_equal(a, b);
}

TEST(Identities, AnEmptyQueueIsOff) {
  double with = 0, without = 0;
  const auto a = changed_gradients(
      "declip",
      [](auto& config) {
        for (losses::TermConfig& term : config.terms) {
          if (term.name == "nearest-text") term.options["size"] = "0";
        }
      },
      &with);
  const auto b = changed_gradients(
      "declip", [](auto& config) { set_weight(config, "nearest-text", 0); }, &without);
  EXPECT_EQ(with, without);
  expect_equal(a, b);
}

TEST(Identities, OneClassTokenIsTheMultiTextLossAsItWas) {
  double with = 0, without = 0;
  const auto a = changed_gradients(
      "laclip-mt", [](auto& config) { config.terms[0].options["class-tokens"] = "1"; }, &with);
  const auto b = changed_gradients(
      "laclip-mt", [](auto&) {}, &without);
  EXPECT_EQ(with, without);
  expect_equal(a, b);
}

// Texts beside the first meet branches, so what is read of the first class token alone is CLIP.
TEST(Identities, BranchesThatMeetNoTextAreClip) {
  models::Clip model(small_config(), 1);
  losses::Objective clip(small_preset("clip"), model.config()),
      branches(small_preset("laclip-mt with 5 class tokens"), model.config());
  const StepInput input = input_of(kClip);
  EXPECT_EQ(evaluate_step(model, clip, input, {}).loss,
            evaluate_step(model, branches, input, {}).loss);
}

// Words behind a text's end are tokens of FILIP's, and nothing of what else the pass gives changes.
TEST(Padding, LeavesEmbeddingsAndHiddenWordsAsTheyAre) {
  models::Clip model(small_config(), 1);
  model.to(torch::kDouble);
  const auto terms_of = [&](const std::string& padding) {
    losses::ObjectiveConfig config = small_preset("defilip");
    config.texts = {"caption+masked", "eda"};
    config.terms.push_back({"masked-lm", 0.2});
    for (losses::TermConfig& term : config.terms) {
      if (term.name == "filip") term.options["padding"] = padding;
    }
    losses::Objective objective(config, model.config(), 5);
    objective.to(torch::kDouble);
    const StepInput input = random_input(small_config(), config, kPairs);
    std::map<std::string, double> terms;
    for (const auto& [name, loss] :
         forward_backward(model, objective, input, {.micro_batch = 3}).terms)
      terms[name] = loss;
    return terms;
  };
  const auto off = terms_of("off"), on = terms_of("on");
  for (const auto& [name, loss] : off) {
    if (name == "filip") {
      EXPECT_GT(std::abs(on.at(name) - loss), 1e-4);
    } else {
      EXPECT_NEAR(on.at(name), loss, 1e-12) << name;
    }
  }
}

TEST(Identities, MultiTextWithoutRewritesIsClip) {
  models::Clip model(small_config(), 1);
  losses::Objective clip(small_preset("clip"), model.config()),
      multi_text(small_preset("laclip-mt"), model.config());
  const StepInput input = input_of(kClip);
  EXPECT_EQ(evaluate_step(model, clip, input, {}).loss,
            evaluate_step(model, multi_text, input, {}).loss);
}

class Frozen : public testing::TestWithParam<std::tuple<std::string, int64_t>> {};

TEST_P(Frozen, TensorsStayAndTheOthersLearnAsBefore) {
  const auto& [prefix, micro_batch] = GetParam();
  const StepInput input = input_of(kClip);
  double loss = 0;
  models::Clip plain(small_config(), 1);
  plain.to(torch::kDouble);
  const auto expected = gradients_of(plain, kClip, input, 0, &loss);

  models::Clip model(small_config(), 1);
  model.to(torch::kDouble);
  for (const tensor::TableEntry& entry : plain.table().entries()) {
    if (entry.name.rfind(prefix, 0) == 0) model.freeze(entry.name);
  }
  const auto got = gradients_of(model, kClip, input, micro_batch, &loss);
  optim::AdamW optimizer(model.table(), {});
  std::map<std::string, Tensor> before;
  for (const auto& [name, tensor] : model.table().file_tensors()) before[name] = tensor.clone();
  for (const tensor::TableEntry& entry : model.table().entries()) {
    EXPECT_EQ(got.at(entry.name).defined(), !entry.frozen) << entry.name;
    if (entry.frozen) continue;
    EXPECT_TRUE(torch::allclose(got.at(entry.name), expected.at(entry.name), 1e-9, 1e-12))
        << entry.name;
  }
  optimizer.step(1e-3);
  for (const tensor::TableEntry& entry : model.table().entries())
    EXPECT_EQ(torch::equal(before.at(entry.name), entry.leaf), entry.frozen) << entry.name;
}

// A whole tower, one block, one table of embeddings.
INSTANTIATE_TEST_SUITE_P(Towers, Frozen,
                         testing::Combine(testing::Values("visual.", "transformer.resblocks.0",
                                                          "token_embedding"),
                                          testing::Values(0, 3)));

TEST(Step, ASliceOfTextsKeepsThemWhole) {
  const text::bpe::PackedTexts texts{{1, 2, 3, 4, 5, 6}, {0, 1, 3, 6}};
  const text::bpe::PackedTexts slice = slice_texts(texts, 1, 2);
  EXPECT_EQ(slice.ids, (std::vector<int32_t>{2, 3, 4, 5, 6}));
  EXPECT_EQ(slice.offsets, (std::vector<int32_t>{0, 2, 5}));
}

}  // namespace
}  // namespace clipwright::train::loop
