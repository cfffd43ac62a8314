// The pictures of a set with other labels.
#pragma once

#include <memory>
#include <vector>

#include "data/source/dataset.h"

namespace clipwright::eval::sets {

/// `labels` has one for each picture of `base`; those with a negative one are left out.
std::shared_ptr<const data::source::Dataset> relabelled(
    std::shared_ptr<const data::source::Dataset> base, const std::vector<int>& labels);

}  // namespace clipwright::eval::sets
