// The single-purpose repairs of ftfy 6, in the order in which they are applied.
#pragma once

#include "text/code_points.h"

namespace clipwright {

/// One-character ligatures and digraphs of Latin letters become their letters.
void split_latin_ligatures(CodePoints& text);
/// Full-width Latin and half-width Katakana and Hangul become their usual forms.
void fix_character_width(CodePoints& text);
/// Curly quotation marks become straight.
void uncurl_quotes(CodePoints& text);
/// CR LF, CR, U+2028, U+2029 and U+0085 become LF.
void fix_line_breaks(CodePoints& text);
/// ANSI sequences such as colours are taken out.
void remove_terminal_escapes(CodePoints& text);
/// Controls that neither show nor shape text are taken out.
void remove_control_characters(CodePoints& text);

}  // namespace clipwright
