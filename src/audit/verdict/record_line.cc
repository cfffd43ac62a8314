#include "audit/verdict/record_line.h"

#include <unicode/utf8.h>

#include <charconv>
#include <cmath>

#include "core/json.h"

namespace clipwright::audit::verdict {
namespace {

/// Bytes from `at` on that need no escape and are valid UTF-8.
size_t plain_run(std::string_view text, size_t at) {
  const auto size = static_cast<int32_t>(text.size());
  auto i = static_cast<int32_t>(at);
  while (i < size) {
    const auto byte = static_cast<uint8_t>(text[static_cast<size_t>(i)]);
    if (byte < 0x20 || byte == '"' || byte == '\\') break;
    if (byte < 0x80) {
      ++i;
      continue;
    }
    int32_t next = i;
    UChar32 point;
    U8_NEXT(text.data(), next, size, point);
    if (point < 0) break;
    i = next;
  }
  return static_cast<size_t>(i) - at;
}

void append_string(std::string_view text, std::string& line) {
  const size_t start = line.size();
  line += '"';
  for (size_t at = 0; at < text.size();) {
    const size_t run = text.size() < (size_t{1} << 30) ? plain_run(text, at) : 0;
    line.append(text, at, run);
    at += run;
    if (at == text.size()) break;
    const char byte = text[at];
    if (byte == '"' || byte == '\\') {
      line += '\\';
      line += byte;
      ++at;
      continue;
    }
    // Control characters and broken UTF-8 are rare: the JSON library knows the rules.
    line.resize(start);
    line += to_line(Json(text));
    return;
  }
  line += '"';
}

/// `value` rounded to 4 digits, as the JSON library writes it.
void append_number(double value, std::string& line) {
  const double scaled = std::round(value * 1e4);
  if (!(std::fabs(scaled) < 1e9)) {
    line += to_line(Json(scaled / 1e4));
    return;
  }
  auto number = static_cast<int64_t>(scaled);
  if (number < 0 || std::signbit(scaled)) {
    line += '-';
    number = -number;
  }
  char digits[24];
  const auto whole = std::to_chars(digits, digits + sizeof digits, number / 10000);
  line.append(digits, whole.ptr);
  line += '.';
  auto rest = static_cast<int>(number % 10000);
  int place = 1000;
  do {
    line += static_cast<char>('0' + rest / place);
    rest %= place;
    place /= 10;
  } while (rest != 0 && place != 0);
}

void append_field(std::string_view name, double value, std::string& line) {
  if (std::isnan(value)) return;
  line += ",\"";
  line += name;
  line += "\":";
  append_number(value, line);
}

}  // namespace

void append_record(const AuditedPair& audited, std::string& line) {
  const AuditRecord& record = audited.record;
  const PairScores& scores = audited.scores;
  line += "{\"key\":";
  append_string(audited.pair.key, line);
  line += ",\"mode\":";
  append_string(audited.pair.mode, line);
  line += ",\"source\":";
  append_string(audited.pair.source, line);
  line += ",\"text\":";
  append_string(audited.pair.text, line);
  append_field("score", record.score, line);
  line += ",\"flags\":[";
  for (size_t i = 0; i < record.flags.size(); ++i) {
    if (i > 0) line += ',';
    append_string(record.flags[i], line);
  }
  line += ']';
  append_field("content_kept", record.content_kept, line);
  append_field("content_added", record.content_added, line);
  append_field("length_ratio", record.length_ratio, line);
  append_field("similarity", scores.similarity, line);
  append_field("entails_forward", scores.entails_forward, line);
  append_field("entails_backward", scores.entails_backward, line);
  append_field("image_source", scores.image_source, line);
  append_field("image_rewrite", scores.image_rewrite, line);
  append_field("image_difference", scores.image_difference(), line);
  line += '}';
}

}  // namespace clipwright::audit::verdict
