// A set to evaluate on: pictures with labels, and the names and prompts that belong to the labels.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/source/dataset.h"

namespace clipwright::eval {

struct ClassificationData {
  std::shared_ptr<const data::source::Dataset> pictures;  ///< labels in [0, classnames.size())
  std::vector<std::string> classnames, templates;
};

/// Opens CLIP_benchmark's folder, a folder of class folders, or any source that carries labels.
/// `classnames_file` has a name a line in label order; empty: the set's own classnames.txt, or the
/// folders' names with '_' read as a blank. `templates`: 7, 80, plain or a file; empty: the set's
/// own zeroshot_classification_templates.txt, or the seven. Class folders are in sorted order, by
/// value when all are numbers. Throws Error(kInput) when there are no labels or no names for them.
ClassificationData open_classification(const data::source::DataOptions& data,
                                       const std::string& classnames_file,
                                       const std::string& templates);

/// A name a line, blanks at the ends dropped. Throws Error(kInput) for an empty file or line.
std::vector<std::string> read_classnames(const std::string& path);

}  // namespace clipwright::eval
