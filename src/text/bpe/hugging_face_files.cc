#include "text/bpe/hugging_face_files.h"

#include <map>
#include <string_view>

#include "core/error.h"
#include "core/json.h"
#include "text/bpe/tokenizer.h"

namespace clipwright::text::bpe {
namespace {

constexpr const char *kStart = "<|startoftext|>", *kEnd = "<|endoftext|>";

/// The two symbols that were merged into one. No symbol has two such pairs.
std::pair<Symbol, Symbol> parts_of(
    const Vocabulary& vocabulary, Symbol symbol,
    const std::map<std::pair<std::string_view, bool>, Symbol>& known) {
  const std::string_view bytes = vocabulary.bytes_of(symbol);
  for (size_t at = 1; at < bytes.size(); ++at) {
    const auto left = known.find({bytes.substr(0, at), false});
    const auto right = known.find({bytes.substr(at), vocabulary.ends_word(symbol)});
    if (left != known.end() && right != known.end() &&
        vocabulary.merged(left->second, right->second) == symbol)
      return {left->second, right->second};
  }
  CW_CHECK(false, "a symbol that nothing was merged into");
  return {kNoSymbol, kNoSymbol};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> hugging_face_tokenizer(
    const Vocabulary& vocabulary) {
  const auto count = static_cast<Symbol>(vocabulary.size());
  std::map<std::pair<std::string_view, bool>, Symbol> known;
  std::string words, merges = "#version: 0.2\n";
  for (Symbol symbol = 0; symbol < count; ++symbol) {
    words += (symbol == 0 ? "{\n  " : ",\n  ") + Json(vocabulary.name_of(symbol)).dump() + ": " +
             std::to_string(symbol);
    if (symbol >= kFirstMerge) {
      const auto [left, right] = parts_of(vocabulary, symbol, known);
      merges += vocabulary.name_of(left) + " " + vocabulary.name_of(right) + "\n";
    }
    known.emplace(std::pair{vocabulary.bytes_of(symbol), vocabulary.ends_word(symbol)}, symbol);
  }
  words += ",\n  " + Json(kStart).dump() + ": " + std::to_string(kStartToken) + ",\n  " +
           Json(kEnd).dump() + ": " + std::to_string(kEndToken) + "\n}\n";
  const Json special = {
      {"bos_token", kStart}, {"eos_token", kEnd}, {"pad_token", kEnd}, {"unk_token", kEnd}};
  Json config = special;
  config["tokenizer_class"] = "CLIPTokenizer";
  config["model_max_length"] = kContextLength;
  config["do_lower_case"] = true;
  config["add_prefix_space"] = false;
  config["errors"] = "replace";
  return {{"vocab.json", std::move(words)},
          {"merges.txt", std::move(merges)},
          {"tokenizer_config.json", config.dump(2) + "\n"},
          {"special_tokens_map.json", special.dump(2) + "\n"}};
}

}  // namespace clipwright::text::bpe
