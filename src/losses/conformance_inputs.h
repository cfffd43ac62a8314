// What tensors a formula reads, and whether those of a file are such tensors.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace clipwright::losses {

/// A tensor that a formula reads.
struct FormulaInput {
  enum class Type { kFloating, kInt32, kInt64 };

  std::string name;  ///< "text.*" stands for text.0, text.1 and on, without gaps
  /// Sizes by letter; a letter means one number in all inputs of a formula. "N+1" is one more. All
  /// but R and Q are at least 1.
  std::vector<std::string> shape;
  Type type = Type::kFloating;

  /// "(N, E)", or "()" for a scalar.
  std::string shape_text() const;
};

/// `given` by name, when they are exactly what `known` says: every tensor there, none besides, all
/// floating ones of one type (F32 or F64) and finite, whole ones of theirs, sizes that agree.
/// Throws Error(kInput) that names `term`, the tensor, what was found and what is expected.
std::map<std::string, Tensor> checked_inputs(const std::string& term,
                                             const std::vector<FormulaInput>& known,
                                             const std::vector<NamedTensor>& given);

}  // namespace clipwright::losses
