// LaCLIP's line-aligned text: line k is the rewrite of pair k.
#pragma once

#include <memory>
#include <string>

#include "data/captions/keep_condition.h"
#include "data/captions/rewrite_slot.h"
#include "data/source/dataset.h"

namespace clipwright::data::captions {

/// Line k belongs to pair k mod L. Throws Error(kInput) when the count of lines does not divide the
/// count of pairs, when pairs k and k mod L have different captions, when too many lines are not
/// UTF-8, or when the lines are shifted against the captions.
std::unique_ptr<RewriteSlot> open_aligned_rewrites(const std::string& path,
                                                   const source::Dataset& dataset,
                                                   const KeepCondition& keep);

}  // namespace clipwright::data::captions
