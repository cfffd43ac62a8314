// What is known of a published test set: its classes in label order, prompts, metric and source
// (docs/evaluation/zeroshot.md; data/evaluation/*.toml).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::eval::sets {

struct SetClass {
  std::string name;    ///< as prompts say it; empty for the one nameless class of CLEVR's distances
  std::string folder;  ///< where the set is distributed in class folders; else the name
};

struct SetDescription {
  std::string name;   ///< as CLIP_benchmark calls it, with '_' for '-'
  std::string title;  ///< as papers call it
  std::vector<std::string> aliases;
  std::vector<SetClass> classes;                      ///< in the order of the labels
  std::vector<std::string> templates;                 ///< OpenAI's wording, {c} for the name
  std::vector<std::string> clip_benchmark_templates;  ///< where CLIP_benchmark has others; or empty
  std::string metric;  ///< acc1, mean_per_class_recall or mean_average_precision
  /// Of the test split that is usual first; then those that others use.
  std::vector<int64_t> test_pictures;
  std::string source, licence, layout;
  std::vector<std::string> notes;  ///< what differs between published lists, a sentence each

  std::vector<std::string> classnames() const;
  bool multi_label() const { return metric == "mean_average_precision"; }
};

/// All sets, sorted by name. Throws Error(kFailed) when the files that ship with the program are
/// not there.
const std::vector<SetDescription>& known_sets();

/// "wds/vtab/eurosat", "imagenet-a", "ImageNet_A" and the like to "eurosat", "imagenet_a".
std::string normalised_set_name(std::string_view name);

/// Throws Error(kUsage) naming the nearest for a name that is none.
const SetDescription& find_set(std::string_view name);
/// The same; nullptr for a name that is none.
const SetDescription* find_set_if_known(std::string_view name);

}  // namespace clipwright::eval::sets
