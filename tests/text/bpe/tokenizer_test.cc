#include "text/bpe/tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"

namespace clipwright::text::bpe {
namespace {

struct Golden {
  std::string text;
  std::vector<int32_t> ids;
};

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

const std::vector<Golden>& golden() {
  static const std::vector<Golden> all = [] {
    std::vector<Golden> records;
    std::ifstream file(CLIPWRIGHT_SOURCE_DIR "/tests/golden/tokens/tokens.jsonl");
    for (std::string line; std::getline(file, line);) {
      const Json json = parse_json(line, "tokens.jsonl");
      const bool hexadecimal = json.contains("hex");
      const auto text = json.at(hexadecimal ? "hex" : "text").get<std::string>();
      records.push_back(
          {hexadecimal ? from_hex(text) : text, json.at("ids").get<std::vector<int32_t>>()});
    }
    return records;
  }();
  return all;
}

TEST(Tokenizer, GivesTheReferencesIdsForAnyText) {
  const Tokenizer& tokenizer = Tokenizer::standard();
  ASSERT_GT(golden().size(), 3000U);
  for (const Golden& record : golden()) {
    ASSERT_EQ(tokenizer.encode(record.text), record.ids) << "for the text: " << record.text;
  }
}

TEST(Tokenizer, CutsToAnyContextAndKeepsTheEndToken) {
  const Tokenizer& tokenizer = Tokenizer::standard();
  const std::vector<int32_t> whole = tokenizer.encode("a photo of a cat");
  ASSERT_EQ(whole, (std::vector<int32_t>{49406, 320, 1125, 539, 320, 2368, 49407}));
  for (int context = 1; context <= 9; ++context) {
    std::vector<int32_t> expected = whole;
    if (expected.size() > static_cast<size_t>(context)) {
      expected.resize(static_cast<size_t>(context));
      expected.back() = kEndToken;
    }
    EXPECT_EQ(tokenizer.encode("a photo of a cat", context), expected) << context;
  }
  EXPECT_THROW(tokenizer.encode("a", 0), Error);
}

TEST(Tokenizer, AppendsBehindWhatIsThere) {
  const Tokenizer& tokenizer = Tokenizer::standard();
  PackedTexts texts;
  tokenizer.append("a cat", texts);
  tokenizer.append("", texts);
  tokenizer.append("two dogs on the beach", texts, 4);
  EXPECT_EQ(texts.size(), 3);
  EXPECT_EQ(texts.offsets, (std::vector<int32_t>{0, 4, 6, 10}));
  EXPECT_EQ(texts.ids, (std::vector<int32_t>{49406, 320, 2368, 49407, 49406, 49407, 49406, 1237,
                                             3255, 49407}));
}

TEST(Tokenizer, ThreadsShareOneTokenizer) {
  const Tokenizer tokenizer(shared_file("bpe_simple_vocab_16e6.txt.gz"));
  std::vector<size_t> wrong(4, 0);
  {
    std::vector<std::jthread> threads;
    for (size_t t = 0; t < wrong.size(); ++t) {
      threads.emplace_back([&, t] {
        for (int round = 0; round < 2; ++round) {
          for (const Golden& record : golden())
            wrong[t] += tokenizer.encode(record.text) != record.ids ? 1U : 0U;
        }
      });
    }
  }
  EXPECT_EQ(wrong, std::vector<size_t>(4, 0));
}

TEST(Tokenizer, DecodesToReadableText) {
  const Tokenizer& tokenizer = Tokenizer::standard();
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("A Café in Łódź, 日本語 🙂")),
            "a café in łódź , 日本語 🙂");
  EXPECT_EQ(tokenizer.decode({kStartToken, -5, 1 << 30, kEndToken}), "");
  const std::vector<int32_t> ids = tokenizer.encode("龘");
  ASSERT_GT(ids.size(), 3U);
  EXPECT_EQ(tokenizer.decode({ids[1]}), "\xEF\xBF\xBD");  // a part of a character
}

TEST(Tokenizer, TakesHostileTextInReasonableTime) {
  const Tokenizer& tokenizer = Tokenizer::standard();
  std::string letters;
  for (int64_t i = 0; i < 1'000'000; ++i) letters.push_back(static_cast<char>('a' + i * i % 26));
  EXPECT_EQ(tokenizer.encode(letters).size(), 77U);
  std::string escapes = "&";
  for (int i = 0; i < 250'000; ++i) escapes += "amp;";
  EXPECT_EQ(tokenizer.encode(escapes + "lt;"), tokenizer.encode("<"));
}

}  // namespace
}  // namespace clipwright::text::bpe
