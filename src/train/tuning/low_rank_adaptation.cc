#include "train/tuning/low_rank_adaptation.h"

#include <algorithm>
#include <set>
#include <string>

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/words.h"
#include "models/tuning/tower_groups.h"

namespace clipwright::train::tuning {
namespace {

bool reads_pictures(const losses::Wants& wants) {
  return std::any_of(wants.views.begin(), wants.views.end(), [](const losses::ImageWants& want) {
    return want.embedding || want.pooled || want.patches || want.branches;
  });
}

bool reads_texts(const losses::Wants& wants) {
  return wants.rewrites ||
         std::any_of(wants.texts.begin(), wants.texts.end(),
                     [](const losses::TextWants& want) { return want.embedding || want.tokens; });
}

/// All of a model but the groups of a tower that is locked, where what a lock leaves is left.
void freeze_base(const options::TrainOptions& options, models::Clip& model) {
  std::set<std::string> spared;
  const auto spare = [&](bool locked, const models::tuning::TowerGroups& groups) {
    if (!locked) return;
    for (const auto& group : groups) spared.insert(group.begin(), group.end());
  };
  spare(options.lock_image, models::tuning::image_groups(model.config(), model.table()));
  spare(options.lock_text, models::tuning::text_groups(model.config(), model.table()));
  std::vector<std::string> frozen;
  std::set<std::string> statistics;
  for (const tensor::TableEntry& entry : model.table().entries()) {
    if (spared.contains(entry.name)) continue;
    if (entry.trainable()) frozen.push_back(entry.name);
    if (entry.kind == tensor::TensorKind::kBuffer) statistics.insert(entry.name);
  }
  for (const std::string& name : frozen) model.freeze(name);
  model.freeze_statistics(statistics);
}

/// What an alpha of 0 and no targets mean stands in options.h.
models::tuning::AdapterOptions adapter_options(const options::TrainOptions& options) {
  models::tuning::AdapterOptions adapters;
  adapters.rank = static_cast<int>(options.lora_rank);
  adapters.alpha =
      options.lora_alpha > 0 ? options.lora_alpha : 2.0 * static_cast<double>(options.lora_rank);
  if (!options.lora_targets.empty()) adapters.targets = options.lora_targets;
  return adapters;
}

}  // namespace

void adapt_towers(const options::TrainOptions& options, const losses::Objective& objective,
                  models::Clip& model) {
  if (options.lora_rank == 0) return;
  models::tuning::AdapterOptions adapters = adapter_options(options);
  adapters.image = !options.lock_image && reads_pictures(objective.wants());
  adapters.text = !options.lock_text && reads_texts(objective.wants());
  if (adapters.text && model.config().text.pretrained) {
    fail_usage(
        "--lora-rank is given, and the text tower is a pre-trained encoder, beside whose "
        "matrices no others are put",
        "--lock-text with it, or no --lora-rank");
  }
  freeze_base(options, model);
  model.adapt(adapters, options.seed);
  if (model.adapters().empty()) {
    fail_usage("--lora-rank is given, and there is no matrix to adapt: " +
                   std::string(options.lock_image && options.lock_text ? "both towers are locked"
                                                                       : "a ResNet has no mlp, and "
                                                                         "the text tower is locked "
                                                                         "or not read"),
               "a tower that is not locked, with one of --lora-targets " +
                   listed(models::tuning::adapter_targets(), ", "));
  }
  log_info("LoRA: " + with_commas(model.adapters().table().parameter_count()) +
           " numbers of rank " + std::to_string(adapters.rank) + " beside " +
           with_commas(static_cast<int64_t>(model.adapters().list().size())) + " matrices, alpha " +
           Json(adapters.alpha).dump() + "; the model itself stays, its scale too");
}

}  // namespace clipwright::train::tuning
