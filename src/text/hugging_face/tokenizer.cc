#include "text/hugging_face/tokenizer.h"

#include "core/error.h"
#include "text/repair/clean.h"
#include "text/unicode/python_unicode.h"

namespace clipwright::text::hugging_face {
namespace {

std::string cleaned(std::string_view text, Cleaning cleaning) {
  unicode::CodePoints points = unicode::decode_utf8(text);
  if (cleaning == Cleaning::kLowerCase) unicode::lower_case(points);
  if (cleaning == Cleaning::kRepaired) points = repair::repaired_code_points(std::move(points));
  return unicode::encode_utf8(points);
}

}  // namespace

bool Tokenizer::encode(std::string_view text, std::vector<int32_t>& ids, int context_length) const {
  if (context_length < least_length()) {
    fail_usage("a context length of " + std::to_string(context_length),
               "at least " + std::to_string(least_length()) + ", what stands around every text");
  }
  const TokenizerParts& parts = *parts_;
  ids.insert(ids.end(), parts.before.begin(), parts.before.end());
  const size_t most = ids.size() + static_cast<size_t>(context_length - least_length());
  const auto wants_more = [&] { return ids.size() <= most; };
  const auto use_token = [&](int32_t id) {
    ids.push_back(id);
    return wants_more();
  };
  const auto use_word = [&](unicode::CodePointView word) {
    parts.model->encode(unicode::encode_utf8(word), ids);
    return wants_more();
  };
  const auto use_normal = [&](std::string_view normal) {
    return parts.splitter.split(unicode::decode_utf8(normal), use_word);
  };
  parts.raw.split(
      cleaned(text, cleaning_),
      [&](std::string_view between) {
        unicode::CodePoints points = unicode::decode_utf8(between);
        parts.normalizer.apply(points);
        if (parts.normalized.empty()) return parts.splitter.split(points, use_word);
        return parts.normalized.split(unicode::encode_utf8(points), use_normal, use_token);
      },
      use_token);
  const bool whole = wants_more();
  if (!whole) ids.resize(most);
  ids.insert(ids.end(), parts.behind.begin(), parts.behind.end());
  return whole;
}

}  // namespace clipwright::text::hugging_face
