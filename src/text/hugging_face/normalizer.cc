#include "text/hugging_face/normalizer.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include <algorithm>

#include "core/error.h"
#include "text/hugging_face/bert_characters.h"

namespace clipwright::text::hugging_face {
namespace {

constexpr int kDeepest = 8;
constexpr char32_t kCapitalDottedI = 0x130, kDotAbove = 0x307, kFirstDecomposable = 0xA0;

using GetNormalizer = const UNormalizer2* (*)(UErrorCode*);

void normalize(unicode::CodePoints& text, GetNormalizer get) {
  if (std::all_of(text.begin(), text.end(), [](char32_t c) { return c < kFirstDecomposable; }))
    return;
  UErrorCode error = U_ZERO_ERROR;
  const UNormalizer2* normalizer = get(&error);
  if (U_FAILURE(error))
    fail_running("ICU's normalisation data cannot be loaded", {}, "Is libicu installed whole?");
  std::u16string units;
  units.reserve(text.size() + 8);
  for (const char32_t c : text) {
    if (c >= 0x10000) units.push_back(static_cast<char16_t>(0xD7C0 + (c >> 10)));
    units.push_back(static_cast<char16_t>(c >= 0x10000 ? 0xDC00 | (c & 0x3FF) : c));
  }
  std::u16string result(units.size() * 3 + 16, u'\0');
  for (;;) {
    error = U_ZERO_ERROR;
    const int32_t length =
        unorm2_normalize(normalizer, units.data(), static_cast<int32_t>(units.size()),
                         result.data(), static_cast<int32_t>(result.size()), &error);
    if (error == U_BUFFER_OVERFLOW_ERROR) {
      result.resize(static_cast<size_t>(length));
      continue;
    }
    if (U_FAILURE(error)) fail_running("ICU could not normalise a text", {}, u_errorName(error));
    result.resize(static_cast<size_t>(length));
    break;
  }
  text.clear();
  for (size_t i = 0; i < result.size(); ++i) {
    const char16_t unit = result[i];
    const bool pair = unit >= 0xD800 && unit < 0xDC00 && i + 1 < result.size();
    text.push_back(pair ? ((static_cast<char32_t>(unit) - 0xD7C0) << 10 | (result[i + 1] & 0x3FF))
                        : unit);
    i += pair ? 1 : 0;
  }
}

void clean(unicode::CodePoints& text) {
  std::erase_if(text, is_dropped);
  for (char32_t& c : text) {
    if (is_white_space(c)) c = ' ';
  }
}

void part_chinese(unicode::CodePoints& text) {
  if (std::none_of(text.begin(), text.end(), is_chinese)) return;
  unicode::CodePoints parted;
  for (const char32_t c : text) {
    if (is_chinese(c)) {
      parted.append({' ', c, ' '});
    } else {
      parted.push_back(c);
    }
  }
  text = std::move(parted);
}

/// A character at a time: no sigma knows that it ends a word.
void lower_case(unicode::CodePoints& text) {
  const bool dotted = text.find(kCapitalDottedI) != unicode::CodePoints::npos;
  if (!dotted) {
    for (char32_t& c : text) c = static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
    return;
  }
  unicode::CodePoints lower;
  for (const char32_t c : text) {
    if (c == kCapitalDottedI) {
      lower.append({U'i', kDotAbove});
    } else {
      lower.push_back(static_cast<char32_t>(u_tolower(static_cast<UChar32>(c))));
    }
  }
  text = std::move(lower);
}

bool flag(const Json& description, const char* key, bool fallback, const std::string& where) {
  const auto found = description.find(key);
  if (found == description.end() || found->is_null()) return fallback;
  if (!found->is_boolean())
    fail_input(where + "." + key + " is " + to_line(*found), "true or false");
  return found->get<bool>();
}

}  // namespace

Normalizer::Normalizer(const Json& description, const std::string& where) {
  add(description, where, 0);
}

Normalizer Normalizer::bert(bool chinese, bool accents, bool lower) {
  Normalizer normalizer;
  normalizer.steps_ = {Step::kClean};
  if (chinese) normalizer.steps_.push_back(Step::kChinese);
  if (accents) normalizer.steps_.push_back(Step::kAccents);
  if (lower) normalizer.steps_.push_back(Step::kLowerCase);
  return normalizer;
}

void Normalizer::add(const Json& description, const std::string& where, int depth) {
  if (description.is_null()) return;
  const std::string type =
      description.is_object() && description.contains("type") && description["type"].is_string()
          ? description["type"].get<std::string>()
          : "";
  if (type == "Sequence" && depth < kDeepest && description.contains("normalizers") &&
      description["normalizers"].is_array()) {
    for (const Json& part : description["normalizers"]) add(part, where, depth + 1);
    return;
  }
  if (type == "BertNormalizer") {
    const bool lower = flag(description, "lowercase", true, where);
    if (flag(description, "clean_text", true, where)) steps_.push_back(Step::kClean);
    if (flag(description, "handle_chinese_chars", true, where)) steps_.push_back(Step::kChinese);
    if (flag(description, "strip_accents", lower, where)) steps_.push_back(Step::kAccents);
    if (lower) steps_.push_back(Step::kLowerCase);
    return;
  }
  constexpr std::pair<const char*, Step> kNames[] = {{"NFC", Step::kNfc},
                                                     {"NFD", Step::kNfd},
                                                     {"NFKC", Step::kNfkc},
                                                     {"NFKD", Step::kNfkd},
                                                     {"Lowercase", Step::kLowerCase},
                                                     {"StripAccents", Step::kMarks}};
  for (const auto& [name, step] : kNames) {
    if (type != name) continue;
    steps_.push_back(step);
    return;
  }
  fail_input(where + " is " + (type.empty() ? to_line(description) : "a " + type),
             "null, BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents or a Sequence",
             "Tokenizers with other normalisers are not read.");
}

void Normalizer::apply(unicode::CodePoints& text) const {
  for (const Step step : steps_) {
    switch (step) {
      case Step::kClean:
        clean(text);
        break;
      case Step::kChinese:
        part_chinese(text);
        break;
      case Step::kAccents:
        normalize(text, unorm2_getNFDInstance);
        std::erase_if(text, is_accent);
        break;
      case Step::kMarks:
        std::erase_if(text, is_accent);
        break;
      case Step::kLowerCase:
        lower_case(text);
        break;
      case Step::kNfc:
        normalize(text, unorm2_getNFCInstance);
        break;
      case Step::kNfd:
        normalize(text, unorm2_getNFDInstance);
        break;
      case Step::kNfkc:
        normalize(text, unorm2_getNFKCInstance);
        break;
      case Step::kNfkd:
        normalize(text, unorm2_getNFKDInstance);
        break;
    }
  }
}

}  // namespace clipwright::text::hugging_face
