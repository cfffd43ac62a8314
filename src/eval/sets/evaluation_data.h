// A set to evaluate on: pictures with labels, and the names and prompts that belong to the labels.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/source/dataset.h"
#include "eval/sets/set_description.h"

namespace clipwright::eval::sets {

struct ClassificationData {
  /// Labels in [0, classnames.size()) or, with `multi_label`, a label vector of as many numbers.
  std::shared_ptr<const data::source::Dataset> pictures;
  std::vector<std::string> classnames, templates;
  const sets::SetDescription* set = nullptr;  ///< where one was named
  bool multi_label = false;

  /// The metric that tables of the set print.
  std::string main_metric() const;
};

/// Opens CLIP_benchmark's folder, a folder of class folders, or any source that carries labels (a
/// table's are numbers or the names of classes).
///
/// `set`: one of sets::known_sets(), or empty. It gives class names, prompts, and what its class
/// folders are called: they are found by name, and pictures in folders that it does not know are
/// left out and counted. Without it class folders are in sorted order, by value when all are
/// numbers, and are named by themselves with '_' read as a blank.
///
/// `classnames_file` has a name a line in label order; empty: CLIP_benchmark's classnames.txt (of
/// the data, whatever the set says), then the set's, then the folders'. `templates`: 7, 80, plain,
/// set (the set's own), clip_benchmark (where it has others than OpenAI for the set) or a file;
/// empty: in the same order zeroshot_classification_templates.txt, the set's, the seven. Where the
/// data's own names or prompts win over the set's and differ, the log warns.
///
/// Throws Error(kInput) when there are no labels, no names for them or a label that is no name,
/// Error(kUsage) for a set that is none.
ClassificationData open_classification(const data::source::DataOptions& data,
                                       const std::string& classnames_file,
                                       const std::string& templates, const std::string& set = {});

/// A name a line, blanks at the ends dropped. Throws Error(kInput) for an empty file or line.
std::vector<std::string> read_classnames(const std::string& path);

}  // namespace clipwright::eval::sets
