#include "text/repair/mojibake.h"

#include <algorithm>
#include <optional>
#include <string>

#include "text/repair/badness.h"
#include "text/repair/legacy_encoding.h"
#include "text/repair/lossy_bytes.h"
#include "text/repair/mojibake_characters.h"

namespace clipwright::text::repair {
namespace {

bool is_c1_control(char32_t c) { return c >= 0x80 && c <= 0x9F; }

std::optional<unicode::CodePoints> read_as_utf8(unicode::CodePointView text,
                                                LegacyEncoding encoding) {
  std::string bytes = encode_legacy(text, encoding);
  // In Mac Roman an en dash before a space would be taken for a lost no-break space.
  if (encoding != LegacyEncoding::kMacRoman) restore_no_break_spaces(bytes);
  if (is_sloppy(encoding)) replace_lost_sequences(bytes);
  const bool may_be_variant = bytes.find_first_of("\xED\xC0") != std::string::npos;
  return may_be_variant ? decode_utf8_variants(bytes) : decode_utf8_strictly(bytes);
}

/// Length of the longest run of UTF-8-like sequences at the start of `text`; 0 when there is none.
size_t utf8_like_run(unicode::CodePointView text, const MojibakeTraits& traits) {
  size_t end = 0;
  while (end < text.size()) {
    const uint32_t first = traits(text[end]);
    const size_t more = (first & kFirstOfTwo) != 0     ? 1
                        : (first & kFirstOfThree) != 0 ? 2
                        : (first & kFirstOfFour) != 0  ? 3
                                                       : 0;
    if (more == 0 || text.size() - end <= more) break;
    const unicode::CodePointView tail = text.substr(end + 1, more);
    if (!std::all_of(tail.begin(), tail.end(),
                     [&](char32_t c) { return (traits(c) & kContinuation) != 0; }))
      break;
    end += 1 + more;
  }
  return end;
}

/// Repairs the stretches that look like UTF-8 on their own, when the text as a whole has no one
/// explanation.
unicode::CodePoints fix_embedded(unicode::CodePointView text) {
  const MojibakeTraits& traits = MojibakeTraits::standard();
  unicode::CodePoints result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    // Inside a long garble, mending a few characters would only make it worse.
    const bool continues = i > 0 && (traits(text[i - 1]) & kStrictContinuation) != 0;
    const size_t length = continues ? 0 : utf8_like_run(text.substr(i), traits);
    if (length == 0) {
      result.push_back(text[i++]);
      continue;
    }
    unicode::CodePoints stretch(text.substr(i, length));
    // Only shorter stretches, so that this comes to an end.
    if (length < text.size() && looks_like_mojibake(stretch)) fix_encoding(stretch);
    result += stretch;
    i += length;
  }
  return result;
}

/// One layer. Nothing when there is no more to repair.
std::optional<unicode::CodePoints> fix_one_layer(unicode::CodePointView text) {
  if (!looks_like_mojibake(text)) return std::nullopt;  // nor does any ASCII text
  const uint32_t possible = possible_encodings(text);
  for (int i = 0; i < kLegacyEncodings; ++i) {
    if ((possible >> i & 1) == 0) continue;
    if (auto fixed = read_as_utf8(text, static_cast<LegacyEncoding>(i))) return fixed;
  }
  if (unicode::CodePoints fixed = fix_embedded(text); fixed != text) return fixed;
  if ((possible & 1) != 0) {
    if (auto fixed = reread_as_windows1252(text); fixed && *fixed != text) return fixed;
  }
  unicode::CodePoints fixed(text);
  fix_c1_controls(fixed);
  return fixed;
}

}  // namespace

void fix_c1_controls(unicode::CodePoints& text) {
  for (char32_t& c : text) {
    if (is_c1_control(c)) c = from_c1_control(c);
  }
}

void fix_encoding(unicode::CodePoints& text) {
  while (true) {
    std::optional<unicode::CodePoints> fixed = fix_one_layer(text);
    if (!fixed || *fixed == text) return;
    text = std::move(*fixed);
  }
}

}  // namespace clipwright::text::repair
