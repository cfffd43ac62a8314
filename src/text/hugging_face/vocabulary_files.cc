#include "text/hugging_face/vocabulary_files.h"

#include "core/error.h"
#include "core/json.h"
#include "text/hugging_face/byte_pairs.h"
#include "text/hugging_face/tokenizer_file.h"
#include "text/hugging_face/word_pieces.h"
#include "text/unicode/utf8.h"

namespace clipwright::text::hugging_face {
namespace {

constexpr size_t kLongestBertWord = 100;

/// tokenizer_config.json, where there is one.
class Settings {
 public:
  explicit Settings(const fs::path& folder) : path_(folder / "tokenizer_config.json") {
    std::error_code unreadable;
    if (fs::exists(path_, unreadable)) json_ = read_json(path_);
    if (!json_.is_object()) fail_input(path_.string() + ": is no JSON object", "a configuration");
  }

  bool flag(const char* key, bool fallback) const {
    const auto found = json_.find(key);
    if (found == json_.end() || found->is_null()) return fallback;
    if (!found->is_boolean()) refuse(key, "true or false");
    return found->get<bool>();
  }
  /// A special token's name: a text, or an object that has it as its content.
  std::string token(const char* key, const std::string& fallback) const {
    const auto found = json_.find(key);
    if (found == json_.end() || found->is_null()) return fallback;
    const bool object = found->is_object() && found->contains("content");
    const Json& name = object ? found->at("content") : *found;
    if (!name.is_string()) refuse(key, "a token");
    return name.get<std::string>();
  }

 private:
  [[noreturn]] void refuse(const char* key, const std::string& expected) const {
    fail_input(path_.string() + ": " + key + " is " + to_line(json_.at(key)), expected);
  }
  fs::path path_;
  Json json_ = Json::object();
};

void add_special(const Words& words, const std::string& name, std::vector<AddedToken>& added) {
  if (const auto found = words.find(name); found != words.end())
    added.push_back({.text = name, .id = found->second});
}

}  // namespace

TokenizerParts read_bert_vocabulary(const fs::path& folder) {
  const fs::path path = folder / "vocab.txt";
  const std::string contents = read_file(path);
  Words words;
  int32_t id = 0;
  for (std::string_view rest = contents; !rest.empty(); ++id) {
    const size_t end = rest.find('\n');
    std::string_view word = rest.substr(0, end);
    if (word.ends_with('\r')) word.remove_suffix(1);
    if (!unicode::is_utf8(word))
      fail_input(path.string() + ": line " + std::to_string(id + 1) + " is not UTF-8",
                 "a word a line");
    words[std::string(word)] = id;
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  const Settings settings(folder);
  const std::string start = settings.token("cls_token", "[CLS]"),
                    end = settings.token("sep_token", "[SEP]"),
                    unknown = settings.token("unk_token", "[UNK]");
  TokenizerParts parts;
  const bool lower = settings.flag("do_lower_case", true);
  parts.normalizer = Normalizer::bert(settings.flag("tokenize_chinese_chars", true),
                                      settings.flag("strip_accents", lower), lower);
  parts.before = {id_of(words, start, path.string())};
  parts.behind = {id_of(words, end, path.string())};
  parts.largest = largest_id(words);
  std::vector<AddedToken> added;
  for (const std::string& name : {start, end, unknown, settings.token("pad_token", "[PAD]"),
                                  settings.token("mask_token", "[MASK]")})
    add_special(words, name, added);
  parts.raw = AddedTokens(std::move(added));
  const int32_t unknown_id = id_of(words, unknown, path.string());
  parts.model = std::make_unique<WordPieces>(std::move(words), "##", unknown_id, kLongestBertWord);
  return parts;
}

TokenizerParts read_roberta_vocabulary(const fs::path& folder) {
  const fs::path path = folder / "vocab.json", merges_path = folder / "merges.txt";
  const Words words = parse_words(read_json(path), path.string());
  std::vector<Merge> merges;
  const std::string contents = read_file(merges_path);
  unicode::for_each_line(contents, [&](std::string_view line) {
    if (merges.empty() && line.starts_with("#version")) return;
    const size_t space = line.find(' ');
    if (space == std::string_view::npos)
      fail_input(merges_path.string() + ": holds the line " + to_line(Json(line)),
                 "two words a line");
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  });
  const Settings settings(folder);
  const std::string start = settings.token("cls_token", settings.token("bos_token", "<s>")),
                    end = settings.token("sep_token", settings.token("eos_token", "</s>")),
                    unknown = settings.token("unk_token", "<unk>"),
                    mask = settings.token("mask_token", "<mask>");
  TokenizerParts parts;
  parts.splitter = Splitter(Splitter::Kind::kGpt2, settings.flag("add_prefix_space", false));
  parts.before = {id_of(words, start, path.string())};
  parts.behind = {id_of(words, end, path.string())};
  parts.largest = largest_id(words);
  std::vector<AddedToken> added;
  for (const std::string& name : {start, end, unknown, settings.token("pad_token", "<pad>")})
    add_special(words, name, added);
  if (const auto found = words.find(mask); found != words.end())
    added.push_back({.text = mask, .id = found->second, .takes_left = true});
  parts.raw = AddedTokens(std::move(added));
  parts.model = std::make_unique<BytePairs>(words, merges, BytePairs::Settings{}, path.string());
  return parts;
}

}  // namespace clipwright::text::hugging_face
