#include "train/tuning/locked.h"

#include <algorithm>
#include <set>
#include <string>

#include "core/error.h"
#include "core/log.h"
#include "models/tuning/tower_groups.h"

namespace clipwright::train::tuning {
namespace {

struct Lock {
  const char* flag;                    ///< that says how many groups are left
  const char* what;                    ///< the tower
  models::tuning::TowerGroups groups;  ///< that can be locked
  int64_t unlocked;
};

/// The names of what is locked.
std::set<std::string> locked_names(const Lock& lock) {
  const auto count = static_cast<int64_t>(lock.groups.size());
  if (lock.unlocked > count) {
    fail_usage(std::string(lock.flag) + " is " + std::to_string(lock.unlocked) + ", and the " +
                   lock.what + " has " + std::to_string(count) + " groups",
               "at most " + std::to_string(count) + ", which locks nothing");
  }
  std::set<std::string> names;
  for (int64_t i = 0; i < count - lock.unlocked; ++i)
    names.insert(lock.groups[static_cast<size_t>(i)].begin(),
                 lock.groups[static_cast<size_t>(i)].end());
  return names;
}

void apply(const Lock& lock, models::Clip& model, bool freeze_statistics) {
  const std::set<std::string> names = locked_names(lock);
  int64_t tensors = 0, numbers = 0, left = 0;
  std::vector<std::string> parameters;
  for (const auto& group : lock.groups) {
    for (const std::string& name : group) {
      const tensor::TableEntry& entry = model.table().at(name);
      if (!entry.trainable()) continue;
      if (!names.contains(name)) {
        left += entry.leaf.numel();
        continue;
      }
      parameters.push_back(name);
      ++tensors;
      numbers += entry.leaf.numel();
    }
  }
  for (const std::string& name : parameters) model.freeze(name);
  if (freeze_statistics) model.freeze_statistics(names);
  log_info("locked: the " + std::string(lock.what) +
           (lock.unlocked > 0 ? " but for its last " + std::to_string(lock.unlocked) + " of " +
                                    std::to_string(lock.groups.size()) + " groups"
                              : std::string()) +
           ", " + with_commas(numbers) + " numbers in " + with_commas(tensors) + " tensors" +
           (left > 0 ? "; trained in it: " + with_commas(left) + " numbers" : std::string()));
}

bool any_trained(const models::tuning::TowerGroups& groups, const models::Clip& model) {
  return std::any_of(groups.begin(), groups.end(), [&](const std::vector<std::string>& group) {
    return std::any_of(group.begin(), group.end(),
                       [&](const std::string& name) { return model.table().at(name).trainable(); });
  });
}

}  // namespace

void lock_towers(const options::TrainOptions& options, models::Clip& model) {
  const models::ModelConfig& config = model.config();
  if (options.lock_image) {
    models::tuning::TowerGroups groups = models::tuning::image_groups(config, model.table());
    if (models::tuning::lock_spares_projection(config)) {
      groups.pop_back();
      log_info("the image projection stays trained: open_clip locks a timm tower without it");
    }
    apply({"--lock-image-unlocked-groups", "image tower", std::move(groups),
           options.lock_image_unlocked_groups},
          model, options.lock_image_freeze_bn_stats);
    const bool normalises = !config.vision.resnet_layers.empty();
    if (normalises && !options.lock_image_freeze_bn_stats) {
      log_warning(
          "the locked image tower still normalises by the batch, and its running statistics still "
          "move, as in open_clip; --lock-image-freeze-bn-stats holds them");
    }
    if (!normalises && options.lock_image_freeze_bn_stats)
      log_info("--lock-image-freeze-bn-stats means nothing here: no batch normalisation");
  }
  if (options.lock_text) {
    models::tuning::TowerGroups groups = models::tuning::text_groups(config, model.table());
    if (models::tuning::lock_spares_text_projection(config)) {
      groups.pop_back();
      log_info(
          "the text projection stays trained: open_clip locks a Hugging Face encoder without it");
    }
    apply({"--lock-text-unlocked-layers", "text tower", std::move(groups),
           options.lock_text_unlocked_layers},
          model, /*freeze_statistics=*/false);
  }
}

TrainedTowers trained_towers(const models::Clip& model) {
  TrainedTowers trained = {
      any_trained(models::tuning::image_groups(model.config(), model.table()), model),
      any_trained(models::tuning::text_groups(model.config(), model.table()), model)};
  for (const models::tuning::Adapter& adapter : model.adapters().list())
    (adapter.name.starts_with("visual.") ? trained.image : trained.text) = true;
  return trained;
}

void require_trained_terms(const losses::Objective& objective, const models::Clip& model) {
  const TrainedTowers trained = trained_towers(model);
  for (const losses::Objective::Part& part : objective.parts()) {
    const losses::Wants wants = part.term->wants();
    const bool image = std::any_of(wants.views.begin(), wants.views.end(),
                                   [](const losses::ImageWants&want) {
                                     return want.embedding || want.pooled || want.patches ||
                                            want.branches;
                                   }),
               text = wants.rewrites || std::any_of(wants.texts.begin(), wants.texts.end(),
                                                    [](const losses::TextWants&want) {
                                                      return want.embedding || want.tokens;
                                                    });
    if ((image && trained.image) || (text && trained.text)) continue;
    const std::string towers = image && text ? "the two towers"
                               : image       ? "the image tower"
                                             : "the text tower";
    fail_usage("term " + part.name + " learns from " + towers + " alone, and " +
                   (image && text ? "both are" : "it is") + " locked",
               "a term that trains what is not locked, or a lock that leaves something",
               "Leave out " + std::string(image ? "--lock-image" : "--lock-text") +
                   ", leave groups unlocked, or take the term out with --term " + part.name +
                   "=0.");
  }
}

}  // namespace clipwright::train::tuning
