#include "text/repair/character_fixes.h"

#include <algorithm>
#include <span>

#include "text/unicode/python_unicode.h"

namespace clipwright::text::repair {
namespace {

struct CodePointText {
  char32_t code_point;
  char32_t text[3];
};

#include "text/tables/character_width.inc"

constexpr char32_t kEscape = 0x1B;

const CodePointText* find_entry(std::span<const CodePointText> table, char32_t c) {
  if (c < table.front().code_point || c > table.back().code_point) return nullptr;
  const auto found = std::lower_bound(
      table.begin(), table.end(), c,
      [](const CodePointText& entry, char32_t key) { return entry.code_point < key; });
  return found != table.end() && found->code_point == c ? &*found : nullptr;
}

void replace_characters(unicode::CodePoints& text, std::span<const CodePointText> table) {
  const auto listed = [&](char32_t c) { return find_entry(table, c) != nullptr; };
  if (std::none_of(text.begin(), text.end(), listed)) return;
  unicode::CodePoints result;
  result.reserve(text.size() + 8);
  for (const char32_t c : text) {
    const CodePointText* entry = find_entry(table, c);
    if (entry == nullptr) {
      result.push_back(c);
      continue;
    }
    for (const char32_t replacement : entry->text) {
      if (replacement != 0) result.push_back(replacement);
    }
  }
  text = std::move(result);
}

bool is_removed_control(char32_t c) {
  return c <= 0x08 || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F ||
         (c >= 0x206A && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFC);
}

bool is_ascii_letter(char32_t c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

/// Length of "ESC [ digits and semicolons letter" at the start of `text`; 0 when it is not there.
size_t escape_sequence(unicode::CodePointView text) {
  if (text.size() < 3 || text[0] != kEscape || text[1] != '[') return 0;
  size_t end = 2;
  while (end < text.size() && (text[end] == ';' || unicode::is_digit(text[end]))) ++end;
  return end < text.size() && is_ascii_letter(text[end]) ? end + 1 : 0;
}

}  // namespace

void split_latin_ligatures(unicode::CodePoints& text) { replace_characters(text, kLatinLigatures); }

void fix_character_width(unicode::CodePoints& text) { replace_characters(text, kStandardWidth); }

void uncurl_quotes(unicode::CodePoints& text) {
  for (char32_t& c : text) {
    if (c == 0x2BC || (c >= 0x2018 && c <= 0x201B)) {
      c = '\'';
    } else if (c >= 0x201C && c <= 0x201F) {
      c = '"';
    }
  }
}

void fix_line_breaks(unicode::CodePoints& text) {
  size_t kept = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    text[kept++] = c == '\r' || c == 0x2028 || c == 0x2029 || c == 0x85 ? U'\n' : c;
  }
  text.resize(kept);
}

void remove_terminal_escapes(unicode::CodePoints& text) {
  if (text.find(kEscape) == unicode::CodePoints::npos) return;
  const unicode::CodePointView view = text;
  unicode::CodePoints result;
  for (size_t i = 0; i < view.size();) {
    const size_t length = escape_sequence(view.substr(i));
    if (length == 0) result.push_back(view[i]);
    i += std::max<size_t>(length, 1);
  }
  text = std::move(result);
}

void remove_control_characters(unicode::CodePoints& text) {
  std::erase_if(text, is_removed_control);
}

}  // namespace clipwright::text::repair
