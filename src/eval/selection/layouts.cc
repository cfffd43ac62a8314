#include "eval/selection/layouts.h"

#include <utility>

#include "text/unicode/utf8.h"

namespace clipwright::eval::selection {
namespace {

constexpr size_t kMostWords = 30;  // ARO's orders

/// The first words of a text; shorter ones stay as they are.
std::string first_words(const std::string& text, size_t most) {
  size_t words = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == ' ' && (at == 0 || text[at - 1] != ' ') && ++words == most)
      return text.substr(0, at);
  }
  return text;
}

/// Reads the fields of an entry until one of them is missing.
class Fields {
 public:
  explicit Fields(const Json& entry) : entry_(entry) {}

  std::string text(const char* name) {
    const auto found = entry_.find(name);
    if (found == entry_.end() || !found->is_string()) {
      refuse("missing key", "has no '" + std::string(name) + "'");
      return {};
    }
    std::string value(text::unicode::trimmed(found->get_ref<const std::string&>()));
    if (value.empty()) {
      refuse(std::string_view(name).find("caption") != std::string_view::npos ? "empty caption"
                                                                              : "empty key",
             "has an empty '" + std::string(name) + "'");
    }
    return value;
  }

  std::string any_text(std::initializer_list<const char*> names) {
    for (const char* name : names) {
      if (entry_.contains(name)) return text(name);
    }
    return text(*names.begin());
  }

  std::vector<std::string> texts(const char* name, size_t least) {
    std::vector<std::string> values;
    const auto found = entry_.find(name);
    if (found == entry_.end() || !found->is_array() || found->size() < least) {
      refuse("missing key",
             "has no '" + std::string(name) + "' of " + std::to_string(least) + " texts or more");
      return values;
    }
    for (const Json& value : *found) {
      values.emplace_back(value.is_string()
                              ? text::unicode::trimmed(value.get_ref<const std::string&>())
                              : std::string_view());
      if (values.back().empty())
        refuse("empty caption", "has an empty text in '" + std::string(name) + "'");
    }
    return values;
  }

  double number(const char* name) {
    const auto found = entry_.find(name);
    if (found != entry_.end() && found->is_number()) return found->get<double>();
    refuse("missing key", "has no number '" + std::string(name) + "'");
    return 0;
  }

  Box box() { return {number("bbox_x"), number("bbox_y"), number("bbox_w"), number("bbox_h")}; }

  /// The first refusal, in `parsed`.
  void report(ParsedCase& parsed) {
    parsed.reason = reason_;
    parsed.problem = problem_;
  }

 private:
  void refuse(std::string reason, std::string problem) {
    if (!problem_.empty()) return;
    reason_ = std::move(reason);
    problem_ = std::move(problem);
  }
  const Json& entry_;
  std::string reason_, problem_;
};

bool has(const Json& entry, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (!entry.contains(name)) return false;
  }
  return true;
}

}  // namespace

ParsedCase parse_case(const Json& entry, Layout layout) {
  ParsedCase parsed;
  if (!entry.is_object()) {
    parsed.reason = "not JSON";
    parsed.problem = "is not a JSON object";
    return parsed;
  }
  Fields fields(entry);
  switch (layout) {
    case Layout::kSugarCrepe:
      parsed.pictures = {{fields.text("filename"), {}}};
      parsed.captions = {fields.text("caption"), fields.text("negative_caption")};
      break;
    case Layout::kWinoground:
      parsed.pictures = {{fields.text("image_0"), {}}, {fields.text("image_1"), {}}};
      parsed.captions = {fields.text("caption_0"), fields.text("caption_1")};
      if (entry.contains("collapsed_tag")) parsed.group = fields.text("collapsed_tag");
      break;
    case Layout::kAroRelation:
    case Layout::kAroAttribution:
      parsed.pictures = {{fields.text("image_path"), fields.box()}};
      parsed.captions = {fields.text("true_caption"), fields.text("false_caption")};
      if (layout == Layout::kAroRelation) {
        parsed.group = fields.text("relation_name");
      } else if (const auto pair = fields.texts("attributes", 2); pair.size() > 1) {
        parsed.group = pair[0] + "_" + pair[1];
      }
      break;
    case Layout::kAroOrder:
      parsed.pictures = {{fields.any_text({"image", "image_path", "filename", "file_name"}), {}}};
      for (const std::string& option : fields.texts("caption_options", 2))
        parsed.captions.push_back(first_words(option, kMostWords));
      break;
  }
  fields.report(parsed);
  return parsed;
}

std::optional<Layout> layout_of(const Json& entry) {
  if (!entry.is_object()) return {};
  if (entry.contains("negative_caption")) return Layout::kSugarCrepe;
  if (has(entry, {"image_0", "caption_0"})) return Layout::kWinoground;
  if (entry.contains("caption_options")) return Layout::kAroOrder;
  if (has(entry, {"true_caption", "relation_name"})) return Layout::kAroRelation;
  if (has(entry, {"true_caption", "attributes"})) return Layout::kAroAttribution;
  return {};
}

}  // namespace clipwright::eval::selection
