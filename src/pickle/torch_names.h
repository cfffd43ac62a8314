// What torch.save calls the parts of a tensor.
#pragma once

#include <string>
#include <string_view>

namespace clipwright::pickle {

/// "torch.FloatStorage" or "torch.cuda.FloatStorage" to "float32"; storages without a type to
/// "bytes"; empty for other names.
std::string storage_type(std::string_view name);

/// "torch.float32" to "float32"; empty for what is no type of numbers.
std::string number_type(std::string_view name);

/// Bytes of one element; 0 for a type that is not known.
int type_size(std::string_view type);

}  // namespace clipwright::pickle
