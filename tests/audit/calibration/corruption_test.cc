// Controlled corruption: each damage does what it says and nothing else, and the lexical tier finds
// it.
#include "audit/calibration/corruption.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "audit/calibration/calibration.h"
#include "core/random.h"

namespace clipwright::audit::calibration {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

const verdict::Auditor& auditor() {
  static const verdict::Auditor auditor;
  return auditor;
}

std::optional<std::string> damaged(std::string_view caption, Damage damage, uint64_t seed = 0) {
  return Corruption(auditor().wordnet(), seed).damage(caption, damage);
}

TEST(Corruption, SwapsOneColour) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    const auto text = damaged("A red bus by the sea", Damage::kSwapColour, seed);
    ASSERT_TRUE(text);
    EXPECT_TRUE(text->starts_with("A ") && text->ends_with(" bus by the sea")) << *text;
    EXPECT_THAT(*text, Not(HasSubstr("red")));
  }
  EXPECT_FALSE(damaged("A bus by the sea", Damage::kSwapColour));
  EXPECT_FALSE(damaged("an orange on a plate", Damage::kSwapColour)) << "the fruit";
}

TEST(Corruption, SwapsOneNumberInItsOwnWriting) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    const auto word = damaged("Three boats", Damage::kSwapNumber, seed);
    ASSERT_TRUE(word);
    EXPECT_TRUE((*word)[0] >= 'A' && (*word)[0] <= 'Z' && word->ends_with(" boats")) << *word;
    EXPECT_NE(*word, "Three boats");
    const auto digits = damaged("a coin of 20 cents", Damage::kSwapNumber, seed);
    ASSERT_TRUE(digits);
    EXPECT_NE(*digits, "a coin of 20 cents");
    EXPECT_THAT(*digits, ::testing::MatchesRegex("a coin of [0-9]+ cents"));
  }
  EXPECT_FALSE(damaged("boats in 3D", Damage::kSwapNumber));
  EXPECT_FALSE(damaged("it costs 1.50", Damage::kSwapNumber));
}

TEST(Corruption, ACaptionThatSaysEveryChoiceIsLeftAlone) {
  EXPECT_FALSE(
      damaged("pencils in red, blue, green, yellow, purple, brown, black, white, pink, "
              "orange, gray and grey",
              Damage::kSwapColour));
  EXPECT_FALSE(
      damaged("a clock with the numbers 1 2 3 4 5 6 7 8 9 10 11 12 13 14", Damage::kSwapNumber));
}

TEST(Corruption, SwapsNamesButNotTitleCase) {
  const auto text = damaged("A bridge in New York at night", Damage::kSwapEntity);
  ASSERT_TRUE(text);
  EXPECT_TRUE(text->starts_with("A bridge in ") && text->ends_with(" at night")) << *text;
  EXPECT_THAT(*text, Not(AnyOf(HasSubstr("New"), HasSubstr("York"))));
  EXPECT_FALSE(damaged("Bridge Over Troubled Water", Damage::kSwapEntity));
  EXPECT_FALSE(damaged("A bridge. It is old.", Damage::kSwapEntity));
}

TEST(Corruption, NegatesOnce) {
  EXPECT_EQ(damaged("a boat on the lake", Damage::kNegate), "no boat on the lake");
  EXPECT_EQ(damaged("The boat is old", Damage::kNegate), "The boat is not old");
  EXPECT_EQ(damaged("a plate with beans", Damage::kNegate), "a plate without beans");
  EXPECT_FALSE(damaged("a plate without beans", Damage::kNegate));
  EXPECT_FALSE(damaged("Paris at night", Damage::kNegate)) << "a name cannot be preceded by no";
}

TEST(Corruption, DropsAndAddsAndSwapsObjects) {
  if (!auditor().has_wordnet()) GTEST_SKIP() << "wordnet-base is not installed";
  EXPECT_THAT(damaged("a small dog and a red bicycle", Damage::kDropObject).value_or(""),
              AnyOf("a small dog", "a red bicycle"));
  EXPECT_FALSE(damaged("a small dog", Damage::kDropObject)) << "nothing would be left";
  const std::string added = damaged("a small dog", Damage::kAddObject).value_or("");
  EXPECT_TRUE(added.starts_with("a small dog ")) << added;
  EXPECT_GT(added.size(), std::string_view("a small dog and a").size());
  const std::string swapped = damaged("A dog on the grass.", Damage::kSwapObject).value_or("");
  EXPECT_THAT(swapped, ::testing::EndsWith("."));
  EXPECT_NE(swapped, "A dog on the grass.");
}

TEST(Corruption, RestylesADamagedCaptionAsTheWholeOne) {
  const Corruption corruption(auditor().wordnet());
  const std::string clean = *corruption.rewrite("A red bus near the sea.", Damage::kNone);
  const std::string other = *corruption.rewrite("A red bus near the sea.", Damage::kSwapColour);
  EXPECT_NE(clean, "A red bus near the sea.");
  const size_t at = clean.find("red");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(other.substr(0, at), clean.substr(0, at)) << "the same style";
  EXPECT_TRUE(other.ends_with(clean.substr(at + 3))) << clean << " / " << other;
  EXPECT_EQ(corruption.rewrite("A red bus near the sea.", Damage::kNone), clean);
}

TEST(Corruption, SurvivesHostileCaptions) {
  const Corruption corruption(auditor().wordnet());
  std::vector<std::string> captions = {"",
                                       " ",
                                       ".",
                                       "\xFF\xFE",
                                       std::string("a\0cat", 5),
                                       std::string(1 << 20, 'a'),
                                       std::string(1 << 16, ' ')};
  for (uint64_t i = 0; i < 300; ++i) {
    Random random(0, "hostile", 0, i);
    std::string bytes;
    for (uint64_t size = random.below(60); size > 0; --size) {
      constexpr std::string_view kParts = "a red dog, two 3.5 New \xC3\xA9\xE2. with\n";
      bytes.push_back(random.uniform() < 0.7 ? kParts[random.below(kParts.size())]
                                             : static_cast<char>(random.below(256)));
    }
    captions.push_back(bytes);
  }
  for (const std::string& caption : captions) {
    for (const DamageKind& kind : damage_kinds()) {
      const auto text = corruption.rewrite(caption, kind.damage);
      if (text) EXPECT_LE(text->size(), caption.size() + 200);
    }
  }
}

/// Regular captions that every kind of damage fits.
std::vector<CalibrationCaption> scenes() {
  const auto pick = [](Random& random, std::initializer_list<const char*> list) {
    return std::string(list.begin()[random.below(list.size())]);
  };
  std::vector<CalibrationCaption> captions;
  for (uint64_t i = 0; i < 400; ++i) {
    Random random(1, "scene", 0, i);
    const std::string number = pick(random, {"two", "three", "four", "five", "six", "seven"});
    const std::string colour =
        pick(random, {"red", "blue", "green", "yellow", "purple", "brown", "black", "white"});
    const std::string things = pick(
        random, {"dogs", "bicycles", "boats", "umbrellas", "horses", "chairs", "balloons", "buses",
                 "teapots", "guitars", "butterflies", "kites", "lanterns", "violins"});
    const std::string place = pick(random, {"bridge", "church", "fountain", "table", "tent",
                                            "bench", "car", "house", "ladder", "statue"});
    const std::string name =
        pick(random, {"London", "Madrid", "Cairo", "Moscow", "Lisbon", "Rome"});
    captions.push_back({std::to_string(i), number + " " + colour + " " + things + " near the " +
                                               place + (i % 2 == 0 ? " in " : " of ") + name});
  }
  return captions;
}

TEST(Corruption, IsFoundInRegularCaptions) {
  if (!auditor().has_wordnet()) GTEST_SKIP() << "wordnet-base is not installed";
  const Calibration calibration = calibrate(auditor(), scenes(), {}, {});
  std::printf("%s", calibration.to_markdown().c_str());
  for (const CalibrationPart& part : calibration.parts) {
    const CalibrationTier& flags = part.tiers[0];
    ASSERT_EQ(flags.name, "flags");
    EXPECT_LE(flags.false_alarms, 0.05);
    for (const auto& [damage, cell] : flags.kinds) {
      EXPECT_GE(cell.recall, 0.9) << static_cast<int>(damage);
      EXPECT_GE(cell.precision, 0.95) << static_cast<int>(damage);
      EXPECT_GE(cell.pairs, 50) << static_cast<int>(damage);
    }
    EXPECT_EQ(flags.kinds.size(), damage_kinds().size() - 1);
  }
}

/// The example pairs that ship with the program were written by hand as good rewrites.
TEST(Corruption, HandWrittenRewritesAreKept) {
  if (!auditor().has_wordnet()) GTEST_SKIP() << "wordnet-base is not installed";
  int pairs = 0, kept = 0, kept_shuffled = 0;
  for (const char* pack : {"chatgpt", "bard", "human"}) {
    std::ifstream file(std::string(CLIPWRIGHT_SOURCE_DIR) + "/data/examples/" + pack + ".tsv");
    std::string line, previous;
    while (std::getline(file, line)) {
      const size_t tab = line.find('\t');
      if (line.empty() || line[0] == '#' || tab == std::string::npos) continue;
      const std::string source = line.substr(0, tab), rewrite = line.substr(tab + 1);
      ++pairs;
      kept += auditor().audit(source, rewrite).score >= verdict::kDefaultKeepScore;
      if (!previous.empty())
        kept_shuffled += auditor().audit(source, previous).score >= verdict::kDefaultKeepScore;
      previous = rewrite;
    }
  }
  ASSERT_GE(pairs, 40);
  std::printf("hand-written: %d of %d kept; with another caption's rewrite: %d kept\n", kept, pairs,
              kept_shuffled);
  EXPECT_GE(kept, 0.9 * pairs);
  EXPECT_EQ(kept_shuffled, 0);
}

}  // namespace
}  // namespace clipwright::audit::calibration
