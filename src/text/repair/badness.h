// Does a text look like mojibake? ftfy 6's heuristic.
#pragma once

#include "text/unicode/code_points.h"

namespace clipwright::text::repair {

/// True when some two to seven neighbouring characters are far likelier to come from a wrong
/// decoding than from a writer.
bool looks_like_mojibake(unicode::CodePointView text);

}  // namespace clipwright::text::repair
