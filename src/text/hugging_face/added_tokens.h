// Words that are found in a text before it is split: [MASK], </s>, and what somebody added.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::text::hugging_face {

struct AddedToken {
  std::string text;
  int32_t id = 0;
  bool takes_left = false, takes_right = false;  ///< the white space beside it belongs to it
};

class AddedTokens {
 public:
  explicit AddedTokens(std::vector<AddedToken> tokens = {});

  bool empty() const { return tokens_.empty(); }
  /// Calls `use_text` with what lies between the tokens (never empty) and `use_token` with each, in
  /// their order: the leftmost first, of several there the longest. Either may return false: the
  /// rest is not wanted. False then.
  bool split(std::string_view text, const std::function<bool(std::string_view)>& use_text,
             const std::function<bool(int32_t)>& use_token) const;

 private:
  const AddedToken* find(std::string_view text) const;

  std::vector<AddedToken> tokens_;
  std::array<std::vector<size_t>, 256> by_first_byte_;  ///< longest first
};

}  // namespace clipwright::text::hugging_face
