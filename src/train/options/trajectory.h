// What decides the numbers of every later step: settings and data. A resumed run must not change it
// unnoticed.
#pragma once

#include "core/json.h"
#include "data/captions/caption_table.h"
#include "data/source/dataset.h"
#include "train/options/options.h"
#include "train/options/plan.h"

namespace clipwright::train::options {

/// Resolved settings under their flags' names, plus what identifies the data: pairs, and a hash of
/// keys and texts of 64 pairs spread over it. Paths are not part of it, so data may move.
Json describe_trajectory(const TrainOptions& options, const Plan& plan, const data::source::Dataset& dataset,
                         const data::captions::CaptionTable& captions);

/// Throws Error(kUsage) listing what differs from the checkpoint `where`; with `allow_changes` logs
/// it instead.
void check_trajectory(const Json& saved, const Json& now, bool allow_changes,
                      const std::string& where);

}  // namespace clipwright::train::options
