// A model's copy in another type of weights: llama.cpp has fast matrix products for some types and
// slow ones for others, and files come in any.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::language {

/// The types a copy can have, fastest first: q4_0, iq4_nl, q8_0, bf16, f16.
std::vector<std::string> weight_types();

/// Writes a copy of `model` with weights of `type` to `destination`, by as many threads as told (0:
/// all); the same bytes on every machine. Throws Error(kUsage) for a type that is not offered,
/// Error(kInput) for a model that cannot be loaded, Error(kFailed) when the copy cannot be written.
void write_quantized(const std::filesystem::path& model, std::string_view type, int threads,
                     const std::filesystem::path& destination);

/// The path of a copy of `model` with weights of `type`. It is made once, by as many threads as
/// told (0: all), and kept in the user's cache folder under the digest of the model, the type and
/// llama.cpp's version. Its texts are those of another model: it has a digest of its own. Throws as
/// write_quantized() does.
std::filesystem::path quantized_copy(const std::filesystem::path& model, std::string_view type,
                                     int threads);

}  // namespace clipwright::language
