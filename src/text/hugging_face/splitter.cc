#include "text/hugging_face/splitter.h"

#include <unicode/uchar.h>

#include "core/error.h"
#include "text/hugging_face/bert_characters.h"

namespace clipwright::text::hugging_face {
namespace {

bool split_bert(unicode::CodePointView text, const UseWord& use) {
  size_t start = 0;
  const auto flush = [&](size_t end) {
    return start >= end || use(text.substr(start, end - start));
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const bool space = is_white_space(text[i]);
    if (!space && !is_punctuation(text[i])) continue;
    if (!flush(i)) return false;
    start = i + 1;
    if (!space && !use(text.substr(i, 1))) return false;
  }
  return flush(text.size());
}

enum class Kind { kSpace, kLetter, kNumber, kOther };

Kind kind_of(char32_t c) {
  if (c < 0x80) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return Kind::kLetter;
    if (c >= '0' && c <= '9') return Kind::kNumber;
    return is_white_space(c) ? Kind::kSpace : Kind::kOther;
  }
  const uint32_t category = U_MASK(u_charType(static_cast<UChar32>(c)));
  if ((category & U_GC_L_MASK) != 0) return Kind::kLetter;
  if ((category & U_GC_N_MASK) != 0) return Kind::kNumber;
  return is_white_space(c) ? Kind::kSpace : Kind::kOther;
}

/// Length of the word at the start of `text`, by GPT-2's pattern:
/// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
size_t match_gpt2(unicode::CodePointView text) {
  constexpr std::u32string_view kContractions[] = {U"'s", U"'t",  U"'re", U"'ve",
                                                   U"'m", U"'ll", U"'d"};
  for (const std::u32string_view ending : kContractions) {
    if (text.starts_with(ending)) return ending.size();
  }
  const size_t first = text[0] == ' ' && text.size() > 1 && kind_of(text[1]) != Kind::kSpace;
  const Kind kind = kind_of(text[first]);
  size_t end = first + 1;
  while (end < text.size() && kind_of(text[end]) == kind) ++end;
  // The last of several blanks belongs to the word behind them.
  return kind == Kind::kSpace && end < text.size() && end > 1 ? end - 1 : end;
}

bool split_gpt2(unicode::CodePointView text, const UseWord& use) {
  while (!text.empty()) {
    const size_t length = match_gpt2(text);
    if (!use(text.substr(0, length))) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

Splitter::Splitter(const Json& description, const std::string& where) : kind_(Kind::kBert) {
  const auto text = [&](const char* key) -> std::string {
    return description.is_object() && description.contains(key) && description[key].is_string()
               ? description[key].get<std::string>()
               : "";
  };
  const auto flag = [&](const char* key) {
    const auto found = description.find(key);
    if (found == description.end()) return true;
    if (!found->is_boolean())
      fail_input(where + "." + key + " is " + to_line(*found), "true or false");
    return found->get<bool>();
  };
  const std::string type = text("type");
  if (type == "BertPreTokenizer") return;
  if (type != "ByteLevel") {
    fail_input(where + " is " + (type.empty() ? to_line(description) : "a " + type),
               "BertPreTokenizer or ByteLevel",
               "Tokenizers that split in other ways are not read.");
  }
  prefix_space_ = flag("add_prefix_space");
  kind_ = flag("use_regex") ? Kind::kGpt2 : Kind::kWhole;
}

bool Splitter::split(unicode::CodePointView text, const UseWord& use) const {
  if (text.empty()) return true;
  unicode::CodePoints prefixed;
  if (prefix_space_ && text[0] != ' ') {
    prefixed.reserve(text.size() + 1);
    prefixed.push_back(' ');
    prefixed.append(text);
    text = prefixed;
  }
  switch (kind_) {
    case Kind::kBert:
      return split_bert(text, use);
    case Kind::kGpt2:
      return split_gpt2(text, use);
    case Kind::kWhole:
      break;
  }
  return use(text);
}

}  // namespace clipwright::text::hugging_face
