#include "demo/nouns/cldr_annotations.h"

#include <optional>
#include <pugixml.hpp>
#include <string_view>

#include "core/error.h"

namespace clipwright::demo::nouns {
namespace {

/// The code point of a text that is exactly one character of UTF-8.
std::optional<char32_t> single_code_point(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() != length) return std::nullopt;
  char32_t value = length == 1 ? lead : lead & (0xFFU >> (length + 1));
  for (size_t i = 1; i < length; ++i)
    value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  return value;
}

std::vector<std::string> split_keywords(std::string_view text) {
  std::vector<std::string> keywords;
  while (!text.empty()) {
    const size_t bar = text.find(" | ");
    keywords.emplace_back(text.substr(0, bar));
    if (bar == std::string_view::npos) break;
    text.remove_prefix(bar + 3);
  }
  return keywords;
}

}  // namespace

std::map<char32_t, Annotation> read_annotations(const std::filesystem::path& path) {
  pugi::xml_document document;
  const pugi::xml_parse_result result = document.load_file(path.c_str());
  if (!result) {
    fail_input(
        path.string() + ": " + result.description() + " at byte " + std::to_string(result.offset),
        "the annotations of Unicode CLDR", "Install the package unicode-cldr-core.");
  }
  std::map<char32_t, Annotation> annotations;
  for (const pugi::xml_node node :
       document.child("ldml").child("annotations").children("annotation")) {
    const auto code_point = single_code_point(node.attribute("cp").value());
    if (!code_point) continue;
    Annotation& annotation = annotations[*code_point];
    if (std::string_view(node.attribute("type").value()) == "tts") {
      annotation.name = node.text().get();
    } else {
      annotation.keywords = split_keywords(node.text().get());
    }
  }
  if (annotations.empty()) {
    fail_input(path.string() + ": no annotations", "the annotations of Unicode CLDR",
               "Install the package unicode-cldr-core.");
  }
  return annotations;
}

}  // namespace clipwright::demo::nouns
