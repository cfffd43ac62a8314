#include "text/repair/html_entities.h"

#include <algorithm>
#include <optional>
#include <span>

namespace clipwright::text::repair {
namespace {

struct HtmlEntity {
  std::string_view name;
  char32_t text[3];
};
struct CodePointPair {
  char32_t from, to;
};

#include "text/tables/html_entities.inc"

constexpr size_t kLongestName = 32;        // "CounterClockwiseContourIntegral;"
constexpr size_t kLongestOpenName = 6;     // names that count without their semicolon
constexpr size_t kLongestClosedName = 24;  // what ftfy looks at
constexpr size_t kDeepestEscape = 64;      // "&amp;amp;..." is followed level by level up to here

const HtmlEntity* find_entity(std::span<const HtmlEntity> entities, unicode::CodePointView name) {
  char bytes[kLongestName + 1];
  if (name.size() > kLongestName) return nullptr;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] >= 0x80) return nullptr;
    bytes[i] = static_cast<char>(name[i]);
  }
  const std::string_view wanted(bytes, name.size());
  const auto found = std::lower_bound(
      entities.begin(), entities.end(), wanted,
      [](const HtmlEntity& entity, std::string_view key) { return entity.name < key; });
  return found != entities.end() && found->name == wanted ? &*found : nullptr;
}

void append_entity(const HtmlEntity& entity, unicode::CodePoints& output) {
  for (const char32_t c : entity.text) {
    if (c != 0) output.push_back(c);
  }
}

int digit_value(char32_t c) {
  if (c >= '0' && c <= '9') return static_cast<int>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<int>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<int>(c - 'A') + 10;
  return 99;
}

bool is_dropped(char32_t c) {
  return (c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) ||
         (c >= 0x7F && c <= 0x9F) || (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

void append_reference(char32_t number, unicode::CodePoints& output) {
  const auto redirected =
      std::find_if(std::begin(kRedirectedReferences), std::end(kRedirectedReferences),
                   [&](const CodePointPair& pair) { return pair.from == number; });
  if (redirected != std::end(kRedirectedReferences)) {
    output.push_back(redirected->to);
  } else if ((number >= 0xD800 && number <= 0xDFFF) || number > 0x10FFFF) {
    output.push_back(unicode::kReplacement);
  } else if (!is_dropped(number)) {
    output.push_back(number);
  }
}

struct NumericReference {
  char32_t number;
  size_t length;  ///< from the ampersand, with the semicolon if there is one
  bool closed;
};

/// `text` starts with "&#".
std::optional<NumericReference> read_numeric(unicode::CodePointView text) {
  const bool hexadecimal = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
  const int base = hexadecimal ? 16 : 10;
  const size_t start = hexadecimal ? 3 : 2;
  size_t end = start;
  char32_t number = 0;
  for (; end < text.size() && digit_value(text[end]) < base; ++end) {
    number = std::min<char32_t>(
        number * static_cast<char32_t>(base) + static_cast<char32_t>(digit_value(text[end])),
        0x110000);
  }
  if (end == start) return std::nullopt;
  const bool closed = end < text.size() && text[end] == ';';
  return NumericReference{number, end + (closed ? 1 : 0), closed};
}

bool ends_name(char32_t c) {
  return c == '\t' || c == '\n' || c == '\f' || c == ' ' || c == '<' || c == '&' || c == '#' ||
         c == ';';
}

bool is_ascii_alphanumeric(char32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// Length of the reference at the start of `text` that was written to `output`; 0 when there is
/// none.
size_t read_any(unicode::CodePointView text, unicode::CodePoints& output) {
  if (text.size() > 1 && text[1] == '#') {
    const auto reference = read_numeric(text);
    if (!reference) return 0;
    append_reference(reference->number, output);
    return reference->length;
  }
  size_t end = 1;
  while (end < text.size() && end <= kLongestName && !ends_name(text[end])) ++end;
  if (end == 1) return 0;
  const size_t whole = end < text.size() && text[end] == ';' ? end + 1 : end;
  if (const HtmlEntity* entity = find_entity(kHtmlEntities, text.substr(1, whole - 1))) {
    append_entity(*entity, output);
    return whole;
  }
  for (size_t length = std::min(whole - 2, kLongestOpenName); length >= 2; --length) {
    if (const HtmlEntity* entity = find_entity(kHtmlEntities, text.substr(1, length))) {
      append_entity(*entity, output);
      return 1 + length;
    }
  }
  return 0;
}

/// Length of the rest of an ampersand that was escaped over and over. ftfy takes one level a pass,
/// which for a hostile text of a million levels is a million passes.
size_t too_deep_escape(unicode::CodePointView name, unicode::CodePointView rest) {
  constexpr unicode::CodePointView kLevel = U"amp;";
  size_t levels = 0;
  if (name == kLevel) {
    while (rest.substr(levels * kLevel.size()).starts_with(kLevel)) ++levels;
  }
  return levels > kDeepestEscape ? levels * kLevel.size() : 0;
}

size_t read_closed(unicode::CodePointView text, unicode::CodePoints& output) {
  const bool numeric = text.size() > 1 && text[1] == '#';
  const size_t start = numeric ? 2 : 1;
  size_t end = start;
  while (end < text.size() && end - start < kLongestClosedName && is_ascii_alphanumeric(text[end]))
    ++end;
  if (end == start || end >= text.size() || text[end] != ';') return 0;
  const size_t length = end + 1;
  if (numeric) {
    const auto reference = read_numeric(text.substr(0, length));
    // A reference to the semicolon itself counts as unfinished.
    if (!reference || reference->length != length || reference->number == ';') return 0;
    append_reference(reference->number, output);
    return length;
  }
  const unicode::CodePointView name = text.substr(1, length - 1);
  const HtmlEntity* entity = find_entity(kHtmlEntities, name);
  if (entity == nullptr) entity = find_entity(kCapitalEntities, name);
  if (entity == nullptr) return 0;
  append_entity(*entity, output);
  return length + too_deep_escape(name, text.substr(length));
}

template <typename Reader>
void replace_references(unicode::CodePoints& text, Reader&& read) {
  size_t ampersand = text.find(U'&');
  if (ampersand == unicode::CodePoints::npos) return;
  const unicode::CodePointView view = text;
  unicode::CodePoints output;
  output.reserve(text.size());
  size_t copied = 0;
  while (ampersand != unicode::CodePoints::npos) {
    output.append(view.substr(copied, ampersand - copied));
    const size_t length = read(view.substr(ampersand), output);
    copied = ampersand + length;
    ampersand = view.find(U'&', ampersand + std::max<size_t>(length, 1));
  }
  output.append(view.substr(copied));
  text = std::move(output);
}

}  // namespace

void unescape_all_references(unicode::CodePoints& text) { replace_references(text, read_any); }

void unescape_closed_references(unicode::CodePoints& text) {
  replace_references(text, read_closed);
}

std::string unescape_html(std::string_view text) {
  unicode::CodePoints code_points = unicode::decode_utf8(text);
  unescape_all_references(code_points);
  return unicode::encode_utf8(code_points);
}

}  // namespace clipwright::text::repair
