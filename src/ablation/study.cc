#include "ablation/study.h"

#include <algorithm>
#include <tuple>

#include "core/config/toml_parser.h"
#include "core/config/toml_text.h"
#include "core/error.h"
#include "core/file.h"
#include "core/words.h"
#include "records/reader.h"

namespace clipwright::ablation {
namespace {

constexpr size_t kMostRewrites = 4;  // of the paper's table
const char* const kEda = "eda";
const char* const kBackTranslation = "back-translation";

const std::vector<std::string>& keys() {
  static const std::vector<std::string> names = {
      "train", "suite", "data-root", "seeds", "rewrites", "examples", "backbones", "text-towers"};
  return names;
}

std::string did_you_mean(const std::string& name, const std::vector<std::string>& names) {
  const std::string near = nearest(name, names);
  return near.empty() ? "" : "Did you mean '" + near + "'?";
}

std::string text_of(const toml::node& node, const std::string& where) {
  if (const auto text = node.value<std::string>()) return *text;
  fail_usage(where + " is no text", "a name or path in quotes");
}

std::vector<std::string> texts_of(const toml::node& node, const std::string& where) {
  if (!node.is_array()) return {text_of(node, where)};
  std::vector<std::string> texts;
  for (const toml::node& one : *node.as_array()) texts.push_back(text_of(one, where));
  return texts;
}

std::vector<int64_t> seeds_of(const toml::node& node, const std::string& where) {
  std::vector<int64_t> seeds;
  if (const toml::array* list = node.as_array()) {
    for (const toml::node& one : *list) {
      const auto seed = one.value_exact<int64_t>();
      if (!seed || *seed < 0) fail_usage(where + " holds something else", "whole numbers from 0");
      if (std::find(seeds.begin(), seeds.end(), *seed) != seeds.end())
        fail_usage(where + " names " + std::to_string(*seed) + " twice", "each seed once");
      seeds.push_back(*seed);
    }
  }
  if (seeds.empty()) fail_usage(where + " is no list of numbers", "for example [1, 2, 3]");
  return seeds;
}

/// The sources of some modes, in the order of the modes.
std::vector<TextSource> of_modes(const std::vector<TextSource>& sources,
                                 const std::vector<std::string>& modes) {
  std::vector<TextSource> found;
  for (const std::string& mode : modes) {
    for (const TextSource& source : sources) {
      if (source.mode == mode) found.push_back(source);
    }
  }
  return found;
}

std::string text_count(size_t texts) {
  return std::to_string(texts) + (texts == 1 ? " text" : " texts");
}

std::string how_to_make(const std::string& what) {
  if (what == kEda || what == kBackTranslation) {
    return "no file of the study holds mode '" + what +
           "': make one with 'clipwright rewrite --engine " + what + "' and name it under rewrites";
  }
  return "no file of the study holds mode '" + what +
         "': make one with 'clipwright rewrite --modes " + what + "' and name it under rewrites";
}

std::vector<Arm> by_augmentation(const Study& study, const std::vector<TextSource>& sources) {
  struct Kind {
    std::string name, title;
    std::vector<TextSource> texts;
  };
  const std::vector<Kind> kinds = {
      {kEda, "EDA", of_modes(sources, {kEda})},
      {kBackTranslation, "back-translation", of_modes(sources, {kBackTranslation})},
      {"language-model", "language model", of_modes(sources, study.examples)}};
  size_t texts = kMostRewrites;
  for (const Kind& kind : kinds) {
    if (!kind.texts.empty()) texts = std::min(texts, kind.texts.size());
  }
  std::vector<Arm> arms = {{.name = "none", .title = "none (CLIP)"}};
  for (const Kind& kind : kinds) {
    Arm arm{.name = kind.name, .title = kind.title + ", " + text_count(texts)};
    if (kind.texts.empty()) {
      arm.title = kind.title;
      arm.missing = how_to_make(kind.name == "language-model" ? study.examples.front() : kind.name);
    } else {
      arm.texts.assign(kind.texts.begin(), kind.texts.begin() + static_cast<long>(texts));
    }
    arms.push_back(std::move(arm));
  }
  return arms;
}

std::vector<Arm> by_number(const Study& study, const std::vector<TextSource>& sources) {
  const std::vector<TextSource> texts = of_modes(sources, study.examples);
  std::vector<Arm> arms;
  for (size_t count = 0; count <= kMostRewrites; ++count) {
    Arm arm{.name = "rewrites-" + std::to_string(count), .title = std::to_string(count)};
    if (count <= texts.size()) {
      arm.texts.assign(texts.begin(), texts.begin() + static_cast<long>(count));
      if (count > 0) arm.title += (count == 1 ? " (" : " (+ ") + texts[count - 1].mode + ")";
    } else {
      arm.missing = "the study's files hold " + text_count(texts.size()) +
                    " a caption of the modes " + listed(study.examples);
    }
    arms.push_back(std::move(arm));
  }
  return arms;
}

std::vector<Arm> by_examples(const Study& study, const std::vector<TextSource>& sources) {
  std::vector<Arm> arms = {{.name = "none", .title = "none (CLIP)"}};
  for (const std::string& mode : study.examples) {
    const std::vector<TextSource> texts = of_modes(sources, {mode});
    Arm arm{.name = mode, .title = mode};
    if (texts.empty()) {
      arm.missing = how_to_make(mode);
    } else {
      arm.texts = {texts.front()};
    }
    arms.push_back(std::move(arm));
  }
  return arms;
}

std::vector<Arm> by_backbone(const Study& study, const std::vector<TextSource>& sources) {
  if (study.backbones.empty()) {
    fail_usage(study.file.string() + " names no backbones",
               "a list, as in backbones = [\"ViT-S-16\", \"ViT-B-16\"]");
  }
  std::vector<TextSource> texts = of_modes(sources, study.examples);
  if (texts.size() > kMostRewrites) texts.resize(kMostRewrites);
  std::vector<Arm> arms;
  for (const std::string& model : study.backbones) {
    std::string name = model;
    std::replace(name.begin(), name.end(), '/', '-');
    arms.push_back({.name = name, .title = model + ", CLIP", .model = model});
    arms.push_back({.name = name + "-rewrites",
                    .title = model + ", LaCLIP",
                    .texts = texts,
                    .model = model,
                    .missing = texts.empty() ? how_to_make(study.examples.front()) : ""});
  }
  return arms;
}

std::vector<Arm> by_text_tower(const Study& study, const std::vector<TextSource>& sources) {
  if (study.text_towers.empty()) {
    fail_usage(study.file.string() + " names no text-towers",
               "a list of sentence encoders, as in text-towers = [\"all-MiniLM-L6-v2\"]");
  }
  std::vector<TextSource> texts = of_modes(sources, study.examples);
  if (texts.size() > kMostRewrites) texts.resize(kMostRewrites);
  std::vector<Arm> arms;
  const auto add = [&](const std::string& name, const std::string& title,
                       const std::vector<std::string>& flags) {
    arms.push_back({.name = name, .title = title + ", CLIP", .flags = flags});
    arms.push_back({.name = name + "-rewrites",
                    .title = title + ", LaCLIP",
                    .texts = texts,
                    .flags = flags,
                    .missing = texts.empty() ? how_to_make(study.examples.front()) : ""});
  };
  add("scratch", "from nothing", {});
  for (const std::string& encoder : study.text_towers) {
    const std::string title = fs::path(encoder).filename().string();
    add(title + "-locked", title + ", locked", {"--text-model", encoder, "--lock-text"});
    add(title + "-tuned", title + ", tuned", {"--text-model", encoder});
  }
  return arms;
}

}  // namespace

const std::vector<std::string>& axis_names() {
  static const std::vector<std::string> names = {"augmentation", "rewrites", "examples", "backbone",
                                                 "text-tower"};
  return names;
}

Axis parse_axis(const std::string& name) {
  const auto place = std::find(axis_names().begin(), axis_names().end(), name);
  if (place == axis_names().end())
    fail_usage("--over " + name + " is not known", listed(axis_names()),
               did_you_mean(name, axis_names()));
  return static_cast<Axis>(place - axis_names().begin());
}

Study read_study(const fs::path& file) {
  toml::table table;
  try {
    table = toml::parse(read_toml_text(file), file.string());
  } catch (const toml::parse_error& error) {
    fail_usage(file.string() + ", line " + std::to_string(error.source().begin.line) + ": " +
                   std::string(error.description()),
               "a study in TOML (docs/evaluation/ablations.md)");
  }
  Study study{.file = file};
  for (const auto& [key, node] : table) {
    const std::string name(key.str()), where = file.string() + ": " + name;
    if (name == "train") {
      study.train = text_of(node, where);
    } else if (name == "suite") {
      study.suite = text_of(node, where);
    } else if (name == "data-root") {
      study.data_root = text_of(node, where);
    } else if (name == "seeds") {
      study.seeds = seeds_of(node, where);
    } else if (name == "rewrites") {
      study.rewrites = texts_of(node, where);
    } else if (name == "examples") {
      study.examples = texts_of(node, where);
    } else if (name == "backbones") {
      study.backbones = texts_of(node, where);
    } else if (name == "text-towers") {
      study.text_towers = texts_of(node, where);
    } else {
      fail_usage(where + " is not known", listed(keys()), did_you_mean(name, keys()));
    }
  }
  if (study.examples.empty())
    fail_usage(file.string() + ": examples is empty", "styles of rewriting");
  for (const auto& [name, value, what] :
       {std::tuple{"train", &study.train, "the path of a TOML file"},
        {"suite", &study.suite, "the name of a suite or the path of a TOML file"},
        {"data-root", &study.data_root, "the folder that holds the suite's sets"}}) {
    if (value->empty()) fail_usage(file.string() + " has no '" + name + "'", what);
  }
  return study;
}

std::vector<TextSource> survey_rewrites(const std::vector<std::string>& files) {
  std::vector<TextSource> sources;
  for (const std::string& given : files) {
    const fs::path file = records::file_of(given);
    if (records::form_of(file) != records::Form::kJsonl)
      fail_input(given + " is no rewrites.jsonl",
                 "JSON lines, as 'clipwright rewrite' writes them");
    const auto reader = records::open_reader(file);
    const size_t first = sources.size();
    records::Record record;
    while (reader->next(record)) {
      if (!reader->damage().empty() || !record.accepted()) continue;
      const auto place =
          std::find_if(sources.begin() + static_cast<long>(first), sources.end(),
                       [&](const TextSource& source) { return source.mode == record.mode; });
      if (place != sources.end()) {
        ++place->texts;
      } else {
        sources.push_back({file, record.mode, 1});
      }
    }
  }
  return sources;
}

std::vector<Arm> plan_arms(const Study& study, const std::vector<TextSource>& sources, Axis axis) {
  std::vector<Arm> arms;
  switch (axis) {
    case Axis::kAugmentation:
      arms = by_augmentation(study, sources);
      break;
    case Axis::kRewrites:
      arms = by_number(study, sources);
      break;
    case Axis::kExamples:
      arms = by_examples(study, sources);
      break;
    case Axis::kBackbone:
      arms = by_backbone(study, sources);
      break;
    case Axis::kTextTower:
      arms = by_text_tower(study, sources);
      break;
  }
  const auto able =
      std::count_if(arms.begin(), arms.end(), [](const Arm& arm) { return arm.missing.empty(); });
  if (able < 2) {
    std::string reasons;
    for (const Arm& arm : arms) {
      if (!arm.missing.empty()) reasons += arm.title + ": " + arm.missing + ". ";
    }
    fail_usage(study.file.string() + ": only " + std::to_string(able) + " arm can run",
               "two or more", reasons);
  }
  return arms;
}

}  // namespace clipwright::ablation
