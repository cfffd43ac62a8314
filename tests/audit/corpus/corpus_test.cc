#include "audit/corpus/corpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "audit/calibration/example_texts.h"
#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/random.h"
#include "tests/temporary_folder.h"

namespace clipwright::audit::corpus {
namespace {

using ::testing::HasSubstr;
using namespace std::string_view_literals;

class CorpusTest : public ::testing::Test {
 protected:
  fs::path file(const std::string& name, std::string_view text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  std::vector<pairs::AuditPair> read(pairs::PairSource& source) const {
    std::vector<pairs::AuditPair> pairs;
    pairs::AuditPair pair;
    while (source.next(pair)) pairs.push_back(pair);
    return pairs;
  }
  static std::string message_of(const std::function<void()>& action, ExitCode expected) {
    try {
      action();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), expected);
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return {};
  }
  const TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(CorpusTest, LinesBelongTogetherAndWholeMultiplesWrap) {
  const auto captions = file("captions.txt",
                             "\xEF\xBB\xBF"
                             "a cat\r\na dog");
  const auto rewrites = file("chat.txt", "one cat\none dog\n\nanother dog\n");
  const auto pairs = read(*pairs::open_pairs(captions, {rewrites}));
  ASSERT_EQ(pairs.size(), 4U);
  EXPECT_EQ(pairs[0].source, "a cat");
  EXPECT_EQ(pairs[1].source, "a dog");
  EXPECT_EQ(pairs[2].source, "a cat");
  EXPECT_EQ(pairs[2].text, "");
  EXPECT_EQ(pairs[3].source, "a dog");
  EXPECT_EQ(pairs[3].text, "another dog");
  EXPECT_EQ(pairs[3].mode, "chat");
  EXPECT_EQ(pairs[2].key, "0");  // as rewrites.jsonl counts them
  EXPECT_EQ(pairs[3].key, "1");
}

TEST_F(CorpusTest, RefusesAMissingLineWithBothCounts) {
  const auto captions = file("captions.txt", "a\nb\nc\n");
  const auto rewrites = file("chat.txt", "a\nb\n");
  const std::string message =
      message_of([&] { pairs::open_pairs(captions, {rewrites}); }, ExitCode::kInput);
  EXPECT_THAT(message, HasSubstr("2 lines"));
  EXPECT_THAT(message, HasSubstr("has 3"));
  message_of([&] { pairs::open_pairs(captions, {folder_ / "absent.txt"}); }, ExitCode::kInput);
  message_of([&] { pairs::open_pairs({}, {rewrites}); }, ExitCode::kUsage);
  message_of([&] { pairs::open_pairs(captions, {}); }, ExitCode::kUsage);
  message_of([&] { pairs::open_pairs(folder_, {rewrites}); }, ExitCode::kInput);
}

TEST_F(CorpusTest, ReadsAcceptedRowsOfJsonlAndCountsTheRest) {
  std::string text;
  for (int i = 0; i < 40; ++i) {
    text += Json{{"key", "k" + std::to_string(i)},
                 {"mode", "bard"},
                 {"source", "a cat"},
                 {"source_sha256", hex(sha256("a cat"))},
                 {"text", "one cat"},
                 {"status", i % 4 == 0 ? "rejected:too-short" : "accepted"}}
                .dump() +
            "\n";
  }
  const auto path = file("rewrites.jsonl", text + "{\"key\": \"cut off\n");
  auto source = pairs::open_pairs({}, {path});
  EXPECT_EQ(read(*source).size(), 30U);
  EXPECT_EQ(source->passed_over["rejected:too-short"], 10);
  EXPECT_EQ(source->passed_over["damaged"], 1);
}

TEST_F(CorpusTest, RefusesJsonlThatIsNoneOrDoesNotFit) {
  const auto prose = file("prose.jsonl", "once upon a time\nthere was a cat\n");
  EXPECT_THAT(message_of([&] { read(*pairs::open_pairs({}, {prose})); }, ExitCode::kInput),
              HasSubstr("line 1"));
  const auto edited = file("edited.jsonl", Json{{"key", "k7"},
                                                {"source", "a dog"},
                                                {"source_sha256", hex(sha256("a cat"))},
                                                {"text", "t"}}
                                               .dump());
  EXPECT_THAT(message_of([&] { read(*pairs::open_pairs({}, {edited})); }, ExitCode::kInput),
              HasSubstr("k7"));
}

TEST_F(CorpusTest, WritesOneRecordAPairInOrderForAnyThreadCount) {
  std::string captions, rewrites;
  constexpr int kPairs = 20000;
  for (int i = 0; i < kPairs; ++i) {
    captions += "a red bus number" + std::to_string(i) + "\n";
    rewrites += (i % 2 == 0 ? "a blue bus number" : "on the road a red bus number") +
                std::to_string(i) + " \xFF\"\n";
  }
  const auto captions_file = file("captions.txt", captions),
             rewrites_file = file("chat.txt", rewrites);
  const verdict::Auditor auditor{fs::path()};
  std::string first;
  for (int threads : {1, 3}) {
    const auto output = folder_ / "audit.json";
    const auto source = pairs::open_pairs(captions_file, {rewrites_file});
    const CorpusAudit audit =
        audit_corpus(auditor, *source, {.output = output, .threads = threads});
    EXPECT_EQ(audit.summary.pairs, kPairs);
    EXPECT_EQ(audit.summary.flags.at("colour-changed"), kPairs / 2);
    const std::string text = read_file(output);
    if (threads == 1) {
      first = text;
      const Json json = parse_json(text, "audit.json");
      ASSERT_EQ(json["records"].size(), static_cast<size_t>(kPairs));
      EXPECT_EQ(json["records"][17]["key"], "17");
      EXPECT_EQ(json["records"][17]["mode"], "chat");
      EXPECT_EQ(json["records"][18]["flags"][0], "colour-changed");
      EXPECT_EQ(json["summary"]["pairs"], kPairs);
      EXPECT_EQ(json["summary"]["flags"]["colour-changed"], kPairs / 2);
      EXPECT_EQ(audit.examples.at("colour-changed").size(), 8U);
    } else {
      EXPECT_EQ(text, first);
    }
  }
}

TEST_F(CorpusTest, LeavesNoOutputBehindWhenTheInputFails) {
  const auto bad = file("bad.jsonl", "no\nno\n");
  const auto source = pairs::open_pairs({}, {bad});
  const verdict::Auditor auditor{fs::path()};
  EXPECT_THROW(audit_corpus(auditor, *source, {.output = folder_ / "audit.json"}), Error);
  for (const auto& entry : fs::directory_iterator(folder_))
    EXPECT_EQ(entry.path().filename(), "bad.jsonl");
}

TEST_F(CorpusTest, SurvivesFilesOfRandomBytes) {
  const verdict::Auditor auditor;
  for (uint64_t round = 0; round < 20; ++round) {
    Random random(0, "corpus-fuzz", 0, round);
    std::string files[2];
    for (std::string& text : files) {
      text = "a ";  // a file that begins as UTF-16 does is refused
      for (int line = 0; line < 40; ++line) {
        const uint64_t size = line == 7 && round == 0 ? 1 << 20 : random.below(80);
        for (uint64_t i = 0; i < size; ++i) {
          constexpr std::string_view kParts = "a red dog two no \0\r'\"\\=>\xC3\xA9\xE2\xF0\xFF"sv;
          const char byte = random.uniform() < 0.8 ? kParts[random.below(kParts.size())]
                                                   : static_cast<char>(random.below(256));
          if (byte != '\n') text += byte;
        }
        text += '\n';
      }
    }
    const auto captions = file("captions.txt", files[0]), rewrites = file("fuzz.txt", files[1]);
    const auto source = pairs::open_pairs(captions, {rewrites});
    const auto output = folder_ / "audit.json";
    const CorpusAudit audit = audit_corpus(auditor, *source, {.output = output, .threads = 2});
    EXPECT_EQ(audit.summary.pairs, 40);
    const Json json = parse_json(read_file(output), "audit.json");
    EXPECT_EQ(json["records"].size(), 40U);
    EXPECT_EQ(json["summary"]["diversity"]["rewrites"]["texts"], 40);
  }
}

TEST_F(CorpusTest, JsonlOfRandomBytesIsRefusedOrCounted) {
  for (uint64_t round = 0; round < 200; ++round) {
    Random random(0, "jsonl-fuzz", 0, round);
    std::string text = R"({"key":"1","mode":"m","source":"a cat","text":"one cat"})"
                       "\n";
    for (uint64_t flips = 1 + random.below(8); flips > 0; --flips)
      text[random.below(text.size())] = static_cast<char>(random.below(256));
    const auto path = file("fuzz.jsonl", text);
    try {
      const auto source = pairs::open_pairs({}, {path});
      for (const pairs::AuditPair& pair : read(*source)) EXPECT_LE(pair.source.size(), 64U);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
    }
  }
}

TEST_F(CorpusTest, DiversityIsTheSameForAnyThreadCountAndCanBeLeftOut) {
  std::string captions, rewrites;
  for (int i = 0; i < 9000; ++i) {
    captions += "a boat near harbour " + std::to_string(i) + "\n";
    rewrites += "the picture shows a boat near harbour " + std::to_string(i) + "\n";
  }
  const auto captions_file = file("captions.txt", captions), chat = file("chat.txt", rewrites),
             bard = file("bard.txt", rewrites);
  const verdict::Auditor auditor{fs::path()};
  std::string first;
  for (int threads : {1, 3}) {
    const auto source = pairs::open_pairs(captions_file, {chat, bard});
    const CorpusAudit audit = audit_corpus(auditor, *source, {.threads = threads});
    EXPECT_EQ(audit.sources->texts, 9000);
    EXPECT_EQ(audit.rewrites->texts, 18000);
    EXPECT_DOUBLE_EQ(audit.rewrites->exact_duplicates, 0.5);
    EXPECT_DOUBLE_EQ(audit.rewrites->opener_rate_3, 1);
    EXPECT_THAT(describe(audit), HasSubstr("top-100 prefix mass"));
    const std::string json = audit.to_json().dump();
    if (first.empty()) first = json;
    EXPECT_EQ(json, first);
  }
  const auto source = pairs::open_pairs(captions_file, {chat});
  const CorpusAudit audit = audit_corpus(auditor, *source, {.threads = 1, .diversity = false});
  EXPECT_FALSE(audit.rewrites);
  EXPECT_FALSE(audit.to_json().contains("diversity"));
}

TEST_F(CorpusTest, ExamplesAreReadFromTsvAndArrows) {
  const auto path = file("pack.tsv", "# a comment\na cat\tone cat\na dog => one dog\n");
  EXPECT_THAT(calibration::read_example_texts(path),
              ::testing::ElementsAre("a cat", "one cat", "a dog ", " one dog"));
}

}  // namespace
}  // namespace clipwright::audit::corpus
