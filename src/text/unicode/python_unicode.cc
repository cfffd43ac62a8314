#include "text/unicode/python_unicode.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include <algorithm>
#include <vector>

#include "core/error.h"

namespace clipwright::text::unicode {
namespace {

constexpr uint8_t kPythonUnicodeVersion = 14;
constexpr char32_t kFirstComposable = 0x300;  // NFC leaves every text below alone
constexpr char32_t kCapitalSigma = 0x3A3, kSmallSigma = 0x3C3, kFinalSigma = 0x3C2;
constexpr char32_t kCapitalDottedI = 0x130, kDotAbove = 0x307;

bool assigned(char32_t code_point) {
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(code_point), age);
  return age[0] <= kPythonUnicodeVersion;
}

bool has_property(char32_t code_point, UProperty property) {
  return u_hasBinaryProperty(static_cast<UChar32>(code_point), property) != 0 &&
         assigned(code_point);
}

/// After a cased letter and before none, with case-ignorable characters skipped both ways.
bool ends_word(CodePointView text, size_t sigma) {
  const auto ignorable = [](char32_t c) { return has_property(c, UCHAR_CASE_IGNORABLE); };
  const auto before = std::find_if_not(
      text.rbegin() + static_cast<std::ptrdiff_t>(text.size() - sigma), text.rend(), ignorable);
  if (before == text.rend() || !has_property(*before, UCHAR_CASED)) return false;
  const auto after = std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(sigma) + 1,
                                      text.end(), ignorable);
  return after == text.end() || !has_property(*after, UCHAR_CASED);
}

char32_t simple_lower(char32_t code_point) {
  if (code_point < 0x80)
    return code_point >= 'A' && code_point <= 'Z' ? code_point + 32 : code_point;
  const auto lower = static_cast<char32_t>(u_tolower(static_cast<UChar32>(code_point)));
  return lower == code_point || !assigned(code_point) ? code_point : lower;
}

void compose_assigned(CodePointView text, CodePoints& composed) {
  static const UNormalizer2* const composer = [] {
    UErrorCode error = U_ZERO_ERROR;
    const UNormalizer2* nfc = unorm2_getNFCInstance(&error);
    if (U_FAILURE(error))
      fail_running("ICU's normalisation data cannot be loaded", {}, "Is libicu installed whole?");
    return nfc;
  }();
  std::vector<UChar> units;
  units.reserve(text.size() + 8);
  for (const char32_t c : text) {
    if (c >= 0x10000) units.push_back(static_cast<UChar>(0xD7C0 + (c >> 10)));
    units.push_back(static_cast<UChar>(c >= 0x10000 ? 0xDC00 | (c & 0x3FF) : c));
  }
  UErrorCode error = U_ZERO_ERROR;
  const auto length = static_cast<int32_t>(units.size());
  if (unorm2_quickCheck(composer, units.data(), length, &error) == UNORM_YES) {
    composed.append(text);
    return;
  }
  // A few characters decompose for good (composition exclusions), to at most three times their
  // length in UTF-16.
  std::vector<UChar> result(units.size() * 3);
  error = U_ZERO_ERROR;
  const int32_t written = unorm2_normalize(composer, units.data(), length, result.data(),
                                           static_cast<int32_t>(result.size()), &error);
  CW_CHECK(U_SUCCESS(error), "NFC fits in three times its input");
  for (int32_t i = 0; i < written; ++i) {
    char32_t c = result[static_cast<size_t>(i)];
    if (c >= 0xD800 && c < 0xDC00 && i + 1 < written) {
      c = ((c - 0xD800) << 10) + (result[static_cast<size_t>(++i)] - 0xDC00U) + 0x10000;
    }
    composed.push_back(c);
  }
}

}  // namespace

void lower_case(CodePoints& text) {
  CodePoints lower;
  lower.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == kCapitalSigma) {
      lower.push_back(ends_word(text, i) ? kFinalSigma : kSmallSigma);
    } else if (text[i] == kCapitalDottedI) {
      lower.push_back('i');
      lower.push_back(kDotAbove);
    } else {
      lower.push_back(simple_lower(text[i]));
    }
  }
  text = std::move(lower);
}

void compose(CodePoints& text) {
  if (std::all_of(text.begin(), text.end(), [](char32_t c) { return c < kFirstComposable; }))
    return;
  CodePoints composed;
  composed.reserve(text.size());
  const CodePointView view = text;
  size_t start = 0;
  // A character that Python does not know yet neither composes nor reorders, so it parts the text.
  for (size_t i = 0; i < view.size(); ++i) {
    if (view[i] < kFirstComposable || assigned(view[i])) continue;
    compose_assigned(view.substr(start, i - start), composed);
    composed.push_back(view[i]);
    start = i + 1;
  }
  compose_assigned(view.substr(start), composed);
  text = std::move(composed);
}

bool is_word_character(char32_t code_point) {
  constexpr uint32_t kWord = U_GC_L_MASK | U_GC_N_MASK;
  return code_point == '_' ||
         ((U_GET_GC_MASK(static_cast<UChar32>(code_point)) & kWord) != 0 && assigned(code_point));
}

bool is_digit(char32_t code_point) {
  return u_charType(static_cast<UChar32>(code_point)) == U_DECIMAL_DIGIT_NUMBER &&
         assigned(code_point);
}

}  // namespace clipwright::text::unicode
