// Objectives of every preset with small heads, and pairs as they want them.
#pragma once

#include <string>
#include <vector>

#include "core/random.h"
#include "losses/presets.h"
#include "train/loop/step_input.h"

namespace clipwright::train {

inline constexpr const char *kWithClassTokens = " with 5 class tokens",
                            *kWithPadding = " with padding";

/// The presets, and what else a term may want of the towers: a preset's name with words behind it.
inline std::vector<std::string> objective_cases() {
  std::vector<std::string> cases = losses::preset_names();
  cases.push_back(std::string("laclip-mt") + kWithClassTokens);
  cases.push_back(std::string("defilip") + kWithPadding);
  return cases;
}
inline std::string preset_of(const std::string& name) { return name.substr(0, name.find(' ')); }

/// What makes the heads and queues of a case small, and it what it is, as --term-option has it.
inline std::vector<std::string> small_heads(const std::string& name) {
  const losses::ObjectiveConfig& config = losses::find_preset(preset_of(name));
  std::vector<std::string> options;
  for (const losses::TermConfig& term : config.terms) {
    const auto add = [&](const std::string& option) {
      options.push_back(term.name + "." + option);
    };
    if (term.name == "simsiam") {
      add("width=24");
      add("hidden=12");
    } else if (term.name == "simclr") {
      add("width=24");
      add("output=8");
    } else if (term.name == "nearest-text") {
      add("size=40");
    } else if (term.name == "filip") {
      add("dim=8");
      add("keep=5");
      if (name.ends_with(kWithPadding)) add("padding=on");
    } else if (term.name == "multi-text" && name.ends_with(kWithClassTokens)) {
      add("class-tokens=5");
    }
  }
  return options;
}

inline losses::ObjectiveConfig small_preset(const std::string& name) {
  losses::ObjectiveConfig config = losses::find_preset(preset_of(name));
  for (const std::string& text : small_heads(name)) {
    const size_t dot = text.find('.'), equals = text.find('=');
    for (losses::TermConfig& term : config.terms) {
      if (term.name == text.substr(0, dot))
        term.options[text.substr(dot + 1, equals - dot - 1)] = text.substr(equals + 1);
    }
  }
  return config;
}

/// `pairs` random pictures and texts as the objective's slots want them, with four rewrites where
/// it reads all texts.
inline loop::StepInput random_input(const models::ModelConfig& model,
                                    const losses::ObjectiveConfig& config, int64_t pairs,
                                    uint64_t seed = 3) {
  Random random(seed, "random_input", 0, uint64_t{0});
  const int size = model.vision.image_size, vocabulary = model.text.words();
  loop::StepInput input;
  for (size_t v = 0; v < config.views.size(); ++v) {
    Tensor pixels = torch::empty({pairs, 3, size, size}, torch::kUInt8);
    for (int64_t i = 0; i < pixels.numel(); ++i)
      pixels.data_ptr<uint8_t>()[i] = static_cast<uint8_t>(random.below(256));
    input.views.push_back(pixels);
  }
  const size_t texts = config.texts.size() + (losses::reads_rewrites(config) ? 4 : 0);
  for (size_t k = 0; k < texts; ++k) {
    const bool masked = k < config.texts.size() && losses::parse_slot(config.texts[k]).masked;
    text::bpe::PackedTexts packed;
    std::vector<int32_t> targets;
    const auto add = [&](int32_t id, bool may_hide) {
      const bool hide = masked && may_hide && random.below(3) == 0;
      packed.ids.push_back(hide ? vocabulary : id);
      if (masked) targets.push_back(hide ? id : -1);
    };
    for (int64_t n = 0; n < pairs; ++n) {
      const auto words =
          1 + random.below(static_cast<uint64_t>(std::min(9, model.text.context_length - 3)));
      add(vocabulary - 2, false);
      for (uint64_t w = 0; w < words; ++w)
        add(static_cast<int32_t>(1 + random.below(static_cast<uint64_t>(vocabulary) - 3)), true);
      add(vocabulary - 1, false);
      packed.offsets.push_back(static_cast<int32_t>(packed.ids.size()));
    }
    input.texts.push_back(std::move(packed));
    input.targets.push_back(std::move(targets));
  }
  return input;
}

}  // namespace clipwright::train
