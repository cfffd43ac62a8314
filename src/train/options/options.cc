#include "train/options/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/error.h"
#include "optim/schedule.h"

namespace clipwright::train::options {
namespace {

constexpr int64_t kLongestAutomaticWarmup = 10'000;

void require(bool holds, const std::string& found, std::string_view expected,
             std::string_view advice = {}) {
  if (!holds) fail_usage(found, expected, advice);
}

bool parse_number(std::string_view text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

std::string toml_string(const std::string& text) {
  std::string quoted = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      quoted += '\\';
      quoted += letter;
    } else if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X",
                    static_cast<unsigned>(static_cast<unsigned char>(letter)));
      quoted += escape;
    } else {
      quoted += letter;
    }
  }
  return quoted + '"';
}

std::string toml_value(const Json& value) {
  if (value.is_string()) return toml_string(value.get<std::string>());
  if (!value.is_array()) return value.dump();
  std::string list = "[";
  for (const Json& item : value) list += (list.size() > 1 ? ", " : "") + toml_value(item);
  return list + "]";
}

}  // namespace

void check_options(const TrainOptions& options) {
  require(options.batch_size > 0, "--batch-size is " + std::to_string(options.batch_size),
          "at least 1");
  require(options.accum_freq > 0, "--accum-freq is " + std::to_string(options.accum_freq),
          "at least 1");
  require(options.batch_size * options.accum_freq > 1,
          "a step of one pair has no negatives to learn from",
          "--batch-size times --accum-freq of at least 2");
  require(options.epochs > 0 || options.steps > 0, "the run has no steps",
          "--epochs or --steps of at least 1");
  require(options.steps >= 0, "--steps is " + std::to_string(options.steps),
          "0 (go by --epochs) or more");
  require(options.workers > 0, "--workers is " + std::to_string(options.workers), "at least 1");
  require(options.lr >= 0 && std::isfinite(options.lr), "--lr is negative or not a number",
          "0 or more");
  require(options.wd >= 0 && std::isfinite(options.wd), "--wd is negative or not a number",
          "0 or more");
  require(options.beta1 >= 0 && options.beta1 < 1, "--beta1 is outside [0, 1)", "such as 0.9");
  require(options.beta2 >= 0 && options.beta2 < 1, "--beta2 is outside [0, 1)", "such as 0.98");
  require(options.eps > 0, "--eps is not positive", "such as 1e-6");
  require(options.grad_clip_norm >= 0, "--grad-clip-norm is negative",
          "a positive norm, or 0 for none");
  require(options.max_bad_share >= 0 && options.max_bad_share <= 1,
          "--max-bad-share is outside [0, 1]", "a share such as 0.05");
  require(options.log_every_n_steps > 0,
          "--log-every-n-steps is " + std::to_string(options.log_every_n_steps), "at least 1");
  require(options.save_every_steps >= 0 && options.save_frequency >= 0 &&
              options.keep_checkpoints >= 0 && options.train_num_samples >= 0,
          "a count is negative",
          "0 or more for --save-every-steps, --save-frequency, --keep-checkpoints and "
          "--train-num-samples");
  require(!options.model.empty(), "--model is empty",
          "an architecture's name or a model directory");
  require(
      options.name.find('/') == std::string::npos && options.name != "." && options.name != "..",
      "--name '" + options.name + "' is a path", "a plain name; --logs says in which folder");
  const bool known_precision =
      options.precision == "fp32" || options.precision == "amp_bf16" || options.precision == "bf16";
  require(known_precision, "there is no precision '" + options.precision + "'",
          "fp32, amp_bf16 or bf16");
  require(options.precision == "fp32" || options.device.rfind("cuda", 0) == 0,
          "--precision " + options.precision + " on --device " + options.device, "fp32 on a CPU",
          "Leave --precision out, or train on --device cuda: without matrix units for bfloat16 a "
          "CPU is slower with it, not faster.");
  require(options.multi_text_constant == "paper" || options.multi_text_constant == "mean",
          "--multi-text-constant is '" + options.multi_text_constant + "'", "paper or mean");
  optim::parse_schedule(options.lr_scheduler);
  warmup_steps(options.warmup, 1, 1);
}

std::pair<std::string, double> parse_term(std::string_view text) {
  const size_t equals = text.find('=');
  double weight = 0;
  if (equals == std::string_view::npos || equals == 0 ||
      !parse_number(text.substr(equals + 1), weight)) {
    fail_usage("--term '" + std::string(text) + "'", "NAME=WEIGHT, such as contrastive=1.0");
  }
  return {std::string(text.substr(0, equals)), weight};
}

int64_t warmup_steps(const std::string& warmup, int64_t steps_per_epoch, int64_t total_steps) {
  if (warmup == "auto") return std::min(kLongestAutomaticWarmup, total_steps / 10);
  std::string_view number = warmup;
  const size_t unit_at = number.find_first_of(" e");
  const std::string_view unit = unit_at == std::string_view::npos
                                    ? ""
                                    : number.substr(number.find_first_not_of(' ', unit_at));
  double value = 0;
  const bool by_epoch = unit == "epoch" || unit == "epochs";
  if (!parse_number(by_epoch ? number.substr(0, unit_at) : number, value) || value < 0 ||
      (!by_epoch && value != std::floor(value))) {
    fail_usage("--warmup '" + warmup + "'", "a number of steps, \"1 epoch\" or auto");
  }
  return static_cast<int64_t>(
      std::llround(by_epoch ? value * static_cast<double>(steps_per_epoch) : value));
}

Json describe_options(const TrainOptions& options) {
  Json terms = Json::array();
  for (const auto& [name, weight] : options.terms)
    terms.push_back(name + "=" + Json(weight).dump());
  Json sections;
  sections["data"] = {
      {"train-data", options.train_data},     {"val-data", options.val_data},
      {"dataset-type", options.dataset_type}, {"csv-separator", options.csv_separator},
      {"csv-img-key", options.csv_img_key},   {"csv-caption-key", options.csv_caption_key},
      {"image-root", options.image_root},     {"train-num-samples", options.train_num_samples},
      {"augment", options.augment},           {"shuffle", options.shuffle ? "on" : "off"},
      {"workers", options.workers},           {"max-bad-share", options.max_bad_share}};
  sections["captions"] = {{"rewrites", options.rewrites},
                          {"keep-if", options.keep_if},
                          {"caption-policy", options.caption_policy}};
  sections["model"] = {{"model", options.model}, {"pretrained", options.pretrained}};
  sections["objective"] = {{"objective", options.objective},
                           {"term", terms},
                           {"multi-text-constant", options.multi_text_constant}};
  sections["optim"] = {{"batch-size", options.batch_size},
                       {"accum-freq", options.accum_freq},
                       {"epochs", options.epochs},
                       {"steps", options.steps},
                       {"lr", options.lr},
                       {"beta1", options.beta1},
                       {"beta2", options.beta2},
                       {"eps", options.eps},
                       {"wd", options.wd},
                       {"warmup", options.warmup},
                       {"lr-scheduler", options.lr_scheduler},
                       {"decay-rule", options.decay_rule},
                       {"grad-clip-norm", options.grad_clip_norm}};
  sections["machine"] = {{"precision", options.precision},
                         {"device", options.device},
                         {"threads", options.threads},
                         {"seed", options.seed}};
  sections["run"] = {{"logs", options.logs},
                     {"name", options.name},
                     {"save-every-steps", options.save_every_steps},
                     {"save-frequency", options.save_frequency},
                     {"keep-checkpoints", options.keep_checkpoints},
                     {"log-every-n-steps", options.log_every_n_steps},
                     {"paired-baseline", options.paired_baseline}};
  return sections;
}

std::string options_to_toml(const TrainOptions& options) {
  std::string text =
      "# The settings of this run, defaults filled in. `clipwright train --config <this file> "
      "--name <new>` repeats it.\n";
  const Json sections = describe_options(options);
  for (const auto& [section, values] : sections.items()) {
    text += "\n[" + section + "]\n";
    for (const auto& [key, value] : values.items()) {
      const bool unset = (value.is_string() && value.get<std::string>().empty()) ||
                         (value.is_array() && value.empty());
      if (!unset) text += key + " = " + toml_value(value) + "\n";
    }
  }
  return text;
}

}  // namespace clipwright::train::options
