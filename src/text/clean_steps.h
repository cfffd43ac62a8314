// clean.h on code points, for callers inside text/ that go on with them.
#pragma once

#include "text/code_points.h"

namespace clipwright {

CodePoints fix_text(CodePointView text);
CodePoints clean_code_points(CodePoints text);

}  // namespace clipwright
