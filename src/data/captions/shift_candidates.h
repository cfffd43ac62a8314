// By how many lines could a file of rewrites be shifted against its captions?
#pragma once

#include <cstdint>
#include <vector>

#include "data/captions/alignment.h"

namespace clipwright::data::captions {

/// Shifts worth testing, without 0: one to three lines either way, and at some places of the file
/// the distance, up to 5,000 lines, at which most rare words of the captions come again in the
/// rewrites.
std::vector<int64_t> shift_candidates(int64_t lines, const LineText& caption,
                                      const LineText& rewrite);

}  // namespace clipwright::data::captions
