// `clipwright eval knn`: classification by the nearest training pictures (scores/
// nearest_neighbours.h), to a result in CLIP_benchmark's schema.
#pragma once

#include "eval/result.h"
#include "eval/scores/nearest_neighbours.h"
#include "eval/sets/labelled_splits.h"

namespace clipwright::eval {

struct KnnRequest {
  sets::SplitsRequest splits;
  scores::NeighbourOptions options;
};

/// Task "knn": acc1, acc5 and mean_per_class_recall of the test split, features brought to unit
/// length. A class that no neighbour votes for is not among the best five, so that a test row of a
/// class that the training split lacks counts as wrong; the log says how many there are. Throws as
/// `sets::open_splits`, Error(kUsage) for settings that are not positive.
EvaluationRecord run_knn(const KnnRequest& request);
/// The same of pictures with a model that is open.
EvaluationRecord run_knn(const OpenedModel& opened, const KnnRequest& request);

}  // namespace clipwright::eval
