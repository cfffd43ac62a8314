// A model's tensors under open_clip's names and layout, whatever names its own files have (timm's,
// a projection with a bias): what writers of foreign formats read, so that they know one dialect.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "models/clip.h"

namespace clipwright::models::files {

class PlainWeights {
 public:
  /// Throws Error(kUsage) for an image tower that averages its patches or has a bias in its
  /// projection: no writer knows these.
  explicit PlainWeights(const Clip& model);

  /// Float32, contiguous, on the CPU. Throws Error(kUsage) when there is none: a model with other
  /// towers than the writer knows.
  Tensor at(const std::string& name);
  /// Undefined when there is none.
  Tensor find(const std::string& name);
  /// The token table's rows in the order of the tokenizer's ids, without a mask's.
  Tensor token_rows(const TextConfig& text);
  /// Tensors that nobody has asked for, beside what no forward pass reads (logit_scale, counts of
  /// steps): parts of a model that a writer does not know.
  std::vector<std::string> left_over() const;

 private:
  std::map<std::string, Tensor> tensors_;
  std::set<std::string> taken_;
};

}  // namespace clipwright::models::files
