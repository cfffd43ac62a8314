// Controlled corruption: captions with a known number, colour, name or object are rewritten in
// style only, then damaged in one known way. What the audit finds is measured against what was
// done.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <functional>

#include "audit/audit.h"
#include "core/random.h"

namespace clipwright {
namespace {

struct Scene {
  std::string number, colour, thing, plural, action, place, name;
};

template <size_t N>
const char* pick(Random& random, const std::array<const char*, N>& list) {
  return list[random.below(N)];
}

constexpr std::array<const char*, 6> kNumbers = {"two", "three", "four", "five", "six", "seven"};
constexpr std::array<const char*, 8> kColours = {"red",    "blue",  "green", "yellow",
                                                 "purple", "brown", "black", "white"};
constexpr std::array<std::pair<const char*, const char*>, 24> kThings = {{
    {"dog", "dogs"},
    {"bicycle", "bicycles"},
    {"boat", "boats"},
    {"umbrella", "umbrellas"},
    {"horse", "horses"},
    {"chair", "chairs"},
    {"balloon", "balloons"},
    {"bus", "buses"},
    {"teapot", "teapots"},
    {"guitar", "guitars"},
    {"butterfly", "butterflies"},
    {"kite", "kites"},
    {"suitcase", "suitcases"},
    {"lantern", "lanterns"},
    {"tractor", "tractors"},
    {"violin", "violins"},
    {"parrot", "parrots"},
    {"cake", "cakes"},
    {"tent", "tents"},
    {"mushroom", "mushrooms"},
    {"truck", "trucks"},
    {"pillow", "pillows"},
    {"hat", "hats"},
    {"fish", "fish"},
}};
constexpr std::array<const char*, 6> kActions = {"resting", "waiting",  "shining",
                                                 "moving",  "standing", "lying"};
constexpr std::array<const char*, 12> kPlaces = {"beach",    "kitchen", "garden",  "station",
                                                 "mountain", "street",  "library", "forest",
                                                 "market",   "bridge",  "river",   "church"};
constexpr std::array<const char*, 8> kNames = {"Paris",  "London", "Chicago", "Tokyo",
                                               "Madrid", "Cairo",  "Sydney",  "Moscow"};
constexpr std::array<const char*, 6> kIntruders = {"elephant", "piano",      "refrigerator",
                                                   "penguin",  "helicopter", "sword"};

Scene make_scene(uint64_t i) {
  Random random(1, "corruption", 0, i);
  Scene scene;
  scene.number = pick(random, kNumbers);
  scene.colour = pick(random, kColours);
  const auto& thing = kThings[random.below(kThings.size())];
  scene.thing = thing.first;
  scene.plural = thing.second;
  scene.action = pick(random, kActions);
  scene.place = pick(random, kPlaces);
  scene.name = pick(random, kNames);
  return scene;
}

std::string source_text(const Scene& s, uint64_t i) {
  switch (i % 3) {
    case 0:
      return s.number + " " + s.colour + " " + s.plural + " near the " + s.place + " in " + s.name;
    case 1:
      return s.colour + " " + s.plural + ", " + s.number + " of them, on a " + s.place + " of " +
             s.name;
    default:
      return "photo of " + s.number + " " + s.colour + " " + s.plural + " " + s.action + " by a " +
             s.place + ", " + s.name;
  }
}

/// Says the same in another style.
std::string restyled(const Scene& s, uint64_t i) {
  switch (i % 4) {
    case 0:
      return "in " + s.name + ", a group of " + s.number + " " + s.colour + " " + s.plural +
             " can be seen close to the " + s.place;
    case 1:
      return "a beautiful photograph of " + s.number + " bright " + s.colour + " " + s.plural +
             " at the " + s.place + " in " + s.name;
    case 2:
      return s.number + " " + s.plural + " that are " + s.colour + " next to the " + s.place +
             " of " + s.name;
    default:
      return "the " + s.place + " of " + s.name + " with its " + s.number + " lovely " + s.colour +
             " " + s.plural;
  }
}

template <size_t N>
std::string other(const std::array<const char*, N>& list, const std::string& than, uint64_t i) {
  Random random(2, "other", 0, i);
  std::string choice;
  do {
    choice = pick(random, list);
  } while (choice == than);
  return choice;
}

struct Corruption {
  const char* name;
  std::function<std::string(Scene, uint64_t)> damaged;
  std::vector<std::string> flags;  ///< any of these is a find
  double recall, dropped;          ///< least share found, least share below 0.6
};

bool has_any(const AuditRecord& record, const std::vector<std::string>& flags) {
  for (const std::string& flag : record.flags) {
    for (const std::string& wanted : flags) {
      if (flag == wanted) return true;
    }
  }
  return false;
}

TEST(Corruption, IsFoundWithoutFalseAlarms) {
  const Auditor auditor;
  if (!auditor.has_wordnet()) GTEST_SKIP() << "wordnet-base is not installed";
  const std::vector<Corruption> corruptions = {
      {"swap colour",
       [](Scene s, uint64_t i) { return s.colour = other(kColours, s.colour, i), restyled(s, i); },
       {"colour-changed"},
       0.98,
       0.98},
      {"drop colour",
       [](Scene s, uint64_t i) { return s.colour = "", restyled(s, i); },
       {"colour-lost"},
       0.98,
       0},
      {"swap number",
       [](Scene s, uint64_t i) { return s.number = other(kNumbers, s.number, i), restyled(s, i); },
       {"number-changed"},
       0.98,
       0.98},
      {"drop number",
       [](Scene s, uint64_t i) { return s.number = "", restyled(s, i); },
       {"number-lost"},
       0.98,
       0},
      {"negate",
       [](Scene s, uint64_t i) { return s.number = "no", restyled(s, i); },
       {"negation-changed"},
       0.98,
       0.98},
      {"swap entity",
       [](Scene s, uint64_t i) { return s.name = other(kNames, s.name, i), restyled(s, i); },
       {"entity-lost", "entity-added"},
       0.98,
       0.98},
      {"drop entity",
       [](Scene s, uint64_t i) { return s.name = "summer", restyled(s, i); },
       {"entity-lost"},
       0.98,
       0.6},
      {"drop object",
       [](Scene s, uint64_t i) { return s.plural = "ones", restyled(s, i); },
       {"content-lost"},
       0.9,
       0},
      {"add object",
       [](Scene s, uint64_t i) {
         return restyled(s, i) + " and " + "a " + kIntruders[i % kIntruders.size()];
       },
       {"content-added"},
       0.9,
       0},
      {"swap object",
       [](Scene s, uint64_t i) {
         return s.plural = kIntruders[i % kIntruders.size()], restyled(s, i);
       },
       {"content-lost"},
       0.9,
       0.8},
  };
  constexpr uint64_t kScenes = 400;
  std::vector<int> false_alarms(corruptions.size(), 0);
  int kept = 0;
  for (uint64_t i = 0; i < kScenes; ++i) {
    const Scene scene = make_scene(i);
    const AuditRecord record = auditor.audit(source_text(scene, i), restyled(scene, i));
    kept += record.score >= kDefaultKeepScore;
    for (size_t c = 0; c < corruptions.size(); ++c)
      false_alarms[c] += has_any(record, corruptions[c].flags);
  }
  std::printf("%-14s recall  precision  dropped at 0.6   (%d scenes)\n", "",
              static_cast<int>(kScenes));
  std::printf("%-14s      -          -          %5.1f %%\n", "style only",
              100.0 * (1 - kept / static_cast<double>(kScenes)));
  EXPECT_GE(kept, 0.97 * kScenes) << "style-only rewrites are kept";
  for (size_t c = 0; c < corruptions.size(); ++c) {
    int found = 0, dropped = 0;
    for (uint64_t i = 0; i < kScenes; ++i) {
      const Scene scene = make_scene(i);
      const AuditRecord record =
          auditor.audit(source_text(scene, i), corruptions[c].damaged(scene, i));
      found += has_any(record, corruptions[c].flags);
      dropped += record.score < kDefaultKeepScore;
    }
    const double recall = found / static_cast<double>(kScenes);
    const double precision = found > 0 ? found / static_cast<double>(found + false_alarms[c]) : 0;
    std::printf("%-14s %5.1f %%    %5.1f %%          %5.1f %%\n", corruptions[c].name, 100 * recall,
                100 * precision, 100.0 * dropped / kScenes);
    SCOPED_TRACE(corruptions[c].name);
    EXPECT_GE(recall, corruptions[c].recall);
    EXPECT_GE(precision, 0.95);
    EXPECT_GE(dropped / static_cast<double>(kScenes), corruptions[c].dropped);
  }
}

/// The example pairs that ship with the program were written by hand as good rewrites.
TEST(Corruption, HandWrittenRewritesAreKept) {
  const Auditor auditor;
  if (!auditor.has_wordnet()) GTEST_SKIP() << "wordnet-base is not installed";
  int pairs = 0, kept = 0, kept_shuffled = 0;
  for (const char* pack : {"chatgpt", "bard", "human"}) {
    std::ifstream file(std::string(CLIPWRIGHT_SOURCE_DIR) + "/data/examples/" + pack + ".tsv");
    std::string line, previous;
    while (std::getline(file, line)) {
      const size_t tab = line.find('\t');
      if (line.empty() || line[0] == '#' || tab == std::string::npos) continue;
      const std::string source = line.substr(0, tab), rewrite = line.substr(tab + 1);
      ++pairs;
      kept += auditor.audit(source, rewrite).score >= kDefaultKeepScore;
      if (!previous.empty())
        kept_shuffled += auditor.audit(source, previous).score >= kDefaultKeepScore;
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
}  // namespace clipwright
