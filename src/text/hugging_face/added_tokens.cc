#include "text/hugging_face/added_tokens.h"

#include <algorithm>

#include "text/hugging_face/bert_characters.h"
#include "text/unicode/code_points.h"

namespace clipwright::text::hugging_face {
namespace {

/// Bytes of white space at the end of `text`.
size_t space_at_end(std::string_view text) {
  size_t end = text.size();
  while (end > 0) {
    size_t start = end - 1;
    while (start > 0 && (static_cast<uint8_t>(text[start]) & 0xC0) == 0x80) --start;
    size_t position = start;
    char32_t character = 0;
    if (!unicode::next_code_point(text, position, character) || position != end ||
        !is_white_space(character))
      break;
    end = start;
  }
  return text.size() - end;
}

size_t space_at_start(std::string_view text) {
  size_t length = 0;
  for (size_t position = 0; position < text.size(); length = position) {
    char32_t character = 0;
    if (!unicode::next_code_point(text, position, character) || !is_white_space(character)) break;
  }
  return length;
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  std::erase_if(tokens_, [](const AddedToken& token) { return token.text.empty(); });
  for (size_t i = 0; i < tokens_.size(); ++i)
    by_first_byte_[static_cast<uint8_t>(tokens_[i].text[0])].push_back(i);
  for (std::vector<size_t>& list : by_first_byte_) {
    std::stable_sort(list.begin(), list.end(), [&](size_t a, size_t b) {
      return tokens_[a].text.size() > tokens_[b].text.size();
    });
  }
}

const AddedToken* AddedTokens::find(std::string_view text) const {
  for (const size_t i : by_first_byte_[static_cast<uint8_t>(text[0])]) {
    if (text.starts_with(tokens_[i].text)) return &tokens_[i];
  }
  return nullptr;
}

bool AddedTokens::split(std::string_view text,
                        const std::function<bool(std::string_view)>& use_text,
                        const std::function<bool(int32_t)>& use_token) const {
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    const AddedToken* token = find(text.substr(at));
    if (token == nullptr) {
      ++at;
      continue;
    }
    std::string_view between = text.substr(begin, at - begin);
    if (token->takes_left) between.remove_suffix(space_at_end(between));
    if (!between.empty() && !use_text(between)) return false;
    if (!use_token(token->id)) return false;
    at += token->text.size();
    if (token->takes_right) at += space_at_start(text.substr(at));
    begin = at;
  }
  return begin >= text.size() || use_text(text.substr(begin));
}

}  // namespace clipwright::text::hugging_face
