#include "eval/feature_set.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/npy.h"
#include "core/whole_number.h"
#include "core/words.h"
#include "losses/objective.h"

namespace clipwright::eval {
namespace {

// Far above any set of classes: a damaged label must not ask for terabytes.
constexpr int64_t kLargestLabel = (1 << 24) - 1;

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "(" + text + ")";
}

template <typename Number>
Number number_at(std::span<const std::byte> data, int64_t i) {
  Number value;
  std::memcpy(&value, data.data() + static_cast<size_t>(i) * sizeof value, sizeof value);
  return value;
}

template <typename From>
void convert(std::span<const std::byte> data, float* to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = static_cast<float>(number_at<From>(data, i));
}

/// The first number that is not finite as float32, of rows in C order.
[[noreturn]] void refuse_not_finite(const MappedNpy& file, const std::string& path, int64_t at,
                                    float found) {
  const int64_t width = file.shape()[1], row = at / width, column = at % width;
  const std::string place =
      path + ": row " + std::to_string(row) + ", column " + std::to_string(column) + " is ";
  if (file.type() == "<f8") {
    const double value =
        number_at<double>(file.data(), file.fortran_order() ? column * file.shape()[0] + row : at);
    if (std::isfinite(value)) {
      fail_input(place + shortest_text(value) + ", which float32 does not hold",
                 "features within 3.4e38 of zero (rows are counted from 0)",
                 "Features are computed with in float32: divide all of them, of every split, by "
                 "the same number.");
    }
  }
  fail_input(place + (std::isnan(found) ? "NaN" : "infinite"),
             "finite features (rows are counted from 0)",
             "A model whose training diverged gives such rows; leave them out of both files.");
}

Tensor read_rows(const std::string& path) {
  const MappedNpy file(path);
  if (file.shape().size() != 2 || file.shape()[0] == 0 || file.shape()[1] == 0) {
    fail_input(path + ": has shape " + shape_text(file.shape()), "features (N, D)",
               "A row a sample, a column a number of its feature.");
  }
  const int64_t count = file.shape()[0], width = file.shape()[1];
  const bool across = file.fortran_order();
  Tensor rows = across ? torch::empty({width, count}) : torch::empty({count, width});
  auto* to = rows.data_ptr<float>();
  if (file.type() == "<f4") {
    std::memcpy(to, file.data().data(), file.data().size());
  } else if (file.type() == "<f2") {
    convert<c10::Half>(file.data(), to, file.count());
  } else if (file.type() == "<f8") {
    convert<double>(file.data(), to, file.count());
  } else {
    fail_input(path + ": has elements of type '" + file.type() + "'",
               "features in float32, float16 or float64 ('<f4', '<f2', '<f8')",
               "Save array.astype('float32').");
  }
  if (across) rows = rows.t().contiguous();
  const float* values = rows.data_ptr<float>();
  const float* end = values + file.count();
  const float* bad = std::find_if(values, end, [](float value) { return !std::isfinite(value); });
  if (bad != end) refuse_not_finite(file, path, bad - values, *bad);
  return rows;
}

[[noreturn]] void refuse_label(const std::string& path, int64_t row, const std::string& value,
                               const std::string& advice) {
  fail_input(path + ": row " + std::to_string(row) + " has label " + value,
             "classes from 0 to " + with_commas(kLargestLabel) + " (rows are counted from 0)",
             advice);
}

/// Real numbers count where they are whole, as in tables with gaps; nothing is rounded.
template <typename Number>
std::vector<int64_t> labels_of(const MappedNpy& file, const std::string& path) {
  std::vector<int64_t> labels;
  labels.reserve(static_cast<size_t>(file.count()));
  for (int64_t row = 0; row < file.count(); ++row) {
    const auto value = number_at<Number>(file.data(), row);
    if constexpr (std::is_integral_v<Number>) {
      if (std::cmp_less(value, 0) || std::cmp_greater(value, kLargestLabel)) {
        refuse_label(
            path, row, std::to_string(value),
            std::cmp_less(value, 0) ? "Leave samples without a class out of both files." : "");
      }
      labels.push_back(static_cast<int64_t>(value));
    } else {
      const auto real = static_cast<double>(value);
      const std::optional<int64_t> whole = whole_number(real);
      if (!whole || *whole < 0 || *whole > kLargestLabel) {
        refuse_label(path, row, shortest_text(real),
                     std::isnan(real) || real < 0
                         ? "Leave samples without a class out of both files."
                     : std::trunc(real) != real ? "A class has no fraction: are these scores?"
                                                : "");
      }
      labels.push_back(*whole);
    }
  }
  return labels;
}

std::vector<int64_t> read_labels(const std::string& path) {
  const MappedNpy file(path);
  if (file.shape().size() != 1) {
    fail_input(path + ": has shape " + shape_text(file.shape()), "labels (N)",
               file.shape().size() == 2 && file.shape()[1] > 1
                   ? "One class a sample: rows of zeros and ones become classes by array.argmax(1)."
                   : "Save labels.reshape(-1).");
  }
  const std::string kind = file.type().substr(1);
  if (kind == "i8") return labels_of<int64_t>(file, path);
  if (kind == "i4") return labels_of<int32_t>(file, path);
  if (kind == "i2") return labels_of<int16_t>(file, path);
  if (kind == "i1") return labels_of<int8_t>(file, path);
  if (kind == "u8") return labels_of<uint64_t>(file, path);
  if (kind == "u4") return labels_of<uint32_t>(file, path);
  if (kind == "u2") return labels_of<uint16_t>(file, path);
  if (kind == "u1" || kind == "b1") return labels_of<uint8_t>(file, path);
  if (kind == "f8") return labels_of<double>(file, path);
  if (kind == "f4") return labels_of<float>(file, path);
  if (kind == "f2") return labels_of<c10::Half>(file, path);
  fail_input(path + ": has elements of type '" + file.type() + "'",
             "labels in int64 or int32 ('<i8', '<i4')", "Save labels.astype('int64').");
}

}  // namespace

int64_t FeatureSet::classes() const {
  return labels.empty() ? 0 : *std::max_element(labels.begin(), labels.end()) + 1;
}

FeatureSet read_feature_set(const std::string& features, const std::string& labels) {
  FeatureSet set;
  set.labels = read_labels(labels);
  set.rows = read_rows(features);
  set.source = features;
  if (set.rows.size(0) != set.size()) {
    fail_input(features + " has " + with_commas(set.rows.size(0)) + " rows and " + labels +
                   " has " + with_commas(set.size()) + " labels",
               "a label a row", "Both files must come from the same run over the same split.");
  }
  return set;
}

FeatureSet encode_feature_set(models::Clip& model, const data::source::Dataset& pictures,
                              FeatureKind kind, const EvalOptions& options) {
  FeatureSet set;
  set.source = pictures.describe();
  std::vector<int64_t> labels(static_cast<size_t>(pictures.size()));
  for (int64_t i = 0; i < pictures.size(); ++i) {
    const int label = pictures.label(i);
    if (label < 0 || label > kLargestLabel) {
      fail_input(pictures.key(i) +
                     (label < 0 ? ": has no class label" : ": has label " + std::to_string(label)),
                 "a class from 0 for every picture");
    }
    labels[static_cast<size_t>(i)] = label;
  }
  ImageFeatures features;
  if (kind == FeatureKind::kEmbedding) {
    features = embed_images(model, pictures, options);
  } else {
    const auto compute = [&] {
      return encode_pictures(
          model, pictures, losses::widths_of(model.config()).image_pooled,
          [&](const Tensor& pixels) {
            return model.encode_image(pixels, models::ImageRequest{.pooled = true}).pooled;
          },
          options);
    };
    features =
        options.store ? options.store->features(model, pictures, "pooled", compute) : compute();
  }
  std::vector<int64_t> good;
  for (int64_t i = 0; i < pictures.size(); ++i) {
    if (features.bad.contains(i)) continue;
    good.push_back(i);
    set.labels.push_back(labels[static_cast<size_t>(i)]);
    set.keys.push_back(pictures.key(i));
  }
  if (good.empty()) fail_input("no picture of the set can be read", "at least one");
  set.rows = features.bad.empty()
                 ? features.rows
                 : features.rows.index_select(0, torch::tensor(good, torch::kInt64));
  return set;
}

FeatureSet join(const FeatureSet& first, const FeatureSet& second) {
  check_same_width(first, second);
  FeatureSet both;
  both.rows = torch::cat({first.rows, second.rows});
  both.labels = first.labels;
  both.labels.insert(both.labels.end(), second.labels.begin(), second.labels.end());
  both.source = first.source + " and " + second.source;
  if (!first.keys.empty() && !second.keys.empty()) {
    both.keys = first.keys;
    both.keys.insert(both.keys.end(), second.keys.begin(), second.keys.end());
  }
  return both;
}

FeatureSet pick(const FeatureSet& set, const std::vector<int64_t>& indices) {
  FeatureSet part;
  part.rows = set.rows.index_select(0, torch::tensor(indices, torch::kInt64));
  part.source = set.source;
  for (const int64_t index : indices) {
    part.labels.push_back(set.labels[static_cast<size_t>(index)]);
    if (!set.keys.empty()) part.keys.push_back(set.keys[static_cast<size_t>(index)]);
  }
  return part;
}

std::vector<int64_t> number_classes(std::initializer_list<FeatureSet*> sets) {
  std::vector<int64_t> labels;
  for (const FeatureSet* set : sets)
    labels.insert(labels.end(), set->labels.begin(), set->labels.end());
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  for (FeatureSet* set : sets) {
    for (int64_t& label : set->labels)
      label = std::lower_bound(labels.begin(), labels.end(), label) - labels.begin();
  }
  return labels;
}

void check_same_width(const FeatureSet& first, const FeatureSet& second) {
  if (first.width() == second.width()) return;
  fail_input(second.source + ": has features of width " + std::to_string(second.width()),
             std::to_string(first.width()) + ", as " + first.source + " has them",
             "Features of one model, all before or all after its projection.");
}

void check_same_space(const FeatureSet& train, const FeatureSet& other) {
  check_same_width(train, other);
  if (other.classes() <= train.classes()) return;
  const auto row = std::find_if(other.labels.begin(), other.labels.end(),
                                [&](int64_t label) { return label >= train.classes(); });
  fail_input(other.source + ": row " + std::to_string(row - other.labels.begin()) + " has label " +
                 std::to_string(*row),
             "labels from 0 to " + std::to_string(train.classes() - 1) + ", as " + train.source +
                 " has them");
}

}  // namespace clipwright::eval
