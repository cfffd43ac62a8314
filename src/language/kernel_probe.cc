#include "language/kernel_probe.h"

#include <llama.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <span>
#include <string_view>

#include "core/error.h"
#include "language/language_model.h"

namespace clipwright::language {
namespace {

constexpr size_t kSteps = 3;
constexpr int kTogether = 4;

constexpr std::string_view kPrompt =
    "Each caption below is rewritten with the same meaning and in other words.\n\n"
    "Caption: two dogs are playing in the snow\nRewritten: a pair of dogs has fun on a snowy "
    "day\n\n"
    "Caption: a red boat lies on the beach\nRewritten: on the sand rests a boat painted red\n\n"
    "Caption: an old man reads a newspaper on a bench in the park\nRewritten:";

struct FreeContext {
  void operator()(llama_context* context) const { llama_free(context); }
};

}  // namespace

std::vector<float> probe_language_model(const std::filesystem::path& path) {
  const LanguageModel model(path);
  std::vector<int32_t> prompt = model.tokenize(kPrompt, true);
  const auto vocabulary = static_cast<size_t>(model.vocabulary_size());

  llama_context_params parameters = llama_context_default_params();
  parameters.n_ctx = 256;
  parameters.n_batch = parameters.n_ubatch = 256;
  parameters.n_threads = parameters.n_threads_batch = 2;
  parameters.no_perf = true;
  const std::unique_ptr<llama_context, FreeContext> context(
      llama_init_from_model(model.handle(), parameters));
  if (context == nullptr) fail_running(path.string() + ": no memory for a context");

  std::vector<float> logits;
  // The last token's logits; positions follow on by themselves.
  const auto feed = [&](std::span<int32_t> tokens) {
    const llama_batch batch =
        llama_batch_get_one(tokens.data(), static_cast<int32_t>(tokens.size()));
    if (const int32_t code = llama_decode(context.get(), batch); code != 0)
      fail_running("the language model stopped with code " + std::to_string(code));
    const float* row = llama_get_logits_ith(context.get(), -1);
    logits.insert(logits.end(), row, row + vocabulary);
  };
  // The tokens fed are the same for all kernels, whatever each would have written.
  std::vector<int32_t> more = model.tokenize(" a senior sits outside", false);
  if (prompt.empty() || more.size() < 2)
    fail_input(path.string() + ": its vocabulary does not spell English");
  feed(prompt);
  feed(std::span(more).first(1));
  std::vector<int32_t> together;
  for (size_t i = 0; i < kTogether; ++i) together.push_back(more[1 + i % (more.size() - 1)]);
  feed(together);
  return logits;
}

double probe_distance(const std::vector<float>& probe, const std::vector<float>& reference) {
  constexpr double kFar = std::numeric_limits<double>::infinity();
  if (probe.size() != reference.size() || probe.empty() || probe.size() % kSteps != 0) return kFar;
  const size_t size = probe.size() / kSteps;
  double worst = 0;
  for (size_t step = 0; step < kSteps; ++step) {
    double sum = 0, squares = 0, difference = 0;
    for (size_t i = step * size; i < (step + 1) * size; ++i) {
      const double wanted = reference[i], apart = probe[i] - wanted;
      sum += wanted;
      squares += wanted * wanted;
      difference += apart * apart;
    }
    const auto count = static_cast<double>(size);
    const double variance = squares / count - (sum / count) * (sum / count);
    const double distance = std::sqrt(difference / count / variance);
    if (!std::isfinite(distance)) return kFar;  // variance zero: no model says the same of all
    worst = std::max(worst, distance);
  }
  return worst;
}

}  // namespace clipwright::language
