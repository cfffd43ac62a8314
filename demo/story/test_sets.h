// What the twins are tested on: sets of pictures with a question each.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/source/dataset.h"

namespace clipwright::demo::story {

/// Which class is it? One row of the table.
struct ZeroshotTest {
  std::string id, title;
  std::string set;  ///< name of the picture set in result files
  std::shared_ptr<const data::source::Dataset> pictures;  ///< with labels
  std::vector<std::string> classnames, templates;
  /// Classes whose pictures count; empty: all. The classifier always has all classes.
  std::vector<bool> counted;
};

/// Which picture belongs to the text, and which text to the picture? Two rows of the table.
struct RetrievalTest {
  std::string id, title;
  std::string set;
  std::shared_ptr<const data::source::Dataset> pairs;
};

struct TestSets {
  std::vector<ZeroshotTest> zeroshot;
  std::vector<RetrievalTest> retrieval;
};

}  // namespace clipwright::demo::story
