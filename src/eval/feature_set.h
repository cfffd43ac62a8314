// Features with a class each: of a model's image tower, or from files made elsewhere.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "data/source/dataset.h"
#include "eval/features.h"

namespace clipwright::eval {

struct FeatureSet {
  Tensor rows;                  ///< float32 (N, D) on the CPU, as they come: not of unit length
  std::vector<int64_t> labels;  ///< N classes from 0
  std::string source;           ///< file or data argument, for messages
  std::vector<std::string> keys = {};  ///< the picture of each row; empty for rows from files

  int64_t size() const { return static_cast<int64_t>(labels.size()); }
  int64_t width() const { return rows.size(1); }
  int64_t classes() const;  ///< the largest label + 1
};

/// Which of the image tower's features a protocol reads.
enum class FeatureKind {
  kEmbedding,  ///< after the projection
  kPooled,     ///< before it: the class token after the last norm
};

/// `features` float32, float16 or float64 (N, D), `labels` whole numbers of any type (N), those of
/// a real type too, both .npy. Throws Error(kInput) saying what was found, what is expected and
/// what to try: other shapes or types, no rows, rows and labels of different number, labels with a
/// fraction, negative ones or such above 16 million, features that are NaN, infinite or beyond
/// float32 (with the first row, counted from 0).
FeatureSet read_feature_set(const std::string& features, const std::string& labels);

/// Of the pictures of a set with labels; unreadable pictures are left out and counted in the log.
/// Throws as `embed_images`, and Error(kInput) for a picture without a label.
FeatureSet encode_feature_set(models::Clip& model, const data::source::Dataset& pictures,
                              FeatureKind kind, const EvalOptions& options = {});

/// One set after the other. Throws Error(kInput) where the widths differ.
FeatureSet join(const FeatureSet& first, const FeatureSet& second);
/// The rows at `indices`, in that order.
FeatureSet pick(const FeatureSet& set, const std::vector<int64_t>& indices);
/// Numbers the classes that occur in any of `sets` from 0 in the order of their labels, so that
/// what is counted a class has one place each however large a label is. Returns the labels by
/// number.
std::vector<int64_t> number_classes(std::initializer_list<FeatureSet*> sets);
/// Throws Error(kInput) where the widths differ.
void check_same_width(const FeatureSet& first, const FeatureSet& second);
/// Throws Error(kInput) where the widths differ or `other` has labels beyond `train`'s classes.
void check_same_space(const FeatureSet& train, const FeatureSet& other);

}  // namespace clipwright::eval
