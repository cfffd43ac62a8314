#include "audit/verdict/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "audit/verdict/audit_summary.h"

namespace clipwright::audit::verdict {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

const Auditor& auditor() {
  static const Auditor auditor;
  return auditor;
}

bool keeps(std::string_view source, std::string_view rewrite) {
  const AuditRecord record = auditor().audit(source, rewrite);
  return record.score >= kDefaultKeepScore;
}

// Which side of 0.6 a rewrite must fall on, and a flag it must have ("" for none asked, "-" for no
// flag at all).
struct Case {
  const char *source, *rewrite;
  bool kept;
  const char* flag;
  bool needs_wordnet = false;
};

const Case kCases[] = {
    // Synonyms, kinds and other ways to say the same are kept.
    {"flame", "a candle flickering", true, "-", true},
    {"car", "an automobile", true, "-", true},
    {"fire engine", "a fire truck", true, "-", true},
    {"teddy bear", "a stuffed toy", true, "-", true},
    {"grinning cat", "a smiling feline", true, "-", true},
    {"toothbrush icon", "a brush for cleaning teeth", true, "-", true},
    {"two cats on a sofa", "a pair of cats sleeping on a couch", true, "-", true},
    {"dog", "a puppy playing with a ball", true, "", true},
    {"banana", "a yellow banana", true, "-", true},
    {"a red bus", "a crimson bus", true, "-"},
    {"mice near the cheese", "a mouse is near a piece of cheese", true, "-", true},
    {"three dogs playing", "3 dogs play in the grass", true, ""},
    {"twenty-five balloons", "25 balloons in the air", true, ""},
    {"1,000 candles", "one thousand candles", true, ""},
    {"a 3rd place medal", "a medal for third place", true, ""},
    {"no smoking sign", "a sign prohibiting smoking", true, "-"},
    {"Eiffel Tower in Paris", "the Eiffel Tower, a landmark in Paris, France", true, "-", true},
    {"a photo of John Smith at the premiere", "John Smith at a film premiere", true, "-"},
    {"a boat on the lake", "beautiful close-up photo of a boat on the lake", true, "-"},
    {"A Dog On The Beach", "a dog on the beach in the sun", true, ""},
    // Inventions and losses are not.
    {"barbados", "the capital of the country brazil", false, "entity-added", true},
    {"barbados", "the capital of the country brazil", false, "entity-lost", true},
    {"seal", "a piece of jewelry, a gift for a birthday", false, "content-lost"},
    {"a hammer", "a heavy tool used for cutting wood", false, "content-lost"},
    {"hot beverage", "a cup of coffee, a cold beverage", false, "opposite", true},
    {"Eiffel Tower", "a coffee bean", false, "entity-lost", true},
    {"dog", "a cat", false, "content-lost"},
    {"apple", "a computer on a desk", false, "content-added", true},
    {"a man riding a horse", "a woman riding a horse", false, "opposite", true},
    {"three dogs playing", "four dogs playing", false, "number-changed"},
    {"dogs playing in the park", "seven dogs playing in the park", false, "number-added"},
    {"a red bus", "a blue bus", false, "colour-changed"},
    {"a gold ring on a table", "a silver ring on a table", false, "colour-changed"},
    {"no smoking sign", "a sign that says smoking is allowed", false, "negation-changed"},
    {"a beach with people", "a beach without people", false, "negation-changed"},
    {"he is smiling", "he isn't smiling", false, "negation-changed"},
    {"a photo of John Smith at the premiere", "a man at a film premiere", false, "entity-lost"},
    {"Mary Jones in Berlin", "Mary Jones in Madrid", false, "entity-added", true},
    // Form.
    {"a cat", "", false, "empty"},
    {"a cat", " ... ", false, "empty"},
    {"a cat on a mat", "Here is the rewritten caption: a cat on a mat", false, "preamble"},
    {"a cat on a mat", "Sure, a cat sits on a mat", false, "preamble"},
    {"a cat on a mat", "a cat on the mat => a dog on a rug", false, "preamble"},
    {"a cat on a mat", "A cat on a mat!", false, "copy-of-source"},
    {"a cat on a mat", "a cat cat cat cat on a mat", false, "repetition"},
    {"a cat on a mat", "a cat on the mat and a cat on the mat and a cat on the mat", false,
     "repetition"},
    {"a cat on a mat", "кошка на ковре", false, "language"},
    {"a cat on a mat", "地毯上的猫", false, "language"},
    {"a cat on a mat", "le chat est sur le tapis avec une souris", false, "language"},
    {"an old wooden boat on the shore of a quiet lake", "a boat", false, "too-short"},
};

TEST(Audit, JudgesKnownPairs) {
  for (const Case& c : kCases) {
    if (c.needs_wordnet && !auditor().has_wordnet()) continue;
    const AuditRecord record = auditor().audit(c.source, c.rewrite);
    SCOPED_TRACE(std::string(c.source) + " => " + c.rewrite + "  " + to_json(record).dump());
    EXPECT_EQ(record.score >= kDefaultKeepScore, c.kept);
    if (std::string_view(c.flag) == "-") {
      EXPECT_THAT(record.flags, IsEmpty());
    } else if (*c.flag != '\0') {
      EXPECT_THAT(record.flags, Contains(c.flag));
    }
    EXPECT_GE(record.score, 0);
    EXPECT_LE(record.score, 1);
  }
}

TEST(Audit, FlagsSmallerLossesWithoutDroppingTheRewrite) {
  const AuditRecord colour =
      auditor().audit("fried shrimp on a green plate", "fried shrimp on a plate");
  EXPECT_THAT(colour.flags, Contains("colour-lost"));
  EXPECT_LT(colour.score, 1);
  const AuditRecord number = auditor().audit("three boats in the harbor", "boats in the harbor");
  EXPECT_THAT(number.flags, Contains("number-lost"));
  EXPECT_GE(number.score, kDefaultKeepScore);
}

TEST(Audit, EveryFlagRaisedIsInTheList) {
  for (const Case& c : kCases) {
    for (const std::string& flag : auditor().audit(c.source, c.rewrite).flags) {
      EXPECT_TRUE(std::any_of(audit_flags().begin(), audit_flags().end(), [&](const AuditFlag& f) {
        return f.name == flag;
      })) << flag;
    }
  }
}

TEST(Audit, ALongRewriteOfAShortCaptionIsTooLong) {
  std::string rewrite = "a lamp";
  for (int i = 0; i < 40; ++i) rewrite += " item" + std::to_string(i) + "x";
  EXPECT_THAT(auditor().audit("a lamp", rewrite).flags, Contains("too-long"));
  EXPECT_THAT(auditor().audit("a lamp", "a lamp on a desk near the window").flags,
              Not(Contains("too-long")));
}

TEST(Audit, FlagsRewritesThatRepeatAnExample) {
  Auditor own;
  own.add_examples({"a warm bowl of tomato soup is served with fresh bread", "london"});
  EXPECT_THAT(own.audit("a bowl", "a bowl of tomato soup is served with fresh bread").flags,
              Contains("copied-example"));
  EXPECT_LT(own.audit("a bowl", "a bowl of tomato soup is served with fresh bread").score,
            kDefaultKeepScore);
  // What the source itself says is no copy.
  EXPECT_THAT(own.audit("tomato soup is served with fresh bread",
                        "on a table tomato soup is served with fresh bread")
                  .flags,
              Not(Contains("copied-example")));
  EXPECT_THAT(own.audit("a bowl", "a bowl on a table").flags, Not(Contains("copied-example")));
}

TEST(Audit, WorksWithoutWordNet) {
  const Auditor plain{std::filesystem::path("/nonexistent")};
  EXPECT_FALSE(plain.has_wordnet());
  EXPECT_GE(plain.audit("dogs running on the beach", "a dog runs along the beach").score, 0.9);
  EXPECT_LT(plain.audit("car", "an automobile").score,
            kDefaultKeepScore);  // a synonym only WordNet knows
  EXPECT_THAT(plain.audit("a red bus", "a blue bus").flags, Contains("colour-changed"));
}

TEST(Audit, MeasuresKeptAddedAndLength) {
  const AuditRecord record = auditor().audit("dog beach", "dog beach xyzzyplugh");
  EXPECT_DOUBLE_EQ(record.content_kept, 1);
  EXPECT_NEAR(record.content_added, 0.7 / 2.7,
              1e-6);  // an unknown word counts as a noun that cannot be seen: 0.7
  EXPECT_DOUBLE_EQ(record.length_ratio, 1.5);
}

TEST(Audit, SurvivesHostileText) {
  const std::string megabyte(1 << 20, 'a');
  std::string words;
  while (words.size() < (1 << 20)) words += "dog " + std::to_string(words.size()) + " ";
  std::string bytes;
  for (int i = 0; i < 4096; ++i) bytes.push_back(static_cast<char>((i * 7919) >> 3));
  std::string invalid = "a c\xC3(t \xE2\x82 on \xF0\x9F\x98 mat \xFF\xFE";
  const std::string nul("a\0b cat\0", 8);
  for (const std::string& source : {megabyte, words, bytes, invalid, nul, std::string()}) {
    for (const std::string& rewrite :
         {megabyte, words, bytes, invalid, nul, std::string("a cat")}) {
      const AuditRecord record = auditor().audit(source, rewrite);
      EXPECT_GE(record.score, 0);
      EXPECT_LE(record.score, 1);
      EXPECT_FALSE(to_line(to_json(record)).empty());
    }
  }
  EXPECT_THAT(auditor().audit("a cat", words).flags, Contains("too-long"));
}

TEST(Audit, ManyThreadsGetTheSameRecords) {
  std::vector<double> expected;
  for (const Case& c : kCases) expected.push_back(auditor().audit(c.source, c.rewrite).score);
  std::vector<std::jthread> threads;
  std::vector<int> wrong(4, 0);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < 50; ++round) {
        for (size_t i = 0; i < std::size(kCases); ++i) {
          const size_t at = (i + static_cast<size_t>(t) * 13) % std::size(kCases);
          if (auditor().audit(kCases[at].source, kCases[at].rewrite).score != expected[at])
            ++wrong[static_cast<size_t>(t)];
        }
      }
    });
  }
  threads.clear();
  EXPECT_THAT(wrong, ::testing::Each(0));
}

TEST(AuditSummary, CountsWhatItIsGiven) {
  AuditSummary summary;
  summary.add(auditor().audit("a red bus", "a blue bus"));
  summary.add(auditor().audit("a red bus", "a red bus on the road"));
  const Json json = summary.to_json();
  EXPECT_EQ(json["pairs"], 2);
  EXPECT_EQ(json["kept"], 1);
  EXPECT_DOUBLE_EQ(json["kept_share"], 0.5);
  EXPECT_EQ(json["flags"]["colour-changed"], 1);
}

TEST(Audit, KeepsCaseOutOfTheVerdict) {
  EXPECT_EQ(keeps("A DOG ON THE BEACH", "a dog on the beach, running"), true);
}

}  // namespace
}  // namespace clipwright::audit::verdict
