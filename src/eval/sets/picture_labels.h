// Which class each picture of a set belongs to. Pictures without one are left out, and the log says
// how many and why.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/source/dataset.h"
#include "eval/sets/set_description.h"

namespace clipwright::eval::sets {

using Pictures = std::shared_ptr<const data::source::Dataset>;

/// The pictures of a published set that stands in class folders, which are found by what they are
/// called. Throws as sets::folder_labels.
Pictures pictures_in_folders(const Pictures& pictures, const sets::SetDescription& set);

struct LabelledPictures {
  Pictures pictures;
  std::vector<std::string> folders;  ///< in label order; empty where labels come from elsewhere
};

/// Labels as the source has them: numbers, or words that are looked up among `classes`. Of
/// `class_folders` in sorted order, by value when all are numbers. Throws Error(kInput) for a word
/// that is no class, naming the picture and the nearest, and when no picture has a label.
LabelledPictures labelled_pictures(const Pictures& pictures, const std::vector<SetClass>& classes,
                                   bool class_folders);

/// Pictures with a vector of labels, one a class. Throws Error(kInput) for one of another length.
Pictures pictures_with_vectors(const Pictures& pictures, size_t classes);

}  // namespace clipwright::eval::sets
