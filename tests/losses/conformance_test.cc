#include "losses/conformance.h"

#include <gtest/gtest.h>

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <set>

#include "core/error.h"
#include "core/json.h"
#include "losses/catalogue.h"
#include "losses/terms/simsiam.h"

namespace clipwright::losses {
namespace {

using Tensors = std::vector<NamedTensor>;
using Options = std::map<std::string, std::string>;

struct Case {
  std::string term, name;
  Options options;
  Tensors inputs, outputs;

  std::string text() const { return term + ": " + name; }
};

Tensor tensor_of(const Json& json) {
  const auto shape = json["shape"].get<std::vector<int64_t>>();
  const std::string type = json.value("dtype", "F64");
  if (type == "F64")
    return torch::tensor(json["values"].get<std::vector<double>>(), torch::kFloat64).view(shape);
  return torch::tensor(json["values"].get<std::vector<int64_t>>(), torch::kInt64)
      .view(shape)
      .to(type == "I32" ? torch::kInt32 : torch::kInt64);
}

Tensors tensors_of(const Json& json) {
  Tensors tensors;
  for (const auto& [name, value] : json.items()) tensors.emplace_back(name, tensor_of(value));
  return tensors;
}

const std::vector<Case>& all_cases() {
  static const std::vector<Case> cases = [] {
    std::vector<Case> read;
    for (const TermKind& kind : term_kinds()) {
      const Json file = read_json(std::string(CLIPWRIGHT_SOURCE_DIR) + "/tests/conformance/" +
                                  kind.name + ".json");
      for (const Json& one : file["cases"])
        read.push_back({kind.name, one["name"], one["options"].get<Options>(),
                        tensors_of(one["inputs"]), tensors_of(one["outputs"])});
    }
    return read;
  }();
  return cases;
}

const Case& find_case(const std::string& term, size_t number = 0) {
  for (const Case& one : all_cases()) {
    if (one.term == term && number-- == 0) return one;
  }
  throw std::out_of_range(term);
}

const Tensor& find(const Tensors& tensors, const std::string& name) {
  for (const auto& [known, tensor] : tensors) {
    if (known == name) return tensor;
  }
  throw std::out_of_range(name);
}

Tensors converted(Tensors tensors, torch::ScalarType type) {
  for (auto& [name, tensor] : tensors) {
    if (tensor.is_floating_point()) tensor = tensor.to(type);
  }
  return tensors;
}

Tensors evaluate(const Case& one) { return evaluate_term(one.term, one.options, one.inputs); }

double largest(const Tensor& tensor) {
  return tensor.numel() == 0 ? 0 : tensor.abs().max().item<double>();
}

/// Within `relative` of the largest number of each tensor, or of `floor` where that is more: some
/// gradients are 0 but for rounding.
void expect_outputs(const Case& one, torch::ScalarType type, double relative, double floor) {
  SCOPED_TRACE(one.text());
  const Tensors found = evaluate_term(one.term, one.options, converted(one.inputs, type));
  std::set<std::string> names, expected_names;
  for (const auto& [name, tensor] : found) names.insert(name);
  for (const auto& [name, tensor] : one.outputs) expected_names.insert(name);
  ASSERT_EQ(names, expected_names);
  for (const auto& [name, expected] : one.outputs) {
    const Tensor& tensor = find(found, name);
    ASSERT_EQ(tensor.sizes(), expected.sizes()) << name;
    ASSERT_EQ(tensor.scalar_type(), expected.is_floating_point() ? type : expected.scalar_type())
        << name;
    EXPECT_LE(largest(tensor.to(torch::kFloat64) - expected.to(torch::kFloat64)),
              relative * std::max(largest(expected.to(torch::kFloat64)), floor))
        << name;
  }
}

TEST(Conformance, HasCasesOfEveryTerm) {
  std::map<std::string, int> counts;
  for (const Case& one : all_cases()) ++counts[one.term];
  EXPECT_EQ(counts.size(), term_kinds().size());
  for (const auto& [term, count] : counts) EXPECT_GE(count, 6) << term;
  EXPECT_GE(all_cases().size(), 100U);
}

TEST(Conformance, EqualsTheFormulasInDoublePrecision) {
  for (const Case& one : all_cases()) expect_outputs(one, torch::kFloat64, 1e-10, 1e-2);
}

TEST(Conformance, EqualsTheFormulasInSinglePrecision) {
  for (const Case& one : all_cases()) expect_outputs(one, torch::kFloat32, 1e-5, 1);
}

TEST(Conformance, LeavesItsInputsAlone) {
  for (const Case& one : all_cases()) {
    Tensors before;
    for (const auto& [name, tensor] : one.inputs) before.emplace_back(name, tensor.clone());
    evaluate(one);
    for (const auto& [name, tensor] : one.inputs) {
      EXPECT_TRUE(tensor.equal(find(before, name))) << one.text() << ", " << name;
      EXPECT_FALSE(tensor.requires_grad());
    }
  }
}

/// z_v and p_v of SimSiam by the layers of `inputs`.
std::pair<Tensor, Tensor> simsiam_rows(const Case& one, const Tensors& inputs, int view) {
  const auto head = [&](const std::string& name, int count, int norms) {
    std::vector<terms::HeadLayer> layers;
    for (int i = 0; i < count; ++i) {
      const std::string layer = name + "." + std::to_string(i),
                        norm = name + ".norm." + std::to_string(i);
      layers.push_back({find(inputs, layer + ".weight"), find(inputs, layer + ".bias"), {}, {}});
      if (i < norms) {
        layers.back().norm_weight = find(inputs, norm + ".weight");
        layers.back().norm_bias = find(inputs, norm + ".bias");
      }
    }
    return layers;
  };
  const auto rows = one.options.find("norm-rows");
  const int64_t group = rows == one.options.end() ? 0 : std::stoll(rows->second);
  const Tensor z = terms::head_rows(find(inputs, "embedding." + std::to_string(view)),
                                    head("projector", 3, 3), group);
  return {z, terms::head_rows(z, head("predictor", 2, 1), group)};
}

/// The loss as a function of the inputs in which what no gradient passes stands still.
std::function<double(const Tensors&)> differentiable(const Case& one) {
  const auto stop = one.options.find("stop-gradient");
  if (one.term != "simsiam" || (stop != one.options.end() && stop->second == "off"))
    return [&one](const Tensors& inputs) {
      return find(evaluate_term(one.term, one.options, inputs), "loss").item<double>();
    };
  const Tensor z0 = simsiam_rows(one, one.inputs, 0).first,
               z1 = simsiam_rows(one, one.inputs, 1).first;
  return [&one, z0, z1](const Tensors& inputs) {
    return terms::simsiam_loss(simsiam_rows(one, inputs, 0).second,
                               simsiam_rows(one, inputs, 1).second, z0, z1)
        .item<double>();
  };
}

TEST(Conformance, GradientsEqualFiniteDifferences) {
  constexpr double kStep = 1e-5;
  constexpr int64_t kElements = 3;  // of each tensor, spread over it
  for (const Case& one : all_cases()) {
    SCOPED_TRACE(one.text());
    const auto loss = differentiable(one);
    const Tensors outputs = evaluate(one);
    for (size_t which = 0; which < one.inputs.size(); ++which) {
      const auto& [name, input] = one.inputs[which];
      if (!input.is_floating_point() || name == "queue") continue;
      const Tensor gradient = find(outputs, "grad." + name).reshape({-1});
      const int64_t count = input.numel(), stride = std::max<int64_t>(1, count / kElements);
      for (int64_t i = 0; i < count; i += stride) {
        const auto nudged = [&](double by) {
          Tensors inputs = one.inputs;
          inputs[which].second = input.clone();
          inputs[which].second.view({-1})[i] += by;
          return loss(inputs);
        };
        const double difference = (nudged(kStep) - nudged(-kStep)) / (2 * kStep);
        EXPECT_NEAR(gradient[i].item<double>(), difference, 2e-6 * (1 + largest(gradient)))
            << name << ", element " << i;
      }
    }
  }
}

/// Outputs of one name (or two) agree.
void expect_same(const Tensors& a, const std::string& of_a, const Tensors& b,
                 const std::string& of_b, double factor = 1) {
  const Tensor expected = factor * find(b, of_b);
  EXPECT_LE(largest(find(a, of_a).reshape(expected.sizes()) - expected), 1e-12)
      << of_a << " and " << of_b;
}

TEST(Conformance, OneTokenASideIsInfoNce) {
  const Tensors& pairs = find_case("contrastive", 3).inputs;
  const Tensor &images = find(pairs, "image.0"), &scale = find(pairs, "logit_scale");
  const Tensors expected = evaluate_term("contrastive", {}, pairs),
                found =
                    evaluate_term("filip", {},
                                  {{"patches", images.unsqueeze(1)},
                                   {"tokens", find(pairs, "text.0")},
                                   {"offsets", torch::arange(images.size(0) + 1, torch::kInt32)},
                                   {"logit_scale", scale}});
  expect_same(found, "loss", expected, "loss");
  expect_same(found, "grad.patches", expected, "grad.image.0");
  expect_same(found, "grad.tokens", expected, "grad.text.0");
  expect_same(found, "grad.logit_scale", expected, "grad.logit_scale");
}

TEST(Conformance, OneTextIsClip) {
  const Tensors& pairs = find_case("contrastive", 3).inputs;
  const Tensors expected = evaluate_term("contrastive", {}, pairs);
  for (const char* constant : {"paper", "mean"}) {
    const Tensors found = evaluate_term("multi-text", {{"constant", constant}}, pairs);
    for (const auto& [name, tensor] : expected)
      EXPECT_TRUE(find(found, name).equal(tensor)) << name;
  }
}

/// Two views and two texts that are the same ones.
Tensors twice(const Tensors& pairs) {
  return {{"image.0", find(pairs, "image.0")},
          {"image.1", find(pairs, "image.0")},
          {"text.0", find(pairs, "text.0")},
          {"text.1", find(pairs, "text.0")},
          {"logit_scale", find(pairs, "logit_scale")}};
}

TEST(Conformance, TheSameViewTwiceIsClip) {
  const Tensors& pairs = find_case("contrastive", 3).inputs;
  const Tensors expected = evaluate_term("contrastive", {}, pairs),
                found = evaluate_term("multi-view", {}, twice(pairs));
  expect_same(found, "loss", expected, "loss");
  for (const char* view : {"0", "1"}) {
    expect_same(found, std::string("grad.image.") + view, expected, "grad.image.0", 0.5);
    expect_same(found, std::string("grad.text.") + view, expected, "grad.text.0", 0.5);
  }
}

TEST(Conformance, WithItsOwnTextsInTheQueueNearestTextIsClipForPictures) {
  const Tensors& pairs = find_case("contrastive", 3).inputs;
  Tensors inputs = twice(pairs);
  inputs.emplace_back("queue", find(pairs, "text.0").flip(0));
  inputs.emplace_back("queue.position", torch::tensor(0));
  const Tensors expected = evaluate_term("contrastive", {}, pairs),
                found = evaluate_term("nearest-text", {{"direction", "both"}}, inputs);
  expect_same(found, "loss", expected, "loss");
  expect_same(found, "grad.image.0", expected, "grad.image.0", 0.5);
  EXPECT_EQ(largest(find(found, "grad.text.0")), 0);
}

TEST(Conformance, WithoutAQueueNothingIsNear) {
  Tensors inputs = twice(find_case("contrastive", 3).inputs);
  inputs.emplace_back("queue", torch::zeros({0, find(inputs, "text.0").size(1)}, torch::kFloat64));
  inputs.emplace_back("queue.position", torch::tensor(0));
  const Tensors found = evaluate_term("nearest-text", {}, inputs);
  for (const auto& [name, tensor] : found) EXPECT_EQ(largest(tensor), 0) << name;
  EXPECT_EQ(find(found, "after.queue").sizes(), find(inputs, "queue").sizes());
}

TEST(Conformance, SigmoidIsSigLipsAlgorithm) {
  // Zhai et al. 2023, algorithm 1: labels = 2 * eye(n) - ones(n);
  // l = -sum(log_sigmoid(labels * logits)) / n
  for (const Case& one : all_cases()) {
    if (one.term != "sigmoid") continue;
    const Tensor images = find(one.inputs, "image.0"), texts = find(one.inputs, "text.0");
    const int64_t n = images.size(0);
    const Tensor logits =
        images.mm(texts.t()) * find(one.inputs, "logit_scale") + find(one.inputs, "logit_bias");
    const Tensor labels = 2 * at::eye(n, torch::kFloat64) - at::ones({n, n}, torch::kFloat64);
    const double expected =
        (-at::log_sigmoid(labels * logits).sum() / static_cast<double>(n)).item<double>();
    EXPECT_NEAR(find(evaluate(one), "loss").item<double>(), expected, 1e-12 * (1 + expected))
        << one.text();
  }
}

/// Inputs of a term in sizes at which threads share the work.
Tensors large_inputs(const std::string& term) {
  const std::map<std::string, int64_t> sizes = {{"N", 96},  {"E", 80},   {"D", 64},  {"W", 72},
                                                {"A", 96},  {"B", 96},   {"C", 64},  {"H", 48},
                                                {"R", 150}, {"V", 1500}, {"Q", 900}, {"P", 25}};
  Tensors inputs;
  const auto draw = [&](const std::string& name, const std::vector<int64_t>& shape) {
    const Tensor drawn = torch::randn(shape, torch::kFloat32);
    const bool unit = shape.size() > 1 && name.find("weight") == std::string::npos;
    inputs.emplace_back(name, unit ? drawn / drawn.norm(2, -1, true) : drawn);
  };
  std::vector<int32_t> offsets = {0};
  for (int64_t n = 0; n < sizes.at("N"); ++n)
    offsets.push_back(offsets.back() + 1 + static_cast<int32_t>(n * 7 % 30));
  for (const FormulaInput& input : formula_inputs(term)) {
    std::vector<int64_t> shape;
    for (const std::string& size : input.shape)
      shape.push_back(size == "T"     ? offsets.back()
                      : size == "N+1" ? sizes.at("N") + 1
                                      : sizes.at(size));
    if (input.name == "text.*") {
      for (int i = 0; i < 3; ++i) draw("text." + std::to_string(i), shape);
    } else if (input.name == "offsets") {
      inputs.emplace_back(input.name, torch::tensor(offsets, torch::kInt32));
    } else if (input.name == "targets") {
      inputs.emplace_back(input.name, torch::randint(sizes.at("V"), shape, torch::kInt64));
    } else if (input.name == "queue.position") {
      inputs.emplace_back(input.name, torch::tensor(850));
    } else if (input.name == "logit_scale") {
      inputs.emplace_back(input.name, torch::tensor(14.3F));
    } else {
      draw(input.name, shape);
    }
  }
  return inputs;
}

TEST(Conformance, GivesTheSameBitsWithOneThreadAndTwo) {
  const int threads = at::get_num_threads();
  torch::manual_seed(1);
  for (const TermKind& kind : term_kinds()) {
    for (const torch::ScalarType type : {torch::kFloat32, torch::kFloat64}) {
      const Tensors inputs = converted(large_inputs(kind.name), type);
      at::set_num_threads(1);
      const Tensors alone = evaluate_term(kind.name, {}, inputs);
      at::set_num_threads(2);
      const Tensors together = evaluate_term(kind.name, {}, inputs);
      for (const auto& [name, tensor] : alone)
        EXPECT_TRUE(find(together, name).equal(tensor))
            << kind.name << ", " << name << ", " << type;
    }
  }
  at::set_num_threads(threads);
}

/// An error of that kind whose sentence holds every one of `parts`.
void expect_error(ExitCode code, const std::vector<std::string>& parts, const std::string& term,
                  const Options& options, const Tensors& inputs) {
  try {
    evaluate_term(term, options, inputs);
    ADD_FAILURE() << term << " was evaluated, expected: " << parts[0];
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    for (const std::string& part : parts)
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
          << "'" << error.what() << "' without '" << part << "'";
  }
}

/// A case of the term with one tensor replaced, or taken out.
Tensors with(const std::string& term, const std::string& name, const Tensor& tensor,
             size_t number = 0) {
  Tensors inputs = find_case(term, number).inputs;
  std::erase_if(inputs, [&](const NamedTensor& one) { return one.first == name; });
  if (tensor.defined()) inputs.emplace_back(name, tensor);
  return inputs;
}

TEST(Conformance, NamesTheNearestTermAndOption) {
  const Tensors& pairs = find_case("contrastive").inputs;
  expect_error(ExitCode::kUsage, {"Did you mean 'contrastive'?"}, "contrastiv", {}, pairs);
  expect_error(ExitCode::kUsage, {"Did you mean 'constant'?"}, "multi-text", {{"constnt", "mean"}},
               pairs);
  expect_error(ExitCode::kUsage, {"constant", "'man'", "Did you mean 'mean'?"}, "multi-text",
               {{"constant", "man"}}, pairs);
  expect_error(ExitCode::kUsage, {"has no option 'keep'"}, "contrastive", {{"keep", "2"}}, pairs);
  expect_error(ExitCode::kUsage, {"temperature", "'0'"}, "simclr", {{"temperature", "0"}}, {});
  expect_error(ExitCode::kUsage, {"keep", "'0'"}, "filip", {{"keep", "0"}}, {});
  expect_error(ExitCode::kUsage, {"keep", "'some'"}, "filip", {{"keep", "some"}}, {});
  expect_error(ExitCode::kUsage, {"bias", "not part of its formula"}, "sigmoid", {{"bias", "1"}},
               pairs);
}

TEST(Conformance, NamesTensorsThatAreMissingOrNotItsOwn) {
  expect_error(
      ExitCode::kInput,
      {"contrastive reads text.0", "image.0, logit_scale", "exactly image.0, text.0, logit_scale"},
      "contrastive", {}, with("contrastive", "text.0", {}));
  expect_error(ExitCode::kInput, {"contrastive does not read text.1"}, "contrastive", {},
               with("contrastive", "text.1", torch::zeros({1, 4}, torch::kFloat64)));
  Tensors misspelt = with("contrastive", "image.0", {});
  misspelt.emplace_back("image.O", find(find_case("contrastive").inputs, "image.0"));
  expect_error(ExitCode::kInput, {"Is 'image.O' meant to be image.0?"}, "contrastive", {},
               misspelt);
  // A gap in the texts.
  Tensors gap = find_case("multi-text").inputs;
  gap.emplace_back("text.2", find(gap, "text.0"));
  expect_error(ExitCode::kInput, {"multi-text reads text.1"}, "multi-text", {}, gap);
  Tensors twice_given = find_case("contrastive").inputs;
  twice_given.push_back(twice_given[0]);
  expect_error(ExitCode::kInput, {"image.0 is given twice"}, "contrastive", {}, twice_given);
  expect_error(ExitCode::kInput, {"contrastive reads image.0, text.0, logit_scale", "none"},
               "contrastive", {}, {});
}

TEST(Conformance, NamesBothTensorsWhenTypesDiffer) {
  const Tensor text = find(find_case("contrastive", 1).inputs, "text.0");
  expect_error(ExitCode::kInput, {"text.0 is F32 and image.0 F64", "F32 or F64"}, "contrastive", {},
               with("contrastive", "text.0", text.to(torch::kFloat32), 1));
  expect_error(ExitCode::kInput, {"text.0 is BF16", "F32 or F64"}, "contrastive", {},
               with("contrastive", "text.0", text.to(torch::kBFloat16), 1));
  expect_error(ExitCode::kInput, {"offsets is I64", "I32"}, "filip", {},
               with("filip", "offsets", torch::tensor({0, 4}, torch::kInt64)));
  expect_error(ExitCode::kInput, {"targets is I32", "I64"}, "masked-lm", {},
               with("masked-lm", "targets", torch::tensor({0}, torch::kInt32), 1));
}

/// nearest-text would choose another row than the one that is no number, and give a finite loss.
TEST(Conformance, RefusesWhatIsNotFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               infinite = std::numeric_limits<double>::infinity();
  expect_error(ExitCode::kInput, {"nearest-text's text.0 holds 1 number that is infinite or NaN"},
               "nearest-text", {},
               with("nearest-text", "text.0",
                    torch::full({2, 5}, 0.5, torch::kFloat64).index_put_({1, 2}, nan), 1));
  expect_error(ExitCode::kInput, {"logit_scale holds 1 number", "expected finite numbers"},
               "contrastive", {},
               with("contrastive", "logit_scale", torch::tensor(-infinite, torch::kFloat64), 1));
  expect_error(ExitCode::kInput, {"queue holds 45 numbers that are infinite or NaN"},
               "nearest-text", {},
               with("nearest-text", "queue", torch::full({9, 5}, infinite, torch::kFloat64), 1));
}

TEST(Conformance, NamesTheShapeThatDoesNotFit) {
  const auto zeros = [](torch::IntArrayRef shape) { return torch::zeros(shape, torch::kFloat64); };
  expect_error(ExitCode::kInput,
               {"contrastive's text.0 has the shape (3, 5)",
                "(N, E) with N = 2 as in image.0, E = 5 as in image.0"},
               "contrastive", {}, with("contrastive", "text.0", zeros({3, 5}), 1));
  expect_error(ExitCode::kInput, {"text.0 has the shape (2, 4)", "E = 5"}, "contrastive", {},
               with("contrastive", "text.0", zeros({2, 4}), 1));
  expect_error(ExitCode::kInput, {"logit_scale has the shape (1)", "()"}, "contrastive", {},
               with("contrastive", "logit_scale", zeros({1}), 1));
  expect_error(ExitCode::kInput, {"image.0 has the shape (0, 5)", "N at least 1"}, "contrastive",
               {}, with("contrastive", "image.0", zeros({0, 5}), 1));
  expect_error(ExitCode::kInput, {"queue has the shape (9, 4)", "(Q, E) with E = 5 as in image.0"},
               "nearest-text", {}, with("nearest-text", "queue", zeros({9, 4}), 1));
  expect_error(ExitCode::kInput, {"offsets has the shape (2)", "(N+1) with N = 2 as in patches"},
               "filip", {}, with("filip", "offsets", torch::tensor({0, 2}, torch::kInt32), 1));
  expect_error(ExitCode::kInput, {"tokens has the shape (2, 4)", "D = 3 as in patches"}, "filip",
               {}, with("filip", "tokens", zeros({2, 4}), 1));
  expect_error(ExitCode::kInput,
               {"projector.1.weight has the shape (4, 3)", "(B, A) with", "A = 4"}, "simsiam", {},
               with("simsiam", "projector.1.weight", zeros({4, 3})));
}

TEST(Conformance, NamesNumbersThatCannotBe) {
  const auto offsets = [](std::vector<int> values) { return torch::tensor(values, torch::kInt32); };
  // Texts of one and five tokens.
  expect_error(ExitCode::kInput, {"offsets ends with 5", "6, the number of rows of tokens"},
               "filip", {}, with("filip", "offsets", offsets({0, 1, 5}), 2));
  expect_error(ExitCode::kInput, {"offsets goes from 6 to 6 at text 1", "increase"}, "filip", {},
               with("filip", "offsets", offsets({0, 6, 6}), 2));
  expect_error(ExitCode::kInput, {"offsets begins with 1", "expected 0"}, "filip", {},
               with("filip", "offsets", offsets({1, 2, 6}), 2));
  expect_error(ExitCode::kInput, {"targets holds 5 at row 0", "0 to 4"}, "masked-lm", {},
               with("masked-lm", "targets", torch::tensor({5}, torch::kInt64), 1));
  expect_error(ExitCode::kInput, {"targets holds -1 at row 0"}, "masked-lm", {},
               with("masked-lm", "targets", torch::tensor({-1}, torch::kInt64), 1));
  expect_error(ExitCode::kInput, {"queue.position is 9", "0 to 8 for the 9 rows of queue"},
               "nearest-text", {},
               with("nearest-text", "queue.position", torch::tensor(9, torch::kInt64), 1));
  expect_error(ExitCode::kInput, {"queue.position is -1"}, "nearest-text", {},
               with("nearest-text", "queue.position", torch::tensor(-1, torch::kInt64), 1));
  expect_error(ExitCode::kInput, {"queue has 4 rows", "5", "top-k"}, "nearest-text",
               {{"top-k", "5"}}, find_case("nearest-text", 0).inputs);
}

}  // namespace
}  // namespace clipwright::losses
