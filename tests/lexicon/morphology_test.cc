#include "lexicon/morphology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lexicon/wordnet_files.h"
#include "lexicon/words.h"

namespace clipwright::lexicon {
namespace {

TEST(StemHash, MeetWithoutADictionary) {
  for (const auto& [a, b] :
       std::vector<std::pair<const char*, const char*>>{{"running", "runs"},
                                                        {"cities", "city"},
                                                        {"boxes", "box"},
                                                        {"hoped", "hoping"},
                                                        {"glasses", "glass"},
                                                        {"quickly", "quick"}}) {
    EXPECT_EQ(stem_hash(a), stem_hash(b)) << a << " " << b;
  }
  EXPECT_NE(stem_hash("bus"), stem_hash("bu"));
  EXPECT_NE(stem_hash("cat"), stem_hash("car"));
}

class Morphology : public testing::Test {
 protected:
  void SetUp() override {
    if (wordnet_.empty()) GTEST_SKIP() << "wordnet-base is not installed";
  }
  std::vector<std::string> names(std::string_view form, PartOfSpeech part) const {
    std::vector<uint32_t> words;
    morphy(wordnet_, form, part, words);
    std::vector<std::string> names;
    for (const uint32_t word : words) names.emplace_back(wordnet_.name(word));
    return names;
  }
  const WordNet wordnet_{default_wordnet_folder(), WordNet::Glosses::kLeave};
};

TEST_F(Morphology, ReadsAFormAsTheLikeliestWords) {
  const auto base_of = [&](std::string_view form) {
    BaseForms forms;
    find_base_forms(wordnet_, form, word_hash(form), forms);
    return forms.count > 0 ? wordnet_.name(forms.base()) : "";
  };
  EXPECT_EQ(base_of("mice"), "mouse");
  EXPECT_EQ(base_of("riding"), "ride");
  EXPECT_EQ(base_of("ran"), "run");
  EXPECT_EQ(base_of("swimming"), "swim");
  EXPECT_EQ(base_of("boxes"), "box");
  EXPECT_EQ(base_of("xyzzy"), "");
}

TEST_F(Morphology, MorphyTakesAPartOfSpeechAtATimeAsNltkDoes) {
  using ::testing::ElementsAre, ::testing::IsEmpty;
  EXPECT_THAT(names("leaves", PartOfSpeech::kNoun), ElementsAre("leaf", "leave"));
  EXPECT_THAT(names("leaves", PartOfSpeech::kVerb), ElementsAre("leave"));
  EXPECT_THAT(names("glasses", PartOfSpeech::kNoun), ElementsAre("glasses", "glass"));
  EXPECT_THAT(names("axes", PartOfSpeech::kNoun), ElementsAre("ax", "axis"));
  EXPECT_THAT(names("biggest", PartOfSpeech::kAdjective), ElementsAre("big"));
  EXPECT_THAT(names("men", PartOfSpeech::kNoun), ElementsAre("men", "man"));
  // Rules are applied once: "less" is no plural of "le" by way of "les".
  EXPECT_THAT(names("less", PartOfSpeech::kNoun), IsEmpty());
  EXPECT_THAT(names("dog", PartOfSpeech::kAdverb), IsEmpty());
  // adj.exc holds "offer off" and "offer offer": it is no form of "off".
  EXPECT_THAT(names("offer", PartOfSpeech::kAdjective), IsEmpty());
}

TEST(Singular, FollowsTheEndings) {
  for (const auto& [plural, one] :
       std::vector<std::pair<const char*, const char*>>{{"dogs", "dog"},
                                                        {"cities", "city"},
                                                        {"boxes", "box"},
                                                        {"benches", "bench"},
                                                        {"glasses", "glass"},
                                                        {"glass", "glass"},
                                                        {"bus", "bus"},
                                                        {"mice", "mice"},
                                                        {"s", ""}})
    EXPECT_EQ(singular(plural), one);
}

}  // namespace
}  // namespace clipwright::lexicon
