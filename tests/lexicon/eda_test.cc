#include "lexicon/eda.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/hash.h"
#include "lexicon/wordnet_files.h"

namespace clipwright::lexicon {
namespace {

SentenceWords split(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

class Eda : public testing::Test {
 protected:
  Random random(uint64_t seed) { return {seed, "test", 0, uint64_t{0}}; }
  bool is_synonym(const std::string& text, const std::string& of) {
    const auto list = thesaurus().synonyms(of);
    return std::find(list.begin(), list.end(), text) != list.end();
  }
  static const Thesaurus& thesaurus() {
    static const Thesaurus thesaurus(default_wordnet_folder());
    return thesaurus;
  }
  const SentenceWords sentence_ = split("a small dog runs over the green grass in a park");
};

TEST_F(Eda, CleaningFollowsTheReference) {
  EXPECT_EQ(eda_clean("A dog's Black-and-White coat, 3 years!"),
            split("a dogs black and white coat years"));
  EXPECT_EQ(eda_clean("don\u2019t\tstop\nnow"), split("dont stop now"));
  EXPECT_EQ(eda_clean("caf\u00e9"), split("caf"));
  EXPECT_TRUE(eda_clean("1234 ... \u732b").empty());
}

TEST_F(Eda, SynonymReplacementChangesOnlyWordsThatAreNoStopWords) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SentenceWords words = sentence_;
    Random draws = random(seed);
    replace_by_synonyms(words, 1, thesaurus(), draws);
    // One word gave way to one of its synonyms, which may be several words.
    bool explained = false;
    for (size_t i = 0; i < sentence_.size() && !explained; ++i) {
      const auto [end, begin] =
          std::mismatch(sentence_.begin(), sentence_.begin() + long(i), words.begin(), words.end());
      if (end != sentence_.begin() + long(i)) break;
      const size_t tail = sentence_.size() - i - 1;
      if (words.size() < i + 1 + tail) continue;
      if (!std::equal(sentence_.end() - long(tail), sentence_.end(), words.end() - long(tail)))
        continue;
      std::string middle;
      for (size_t k = i; k < words.size() - tail; ++k) middle += (k > i ? " " : "") + words[k];
      explained = is_synonym(middle, sentence_[i]) && !is_stop_word(sentence_[i]);
    }
    EXPECT_TRUE(explained) << testing::PrintToString(words);
  }
}

TEST_F(Eda, SynonymReplacementReplacesEveryOccurrence) {
  std::set<std::string> drawn;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SentenceWords words = split("car the car and the car");
    Random draws = random(seed);
    replace_by_synonyms(words, 5, thesaurus(), draws);
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    const size_t first = text.find(" the ");
    ASSERT_NE(first, std::string::npos);
    const std::string synonym = text.substr(0, first);
    EXPECT_TRUE(is_synonym(synonym, "car"));
    EXPECT_EQ(text, synonym + " the " + synonym + " and the " + synonym);
    drawn.insert(synonym);
  }
  EXPECT_EQ(drawn.size(), thesaurus().synonyms("car").size());  // every synonym comes up
  SentenceWords function_words = split("of the and");
  Random draws = random(0);
  replace_by_synonyms(function_words, 2, thesaurus(), draws);
  EXPECT_EQ(function_words, split("of the and"));
}

TEST_F(Eda, InsertionAddsTheFirstSynonymBeforeAWord) {
  std::set<size_t> places;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SentenceWords words = sentence_;
    Random draws = random(seed);
    insert_synonyms(words, 1, thesaurus(), draws);
    ASSERT_EQ(words.size(), sentence_.size() + 1);
    size_t place = 0;
    while (place < sentence_.size() && words[place] == sentence_[place]) ++place;
    ASSERT_LT(place, sentence_.size()) << "never at the end";
    EXPECT_TRUE(std::equal(sentence_.begin() + long(place), sentence_.end(),
                           words.begin() + long(place) + 1));
    EXPECT_TRUE(std::any_of(sentence_.begin(), sentence_.end(), [&](const std::string& word) {
      const auto list = thesaurus().synonyms(word);
      return !list.empty() && list.front() == words[place];
    })) << words[place];
    places.insert(place);
  }
  EXPECT_EQ(places.size(), sentence_.size());
  SentenceWords unknown = split("xyzzy plugh");
  Random draws = random(1);
  insert_synonyms(unknown, 3, thesaurus(), draws);
  EXPECT_EQ(unknown, split("xyzzy plugh"));
}

TEST_F(Eda, SwapExchangesTwoPlaces) {
  const SentenceWords words = split("zero one two three four five six seven");
  std::map<std::pair<size_t, size_t>, int> pairs;
  int unchanged = 0;
  constexpr int kRuns = 5600;
  for (uint64_t seed = 0; seed < kRuns; ++seed) {
    SentenceWords swapped = words;
    Random draws = random(seed);
    swap_words(swapped, 1, draws);
    std::vector<size_t> moved;
    for (size_t i = 0; i < words.size(); ++i) {
      if (swapped[i] != words[i]) moved.push_back(i);
    }
    if (moved.empty()) {
      ++unchanged;
      continue;
    }
    ASSERT_EQ(moved.size(), 2u);
    EXPECT_EQ(swapped[moved[0]], words[moved[1]]);
    EXPECT_EQ(swapped[moved[1]], words[moved[0]]);
    ++pairs[{moved[0], moved[1]}];
  }
  EXPECT_EQ(pairs.size(), 28u);
  // All 28 pairs alike: 200 each, standard deviation 14; equal three times in a row: 1 in 512.
  for (const auto& [pair, count] : pairs) EXPECT_NEAR(count, 200, 70);
  EXPECT_NEAR(unchanged, kRuns / 512.0, 17);
}

TEST_F(Eda, DeletionDropsEachWordWithTheChance) {
  const SentenceWords words = split("zero one two three four five six seven eight nine");
  int kept = 0;
  constexpr int kRuns = 2000;
  for (uint64_t seed = 0; seed < kRuns; ++seed) {
    SentenceWords left = words;
    Random draws = random(seed);
    delete_words(left, 0.1, draws);
    EXPECT_TRUE(std::includes(words.begin(), words.end(), left.begin(), left.end(),
                              [&](const std::string& a, const std::string& b) {
                                return std::find(words.begin(), words.end(), a) <
                                       std::find(words.begin(), words.end(), b);
                              }));
    kept += static_cast<int>(left.size());
  }
  EXPECT_NEAR(kept, 0.9 * 10 * kRuns, 5 * std::sqrt(0.09 * 10 * kRuns));
  SentenceWords one = {"dog"};
  Random draws = random(0);
  delete_words(one, 0.99, draws);
  EXPECT_EQ(one, SentenceWords{"dog"});
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SentenceWords left = words;
    Random each = random(seed);
    delete_words(left, 0.999999, each);
    EXPECT_EQ(left.size(), 1u);  // of an empty text one random word stays
  }
}

TEST_F(Eda, HowManyWordsChangeFollowsAlpha) {
  std::string caption;
  for (int i = 0; i < 40; ++i) caption += (i > 0 ? " w" : "w") + std::string(1, char('a' + i % 26));
  // 40 words, alpha 0.1: four swaps move at most eight words; alpha 0.01 still swaps once.
  for (const auto& [alpha, most] : std::map<double, size_t>{{0.1, 8}, {0.01, 2}}) {
    size_t moved_most = 0;
    const SentenceWords before = split(caption);
    for (uint64_t seed = 0; seed < 400; ++seed) {
      Random draws = random(seed);
      const SentenceWords after = split(eda(caption, {.alpha = alpha}, thesaurus(), draws));
      if (after.size() != before.size()) continue;  // deleted or inserted
      size_t moved = 0;
      for (size_t i = 0; i < before.size(); ++i) moved += before[i] != after[i];
      moved_most = std::max(moved_most, moved);
    }
    EXPECT_LE(moved_most, most);
    EXPECT_GT(moved_most, most / 2);
  }
}

TEST_F(Eda, DeclipsRecipeKeepsCapitalsAndSigns) {
  const std::string caption = "A Dog, running; on THE beach.";
  std::set<std::string> texts;
  int kept = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Random draws = random(seed);
    const std::string text = eda(caption, {.recipe = EdaRecipe::kDeclip}, thesaurus(), draws);
    texts.insert(text);
    for (const std::string word : {"Dog,", "running;", "beach."})
      kept += text.find(word) != std::string::npos;
  }
  // Only deletion (a third of the draws, each word one time in ten) takes such a word away:
  // WordNet knows none of them as it stands.
  EXPECT_NEAR(kept, 900 * (1 - 0.1 / 3), 30);
  EXPECT_GT(texts.size(), 20u);
  EXPECT_EQ(parse_eda_recipe("declip"), EdaRecipe::kDeclip);
  EXPECT_THROW(parse_eda_recipe("dclip"), Error);
}

/// Rows in ledgers were written by these draws under the name "eda/1": other texts from the same
/// seeds need another name.
class EdaRecord : public Eda {
 protected:
  static std::string text(const char* caption, EdaRecipe recipe, uint64_t seed) {
    Random random(seed, "eda", 0, uint64_t{0});
    return eda(caption, {.recipe = recipe}, thesaurus(), random);
  }
  static std::string all_texts() {
    std::string all;
    for (const char* caption : kCaptions) {
      for (const EdaRecipe recipe : {EdaRecipe::kOriginal, EdaRecipe::kDeclip}) {
        for (uint64_t seed = 0; seed < 500; ++seed) all += text(caption, recipe, seed) + '\n';
      }
    }
    return all;
  }
  static constexpr const char* kCaptions[] = {
      "A small dog runs over the green grass in a park.",
      "Two men riding bicycles down the street, past an old brick building",
      "a bowl of soup with carrots and leaves on a wooden table"};
};

TEST_F(EdaRecord, TextsAreThoseOfTheFirstLedgers) {
  EXPECT_EQ(text(kCaptions[0], EdaRecipe::kOriginal, 0),
            "a small dog runs over little the green grass in a park");
  EXPECT_EQ(text(kCaptions[1], EdaRecipe::kOriginal, 0),
            "two men riding bicycles down the work force street past an old brick building");
  EXPECT_EQ(text(kCaptions[1], EdaRecipe::kDeclip, 1),
            "Two men riding bicycles down past street, the an old brick building");
  EXPECT_EQ(hex(sha256(all_texts())),
            "fde92d4aa3dbbdf9000d201d70cbae2e04e4d0b3381c1cafb35f4deb275df704");
}

TEST_F(EdaRecord, ThreadsShareOneThesaurus) {
  const std::string alone = all_texts();
  std::vector<std::string> drawn(4);
  {
    std::vector<std::jthread> threads;
    for (std::string& each : drawn) threads.emplace_back([&each] { each = all_texts(); });
  }
  for (const std::string& each : drawn) EXPECT_EQ(each, alone);
}

}  // namespace
}  // namespace clipwright::lexicon
