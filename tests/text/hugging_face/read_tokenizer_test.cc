// Token ids against Hugging Face's `tokenizers`, and what is refused.
#include "text/hugging_face/read_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <thread>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/process/shared_files.h"
#include "tests/temporary_folder.h"
#include "text/hugging_face/normalizer.h"
#include "text/hugging_face/splitter.h"
#include "text/unicode/code_points.h"

namespace clipwright::text::hugging_face {
namespace {

using testing::HasSubstr;
using Ids = std::vector<int32_t>;

const fs::path kFolder = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/sentence_encoders";
constexpr int kEndless = 100'000;

std::vector<std::string> golden_texts() {
  return read_json(kFolder / "texts.json").get<std::vector<std::string>>();
}

class EveryTokenizer : public testing::TestWithParam<const char*> {};

TEST_P(EveryTokenizer, GivesThePeersIds) {
  const auto tokenizer = read_tokenizer(kFolder / GetParam());
  const Json golden = read_json(kFolder / GetParam() / "ids.json");
  const std::vector<std::string> texts = golden_texts();
  const int cut = golden["cut"];
  ASSERT_EQ(golden["whole"].size(), texts.size());
  int64_t longer = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    Ids ids, shortened;
    const auto whole = golden["whole"][i].get<Ids>();
    EXPECT_TRUE(tokenizer->encode(texts[i], ids, kEndless));
    EXPECT_EQ(ids, whole) << texts[i];
    const bool fits = tokenizer->encode(texts[i], shortened, cut);
    EXPECT_EQ(fits, whole.size() <= static_cast<size_t>(cut)) << texts[i];
    EXPECT_EQ(shortened, golden["short"][i].get<Ids>()) << texts[i];
    longer += fits ? 0 : 1;
  }
  EXPECT_GT(longer, 10);
}

INSTANTIATE_TEST_SUITE_P(Folders, EveryTokenizer,
                         testing::Values("bert-mean", "bert-class", "bert-files", "roberta-last",
                                         "roberta-files"));

TEST(HuggingFaceTokenizer, GivesTheRealOnesIds) {
  const fs::path folder = find_shared_file("models/all-MiniLM-L6-v2");
  if (folder.empty()) GTEST_SKIP() << "not fetched (./run fetch minilm)";
  const auto tokenizer = read_tokenizer(folder);
  const Json golden = read_json(kFolder / "minilm_ids.json");
  const std::vector<std::string> texts = golden_texts();
  for (size_t i = 0; i < texts.size(); ++i) {
    Ids ids;
    tokenizer->encode(texts[i], ids, kEndless);
    EXPECT_EQ(ids, golden[i].get<Ids>()) << texts[i];
  }
}

TEST(HuggingFaceTokenizer, AnyBytesAreATextAndThreadsShareIt) {
  const auto tokenizer = read_tokenizer(kFolder / "roberta-last");
  const std::string bytes("\xFF\xC3 a\xE2\x82 \xF0\x9F\x98", 10);
  Ids ids;
  tokenizer->encode(bytes, ids, kEndless);
  EXPECT_EQ(ids.front(), 0);
  EXPECT_EQ(ids.back(), 2);
  std::vector<Ids> results(4);
  {
    std::vector<std::jthread> threads;
    for (Ids& result : results) {
      threads.emplace_back([&] {
        for (const std::string& text : golden_texts()) tokenizer->encode(text, result, 20);
      });
    }
  }
  for (const Ids& result : results) EXPECT_EQ(result, results[0]);
}

TEST(HuggingFaceTokenizer, AMegabyteWithoutASpaceIsReadInNoTime) {
  for (const char* folder : {"roberta-last", "bert-mean"}) {
    Ids ids;
    const std::string text(size_t{1} << 20, 'a');
    EXPECT_NO_THROW(read_tokenizer(kFolder / folder)->encode(text, ids, kEndless)) << folder;
  }
}

TEST(HuggingFaceTokenizer, CleaningIsThatOfClipWithItsCase) {
  const auto plain = read_tokenizer(kFolder / "roberta-last");
  Ids cleaned, expected;
  plain->with(Cleaning::kRepaired)->encode("  A &amp;amp; B\n\tC ", cleaned, kEndless);
  plain->encode("A & B C", expected, kEndless);
  EXPECT_EQ(cleaned, expected);
  Ids lower, written;
  plain->with(Cleaning::kLowerCase)->encode("A CAT", lower, kEndless);
  plain->encode("a cat", written, kEndless);
  EXPECT_EQ(lower, written);
}

/// BERT's normaliser and splitter over all of Unicode, 4,096 characters a hash.
TEST(BertCharacters, AreThePeersForEveryCharacter) {
  const Json golden = read_json(kFolder / "classes.json");
  const Json assigned = read_json(kFolder / "assigned.json");
  const Normalizer clean = Normalizer::bert(true, false, false),
                   whole = Normalizer::bert(true, true, true);
  const Splitter splitter(Splitter::Kind::kBert, false);
  size_t range = 0;
  for (char32_t block = 0; block < 0x110000; block += 0x1000) {
    std::string all;
    for (char32_t c = block; c < block + 0x1000; ++c) {
      while (range < assigned.size() && assigned[range][1].get<char32_t>() < c) ++range;
      if (range >= assigned.size() || assigned[range][0].get<char32_t>() > c) continue;
      unicode::CodePoints text = {U'a', c, U'b'}, normal = text;
      clean.apply(text);
      whole.apply(normal);
      all += unicode::encode_utf8(normal) + "\n";
      bool first = true;
      splitter.split(text, [&](unicode::CodePointView word) {
        all += (first ? "" : "\t") + unicode::encode_utf8(word);
        first = false;
        return true;
      });
      all += "\n";
    }
    EXPECT_EQ(hex(sha256(all)).substr(0, 16), golden[block / 0x1000].get<std::string>())
        << "from " << std::hex << static_cast<uint32_t>(block);
  }
}

/// A tokenizer.json to change.
class Changed : public testing::Test {
 protected:
  std::string error(const std::string& pointer, const Json& value,
                    const char* from = "bert-mean") const {
    Json json = read_json(kFolder / from / "tokenizer.json");
    json[Json::json_pointer(pointer)] = value;
    return error_of(json.dump());
  }
  std::string error_of(const std::string& contents) const {
    write_file(folder_ / "tokenizer.json", contents);
    try {
      read_tokenizer(folder_.path());
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput) << error.what();
      return error.what();
    }
    return {};
  }
  TemporaryFolder folder_;
};

TEST_F(Changed, WhatIsNotUnderstoodIsNamed) {
  EXPECT_THAT(error("/normalizer", {{"type", "Precompiled"}}), HasSubstr("Precompiled"));
  EXPECT_THAT(error("/normalizer", {{"type", "Replace"}}), HasSubstr("Replace"));
  EXPECT_THAT(error("/pre_tokenizer", {{"type", "Metaspace"}}), HasSubstr("Metaspace"));
  EXPECT_THAT(error("/pre_tokenizer", nullptr), HasSubstr("pre_tokenizer"));
  EXPECT_THAT(error("/post_processor", {{"type", "Other"}}), HasSubstr("Other"));
  EXPECT_THAT(error("/post_processor/single/0/SpecialToken/type_id", 1), HasSubstr("type_id"));
  EXPECT_THAT(error("/post_processor/special_tokens", Json::object()), HasSubstr("[CLS]"));
  EXPECT_THAT(error("/model/type", "Unigram"), HasSubstr("Unigram"));
  EXPECT_THAT(error("/model/vocab", Json::array({Json::array({"a", -1.5})})),
              HasSubstr("model.vocab"));
  EXPECT_THAT(error("/added_tokens/0/single_word", true), HasSubstr("single_word"));
  EXPECT_THAT(error("/surprise", 1), HasSubstr("surprise"));
  EXPECT_THAT(error("/model/byte_fallback", true, "roberta-last"), HasSubstr("byte_fallback"));
  EXPECT_THAT(error("/model/end_of_word_suffix", "</w>", "roberta-last"),
              HasSubstr("end_of_word_suffix"));
  EXPECT_THAT(error("/model/dropout", 0.1, "roberta-last"), HasSubstr("dropout"));
}

TEST_F(Changed, WhatIsDamagedIsNamed) {
  EXPECT_THAT(error("/model/vocab/dog", -1), HasSubstr("dog"));
  EXPECT_THAT(error("/model/vocab/dog", 1e30), HasSubstr("dog"));
  EXPECT_THAT(error("/model/vocab", Json::object()), HasSubstr("no words"));
  EXPECT_THAT(error("/model/unk_token", "nowhere"), HasSubstr("nowhere"));
  EXPECT_THAT(error("/model/merges", Json::array({"q zz"}), "roberta-last"), HasSubstr("zz"));
  EXPECT_THAT(error("/model/merges", Json::array({"q"}), "roberta-last"), HasSubstr("merges"));
  EXPECT_THAT(error("/model", nullptr), HasSubstr("model"));
  EXPECT_THAT(error("/added_tokens/0/id", -3), HasSubstr("id"));
  EXPECT_THAT(error_of("{}"), HasSubstr("pre_tokenizer"));
  EXPECT_THAT(error_of("[]"), HasSubstr("object"));
  EXPECT_THAT(error_of(std::string(100'000, '[')), HasSubstr("tokenizer.json"));
  EXPECT_THAT(error_of(""), HasSubstr("tokenizer.json"));
}

TEST_F(Changed, MergesMayBePairs) {
  Json json = read_json(kFolder / "roberta-last/tokenizer.json");
  for (Json& merge : json["model"]["merges"]) {
    if (!merge.is_string()) continue;
    const std::string text = merge;
    merge = {text.substr(0, text.find(' ')), text.substr(text.find(' ') + 1)};
  }
  EXPECT_EQ(error_of(json.dump()), "");
  Ids pairs, golden;
  read_tokenizer(folder_.path())->encode("the quick brown fox", pairs, kEndless);
  read_tokenizer(kFolder / "roberta-last")->encode("the quick brown fox", golden, kEndless);
  EXPECT_EQ(pairs, golden);
}

TEST_F(Changed, AFolderWithoutATokenizerIsNamed) {
  EXPECT_THROW(read_tokenizer(folder_.path()), Error);
  write_file(folder_ / "sentencepiece.bpe.model", "x");
  try {
    read_tokenizer(folder_.path());
    ADD_FAILURE() << "was read";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("SentencePiece"));
  }
}

}  // namespace
}  // namespace clipwright::text::hugging_face
