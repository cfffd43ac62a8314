// The identity of a model's weights: what a resumed run is compared by.
#pragma once

#include <string>
#include <vector>

namespace clipwright::models {

class Clip;

/// SHA-256, in hexadecimal, over name, type, shape and bytes of every tensor as files hold it, in
/// the order of the model's table. The same weights give the same digest on any device and
/// whichever file they came from; one other bit, name or shape gives another.
std::string weights_digest(const Clip& model);
/// The same over the tensors of these names alone, in the order given.
std::string weights_digest(const Clip& model, const std::vector<std::string>& names);

}  // namespace clipwright::models
