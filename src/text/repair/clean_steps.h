// clean.h on code points, for callers inside text/ that go on with them.
#pragma once

#include "text/unicode/code_points.h"

namespace clipwright::text::repair {

unicode::CodePoints fix_text(unicode::CodePointView text);
unicode::CodePoints clean_code_points(unicode::CodePoints text);

}  // namespace clipwright::text::repair
