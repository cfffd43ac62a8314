#include "train/options/trajectory.h"

#include <algorithm>
#include <cstdio>

#include "core/error.h"
#include "core/log.h"
#include "core/random.h"

namespace clipwright::train::options {
namespace {

constexpr int64_t kPairsLookedAt = 64;

std::string fingerprint(const data::source::Dataset& dataset, const data::captions::CaptionTable& captions) {
  uint64_t hash = 0;
  const int64_t looked_at = std::min(kPairsLookedAt, dataset.size());
  for (int64_t i = 0; i < looked_at; ++i) {
    const int64_t index = i * dataset.size() / looked_at;
    hash = hash64(dataset.key(index), hash);
    for (int slot = 0; slot <= captions.rewrites(); ++slot)
      hash = hash64(captions.text(index, slot), hash);
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016lx", static_cast<unsigned long>(hash));
  return text;
}

}  // namespace

Json describe_trajectory(const TrainOptions& options, const Plan& plan, const data::source::Dataset& dataset,
                         const data::captions::CaptionTable& captions) {
  const Json all = describe_options(options);
  Json trajectory;
  for (const auto* key : {"augment", "shuffle", "max-bad-share"})
    trajectory[key] = all["data"][key];
  for (const auto* key : {"keep-if", "caption-policy"}) trajectory[key] = all["captions"][key];
  for (const auto& [key, value] : all["objective"].items()) trajectory[key] = value;
  for (const auto& [key, value] : all["optim"].items()) trajectory[key] = value;
  // Two ways to say the same length and warm-up are the same run.
  for (const auto* key : {"epochs", "warmup"}) trajectory.erase(key);
  trajectory["steps"] = plan.total_steps;
  trajectory["warmup-steps"] = plan.warmup_steps;
  trajectory["precision"] = options.precision;
  trajectory["seed"] = options.seed;
  trajectory["pairs"] = plan.pairs;
  trajectory["texts a pair"] = captions.rewrites() + 1;
  trajectory["data fingerprint"] = fingerprint(dataset, captions);
  return trajectory;
}

void check_trajectory(const Json& saved, const Json& now, bool allow_changes,
                      const std::string& where) {
  std::string differences;
  for (const auto& [key, value] : now.items()) {
    const Json before = saved.contains(key) ? saved[key] : Json();
    if (before != value)
      differences += (differences.empty() ? "" : "; ") + key + " was " + before.dump() +
                     " and is now " + value.dump();
  }
  if (differences.empty()) return;
  if (allow_changes) {
    log_warning("resuming from " + where + " although " + differences);
    return;
  }
  fail_usage("the settings differ from those of " + where + ": " + differences,
             "the same settings, so that the run goes on as it would have",
             "Resume with LOGS/NAME/config.toml as --config, or add --allow-changes to change "
             "course on purpose.");
}

}  // namespace clipwright::train::options
