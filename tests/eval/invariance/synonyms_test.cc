#include "eval/invariance/synonyms.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "lexicon/wordnet_files.h"
#include "tests/temporary_folder.h"

namespace clipwright::eval::invariance {
namespace {

using Names = std::vector<std::string>;

class Synonyms : public testing::Test {
 protected:
  ClassSynonyms read(const std::string& text, const Names& classes) {
    write_file(folder_ / "names.txt", text);
    return read_synonyms(folder_ / "names.txt", classes);
  }
  std::string refusal(const std::string& text, const Names& classes) {
    try {
      read(text, classes);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      return error.what();
    }
    ADD_FAILURE() << "accepted";
    return {};
  }
  TemporaryFolder folder_;
};

TEST_F(Synonyms, OfWordNetAreThoseOfTheFirstSenseOneCanSee) {
  const lexicon::WordNet wordnet(lexicon::default_wordnet_folder(),
                                 lexicon::WordNet::Glosses::kLeave);
  if (wordnet.empty()) GTEST_SKIP() << "no WordNet here";
  const ClassSynonyms found = wordnet_synonyms(
      wordnet, {"sofa", "Polar bear", "annual crop land", "car", "automobile", "crane"}, 3);
  EXPECT_EQ(found[0], (Names{"couch", "lounge"}));
  EXPECT_EQ(found[1], (Names{"ice bear", "ursus maritimus", "thalarctos maritimus"}));
  EXPECT_TRUE(found[2].empty());
  // Each is a name of the other, so neither can stand for one of them.
  EXPECT_TRUE(found[3].empty());
  EXPECT_TRUE(found[4].empty());
  for (const std::string& name : found[5])
    EXPECT_EQ(name.find("stephen"), std::string::npos) << "a writer is no class of things";
  EXPECT_LE(wordnet_synonyms(wordnet, {"automobile"}, 2)[0].size(), 2U);
  EXPECT_EQ(wordnet_synonyms(wordnet, {"automobile"}, 2)[0].front(), "car");
}

TEST_F(Synonyms, WithoutWordNetThereAreNone) {
  const lexicon::WordNet wordnet(folder_.path());
  EXPECT_EQ(wordnet_synonyms(wordnet, {"sofa", "car"}), ClassSynonyms(2));
}

TEST_F(Synonyms, OfAFileStandALineAClass) {
  EXPECT_EQ(read("couch\tsettee\n\nauto \t\r\n", {"sofa", "dog", "car"}),
            (ClassSynonyms{{"couch", "settee"}, {}, {"auto"}}));
  EXPECT_NE(refusal("couch\n", {"sofa", "dog"}).find("has 1 lines; expected 2"), std::string::npos);
  EXPECT_NE(refusal("couch\nhound\tSofa\n", {"sofa", "dog"}).find("line 2: 'Sofa'"),
            std::string::npos);
}

TEST_F(Synonyms, EachRewordingTakesTheNextNameRoundAndRound) {
  const auto rewordings =
      with_synonyms({"sofa", "dog", "car"}, {"{c}"}, {{"couch", "settee", "lounge"}, {}, {"auto"}});
  ASSERT_EQ(rewordings.size(), 3U);
  EXPECT_EQ(rewordings[0].classnames, (Names{"couch", "dog", "auto"}));
  EXPECT_EQ(rewordings[1].classnames, (Names{"settee", "dog", "auto"}));
  EXPECT_EQ(rewordings[2].classnames, (Names{"lounge", "dog", "auto"}));
  EXPECT_EQ(rewordings[2].name, "synonyms 3");
  EXPECT_TRUE(with_synonyms({"sofa"}, {"{c}"}, {{}}).empty());
}

}  // namespace
}  // namespace clipwright::eval::invariance
