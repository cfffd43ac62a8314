// Names of tensors that no published page tells: a file of the user's says what they are called
// here (docs/formats/model_files.md).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/tensor.h"

namespace clipwright::models::files {

/// Rules from a TOML file, of which the first one that fits a name counts:
///
///     rename = [["encode_text.*", "*"], ["head.weight", "text_projection", "transposed"]]
///     drop = ["queue.*"]
///
/// A `*` stands for any characters, none too; that of the second pattern for what the same one of
/// the first stood for. "transposed" turns a matrix.
class NameMap {
 public:
  /// Throws Error(kInput) for a file that cannot be read or is no such map, with the line.
  static NameMap read(const std::filesystem::path& file);

  /// The tensors under their new names, in their order. Throws Error(kInput) naming every name that
  /// no rule fits, every rule that fits none, every two that would get one name, and what cannot be
  /// turned.
  std::vector<NamedTensor> apply(std::vector<NamedTensor> tensors, const std::string& where) const;

 private:
  struct Rule {
    std::string from, to;
    bool drop = false, transposed = false;

    std::string text() const;
  };

  std::string file_;
  std::vector<Rule> rules_;
};

}  // namespace clipwright::models::files
