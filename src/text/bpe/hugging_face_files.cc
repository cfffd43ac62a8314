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

/// "LEFT RIGHT" for each merge, in the order they apply.
std::vector<std::string> merges_of(const Vocabulary& vocabulary) {
  std::map<std::pair<std::string_view, bool>, Symbol> known;
  std::vector<std::string> merges;
  for (Symbol symbol = 0; symbol < static_cast<Symbol>(vocabulary.size()); ++symbol) {
    if (symbol >= kFirstMerge) {
      const auto [left, right] = parts_of(vocabulary, symbol, known);
      merges.push_back(vocabulary.name_of(left) + " " + vocabulary.name_of(right));
    }
    known.emplace(std::pair{vocabulary.bytes_of(symbol), vocabulary.ends_word(symbol)}, symbol);
  }
  return merges;
}

/// {"NAME": id, ...} a line each.
std::string words_of(const Vocabulary& vocabulary) {
  std::string words;
  for (Symbol symbol = 0; symbol < static_cast<Symbol>(vocabulary.size()); ++symbol) {
    words += (symbol == 0 ? "{\n  " : ",\n  ") + Json(vocabulary.name_of(symbol)).dump() + ": " +
             std::to_string(symbol);
  }
  return words + ",\n  " + Json(kStart).dump() + ": " + std::to_string(kStartToken) + ",\n  " +
         Json(kEnd).dump() + ": " + std::to_string(kEndToken) + "\n}\n";
}

Json tokenizer_config() {
  return {{"bos_token", kStart},
          {"eos_token", kEnd},
          {"pad_token", kEnd},
          {"unk_token", kEnd},
          {"tokenizer_class", "CLIPTokenizer"},
          {"model_max_length", kContextLength},
          {"do_lower_case", true},
          {"add_prefix_space", false},
          {"errors", "replace"}};
}

Json added_token(const char* token, int id) {
  return {{"id", id},        {"content", token},    {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", true}};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> hugging_face_tokenizer(
    const Vocabulary& vocabulary) {
  std::string merges = "#version: 0.2\n";
  for (const std::string& merge : merges_of(vocabulary)) merges += merge + "\n";
  const Json special = {
      {"bos_token", kStart}, {"eos_token", kEnd}, {"pad_token", kEnd}, {"unk_token", kEnd}};
  return {{"vocab.json", words_of(vocabulary)},
          {"merges.txt", std::move(merges)},
          {"tokenizer_config.json", tokenizer_config().dump(2) + "\n"},
          {"special_tokens_map.json", special.dump(2) + "\n"}};
}

std::vector<std::pair<std::string, std::string>> fast_tokenizer(const Vocabulary& vocabulary) {
  // CLIP's pattern of words: contractions, runs of letters, single digits, runs of anything else.
  constexpr const char* kWords = R"('s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";
  const auto regex = [](const char* pattern) { return Json{{"Regex", pattern}}; };
  const Json bytes = {{"type", "ByteLevel"},
                      {"add_prefix_space", false},
                      {"trim_offsets", true},
                      {"use_regex", false}};
  const Json normalizers = {{{"type", "NFC"}},
                            {{"type", "Replace"}, {"pattern", regex(R"(\s+)")}, {"content", " "}},
                            {{"type", "Lowercase"}}};
  const Json pre_tokenizers = {
      {{"type", "Split"}, {"pattern", regex(kWords)}, {"behavior", "Removed"}, {"invert", true}},
      bytes};
  Json model = {{"type", "BPE"},
                {"dropout", nullptr},
                {"unk_token", kEnd},
                {"continuing_subword_prefix", ""},
                {"end_of_word_suffix", "</w>"},
                {"fuse_unk", false},
                {"byte_fallback", false}};
  model["vocab"] = Json::parse(words_of(vocabulary));
  model["merges"] = merges_of(vocabulary);
  const Json tokenizer = {
      {"version", "1.0"},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"added_tokens", {added_token(kStart, kStartToken), added_token(kEnd, kEndToken)}},
      {"normalizer", {{"type", "Sequence"}, {"normalizers", normalizers}}},
      {"pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", pre_tokenizers}}},
      {"post_processor",
       {{"type", "RobertaProcessing"},
        {"sep", {kEnd, kEndToken}},
        {"cls", {kStart, kStartToken}},
        {"trim_offsets", false},
        {"add_prefix_space", false}}},
      {"decoder", bytes},
      {"model", std::move(model)}};
  return {{"tokenizer.json", tokenizer.dump(1) + "\n"},
          {"tokenizer_config.json", tokenizer_config().dump(2) + "\n"}};
}

}  // namespace clipwright::text::bpe
