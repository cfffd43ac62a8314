// Does a picture prefer what is true of it to the same words with one thing changed?
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "audit/calibration/corruption.h"
#include "tensor/tensor.h"
#include "text/tokens/tokenizer.h"

namespace clipwright::eval::invariance {

/// The texts of an evaluation, each once, to be encoded together.
class TextPool {
 public:
  /// Texts of more tokens are cut there, as the model cuts them.
  TextPool(const text::tokens::Tokenizer& tokenizer, int context_length)
      : tokenizer_(tokenizer), context_length_(context_length) {}

  /// The place of a text: that of an earlier one with the same tokens, if there is one. Texts with
  /// one place are one text to the model.
  int64_t add(const std::string& text);
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  const text::tokens::Tokenizer& tokenizer_;
  int context_length_;
  std::vector<std::string> texts_;
  std::unordered_map<std::string, int64_t> place_;  // by the bytes of the tokens
};

/// A true text, other wordings of it and a false one; all by place in the pool.
struct Contrast {
  audit::calibration::Damage damage = audit::calibration::Damage::kNone;
  int64_t original = 0, negative = 0;
  std::vector<int64_t> rewordings;
  std::vector<int64_t> pictures;  ///< rows for which the original is true
};

/// Similarities that differ by less are a tie: features are float32, and a model that does not see
/// a difference would prefer whatever its rounding says.
constexpr double kRounding = 1e-5;

/// A tie is never a preference.
struct Preferences {
  int64_t pairs = 0;            ///< (picture, negative)
  int64_t prefer_original = 0;  ///< the original is more similar to the picture than the negative
  int64_t reworded_pairs = 0;   ///< (picture, rewording, negative)
  int64_t prefer_both = 0;      ///< so are the original and the rewording
  int64_t text_pairs = 0;       ///< (rewording, negative), no picture
  int64_t prefer_meaning = 0;   ///< original and rewording are more similar to each other than
                                ///< either is to the negative

  Preferences& operator+=(const Preferences& other);
  std::optional<double> sensitivity() const;
  std::optional<double> sensitivity_reworded() const;
  std::optional<double> text_sensitivity() const;
};

/// `pictures` (N, E) and `texts` (M, E) of unit length. The three shares of SugarCrepe++ (Dumpala
/// et al. 2024), for one contrast.
Preferences judge(const Contrast& contrast, const Tensor& pictures, const Tensor& texts);

}  // namespace clipwright::eval::invariance
