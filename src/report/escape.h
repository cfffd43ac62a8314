// Texts and pictures inside HTML.
#pragma once

#include <string>
#include <string_view>

namespace clipwright::report {

/// For text and attribute values: & < > " ' escaped, control characters and invalid UTF-8 replaced.
std::string escape_html(std::string_view text);
std::string base64(std::string_view bytes);

}  // namespace clipwright::report
