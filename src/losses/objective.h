// What a run optimises: a weighted sum of terms over views and texts. Presets are data, not code
// paths (presets.h).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "losses/catalogue.h"
#include "models/config.h"

namespace clipwright::losses {

struct TermConfig {
  std::string name;
  double weight = 1;
  std::map<std::string, std::string> options = {};
};

/// The factor of the similarities: its log is learned, these are of the factor itself.
struct ScaleRange {
  double start = 1 / 0.07;
  double lowest = 1, highest = 100;  ///< held after each step; beyond 1e30: not held
  double cap = 0;                    ///< in the forward pass; 0: none
};

/// A preset or a user's combination.
struct ObjectiveConfig {
  std::string preset;
  std::string summary = {}, source = {};
  /// One recipe a view of a picture: "base" (the run's --augment), "mocov2", "slip", a crop's name.
  /// Terms of self-supervision compare the last two, all others read the first.
  std::vector<std::string> views = {"base"};
  /// One text slot each: "caption" (as the caption policy says), "original", "eda", "sentence",
  /// "rewrite", "rewrite:MODE"; "+masked" behind it hides words, "+both-sides" lets every word see
  /// the whole text.
  std::vector<std::string> texts = {"caption"};
  std::vector<TermConfig> terms = {};
  std::string caption_policy = "original";
  ScaleRange scale = {};
  bool freeze_patch_embedding = false;
  std::string decay_rule = "open_clip";
};

/// What a slot's name says beside its source.
struct SlotName {
  std::string source;
  bool masked = false, both_sides = false;
};
/// Throws Error(kUsage) for a suffix that does not exist.
SlotName parse_slot(const std::string& text);

/// Throws Error(kUsage) for terms or options that do not exist, negative weights, no term at all,
/// and views or texts that a term needs and the objective does not bring.
void check_objective(const ObjectiveConfig& config);
/// Whether a term reads every text of a pair.
bool reads_rewrites(const ObjectiveConfig& config);

TowerWidths widths_of(const models::ModelConfig& config);

class Objective : public torch::nn::Module {
 public:
  struct Part {
    std::string name;
    double weight;
    std::shared_ptr<Term> term;
  };

  /// Heads are drawn by `seed`. Throws what `check_objective` throws, and Error(kUsage) for a term
  /// that this model cannot serve (FILIP and a ResNet). Of the model it needs the configuration
  /// alone, so all this is told before there is one.
  Objective(const ObjectiveConfig& config, const models::ModelConfig& model, uint64_t seed = 0);

  const ObjectiveConfig& config() const { return config_; }
  const std::vector<Part>& parts() const { return parts_; }
  /// Of all terms, for each of the objective's views and texts.
  const Wants& wants() const { return wants_; }
  /// The same of what losses over the whole batch read.
  const Wants& batch_wants() const { return batch_wants_; }
  /// What masked slots have in place of a hidden word: one row (W) that is learned; undefined where
  /// no slot is masked, and where the model's own table has a row for it.
  const Tensor& mask_token() const { return mask_token_; }
  /// The class tokens of a picture beside the model's own, (K, W); undefined where no term wants
  /// any.
  Tensor class_tokens() const;
  /// The scale that the losses use.
  Tensor scale(const Tensor& log_scale) const;
  /// Keeps the learned log scale within its bounds. After each step.
  void clamp(Tensor& log_scale) const;
  /// The same for what terms bound themselves.
  void after_update();
  /// What the objective owns: terms under "<term>.", the mask token.
  const tensor::ParameterTable& table() const { return table_; }

 private:
  ObjectiveConfig config_;
  std::vector<Part> parts_;
  Wants wants_, batch_wants_;
  Tensor mask_token_;
  tensor::ParameterTable table_;
};

}  // namespace clipwright::losses
