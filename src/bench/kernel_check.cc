#include "bench/kernel_check.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <string_view>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/process/child_process.h"
#include "data/transform/resize.h"
#include "language/kernel_probe.h"
#include "language/kernels.h"
#include "tensor/gemm.h"
#include "tensor/kernels.h"

namespace clipwright::bench {
namespace {

namespace resize = data::transform;
using Numbers = std::vector<float>;

/// A choice that something makes by the processor.
struct Part {
  const char* name;
  const char* variable;
  std::vector<KernelVariant> (*variants)();
  KernelChoice (*choice)();
  Numbers (*probe)();
  /// The same numbers by the plain path, which no processor chooses; null: those of the last
  /// variant.
  Numbers (*plain)();
  double (*distance)(const Numbers& probe, const Numbers& plain);
  double allowed;
};

/// The largest difference over the largest number.
double largest_difference(const Numbers& probe, const Numbers& plain) {
  if (probe.size() != plain.size() || plain.empty()) return std::numeric_limits<double>::infinity();
  double most = 0, size = 0;
  for (size_t i = 0; i < plain.size(); ++i) {
    const double apart = std::abs(double{probe[i]} - plain[i]);
    if (!std::isfinite(apart)) return std::numeric_limits<double>::infinity();
    most = std::max(most, apart);
    size = std::max(size, std::abs(double{plain[i]}));
  }
  return most / size;
}

Numbers resized(const resize::ResizeKernels& kernels) {
  const std::vector<uint8_t> bytes = resize::probe_resize(kernels);
  return {bytes.begin(), bytes.end()};
}

/// The language model's kernels round activations to eight bits, each kind in its own places, so
/// their logits differ by some hundredths of their spread; a wrong kernel's by all of it.
constexpr double kLanguageTolerance = 0.15;
/// Sums of a few hundred products in single precision, in another order.
constexpr double kSingleTolerance = 1e-5;
/// One rounding of the result to bfloat16's eight bits.
constexpr double kBfloat16Tolerance = 1.0 / 128;

const std::vector<Part>& parts() {
  static const std::vector<Part> all = {
      {"language-model", language::kLlamaKernelsVariable, language::llama_kernels,
       [] { return language::llama_kernel_choice(); },
       [] { return language::probe_language_model(shared_file("default.gguf")); }, nullptr,
       language::probe_distance, kLanguageTolerance},
      {"matrix-products", tensor::kGemmVariable, tensor::gemm_variants,
       [] { return tensor::gemm_choice(); }, tensor::probe_matrix_products,
       tensor::plain_matrix_products, largest_difference, kSingleTolerance},
      {"resize", resize::kResizeVariable, resize::resize_variants,
       [] { return resize::resize_choice(); }, [] { return resized(resize::resize_kernels()); },
       [] { return resized(resize::resize_kernels_plain()); }, largest_difference, 0},
      {"tensor-functions", tensor::kTensorKernelsVariable, tensor::tensor_kernel_variants,
       tensor::tensor_kernel_choice, tensor::probe_tensor_kernels, tensor::plain_tensor_kernels,
       largest_difference, kSingleTolerance},
      {"bfloat16-products", tensor::kBfloat16Variable, tensor::bfloat16_variants,
       tensor::bfloat16_choice, tensor::probe_bfloat16, tensor::plain_bfloat16, largest_difference,
       kBfloat16Tolerance},
  };
  return all;
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const size_t before = text.rfind('\n');
  return before == std::string::npos ? text : text.substr(before + 1);
}

constexpr std::string_view kPlainSuffix = ":plain";

/// Computes a probe in a child. Nothing where the child could not do its work; `trial` then says
/// why.
std::optional<Numbers> run_probe(const std::string& probe,
                                 const std::map<std::string, std::string>& settings,
                                 KernelTrial& trial) {
  const ChildResult child = run_this_program({"doctor", "--probe", probe}, settings);
  if (child.signal == SIGALRM) {
    trial.failure = "did not come to an end";
  } else if (child.signal == SIGKILL) {  // by another process, or for want of memory
    trial.unchecked = "the process that tried it was killed";
  } else if (child.signal != 0) {
    trial.failure = std::string("was ended by signal ") + std::to_string(child.signal) + " (" +
                    strsignal(child.signal) + ")";
  } else if (child.exit_code != 0) {
    trial.unchecked = last_line(child.complaint);
  } else {
    Numbers numbers(child.output.size() / sizeof(float));
    std::memcpy(numbers.data(), child.output.data(), numbers.size() * sizeof(float));
    return numbers;
  }
  return std::nullopt;
}

std::string rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2g", value);
  return text;
}

void compare(const Part& part, const Numbers& numbers, const Numbers& plain, KernelTrial& trial) {
  trial.ran = true;
  trial.distance = part.distance(numbers, plain);
  if (trial.distance > part.allowed) {
    trial.failure = "differs from the plain path by " + rounded(trial.distance) + " (allowed " +
                    rounded(part.allowed) + ")";
  }
}

void check_part(const Part& part, std::vector<KernelTrial>& trials) {
  const std::vector<KernelVariant> variants = part.variants();
  std::optional<Numbers> plain;
  std::string no_plain;
  if (part.plain != nullptr) {
    // The formulas go through the tensor library, whose own choices have to be plain for them.
    KernelTrial trial;
    plain = run_probe(part.name + std::string(kPlainSuffix),
                      {{tensor::kTensorKernelsVariable, "default"}}, trial);
    no_plain = trial.failure + trial.unchecked;
  }
  // The plain one first, where the others are compared with it.
  std::vector<KernelTrial> own;
  for (auto variant = variants.rbegin(); variant != variants.rend(); ++variant) {
    KernelTrial trial{.part = part.name, .variable = part.variable, .variant = *variant};
    if (variant->lacks.empty()) {
      const std::optional<Numbers> numbers =
          run_probe(part.name, {{part.variable, trial.variant.name}}, trial);
      if (!plain && part.plain == nullptr) plain = numbers;
      if (numbers && plain) compare(part, *numbers, *plain, trial);
      if (numbers && !plain) trial.unchecked = "the plain path " + no_plain;
    }
    own.push_back(std::move(trial));
  }
  trials.insert(trials.end(), own.rbegin(), own.rend());
}

std::string describe(const KernelTrial& trial) {
  const std::string name = "           " + trial.variant.name;
  if (!trial.variant.lacks.empty()) return name + ": this machine has no " + trial.variant.lacks;
  if (!trial.failure.empty()) return name + ": FAILED, " + trial.failure;
  if (!trial.unchecked.empty()) return name + ": could not be tried: " + trial.unchecked;
  return name + ": ran, agrees with the plain path (differs by " + rounded(trial.distance) + ")";
}

}  // namespace

std::vector<KernelTrial> check_kernels() {
  std::vector<KernelTrial> trials;
  for (const Part& part : parts()) check_part(part, trials);
  KernelFindings findings;
  for (const KernelTrial& trial : trials) {
    if (!trial.failure.empty()) findings[trial.variable + "=" + trial.variant.name] = trial.failure;
  }
  if (!keep_kernel_findings(findings) && !findings.empty()) {
    log_warning(
        "what the self-check found could not be kept in the cache folder (XDG_CACHE_HOME or HOME); "
        "set the variables by hand.");
  }
  return trials;
}

std::string describe_kernels(const std::vector<KernelTrial>& trials) {
  std::string report;
  for (const Part& part : parts()) {
    try {
      const KernelChoice choice = part.choice();
      report += std::string(choice.avoided ? "avoided  " : "ok       ") + "kernels, " + part.name +
                ": " + choice.variant + ", " + choice.reason + " (" + part.variable + ")\n";
    } catch (const Error& error) {
      report += std::string("missing  kernels, ") + part.name + ": " + error.what() + "\n";
    }
    for (const KernelTrial& trial : trials) {
      if (trial.part == part.name) report += describe(trial) + "\n";
    }
  }
  return report;
}

std::string part_without_kernels(const std::vector<KernelTrial>& trials) {
  for (const Part& part : parts()) {
    bool works = false, failed = false;
    for (const KernelTrial& trial : trials) {
      if (trial.part != part.name || !trial.variant.lacks.empty()) continue;
      works = works || trial.failure.empty();
      failed = failed || !trial.failure.empty();
    }
    if (failed && !works) return part.name;
  }
  return {};
}

std::vector<float> probe_kernels(const std::string& name) {
  constexpr unsigned int kSeconds = 120;
  ::alarm(kSeconds);  // kernels that wait for one another for ever
  std::string known;
  for (const Part& part : parts()) {
    if (part.name == name) return part.probe();
    if (part.plain != nullptr && part.name + std::string(kPlainSuffix) == name) return part.plain();
    known += (known.empty() ? "" : ", ") + std::string(part.name);
  }
  fail_usage("--probe " + name + " is no part with kernels", known);
}

}  // namespace clipwright::bench
