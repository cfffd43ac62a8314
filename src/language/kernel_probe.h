// A few steps of a language model whose numbers tell whether its kernels work.
#pragma once

#include <filesystem>
#include <vector>

namespace clipwright::language {

/// Logits (3 x V) of the process's kernels: after a prompt read in one batch, after one more token
/// alone, and after one more in a batch of four. These are the shapes that kernels have code of
/// their own for. Throws as LanguageModel does.
std::vector<float> probe_language_model(const std::filesystem::path& model);

/// How far two probes of the same model lie apart: the largest root mean square difference of a
/// step's logits, over their standard deviation in `reference`; infinity where a value is not
/// finite or the sizes differ.
double probe_distance(const std::vector<float>& probe, const std::vector<float>& reference);

}  // namespace clipwright::language
