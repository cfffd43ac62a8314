// A reader of Python's pickles that runs nothing: constructors on a fixed list become the data that
// they stand for, every other object stays opaque.
#pragma once

#include <string>
#include <string_view>

#include "pickle/value.h"

namespace clipwright::pickle {

/// Reads one pickle (protocols 0 to 5) from the beginning of `bytes`; what stands behind it is left
/// alone (`Pickle::size`). Known are containers, numbers, texts, collections.OrderedDict, and what
/// torch.save writes of tensors. Memory is bounded by a small multiple of the bytes read. Throws
/// Error(kInput) for what is damaged or no pickle.
Pickle read_pickle(std::string_view bytes, const std::string& where);

}  // namespace clipwright::pickle
