// An ablation: runs that differ in one thing, each over several seeds (Fan et al. 2023,
// section 4.3; docs/evaluation/ablations.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace clipwright::ablation {

/// What the arms differ in.
enum class Axis {
  kAugmentation,  ///< kind of text augmentation: none, EDA, back-translation, language model
  kRewrites,      ///< number of rewrites beside the caption: 0 to 4
  kExamples,      ///< whose examples the language model was shown: chatgpt, bard, coco, human
  kBackbone,      ///< architecture, each with and without rewrites
  kTextTower,     ///< text tower from nothing, or an encoder that others trained, locked or tuned;
                  ///< each with and without rewrites
};
const std::vector<std::string>& axis_names();
/// Throws Error(kUsage) naming the nearest.
Axis parse_axis(const std::string& name);

/// What the file of a study says.
struct Study {
  std::filesystem::path file;
  std::string train;      ///< settings of `clipwright train` for every arm (TOML)
  std::string suite;      ///< what every run is measured by (docs/formats/suite.md)
  std::string data_root;  ///< where the suite's sets lie
  std::vector<int64_t> seeds = {1, 2, 3};
  std::vector<std::string> rewrites;  ///< files of rewrites, JSON lines
  /// Styles of the language model's rewrites, in the order in which they are added.
  std::vector<std::string> examples = {"chatgpt", "bard", "coco", "human"};
  std::vector<std::string> backbones;    ///< architectures
  std::vector<std::string> text_towers;  ///< sentence encoders, as `train --text-model` takes them
};
/// Throws Error(kUsage) naming a key that does not exist, a value of another type, or what is
/// missing.
Study read_study(const std::filesystem::path& file);

/// The accepted texts of one mode in one file.
struct TextSource {
  std::filesystem::path file;
  std::string mode;
  int64_t texts = 0;
};
/// File by file, modes in the order in which they occur. Throws Error(kInput) for files that are no
/// rewrites.
std::vector<TextSource> survey_rewrites(const std::vector<std::string>& files);

struct Arm {
  std::string name;                ///< of files: "eda"
  std::string title;               ///< of tables: "EDA, 2 texts"
  std::vector<TextSource> texts;   ///< drawn from beside the caption; empty: the caption alone
  std::string model;               ///< empty: what the training settings say
  std::vector<std::string> flags;  ///< of `clipwright train`, beside the settings
  std::string missing;             ///< why it cannot run and what to do; empty where it can
};
/// The first arm is what the others are compared with. Kinds of augmentation get equally many
/// texts: as many as the kind that has fewest. Throws Error(kUsage) when fewer than two arms can
/// run.
std::vector<Arm> plan_arms(const Study& study, const std::vector<TextSource>& sources, Axis axis);

}  // namespace clipwright::ablation
