#include "demo/pictures/scene_captions.h"

#include "core/error.h"

#include <gtest/gtest.h>

#include <cctype>
#include <set>

#include "demo/pictures/sources.h"

namespace clipwright::demo::pictures {
namespace {

std::vector<nouns::ObjectClass> all_classes() {
  return nouns::read_classes(CLIPWRIGHT_SOURCE_DIR "/data/demo/classes.txt",
                             nouns::read_annotations(DemoSources().annotations));
}

bool holds_word(const std::string& text, const std::string& word) {
  const auto letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const bool starts = at == 0 || !letter(text[at - 1]);
    const bool ends = at + word.size() == text.size() || !letter(text[at + word.size()]);
    if (starts && ends) return true;
  }
  return false;
}

TEST(SceneCaptions, AllDifferentAndFewEnoughToRewriteInMinutes) {
  const std::vector<nouns::ObjectClass> classes = all_classes();
  EXPECT_GE(classes.size(), 110U);
  const std::vector<std::string> texts = raw_captions(classes).texts();
  EXPECT_EQ(std::set<std::string>(texts.begin(), texts.end()).size(), texts.size());
  EXPECT_GE(texts.size(), 1200U);
  EXPECT_LE(texts.size(), 1800U);
}

TEST(SceneCaptions, NoSynonymInAnyTrainingCaption) {
  const std::vector<nouns::ObjectClass> classes = all_classes();
  const std::vector<std::string> texts = raw_captions(classes).texts();
  std::set<std::string> synonyms;
  for (const nouns::ObjectClass& object : classes) {
    if (object.synonym.empty()) continue;
    EXPECT_TRUE(synonyms.insert(object.synonym).second) << object.synonym;
    for (const std::string& text : texts) EXPECT_FALSE(holds_word(text, object.synonym)) << text;
  }
  EXPECT_GE(synonyms.size(), 50U);
}

TEST(SceneCaptions, EveryCaptionSaysItsFacts) {
  const std::vector<nouns::ObjectClass> classes = all_classes();
  const RawCaptions captions = raw_captions(classes);
  ASSERT_EQ(captions.alone.size(), classes.size());
  for (size_t c = 0; c < classes.size(); ++c) {
    ASSERT_EQ(captions.alone[c].size(), 8U);
    for (const RawCaption& caption : captions.alone[c]) {
      EXPECT_TRUE(caption.text.starts_with(classes[c].name));
      EXPECT_EQ(caption.facts.first, static_cast<int>(c));
      if (caption.facts.colour < 0) continue;
      EXPECT_TRUE(holds_word(
          caption.text, std::string(kBackgrounds[static_cast<size_t>(caption.facts.colour)].name)));
    }
  }
  for (const RawCaption& caption : captions.pairs) {
    EXPECT_TRUE(holds_word(caption.text, classes[static_cast<size_t>(caption.facts.first)].name));
    EXPECT_TRUE(holds_word(caption.text, classes[static_cast<size_t>(caption.facts.second)].name));
    const bool above = caption.facts.relation == Relation::kAbove;
    EXPECT_EQ(above, holds_word(caption.text, "above") || holds_word(caption.text, "under"));
  }
}

TEST(SceneCaptions, TwoFifthsOfTheDrawsNameAColour) {
  const RawCaptions captions = raw_captions(all_classes());
  int coloured = 0;
  std::set<std::string> drawn;
  for (uint64_t i = 0; i < 5000; ++i) {
    Random random(1, "test", 0, i);
    const RawCaption& caption = draw_caption(captions.alone[3], random);
    coloured += caption.facts.colour >= 0;
    drawn.insert(caption.text);
  }
  EXPECT_NEAR(coloured, 2000, 140);  // four standard deviations
  EXPECT_EQ(drawn.size(), 8U);
}

TEST(SceneCaptions, TestSentencesAreNoTrainingCaptions) {
  const std::vector<nouns::ObjectClass> classes = all_classes();
  const std::vector<std::string> texts = raw_captions(classes).texts();
  const std::set<std::string> training(texts.begin(), texts.end());
  for (const SceneFacts& facts :
       {SceneFacts{.first = 5, .colour = 2}, SceneFacts{1, 9, Relation::kBeside, 4},
        SceneFacts{1, 9, Relation::kAbove, 4}}) {
    Random random(1, "test", 0, 1);
    const std::vector<std::string> sentences = other_wordings(classes, draw_scene(facts, random));
    EXPECT_EQ(std::set<std::string>(sentences.begin(), sentences.end()).size(), 4U);
    for (const std::string& sentence : sentences) EXPECT_FALSE(training.contains(sentence));
  }
  EXPECT_EQ(training_wording(classes, {1, 9, Relation::kAbove, 4}), "cat above ewe");
}

std::vector<nouns::ObjectClass> classes_in(const std::string& language) {
  return translate(
      all_classes(),
      nouns::read_annotations("/usr/share/unicode/cldr/common/annotations/" + language + ".xml"));
}

TEST(Wording, EveryLanguageSaysDifferentThingsDifferently) {
  for (const std::string& language : wording_languages()) {
    const Wording& wording = wording_of(language);
    EXPECT_EQ(wording.language, language);
    const std::vector<nouns::ObjectClass> classes =
        language == "en" ? all_classes() : classes_in(language);
    const std::vector<std::string> texts = raw_captions(classes, wording).texts();
    const std::set<std::string> training(texts.begin(), texts.end());
    EXPECT_EQ(training.size(), texts.size()) << language << ": two captions are the same";
    EXPECT_EQ(texts.size(), raw_captions(all_classes()).texts().size()) << language;
    for (const std::string& text : texts) EXPECT_EQ(text.find('{'), std::string::npos) << text;
    for (const std::string& prompt : wording.templates)
      EXPECT_NE(prompt.find("{c}"), std::string::npos) << prompt;
    for (const SceneFacts& facts :
         {SceneFacts{.first = 5, .colour = 2}, SceneFacts{1, 9, Relation::kBeside, 4},
          SceneFacts{1, 9, Relation::kAbove, 4}}) {
      Random random(1, "test", 0, 1);
      const std::vector<std::string> sentences =
          other_wordings(classes, draw_scene(facts, random), wording);
      EXPECT_EQ(std::set<std::string>(sentences.begin(), sentences.end()).size(), 4U);
      for (const std::string& sentence : sentences) {
        EXPECT_FALSE(training.contains(sentence)) << sentence;
        EXPECT_EQ(sentence.find('{'), std::string::npos) << sentence;
      }
      EXPECT_TRUE(facts.relation == Relation::kAlone ||
                  training_wording(classes, facts, wording).find('{') == std::string::npos);
    }
  }
  EXPECT_THROW(wording_of("xx"), Error);
}

TEST(Wording, SynonymsAreNoPartOfAnyName) {
  const std::vector<nouns::ObjectClass> classes = classes_in("de");
  std::set<std::string> synonyms;
  int count = 0;
  for (const nouns::ObjectClass& object : classes) {
    if (object.synonym.empty()) continue;
    ++count;
    EXPECT_TRUE(synonyms.insert(object.synonym).second) << object.synonym;
    for (const nouns::ObjectClass& other : classes)
      EXPECT_EQ(other.name.find(object.synonym), std::string::npos) << other.name;
  }
  EXPECT_GE(count, 20) << "too few for a test of synonyms";
}

}  // namespace
}  // namespace clipwright::demo::pictures
