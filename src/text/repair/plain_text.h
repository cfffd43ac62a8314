// Most captions need no repair: this tells them apart and lower-cases them in one pass.
#pragma once

#include <string_view>

namespace clipwright::text::repair {

/// Writes `text` in lower case to `lower` (room for as many bytes) and returns true when the whole
/// cleaning would change nothing else about its words: printable ASCII and white space without HTML
/// references.
bool lower_plain_text(std::string_view text, char* lower);

}  // namespace clipwright::text::repair
