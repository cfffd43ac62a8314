#include "text/repair/legacy_encoding.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "core/error.h"
#include "text/repair/mojibake_characters.h"

namespace clipwright::text::repair {
namespace {

#include "text/tables/legacy_encodings.inc"

constexpr char kSubstitute = 0x1A;

/// Characters of one encoding's upper half, sorted, with their bytes.
using ByteOfCharacter = std::array<std::pair<char32_t, char>, 128>;

std::array<ByteOfCharacter, kLegacyEncodings> make_byte_tables() {
  std::array<ByteOfCharacter, kLegacyEncodings> tables;
  for (size_t encoding = 0; encoding < tables.size(); ++encoding) {
    for (size_t i = 0; i < 128; ++i)
      tables[encoding][i] = {kEncodings[encoding][i], static_cast<char>(0x80 + i)};
    std::sort(tables[encoding].begin(), tables[encoding].end());
  }
  return tables;
}

bool is_continuation(uint8_t byte) { return (byte & 0xC0) == 0x80; }

/// The CESU-8 surrogate pair at `position`; its last byte may be a newline that ends the text, as
/// in the reference.
bool is_surrogate_pair(std::string_view bytes, size_t position) {
  if (bytes.size() - position < 6) return false;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[position + i]); };
  const bool last = is_continuation(byte(5)) || (bytes.size() - position == 6 && byte(5) == '\n');
  return byte(0) == 0xED && byte(1) >= 0xA0 && byte(1) <= 0xAF && is_continuation(byte(2)) &&
         byte(3) == 0xED && byte(4) >= 0xB0 && byte(4) <= 0xBF && last;
}

char32_t read_surrogate_pair(std::string_view bytes, size_t position) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(bytes[position + i]); };
  return 0x10000U + ((byte(1) & 0x0FU) << 16) + ((byte(2) & 0x3FU) << 10) +
         ((byte(4) & 0x0FU) << 6) + (byte(5) & 0x3FU);
}

}  // namespace

bool is_sloppy(LegacyEncoding encoding) {
  return encoding >= LegacyEncoding::kWindows1252 && encoding <= LegacyEncoding::kWindows1257;
}

uint32_t possible_encodings(unicode::CodePointView text) {
  const MojibakeTraits& traits = MojibakeTraits::standard();
  uint32_t possible = (1U << kLegacyEncodings) - 1;
  for (const char32_t c : text) {
    if (c >= 0x80 || c == kSubstitute) possible &= traits(c) >> kEncodingShift;
  }
  return possible;
}

std::string encode_legacy(unicode::CodePointView text, LegacyEncoding encoding) {
  static const std::array<ByteOfCharacter, kLegacyEncodings> tables = make_byte_tables();
  const ByteOfCharacter& table = tables[static_cast<size_t>(encoding)];
  std::string bytes;
  bytes.reserve(text.size());
  for (const char32_t c : text) {
    if (c < 0x80) {
      bytes.push_back(static_cast<char>(c));
    } else if (c == unicode::kReplacement) {
      bytes.push_back(kSubstitute);
    } else {
      const auto found =
          std::lower_bound(table.begin(), table.end(), std::pair<char32_t, char>(c, '\x80'),
                           [](const auto& a, const auto& b) { return a.first < b.first; });
      CW_CHECK(found != table.end() && found->first == c,
               "the text was found possible in this encoding");
      bytes.push_back(found->second);
    }
  }
  return bytes;
}

char32_t from_c1_control(char32_t control) {
  return kEncodings[static_cast<size_t>(LegacyEncoding::kWindows1252)][control - 0x80];
}

std::optional<unicode::CodePoints> reread_as_windows1252(unicode::CodePointView text) {
  unicode::CodePoints result(text);
  for (char32_t& c : result) {
    if (c < 0x80 || c > 0x9F) continue;
    if (kStrictWindows1252[c - 0x80] == 0) return std::nullopt;
    c = kStrictWindows1252[c - 0x80];
  }
  return result;
}

std::optional<unicode::CodePoints> decode_utf8_strictly(std::string_view bytes) {
  unicode::CodePoints text;
  text.reserve(bytes.size());
  for (size_t position = 0; position < bytes.size();) {
    char32_t c;
    if (!unicode::next_code_point(bytes, position, c)) return std::nullopt;
    text.push_back(c);
  }
  return text;
}

std::optional<unicode::CodePoints> decode_utf8_variants(std::string_view bytes) {
  unicode::CodePoints text;
  text.reserve(bytes.size());
  for (size_t position = 0; position < bytes.size();) {
    const std::string_view rest = bytes.substr(position);
    if (rest.substr(0, 2) == "\xC0\x80" || rest == "\xC0\n") {
      text.push_back(0);
      position += 2;
    } else if (is_surrogate_pair(bytes, position)) {
      text.push_back(read_surrogate_pair(bytes, position));
      position += 6;
    } else {
      char32_t c;
      if (!unicode::next_code_point(bytes, position, c)) return std::nullopt;
      text.push_back(c);
    }
  }
  return text;
}

}  // namespace clipwright::text::repair
