#include "train/finetune/finetune_report.h"

#include <optional>

#include "core/log.h"
#include "core/words.h"
#include "eval/paired/tables.h"

namespace clipwright::train::finetune {
namespace {

/// "on held-out 12.0 % before, 30.0 % after, +18.0 [+12.1, +23.9]".
std::string change_of(const eval::paired::ComparedMetric& metric) {
  const auto value = [&](size_t arm) {
    return metric.values.at(arm) ? percent(*metric.values[arm], 1) : std::string("nothing");
  };
  return metric.metric + " of " + metric.set + ": " + value(0) + " before, " + value(1) +
         " after, " + eval::paired::interval_text(metric.differences.at(1)) + " points";
}

/// What the tuned parts were.
std::string parts_of(const options::TrainOptions& options) {
  std::string parts;
  const auto add = [&](const std::string& part) { parts += (parts.empty() ? "" : "; ") + part; };
  const auto groups = [](int64_t unlocked) {
    return unlocked == 0 ? std::string()
                         : " but for its last " + std::to_string(unlocked) + " groups";
  };
  if (options.lock_image) add("image tower locked" + groups(options.lock_image_unlocked_groups));
  if (options.lock_text) add("text tower locked" + groups(options.lock_text_unlocked_layers));
  if (options.lora_rank > 0) add("LoRA of rank " + std::to_string(options.lora_rank));
  if (options.image_layer_decay < 1)
    add("image rates x " + Json(options.image_layer_decay).dump() + " a group");
  if (options.text_layer_decay < 1)
    add("text rates x " + Json(options.text_layer_decay).dump() + " a group");
  if (options.ema > 0) add("weights averaged, decay " + Json(options.ema).dump());
  if (options.force_patch_dropout > 0)
    add("patch dropout " + Json(options.force_patch_dropout).dump());
  return parts.empty() ? "everything trained alike" : parts;
}

}  // namespace

std::string finetune_report(const FinetuneFacts& facts) {
  const options::TrainOptions& options = facts.options;
  std::string learned, kept;
  for (const eval::paired::ComparedMetric& metric : facts.comparison.metrics) {
    if (metric.set == "held-out") {
      learned += "- " + change_of(metric) + "\n";
    } else if (metric.main) {
      kept += "- " + change_of(metric) + "\n";
    }
  }
  if (kept.empty()) {
    kept =
        "Not measured: give --keep NAME=FOLDER, pictures by class of what the model should still "
        "know.\n";
  }
  return "# Fine-tuning\n\nFrom `" + facts.start + "` on " + with_commas(facts.training_pairs) +
         " pairs of `" + options.train_data + "`; " + with_commas(facts.held_out_pairs) +
         " pairs were held out. The model is `model/`.\n\n## What it learned\n\n" + learned +
         "\n## What it forgot\n\n" + kept +
         "\nIntervals are 95 % of the paired difference; one that holds 0 shows no change.\n\n"
         "## All numbers\n\n" +
         eval::paired::to_markdown(facts.comparison) + "\n## How\n\n" + parts_of(options) +
         "; rate " + Json(options.lr).dump() + ", " +
         with_commas(options.batch_size * options.accum_freq) + " pairs a step, " +
         with_commas(facts.result.steps) + " steps, " + with_commas(facts.result.samples) +
         " pairs seen in " + readable_duration(facts.result.seconds) +
         ". Every setting stands in config.toml.\n";
}

}  // namespace clipwright::train::finetune
