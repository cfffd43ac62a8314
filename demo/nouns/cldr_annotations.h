// Names and keywords of characters from Unicode CLDR (common/annotations/<language>.xml).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace clipwright::demo::nouns {

struct Annotation {
  std::string name;                   ///< the short name (type="tts")
  std::vector<std::string> keywords;  ///< in the file's order
};

/// By code point; characters that are sequences are left out. Throws Error(kInput) when the file is
/// not such an XML file.
std::map<char32_t, Annotation> read_annotations(const std::filesystem::path& path);

}  // namespace clipwright::demo::nouns
