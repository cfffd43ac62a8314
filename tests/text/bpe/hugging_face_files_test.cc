#include "text/bpe/hugging_face_files.h"

#include <gtest/gtest.h>

#include <map>

#include "core/file.h"
#include "core/json.h"
#include "text/bpe/tokenizer.h"

// That the library `tokenizers` gives our ids by it: tests/golden/check_onnx_runs_ours.py; that
// transformers does: check_transformers_reads_ours.py.
namespace clipwright::text::bpe {
namespace {

TEST(HuggingFaceFiles, TheFastTokenizerIsTheSlowOnesVocabularyAndMerges) {
  const Vocabulary vocabulary(shared_file("bpe_simple_vocab_16e6.txt.gz"));
  std::map<std::string, std::string> slow, fast;
  for (const auto& [name, contents] : hugging_face_tokenizer(vocabulary)) slow[name] = contents;
  for (const auto& [name, contents] : fast_tokenizer(vocabulary)) fast[name] = contents;
  const Json tokenizer = Json::parse(fast.at("tokenizer.json"));
  const Json& model = tokenizer.at("model");
  EXPECT_EQ(model.at("vocab"), Json::parse(slow.at("vocab.json")));
  EXPECT_EQ(model.at("vocab").size(), static_cast<size_t>(kVocabularySize));
  std::string merges = "#version: 0.2\n";
  for (const Json& merge : model.at("merges")) merges += merge.get<std::string>() + "\n";
  EXPECT_EQ(merges, slow.at("merges.txt"));
  EXPECT_EQ(tokenizer.at("added_tokens").at(1).at("id"), kEndToken);
  EXPECT_EQ(tokenizer.at("post_processor").at("sep"), Json::array({"<|endoftext|>", kEndToken}));
  EXPECT_EQ(fast.at("tokenizer_config.json"), slow.at("tokenizer_config.json"));
}

}  // namespace
}  // namespace clipwright::text::bpe
