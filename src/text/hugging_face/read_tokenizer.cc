#include "text/hugging_face/read_tokenizer.h"

#include <string>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "text/hugging_face/tokenizer_file.h"
#include "text/hugging_face/vocabulary_files.h"

namespace clipwright::text::hugging_face {

std::shared_ptr<const Tokenizer> read_tokenizer(const fs::path& folder) {
  const auto is_there = [&](const char* name) {
    std::error_code unreadable;
    return fs::exists(folder / name, unreadable);
  };
  auto parts = std::make_shared<TokenizerParts>();
  std::vector<std::string> names;
  if (is_there("tokenizer.json")) {
    const fs::path file = folder / "tokenizer.json";
    *parts = parse_tokenizer(read_json(file), file.string());
    names = {"tokenizer.json"};
  } else if (is_there("vocab.json") && is_there("merges.txt")) {
    *parts = read_roberta_vocabulary(folder);
    names = {"vocab.json", "merges.txt"};
  } else if (is_there("vocab.txt")) {
    *parts = read_bert_vocabulary(folder);
    names = {"vocab.txt"};
  } else {
    const bool sentence_piece = is_there("sentencepiece.bpe.model") || is_there("spiece.model");
    fail_input(
        folder.string() +
            (sentence_piece ? ": has a tokenizer of SentencePiece's" : ": has no tokenizer"),
        "tokenizer.json, vocab.txt, or vocab.json and merges.txt",
        sentence_piece ? "Tokenizers of that kind are not read." : "Fetch the whole folder.");
  }
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
    if (is_there(name)) names.emplace_back(name);
  }
  for (const std::string& name : names) parts->files.push_back({name, read_file(folder / name)});
  return std::make_shared<const Tokenizer>(std::move(parts));
}

}  // namespace clipwright::text::hugging_face
