// Multi-label classification: how well each class's scores rank its pictures.
#pragma once

#include <vector>

#include "tensor/tensor.h"

namespace clipwright::eval::scores {

enum class PrecisionPoints {
  kAll,     ///< the mean of the precisions at the positives (CLIP_benchmark's; no interpolation)
  kEleven,  ///< Pascal VOC 2007: the best precision at a recall of at least 0, 0.1, ..., 1
};

struct AveragePrecision {
  std::vector<double> of_class;  ///< 0 for a class without positives
  double mean = 0;               ///< over all classes, those without positives too
};

/// `scores` (N, C), any scale: only the order within a class counts, and of equal scores the lower
/// index comes first. `labels` (N, C): nonzero where the picture has the class.
AveragePrecision average_precision(const Tensor& scores, const Tensor& labels,
                                   PrecisionPoints points = PrecisionPoints::kAll);

/// (N, C) float64: what each picture says of each class's average precision over all points. The
/// mean of a column is the class's average precision; the mean over a draw of pictures is, to first
/// order, that of the draw, with its pictures without the class and several labels a picture in
/// account. So a paired bootstrap of means is one of average precisions (infinitesimal jackknife:
/// Jaeckel 1972; Efron 1982, chapter 6). A value itself may lie outside [0, 1].
Tensor precision_by_picture(const Tensor& scores, const Tensor& labels);

}  // namespace clipwright::eval::scores
