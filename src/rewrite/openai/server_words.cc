#include "rewrite/openai/server_words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <utility>

#include "core/words.h"
#include "rewrite/prompt/prompt.h"
#include "text/unicode/utf8.h"

namespace clipwright::rewrite::openai {
namespace {

constexpr int kFirstError = 400, kLastError = 599;

// Codes and types in words, by what they hold; the first that fits counts.
constexpr std::array<std::pair<std::string_view, int>, 24> kMeanings = {{
    {"insufficient_quota", 402},
    {"insufficient_balance", 402},
    {"insufficient_credit", 402},
    {"billing", 402},
    {"payment", 402},
    {"rate_limit", 429},
    {"ratelimit", 429},
    {"too_many_requests", 429},
    {"throttl", 429},
    {"resource_exhausted", 429},
    {"api_key", 401},
    {"apikey", 401},
    {"authentication", 401},
    {"unauthorized", 401},
    {"unauthenticated", 401},
    {"permission", 403},
    {"forbidden", 403},
    {"not_found", 404},
    {"overloaded", 503},
    {"unavailable", 503},
    {"server_error", 500},
    {"internal", 500},
    {"context_length", 400},
    {"invalid_request", 400},
}};

const Json* member(const Json& json, const char* name) {
  if (!json.is_object()) return nullptr;
  const auto found = json.find(name);
  if (found == json.end() || found->is_null()) return nullptr;
  const bool empty = (found->is_string() && found->get_ref<const std::string&>().empty()) ||
                     (found->is_structured() && found->empty());
  return empty ? nullptr : &*found;
}

const Json* first_member(const Json& json, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const Json* found = member(json, name)) return found;
  }
  return nullptr;
}

std::string text_of(const Json& json) {
  return json.is_string() ? json.get<std::string>() : to_line(json);
}

/// A number, or a text that is one; -1: neither.
int64_t number_in(const Json& json) {
  if (json.is_number_integer()) return json.get<int64_t>();
  if (!json.is_string()) return -1;
  const auto& text = json.get_ref<const std::string&>();
  int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : -1;
}

/// The object that speaks of the error.
const Json& speaker(const Json& json) {
  const Json* at = first_member(json, {"error", "errors", "base_resp"});
  if (at == nullptr) return json;
  if (at->is_array()) at = &at->front();
  return at->is_object() ? *at : json;
}

}  // namespace

std::string quoted_reason(std::string_view text, size_t most) {
  std::string line = prompt::caption_blanks(text.substr(0, 8 * most));
  if (line.size() > most) {
    line.resize(text::unicode::whole_characters(line, most).size());
    line += "...";
  }
  if (text::unicode::is_utf8(line)) return line;
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return line;
}

ServerWords words_of(const Json& json) {
  ServerWords words;
  const Json& at = speaker(json);
  bool fine = false;  // it says itself that nothing is wrong
  for (const char* name : {"code", "status_code", "error_code", "http_status", "status", "type"}) {
    const Json* code = member(at, name);
    if (code == nullptr) continue;
    const int64_t number = number_in(*code);
    fine |= number == 0 || number == 200;
    if (words.status == 0 && number >= kFirstError && number <= kLastError)
      words.status = static_cast<int>(number);
    if (code->is_string()) words.kind += ascii_lower(code->get_ref<const std::string&>()) + " ";
  }
  for (const auto& [part, status] : kMeanings) {
    if (words.status != 0 || words.kind.find(part) == std::string::npos) continue;
    words.status = status;
  }
  if (fine && words.status == 0) return {};
  if (const Json* message =
          first_member(at, {"message", "msg", "error_msg", "error_message", "status_msg", "detail",
                            "error", "errors", "title", "reason", "description"})) {
    std::string text = text_of(*message);
    const Json* more = member(at, "metadata");  // a router's word on the service behind it
    if (more != nullptr) more = member(*more, "raw");
    if (more != nullptr) text += " (" + text_of(*more) + ")";
    words.message = quoted_reason(text);
  }
  if (words.message.empty() && words.status != 0) words.message = quoted_reason(to_line(at));
  return words;
}

ServerWords words_of_body(std::string_view body) {
  const Json json = try_json(body);
  if (json.is_object()) return words_of(json);
  if (json.is_array() && !json.empty() && json.front().is_object()) return words_of(json.front());
  ServerWords words;
  words.message = quoted_reason(body);
  return words;
}

}  // namespace clipwright::rewrite::openai
