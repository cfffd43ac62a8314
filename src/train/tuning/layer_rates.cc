#include "train/tuning/layer_rates.h"

#include <cstdio>
#include <string>

#include "core/error.h"
#include "core/log.h"
#include "models/tuning/tower_groups.h"
#include "train/tuning/locked.h"

namespace clipwright::train::tuning {
namespace {

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

void add_tower(const char* flag, const char* what, const models::tuning::TowerGroups& groups,
               double decay, double lr, bool trained, optim::RateFactors& factors) {
  if (decay == 1) return;
  if (!trained) {
    fail_usage(std::string(flag) + " is given, and nothing of the " + what + " is trained",
               "a tower that is not locked as a whole");
  }
  optim::RateFactors own = optim::layer_rate_factors(groups, decay);
  std::string rates;
  for (const auto& group : groups)
    rates += (rates.empty() ? "" : ", ") + short_number(lr * own.at(group.at(0)));
  log_info("rates of the " + std::string(what) + " from the input to the projection: " + rates);
  factors.merge(own);
}

}  // namespace

optim::RateFactors layer_rates(const options::TrainOptions& options, const models::Clip& model) {
  const TrainedTowers trained = trained_towers(model);
  optim::RateFactors factors;
  add_tower("--image-layer-decay", "image tower",
            models::tuning::image_groups(model.config(), model.table()), options.image_layer_decay,
            options.lr, trained.image, factors);
  add_tower("--text-layer-decay", "text tower",
            models::tuning::text_groups(model.config(), model.table()), options.text_layer_decay,
            options.lr, trained.text, factors);
  for (const models::tuning::Adapter& adapter : model.adapters().list()) {
    const auto factor = factors.find(adapter.matrix);
    if (factor == factors.end()) continue;
    factors[adapter.name + ".lora_A"] = factors[adapter.name + ".lora_B"] = factor->second;
  }
  return factors;
}

}  // namespace clipwright::train::tuning
