#include "rewrite/openai/reply_stream.h"

#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include "rewrite/openai/server_words.h"

namespace clipwright::rewrite::openai {
namespace {

constexpr std::string_view kData = "data:", kDone = "[DONE]";
constexpr size_t kMostShown = 80;

const Json* member(const Json& json, const char* name) {
  if (!json.is_object()) return nullptr;
  const auto found = json.find(name);
  return found == json.end() || found->is_null() ? nullptr : &*found;
}

/// One reply in the making.
class Pieces {
 public:
  void add(const Json& piece) {
    if (const Json* error = member(piece, "error")) error_ = *error;
    if (const Json* usage = member(piece, "usage"); usage != nullptr && usage->is_object())
      usage_ = *usage;
    if (const Json* choices = member(piece, "choices"); choices != nullptr && choices->is_array()) {
      for (const Json& choice : *choices) add_choice(choice);
    } else {
      add_native(piece);
    }
  }
  void finish() { ended_ = true; }
  bool ended() const { return ended_ || finish_ || error_; }
  Json whole() const {
    Json reply = Json::object();
    if (error_) reply["error"] = *error_;
    if (any_choice_ && !(error_ && !finish_)) {  // what an error cut short is no reply
      Json message = {{"role", "assistant"}, {"content", content_}};
      if (!thought_.empty()) message["reasoning_content"] = thought_;
      if (!refusal_.empty()) message["refusal"] = refusal_, message["content"] = nullptr;
      reply["choices"] = Json::array({{{"text", text_},
                                       {"message", std::move(message)},
                                       {"finish_reason", finish_ ? *finish_ : Json()}}});
    }
    if (usage_) reply["usage"] = *usage_;
    return reply;
  }

 private:
  static void append(const Json& from, std::initializer_list<const char*> names, std::string& to) {
    for (const char* name : names) {
      if (const Json* piece = member(from, name); piece != nullptr && piece->is_string()) {
        to += piece->get_ref<const std::string&>();
        return;
      }
    }
  }
  void add_message(const Json& message) {
    append(message, {"content"}, content_);
    append(message, {"reasoning_content", "reasoning", "thinking"}, thought_);
    append(message, {"refusal"}, refusal_);
  }
  void add_choice(const Json& choice) {
    const Json* index = member(choice, "index");
    if (!choice.is_object() || (index != nullptr && *index != 0)) return;
    any_choice_ = true;
    append(choice, {"text"}, text_);
    for (const char* name : {"delta", "message"}) {
      if (const Json* message = member(choice, name)) add_message(*message);
    }
    if (const Json* why = member(choice, "finish_reason")) finish_ = *why;
    if (const Json* error = member(choice, "error")) error_ = *error;
  }
  /// {"message": {"content"}, "done"} and {"response", "done"}.
  void add_native(const Json& piece) {
    const Json* message = member(piece, "message");
    const bool text = member(piece, "response") != nullptr;
    if ((message == nullptr || !message->is_object()) && !text) return;
    any_choice_ = true;
    append(piece, {"response"}, text_);
    append(piece, {"response"}, content_);
    if (message != nullptr) add_message(*message);
    if (const Json* done = member(piece, "done"); done != nullptr && *done == true)
      finish_ = piece.value("done_reason", Json("stop"));
    for (const auto& [count, name] : {std::pair("prompt_eval_count", "prompt_tokens"),
                                      std::pair("eval_count", "completion_tokens")}) {
      if (const Json* number = member(piece, count)) {
        if (!usage_) usage_ = Json::object();
        (*usage_)[name] = *number;
      }
    }
  }

  std::string text_, content_, thought_, refusal_;
  std::optional<Json> finish_, usage_, error_;
  bool any_choice_ = false, ended_ = false;
};

/// The lines of a body; those of a stream end with LF, CRLF or CR.
std::vector<std::string_view> lines_of(std::string_view body) {
  std::vector<std::string_view> lines;
  while (!body.empty()) {
    const size_t end = body.find_first_of("\r\n");
    lines.push_back(body.substr(0, end));
    if (end == std::string_view::npos) break;
    body.remove_prefix(end + (body.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  return lines;
}

/// Events: the data lines up to a blank one are one piece. False when something is no event.
bool read_events(const std::vector<std::string_view>& lines, Pieces& pieces) {
  std::string data;
  bool any = false;
  const auto end_event = [&] {
    if (data.empty()) return true;
    const std::string event = std::exchange(data, {});
    if (event == kDone) {
      pieces.finish();
      return true;
    }
    const Json piece = try_json(event);
    if (!piece.is_object()) return false;
    pieces.add(piece);
    any = true;
    return true;
  };
  for (std::string_view line : lines) {
    if (line.empty()) {
      if (!end_event()) return false;
    } else if (line.starts_with(kData)) {
      line.remove_prefix(kData.size());
      if (line.starts_with(' ')) line.remove_prefix(1);
      // Some servers leave out the blank line between events.
      if (!data.empty() && (line == kDone || Json::accept(data)) && !end_event()) return false;
      data += (data.empty() ? "" : "\n") + std::string(line);
    } else if (!line.starts_with(':') && !line.starts_with("event:") && !line.starts_with("id:") &&
               !line.starts_with("retry:")) {
      return false;
    }
  }
  return end_event() && any;
}

/// A JSON object a line. False when some line is none.
bool read_json_lines(const std::vector<std::string_view>& lines, Pieces& pieces) {
  bool any = false;
  for (const std::string_view line : lines) {
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    const Json piece = try_json(line);
    if (!piece.is_object()) return false;
    pieces.add(piece);
    any = true;
  }
  return any;
}

/// Whether one JSON object is a piece of a stream rather than a reply.
bool is_piece(const Json& json) {
  const Json* choices = member(json, "choices");
  if (choices == nullptr)
    return member(json, "done") != nullptr &&
           (member(json, "message") != nullptr || member(json, "response") != nullptr);
  return choices->is_array() && !choices->empty() && member(choices->front(), "delta") != nullptr &&
         member(choices->front(), "message") == nullptr;
}

}  // namespace

Json whole_reply(std::string_view body, std::string& damage) {
  Json json = try_json(body);
  if (json.is_object() && !is_piece(json)) return json;
  Pieces pieces;
  bool read = false;
  if (json.is_object()) {
    pieces.add(json);
    read = true;
  } else if (json.is_array()) {
    for (const Json& piece : json) pieces.add(piece);
    read = !json.empty();
  } else if (json.is_discarded()) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
    const std::vector<std::string_view> lines = lines_of(body);
    read = read_events(lines, pieces);
    if (!read) {
      pieces = {};
      read = read_json_lines(lines, pieces);
    }
  }
  if (!read) {
    constexpr std::string_view kGzip = "\x1f\x8b", kZstd = "\x28\xb5\x2f\xfd";
    damage = body.empty() ? "an empty reply"
             : body.starts_with(kGzip) || body.starts_with(kZstd)
                 ? "compressed bytes that no Content-Encoding announces"
                 : "no valid JSON: " + quoted_reason(body, kMostShown);
  } else if (!pieces.ended()) {
    damage = "a stream that ends before its end";
    read = false;
  }
  return read ? pieces.whole() : Json(Json::value_t::discarded);
}

}  // namespace clipwright::rewrite::openai
