// Pieces of Markdown from texts of any kind.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clipwright::card {

/// One line that shows as it reads: what Markdown or HTML would take for marks is escaped, line
/// ends become blanks, invalid UTF-8 is replaced.
std::string plain(std::string_view text);
/// `text` as code, for paths and names.
std::string code(std::string_view text);
/// A table; cells are Markdown already.
std::string table(const std::vector<std::string>& header,
                  const std::vector<std::vector<std::string>>& rows);
/// "- item" a line; items are Markdown already.
std::string bullets(const std::vector<std::string>& items);
/// A text as YAML takes it in any place.
std::string yaml(std::string_view text);

}  // namespace clipwright::card
