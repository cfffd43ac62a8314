// Class folders of a set, by what they are called and never by where they stand in a sorted list.
#pragma once

#include <string>
#include <vector>

#include "eval/sets/set_description.h"

namespace clipwright::eval::sets {

struct FolderLabels {
  std::vector<int> label;            ///< of each folder; -1 for one that the set does not know
  std::vector<std::string> unknown;  ///< those, as they are called
  bool by_number = false;            ///< folders are numbers that the set itself has no names for
};

/// `folders` are paths below the set's folder, such as "AnnualCrop" or "a/alley", each once. A
/// folder counts by its whole path or by its first part, spelt as the set distributes it or as the
/// class is named. Where all folders are numbers and the set names its folders otherwise, they are
/// labels. Throws Error(kInput) when no folder is known, for numbers that are no labels and where
/// numbers seem to be counted from 1.
FolderLabels folder_labels(const std::vector<std::string>& folders, const SetDescription& set);

}  // namespace clipwright::eval::sets
