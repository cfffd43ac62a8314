// The single-byte encodings that UTF-8 is most often misread in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "text/unicode/code_points.h"

namespace clipwright::text::repair {

/// In the order in which they are tried. "Sloppy" Windows code pages give unassigned bytes the
/// character of the same number and have byte 0x1A for U+FFFD.
enum class LegacyEncoding {
  kLatin1,
  kWindows1252,
  kWindows1251,
  kWindows1250,
  kWindows1253,
  kWindows1254,
  kWindows1257,
  kIso8859_2,
  kMacRoman,
  kCodePage437,
};
constexpr int kLegacyEncodings = 10;

bool is_sloppy(LegacyEncoding encoding);

/// A bit for each encoding (1 << its number) that has all characters of `text`.
uint32_t possible_encodings(unicode::CodePointView text);

/// The bytes of `text`, which must be possible in `encoding`.
std::string encode_legacy(unicode::CodePointView text, LegacyEncoding encoding);

/// The Windows-1252 characters of bytes 0x80 to 0x9F written as C1 controls; unassigned ones stay
/// as they are.
char32_t from_c1_control(char32_t control);

/// `text`, all of Latin-1, with C1 controls read as Windows-1252; nothing when one of them is
/// unassigned there.
std::optional<unicode::CodePoints> reread_as_windows1252(unicode::CodePointView text);

/// Strict UTF-8; nothing when the bytes are not.
std::optional<unicode::CodePoints> decode_utf8_strictly(std::string_view bytes);

/// UTF-8 that may also hold CESU-8 surrogate pairs and Java's two-byte zero.
std::optional<unicode::CodePoints> decode_utf8_variants(std::string_view bytes);

}  // namespace clipwright::text::repair
