// The terms' formulas on given tensors, without towers or training: for comparison with other
// implementations (`clipwright objective evaluate`, docs/formats/conformance.md). They are the
// functions that train.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "losses/conformance_inputs.h"
#include "losses/term_options.h"

namespace clipwright::losses {

/// What the formula of a term reads. Throws Error(kUsage) naming the nearest term.
const std::vector<FormulaInput>& formula_inputs(std::string_view term);
/// The term's options that its formula has; others say how heads and queues begin, which are inputs
/// here. Throws Error(kUsage).
std::vector<TermOption> formula_options(std::string_view term);

/// `loss` (), `grad.<input>` for every floating input but `queue`, and `after.<buffer>` for what a
/// step leaves in a term's buffers; computed in the type of the floating inputs. An input that the
/// loss does not reach has a gradient of zeros. The inputs stay as they are. Throws Error(kUsage)
/// for a term or an option that does not exist, Error(kInput) naming the tensor for one that is
/// missing, not the term's, of the wrong type or shape, or holds what cannot be.
std::vector<NamedTensor> evaluate_term(const std::string& term,
                                       const std::map<std::string, std::string>& options,
                                       const std::vector<NamedTensor>& inputs);

}  // namespace clipwright::losses
