// Repairs text that was UTF-8 but was read in another encoding: ftfy 6's fix_encoding.
#pragma once

#include "text/unicode/code_points.h"

namespace clipwright::text::repair {

/// Undoes wrong decodings, layer by layer, as long as the text looks like mojibake.
void fix_encoding(unicode::CodePoints& text);

/// C1 controls as the Windows-1252 characters that were meant.
void fix_c1_controls(unicode::CodePoints& text);

}  // namespace clipwright::text::repair
