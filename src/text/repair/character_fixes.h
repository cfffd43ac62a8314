// The single-purpose repairs of ftfy 6, in the order in which they are applied.
#pragma once

#include "text/unicode/code_points.h"

namespace clipwright::text::repair {

/// One-character ligatures and digraphs of Latin letters become their letters.
void split_latin_ligatures(unicode::CodePoints& text);
/// Full-width Latin and half-width Katakana and Hangul become their usual forms.
void fix_character_width(unicode::CodePoints& text);
/// Curly quotation marks become straight.
void uncurl_quotes(unicode::CodePoints& text);
/// CR LF, CR, U+2028, U+2029 and U+0085 become LF.
void fix_line_breaks(unicode::CodePoints& text);
/// ANSI sequences such as colours are taken out.
void remove_terminal_escapes(unicode::CodePoints& text);
/// Controls that neither show nor shape text are taken out.
void remove_control_characters(unicode::CodePoints& text);

}  // namespace clipwright::text::repair
