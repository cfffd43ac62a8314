#include "text/repair/clean.h"

#include "text/repair/fix_text.h"
#include "text/repair/html_entities.h"
#include "text/unicode/character_kind.h"
#include "text/unicode/python_unicode.h"

namespace clipwright::text::repair {
namespace {

/// Strips, and turns every run of white space into one space.
void join_words(unicode::CodePoints& text) {
  size_t kept = 0;
  bool space_due = false;
  for (const char32_t c : text) {
    if (unicode::is_space(c)) {
      space_due = kept > 0;
      continue;
    }
    if (space_due) text[kept++] = ' ';
    space_due = false;
    text[kept++] = c;
  }
  text.resize(kept);
}

}  // namespace

unicode::CodePoints repaired_code_points(unicode::CodePoints text) {
  text = fix_text(text);
  unescape_all_references(text);
  unescape_all_references(text);
  join_words(text);
  return text;
}

unicode::CodePoints clean_code_points(unicode::CodePoints text) {
  text = repaired_code_points(std::move(text));
  unicode::lower_case(text);
  return text;
}

std::string clean_text(std::string_view text) {
  return unicode::encode_utf8(clean_code_points(unicode::decode_utf8(text)));
}

}  // namespace clipwright::text::repair
