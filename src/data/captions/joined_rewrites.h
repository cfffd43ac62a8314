// Rewrites that carry keys (rewrites.jsonl, Parquet side-cars), joined to the pairs of a dataset.
#pragma once

#include <string>

#include "data/captions/keep_condition.h"
#include "data/captions/rewrite_slot.h"
#include "data/source/dataset.h"

namespace clipwright::data::captions {

/// A slot for each mode in the file, by name. Texts of JSON lines stay in the mapped file, those of
/// Parquet go to a temporary one. Throws Error(kInput) as join_rewrites and the reader do, and when
/// more than 5 % of the rows after 200 are no rewrites.
RewriteSlots open_joined_rewrites(const std::string& path, const source::Dataset& dataset,
                                  const KeepCondition& keep);

}  // namespace clipwright::data::captions
