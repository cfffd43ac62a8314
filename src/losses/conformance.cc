#include "losses/conformance.h"

#include <algorithm>
#include <functional>

#include "core/error.h"
#include "losses/catalogue.h"
#include "losses/terms/contrastive.h"
#include "losses/terms/filip.h"
#include "losses/terms/masked_lm.h"
#include "losses/terms/multi_text.h"
#include "losses/terms/multi_view.h"
#include "losses/terms/nearest_text.h"
#include "losses/terms/sigmoid.h"
#include "losses/terms/simclr.h"
#include "losses/terms/simsiam.h"

namespace clipwright::losses {
namespace {

using Type = FormulaInput::Type;
using Inputs = std::map<std::string, Tensor>;

struct Outcome {
  Tensor loss;
  std::vector<NamedTensor> after = {};  ///< buffers as a step leaves them
};

/// An option of the term that its formula has.
struct FormulaOption {
  std::string name;
  std::string fallback = {};  ///< empty: as in training
};

struct Formula {
  std::string term;
  std::vector<FormulaInput> inputs;
  std::vector<FormulaOption> options;
  std::function<Outcome(const Inputs&, const TermOptions&)> evaluate;
};

FormulaInput rows_of(const std::string& name) { return {name, {"N", "E"}}; }
FormulaInput scalar(const std::string& name) { return {name, {}}; }

/// A linear layer (`outputs`, `inputs`) of a head.
void add_layer(std::vector<FormulaInput>& all, const std::string& head, int index,
               const std::string& outputs, const std::string& inputs) {
  const std::string name = head + "." + std::to_string(index);
  all.push_back({name + ".weight", {outputs, inputs}});
  all.push_back({name + ".bias", {outputs}});
}

void add_norm(std::vector<FormulaInput>& all, const std::string& head, int index,
              const std::string& size) {
  const std::string name = head + ".norm." + std::to_string(index);
  all.push_back({name + ".weight", {size}});
  all.push_back({name + ".bias", {size}});
}

/// `count` layers, the first `norms` of them normalised.
std::vector<terms::HeadLayer> head_of(const Inputs& in, const std::string& head, int count,
                                      int norms) {
  std::vector<terms::HeadLayer> layers;
  for (int i = 0; i < count; ++i) {
    const std::string index = "." + std::to_string(i), norm = head + ".norm" + index;
    layers.push_back({in.at(head + index + ".weight"), in.at(head + index + ".bias"), {}, {}});
    if (i >= norms) continue;
    layers.back().norm_weight = in.at(norm + ".weight");
    layers.back().norm_bias = in.at(norm + ".bias");
  }
  return layers;
}

Formula contrastive() {
  return {"contrastive",
          {rows_of("image.0"), rows_of("text.0"), scalar("logit_scale")},
          {},
          [](const Inputs& in, const TermOptions&) -> Outcome {
            return {terms::info_nce(in.at("image.0"), in.at("text.0"), in.at("logit_scale"))};
          }};
}

Formula multi_text() {
  return {"multi-text",
          {rows_of("image.0"), rows_of("text.*"), scalar("logit_scale")},
          {{.name = "constant"}},
          [](const Inputs& in, const TermOptions& options) -> Outcome {
            std::vector<Tensor> texts;
            for (size_t slot = 0; slot + 2 < in.size(); ++slot)
              texts.push_back(in.at("text." + std::to_string(slot)));
            return {terms::multi_text({in.at("image.0")}, texts, in.at("logit_scale"),
                                      options.is("constant", "paper")
                                          ? terms::MultiTextConstant::kPaper
                                          : terms::MultiTextConstant::kMean)};
          }};
}

std::vector<FormulaInput> two_views_two_texts() {
  return {rows_of("image.0"), rows_of("image.1"), rows_of("text.0"), rows_of("text.1"),
          scalar("logit_scale")};
}

Formula multi_view() {
  return {"multi-view",
          two_views_two_texts(),
          {{.name = "weighting"}},
          [](const Inputs& in, const TermOptions& options) -> Outcome {
            return {terms::multi_view(
                {in.at("image.0"), in.at("image.1")}, {in.at("text.0"), in.at("text.1")},
                in.at("logit_scale"),
                options.is("weighting", "mean")    ? terms::MultiViewWeighting::kMean
                : options.is("weighting", "paper") ? terms::MultiViewWeighting::kPaper
                                                   : terms::MultiViewWeighting::kPaperSum)};
          }};
}

Formula simsiam() {
  std::vector<FormulaInput> inputs = {{"embedding.0", {"N", "D"}}, {"embedding.1", {"N", "D"}}};
  const char* widths[] = {"D", "A", "B", "C"};
  for (int i = 0; i < 3; ++i) {
    add_layer(inputs, "projector", i, widths[i + 1], widths[i]);
    add_norm(inputs, "projector", i, widths[i + 1]);
  }
  add_layer(inputs, "predictor", 0, "H", "C");
  add_norm(inputs, "predictor", 0, "H");
  add_layer(inputs, "predictor", 1, "C", "H");
  return {"simsiam",
          inputs,
          {{.name = "stop-gradient"}, {.name = "norm-rows"}},
          [](const Inputs& in, const TermOptions& options) -> Outcome {
            return {terms::simsiam(in.at("embedding.0"), in.at("embedding.1"),
                                   head_of(in, "projector", 3, 3), head_of(in, "predictor", 2, 1),
                                   options.is("stop-gradient", "on"),
                                   terms::norm_rows("simsiam", options))};
          }};
}

Formula simclr() {
  std::vector<FormulaInput> inputs = {{"pooled.0", {"N", "W"}}, {"pooled.1", {"N", "W"}}};
  const char* widths[] = {"W", "A", "B", "C"};
  for (int i = 0; i < 3; ++i) {
    add_layer(inputs, "head", i, widths[i + 1], widths[i]);
    if (i < 2) add_norm(inputs, "head", i, widths[i + 1]);
  }
  return {
      "simclr",
      inputs,
      {{.name = "temperature"}, {.name = "norm-rows"}},
      [](const Inputs& in, const TermOptions& options) -> Outcome {
        return {terms::simclr(in.at("pooled.0"), in.at("pooled.1"), head_of(in, "head", 3, 2),
                              options.number("temperature"), terms::norm_rows("simclr", options))
                    .loss};
      }};
}

Formula masked_lm() {
  return {"masked-lm",
          {{"rows", {"R", "W"}},
           {"targets", {"R"}, Type::kInt64},
           {"head.weight", {"V", "W"}},
           {"head.bias", {"V"}}},
          {},
          [](const Inputs& in, const TermOptions&) -> Outcome {
            const Tensor& targets = in.at("targets");
            const int64_t words = in.at("head.bias").size(0);
            for (int64_t i = 0; i < targets.size(0); ++i) {
              if (const auto target = targets[i].item<int64_t>(); target < 0 || target >= words)
                fail_input(
                    "targets holds " + std::to_string(target) + " at row " + std::to_string(i),
                    "0 to " + std::to_string(words - 1) +
                        ", the words that head.weight and head.bias have");
            }
            return {terms::masked_lm_loss(in.at("rows"), targets, in.at("head.weight"),
                                          in.at("head.bias"))};
          }};
}

Formula nearest_text() {
  std::vector<FormulaInput> inputs = two_views_two_texts();
  inputs.push_back({"queue", {"Q", "E"}});
  inputs.push_back({"queue.position", {}, Type::kInt64});
  return {
      "nearest-text",
      inputs,
      {{.name = "direction"}, {.name = "pairs"}, {.name = "top-k"}},
      [](const Inputs& in, const TermOptions& options) -> Outcome {
        const Tensor &queue = in.at("queue"), &text0 = in.at("text.0"), &text1 = in.at("text.1");
        const int64_t size = queue.size(0), last = std::max<int64_t>(size - 1, 0);
        const auto position = in.at("queue.position").item<int64_t>();
        if (position < 0 || position > last)
          fail_input("queue.position is " + std::to_string(position),
                     "0 to " + std::to_string(last) + " for the " + std::to_string(size) +
                         " rows of queue");
        const terms::NearestTextForm form = {.both_directions = options.is("direction", "both"),
                                             .four_pairs = options.is("pairs", "four"),
                                             .neighbours = options.count("top-k")};
        if (size > 0 && form.neighbours > size)
          fail_input("queue has " + std::to_string(size) + " rows",
                     "at least the " + std::to_string(form.neighbours) +
                         " that the option top-k asks for");
        Tensor stored = queue.detach().clone();
        const Tensor loss = terms::nearest_text_loss(in.at("image.0"), in.at("image.1"), text0,
                                                     text1, stored, in.at("logit_scale"), form)
                                .loss;
        const int64_t next = terms::store_step(stored, position, text0.detach(), text1.detach());
        return {loss,
                {{"queue", stored}, {"queue.position", at::scalar_tensor(next, torch::kInt64)}}};
      }};
}

void check_offsets(const Tensor& offsets, int64_t tokens) {
  const auto at = [&](int64_t n) { return offsets[n].item<int32_t>(); };
  const int64_t last = offsets.size(0) - 1;
  if (at(0) != 0) fail_input("offsets begins with " + std::to_string(at(0)), "0");
  for (int64_t n = 0; n < last; ++n) {
    if (at(n + 1) <= at(n))
      fail_input("offsets goes from " + std::to_string(at(n)) + " to " + std::to_string(at(n + 1)) +
                     " at text " + std::to_string(n),
                 "numbers that increase, for a text has at least one token");
  }
  if (at(last) != tokens)
    fail_input("offsets ends with " + std::to_string(at(last)),
               std::to_string(tokens) + ", the number of rows of tokens");
}

Formula filip() {
  return {"filip",
          {{"patches", {"N", "P", "D"}},
           {"tokens", {"T", "D"}},
           {"offsets", {"N+1"}, Type::kInt32},
           scalar("logit_scale")},
          {{.name = "keep", .fallback = "all"}},
          [](const Inputs& in, const TermOptions& options) -> Outcome {
            check_offsets(in.at("offsets"), in.at("tokens").size(0));
            return {terms::filip_loss(
                in.at("patches"), in.at("tokens"), in.at("offsets"), in.at("logit_scale"),
                options.is("keep", "all") ? terms::kKeepAll : options.count("keep"))};
          }};
}

Formula sigmoid() {
  return {"sigmoid",
          {rows_of("image.0"), rows_of("text.0"), scalar("logit_scale"), scalar("logit_bias")},
          {},
          [](const Inputs& in, const TermOptions&) -> Outcome {
            return {terms::sigmoid_loss(in.at("image.0"), in.at("text.0"), in.at("logit_scale"),
                                        in.at("logit_bias"))};
          }};
}

const Formula& formula_of(std::string_view term) {
  static const std::vector<Formula> formulas = {contrastive(),  multi_text(), multi_view(),
                                                simsiam(),      simclr(),     masked_lm(),
                                                nearest_text(), filip(),      sigmoid()};
  const std::string& name = find_term(term).name;
  for (const Formula& formula : formulas) {
    if (formula.term == name) return formula;
  }
  check_failed(__FILE__, __LINE__, "formula", "term " + name + " has no formula to evaluate");
}

/// Only what the formula has; a term's other options get a sentence of their own.
TermOptions checked_options(const Formula& formula,
                            const std::map<std::string, std::string>& given) {
  for (const TermOption& option : find_term(formula.term).options) {
    const bool in_formula =
        std::any_of(formula.options.begin(), formula.options.end(),
                    [&](const FormulaOption& own) { return own.name == option.name; });
    if (!in_formula && given.contains(option.name))
      fail_usage(formula.term + "'s option " + option.name + " is not part of its formula",
                 "an option that is", "What it sets in training comes from the inputs here.");
  }
  return {formula.term, formula_options(formula.term), given};
}

}  // namespace

const std::vector<FormulaInput>& formula_inputs(std::string_view term) {
  return formula_of(term).inputs;
}

std::vector<TermOption> formula_options(std::string_view term) {
  const Formula& formula = formula_of(term);
  std::vector<TermOption> options;
  for (const FormulaOption& own : formula.options) {
    const std::vector<TermOption>& all = find_term(term).options;
    const auto option = std::find_if(
        all.begin(), all.end(), [&](const TermOption& other) { return other.name == own.name; });
    CW_CHECK(option != all.end(), formula.term + " has no option " + own.name);
    options.push_back(*option);
    if (!own.fallback.empty()) options.back().fallback = own.fallback;
  }
  return options;
}

std::vector<NamedTensor> evaluate_term(const std::string& term,
                                       const std::map<std::string, std::string>& options,
                                       const std::vector<NamedTensor>& inputs) {
  const Formula& formula = formula_of(term);
  const TermOptions chosen = checked_options(formula, options);
  Inputs in = checked_inputs(term, formula.inputs, inputs);
  for (auto& [name, tensor] : in) {
    tensor = tensor.detach().contiguous().clone();
    if (tensor.is_floating_point() && name != "queue") tensor.requires_grad_(true);
  }

  const at::AutoGradMode with_graph(true);
  const Outcome outcome = formula.evaluate(in, chosen);
  if (outcome.loss.requires_grad()) outcome.loss.backward();

  std::vector<NamedTensor> outputs = {{"loss", outcome.loss.detach()}};
  for (const auto& [name, tensor] : inputs) {
    const Tensor& leaf = in.at(name);
    if (!leaf.requires_grad()) continue;
    const Tensor gradient = leaf.grad();
    outputs.emplace_back("grad." + name, gradient.defined() ? gradient : at::zeros_like(leaf));
  }
  for (const auto& [name, tensor] : outcome.after) outputs.emplace_back("after." + name, tensor);
  return outputs;
}

}  // namespace clipwright::losses
