#include "text/repair/fix_text.h"

#include <algorithm>

#include "text/repair/character_fixes.h"
#include "text/repair/html_entities.h"
#include "text/repair/mojibake.h"
#include "text/unicode/python_unicode.h"

namespace clipwright::text::repair {
namespace {

constexpr size_t kLongestSegment = 1'000'000;

/// All repairs, again and again until none changes anything: one often uncovers another.
void fix_segment(unicode::CodePoints& text, bool unescape) {
  unicode::CodePoints before;
  do {
    before = text;
    if (unescape) unescape_closed_references(text);
    fix_encoding(text);
    fix_c1_controls(text);
    split_latin_ligatures(text);
    fix_character_width(text);
    uncurl_quotes(text);
    fix_line_breaks(text);
    // Surrogates need no repair: no decoder here lets one through.
    remove_terminal_escapes(text);
    remove_control_characters(text);
    unicode::compose(text);
  } while (text != before);
}

}  // namespace

unicode::CodePoints fix_text(unicode::CodePointView text) {
  unicode::CodePoints fixed;
  fixed.reserve(text.size());
  bool unescape = true;
  for (size_t position = 0; position < text.size();) {
    const size_t line_end = text.find(U'\n', position);
    const size_t length =
        std::min((line_end == unicode::CodePointView::npos ? text.size() : line_end + 1) - position,
                 kLongestSegment);
    unicode::CodePoints segment(text.substr(position, length));
    // From the first '<' on this is taken for real HTML, whose references are meant.
    unescape = unescape && segment.find(U'<') == unicode::CodePoints::npos;
    fix_segment(segment, unescape);
    fixed += segment;
    position += length;
  }
  return fixed;
}

std::string fix_text(std::string_view text) {
  return unicode::encode_utf8(fix_text(unicode::decode_utf8(text)));
}

}  // namespace clipwright::text::repair
