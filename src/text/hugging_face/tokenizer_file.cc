#include "text/hugging_face/tokenizer_file.h"

#include <algorithm>

#include "core/error.h"
#include "text/hugging_face/byte_pairs.h"
#include "text/hugging_face/word_pieces.h"

namespace clipwright::text::hugging_face {
namespace {

constexpr int64_t kMostId = 10'000'000;
constexpr const char* kAdvice = "Tokenizers of other kinds are not read.";

/// An object of the file.
class Part {
 public:
  Part(Json&& json, std::string where) = delete;
  Part(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
    if (!json_.is_object()) fail_input(where_ + " is " + shown(json_), "an object");
  }

  const Json* find(const char* key) const {
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }
  const Json& at(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) fail_input(where_ + " has no " + key, "a tokenizer.json");
    return *value;
  }
  std::string text(const char* key, const std::string& fallback) const {
    const Json* value = find(key);
    if (value == nullptr) return fallback;
    if (!value->is_string()) refuse(key, "a text");
    return value->get<std::string>();
  }
  bool flag(const char* key) const {
    const Json* value = find(key);
    if (value != nullptr && !value->is_boolean()) refuse(key, "true or false");
    return value != nullptr && value->get<bool>();
  }
  int32_t id(const char* key) const {
    const Json& value = at(key);
    if (!value.is_number_integer() || value.get<double>() < 0 ||
        value.get<double>() > static_cast<double>(kMostId))
      refuse(key, "a token's number");
    return value.get<int32_t>();
  }
  /// Only this value is understood.
  void only(const char* key, const Json& value) const {
    const Json* found = find(key);
    if (found != nullptr && *found != value) refuse(key, value.is_null() ? "null" : to_line(value));
  }
  [[noreturn]] void refuse(const char* key, const std::string& expected) const {
    fail_input(where_ + "." + key + " is " + shown(at(key)), expected, kAdvice);
  }
  const std::string& where() const { return where_; }

 private:
  static std::string shown(const Json& value) {
    constexpr size_t kMost = 80;
    std::string line = to_line(value);
    if (line.size() > kMost) line = line.substr(0, kMost) + "...";
    return line;
  }
  const Json& json_;
  std::string where_;
};

void check_keys(const Json& file, const std::string& where) {
  constexpr std::string_view kKeys[] = {"version",    "truncation",    "padding",
                                        "normalizer", "pre_tokenizer", "post_processor",
                                        "decoder",    "model",         "added_tokens"};
  for (const auto& [key, value] : file.items()) {
    if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys))
      fail_input(where + " has the unknown key '" + key + "'", "a tokenizer.json", kAdvice);
  }
}

/// [CLS] and 101, say.
int32_t named_id(const Part& part, const char* key) {
  const Json& pair = part.at(key);
  if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() ||
      !pair[1].is_number_integer() || pair[1].get<double>() < 0 ||
      pair[1].get<double>() > static_cast<double>(kMostId))
    part.refuse(key, "a token and its number");
  return pair[1].get<int32_t>();
}

void read_template(const Part& part, TokenizerParts& parts) {
  const Json& single = part.at("single");
  if (!single.is_array()) part.refuse("single", "a list");
  const Json nothing;  // a Part holds what it is of by reference
  bool seen = false;
  for (const Json& piece : single) {
    const bool sequence = piece.is_object() && piece.contains("Sequence");
    const Json& described = piece.is_object() && piece.size() == 1 ? piece.front() : nothing;
    const Part inner(described, part.where() + ".single");
    if (const Json* type = inner.find("type_id"); type != nullptr && *type != 0)
      inner.refuse("type_id", "0");
    if (sequence) {
      inner.only("id", "A");
      if (seen) part.refuse("single", "the text once");
      seen = true;
      continue;
    }
    if (!piece.contains("SpecialToken")) part.refuse("single", "SpecialToken and Sequence");
    const std::string name = inner.text("id", "");
    const Json* tokens = part.find("special_tokens");
    if (tokens == nullptr || !tokens->is_object() || !tokens->contains(name))
      fail_input(part.where() + ".special_tokens does not have " + to_line(Json(name)),
                 "the tokens of its template");
    const Part token((*tokens)[name], part.where() + ".special_tokens." + name);
    const Json& ids = token.at("ids");
    if (!ids.is_array()) token.refuse("ids", "a list of numbers");
    for (const Json& id : ids) {
      if (!id.is_number_integer() || id.get<double>() < 0 ||
          id.get<double>() > static_cast<double>(kMostId))
        token.refuse("ids", "a list of numbers");
      (seen ? parts.behind : parts.before).push_back(id.get<int32_t>());
    }
  }
  if (!seen) part.refuse("single", "a template with the text in it");
}

void read_post_processor(const Json& json, const std::string& where, TokenizerParts& parts) {
  if (json.is_null()) return;
  const Part part(json, where);
  const std::string type = part.text("type", "");
  if (type == "ByteLevel") return;
  if (type == "Sequence") {
    for (const Json& inner : part.at("processors")) {
      const Part processor(inner, where);
      if (processor.text("type", "") == "Sequence") part.refuse("processors", "no other Sequence");
      read_post_processor(inner, where, parts);
    }
    return;
  }
  if (!parts.before.empty() || !parts.behind.empty())
    fail_input(where + " adds tokens twice", "one template");
  if (type == "BertProcessing" || type == "RobertaProcessing") {
    parts.before.push_back(named_id(part, "cls"));
    parts.behind.push_back(named_id(part, "sep"));
  } else if (type == "TemplateProcessing") {
    read_template(part, parts);
  } else {
    fail_input(where + " is " + (type.empty() ? "of no type" : "a " + type),
               "BertProcessing, RobertaProcessing, TemplateProcessing or ByteLevel", kAdvice);
  }
}

std::vector<Merge> read_merges(const Part& model) {
  const Json& list = model.at("merges");
  if (!list.is_array()) model.refuse("merges", "a list");
  std::vector<Merge> merges;
  merges.reserve(list.size());
  for (const Json& merge : list) {
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      merges.emplace_back(merge[0].get<std::string>(), merge[1].get<std::string>());
      continue;
    }
    const std::string text = merge.is_string() ? merge.get<std::string>() : "";
    const size_t space = text.find(' ');
    if (space == std::string::npos)
      fail_input(model.where() + ".merges holds " + to_line(merge), "two words each");
    merges.emplace_back(text.substr(0, space), text.substr(space + 1));
  }
  return merges;
}

std::unique_ptr<const WordModel> read_model(const Part& model, const Splitter& splitter,
                                            Words words) {
  std::string type = model.text("type", "");
  if (type.empty()) type = model.find("merges") != nullptr ? "BPE" : "WordPiece";
  if (type == "WordPiece") {
    if (splitter.kind() != Splitter::Kind::kBert)
      fail_input(model.where() + " is WordPiece behind ByteLevel", "BertPreTokenizer", kAdvice);
    size_t longest = 100;
    if (const Json* value = model.find("max_input_chars_per_word"); value != nullptr) {
      if (!value->is_number_unsigned()) model.refuse("max_input_chars_per_word", "a whole number");
      longest = value->get<size_t>();
    }
    const int32_t unknown = id_of(words, model.text("unk_token", "[UNK]"), model.where());
    return std::make_unique<WordPieces>(
        std::move(words), model.text("continuing_subword_prefix", "##"), unknown, longest);
  }
  if (type != "BPE") {
    fail_input(model.where() + " is a " + type, "WordPiece or BPE on bytes", kAdvice);
  }
  if (splitter.kind() == Splitter::Kind::kBert)
    fail_input(model.where() + " is BPE without ByteLevel", "BPE on bytes", kAdvice);
  if (const Json* dropout = model.find("dropout"); dropout != nullptr && *dropout != 0.0)
    model.refuse("dropout", "null");
  model.only("continuing_subword_prefix", "");
  model.only("end_of_word_suffix", "");
  model.only("byte_fallback", false);
  const std::string unknown = model.text("unk_token", "");
  if (!unknown.empty()) model.only("fuse_unk", false);
  return std::make_unique<BytePairs>(
      words, read_merges(model),
      BytePairs::Settings{.unknown = unknown.empty() ? -1 : id_of(words, unknown, model.where()),
                          .whole_words = model.flag("ignore_merges")},
      model.where());
}

void read_added(const Json* list, const std::string& where, TokenizerParts& parts) {
  if (list == nullptr) return;
  if (!list->is_array()) fail_input(where + " is no list", "the tokens that were added");
  std::vector<AddedToken> raw, normalized;
  for (const Json& json : *list) {
    const Part token(json, where);
    AddedToken added{.text = token.text("content", ""),
                     .id = token.id("id"),
                     .takes_left = token.flag("lstrip"),
                     .takes_right = token.flag("rstrip")};
    token.only("single_word", false);
    parts.largest = std::max(parts.largest, added.id);
    if (!token.flag("normalized")) {
      raw.push_back(std::move(added));
      continue;
    }
    unicode::CodePoints points = unicode::decode_utf8(added.text);
    parts.normalizer.apply(points);
    added.text = unicode::encode_utf8(points);
    normalized.push_back(std::move(added));
  }
  parts.raw = AddedTokens(std::move(raw));
  parts.normalized = AddedTokens(std::move(normalized));
}

}  // namespace

int32_t id_of(const Words& words, const std::string& word, const std::string& where) {
  const auto found = words.find(word);
  if (found == words.end())
    fail_input(where + ": " + to_line(Json(word)) + " is not among its words",
               "a vocabulary with the tokens that it names");
  return found->second;
}

Words parse_words(const Json& vocabulary, const std::string& where) {
  if (!vocabulary.is_object() || vocabulary.empty())
    fail_input(where + " holds no words", "words and their numbers");
  Words words;
  words.reserve(vocabulary.size());
  for (const auto& [word, id] : vocabulary.items()) {
    if (!id.is_number_integer() || id.get<double>() < 0 ||
        id.get<double>() > static_cast<double>(kMostId))
      fail_input(where + ": the number of " + to_line(Json(word)) + " is " + to_line(id),
                 "a whole number from 0 to " + std::to_string(kMostId));
    words.emplace(word, id.get<int32_t>());
  }
  return words;
}

int32_t largest_id(const Words& words) {
  int32_t largest = 0;
  for (const auto& [word, id] : words) largest = std::max(largest, id);
  return largest;
}

TokenizerParts parse_tokenizer(const Json& file, const std::string& where) {
  const Part top(file, where);
  check_keys(file, where);
  TokenizerParts parts;
  const Json none;
  const auto part = [&](const char* key) -> const Json& {
    const Json* found = top.find(key);
    return found == nullptr ? none : *found;
  };
  parts.normalizer = Normalizer(part("normalizer"), where + ": normalizer");
  parts.splitter = Splitter(part("pre_tokenizer"), where + ": pre_tokenizer");
  const Part model(top.at("model"), where + ": model");
  if (const Json& vocabulary = model.at("vocab"); !vocabulary.is_object())
    model.refuse("vocab", "words and their numbers: WordPiece or BPE on bytes");
  Words words = parse_words(model.at("vocab"), where + ": model.vocab");
  parts.largest = largest_id(words);
  parts.model = read_model(model, parts.splitter, std::move(words));
  read_post_processor(part("post_processor"), where + ": post_processor", parts);
  for (const std::vector<int32_t>* ids : {&parts.before, &parts.behind}) {
    for (const int32_t id : *ids) parts.largest = std::max(parts.largest, id);
  }
  read_added(top.find("added_tokens"), where + ": added_tokens", parts);
  return parts;
}

}  // namespace clipwright::text::hugging_face
