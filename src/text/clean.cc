#include "text/clean.h"

#include "text/character_kind.h"
#include "text/clean_steps.h"
#include "text/html_entities.h"
#include "text/python_unicode.h"

namespace clipwright {
namespace {

/// Strips, and turns every run of white space into one space.
void join_words(CodePoints& text) {
  size_t kept = 0;
  bool space_due = false;
  for (const char32_t c : text) {
    if (is_space(c)) {
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

CodePoints clean_code_points(CodePoints text) {
  text = fix_text(text);
  unescape_all_references(text);
  unescape_all_references(text);
  join_words(text);
  lower_case(text);
  return text;
}

std::string clean_text(std::string_view text) {
  return encode_utf8(clean_code_points(decode_utf8(text)));
}

}  // namespace clipwright
