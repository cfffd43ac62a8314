#include "ablation/study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/temporary_folder.h"

namespace clipwright::ablation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Four styles, two versions of EDA, no back-translation.
std::vector<TextSource> sources() {
  return {{"llm.jsonl", "chatgpt", 10}, {"llm.jsonl", "bard", 10},  {"llm.jsonl", "coco", 10},
          {"llm.jsonl", "human", 10},   {"eda-1.jsonl", "eda", 10}, {"eda-2.jsonl", "eda", 10}};
}

Study study() { return {.file = "study.toml", .train = "train.toml", .suite = "suite.toml"}; }

std::vector<std::string> names(const std::vector<Arm>& arms) {
  std::vector<std::string> names;
  for (const Arm& arm : arms) names.push_back(arm.name);
  return names;
}

std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "was not refused";
}

TEST(Study, IsReadWithEveryKey) {
  const TemporaryFolder folder;
  const Study study = read_study(
      folder.write("s.toml",
                   "train = 'train.toml'\nsuite = 'suite.toml'\ndata-root = 'sets'\n"
                   "seeds = [4, 0]\nrewrites = ['a.jsonl', 'b.jsonl']\n"
                   "examples = ['coco']\nbackbones = ['S', 'B']\ntext-towers = ['M']\n"));
  EXPECT_EQ(study.train, "train.toml");
  EXPECT_EQ(study.suite, "suite.toml");
  EXPECT_EQ(study.data_root, "sets");
  EXPECT_THAT(study.seeds, ElementsAre(4, 0));
  EXPECT_THAT(study.rewrites, ElementsAre("a.jsonl", "b.jsonl"));
  EXPECT_THAT(study.examples, ElementsAre("coco"));
  EXPECT_THAT(study.backbones, ElementsAre("S", "B"));
  EXPECT_THAT(study.text_towers, ElementsAre("M"));
}

TEST(Study, SaysWhatIsWrongWithItsFile) {
  const TemporaryFolder folder;
  const auto said = [&](const std::string& text) {
    return refusal([&] { read_study(folder.write("s.toml", text)); });
  };
  EXPECT_THAT(said("train = 't'\nsuit = 's'\n"), HasSubstr("Did you mean 'suite'?"));
  EXPECT_THAT(said("train = 't'\n"), HasSubstr("has no 'suite'"));
  EXPECT_THAT(said("suite = 't'\n"), HasSubstr("has no 'train'"));
  EXPECT_THAT(said("train = 't'\nsuite = 's'\n"), HasSubstr("has no 'data-root'"));
  EXPECT_THAT(said("train = 't'\nsuite = 's'\nseeds = []\n"), HasSubstr("no list of numbers"));
  EXPECT_THAT(said("train = 't'\nsuite = 's'\nseeds = 3\n"), HasSubstr("no list of numbers"));
  EXPECT_THAT(said("train = 't'\nsuite = 's'\nseeds = [1, -1]\n"), HasSubstr("from 0"));
  EXPECT_THAT(said("train = 't'\nsuite = 's'\nseeds = [1, 1.5]\n"), HasSubstr("from 0"));
  EXPECT_THAT(said("train = 't'\nsuite = 's'\nseeds = [1, 1]\n"), HasSubstr("names 1 twice"));
  EXPECT_THAT(said("train = 3\nsuite = 's'\n"), HasSubstr("is no text"));
  EXPECT_THAT(said("train = 't'\nsuite = 's'\nexamples = []\n"), HasSubstr("examples is empty"));
  EXPECT_THAT(said("train = \n"), HasSubstr("line 1"));
}

TEST(Axis, EveryNameIsOneAndOthersAreRefused) {
  for (const std::string& name : axis_names()) {
    const Axis axis = parse_axis(name);
    EXPECT_EQ(axis_names()[static_cast<size_t>(axis)], name);
    Study with_backbones = study();
    with_backbones.backbones = {"A", "B"};
    with_backbones.text_towers = {"encoder"};
    EXPECT_GE(plan_arms(with_backbones, sources(), axis).size(), 2u) << name;
  }
  EXPECT_THAT(refusal([] { parse_axis("rewrite"); }), HasSubstr("Did you mean 'rewrites'?"));
}

TEST(Arms, KindsOfAugmentationGetEquallyManyTexts) {
  const std::vector<Arm> arms = plan_arms(study(), sources(), Axis::kAugmentation);
  EXPECT_THAT(names(arms), ElementsAre("none", "eda", "back-translation", "language-model"));
  EXPECT_TRUE(arms[0].texts.empty());
  EXPECT_EQ(arms[1].texts.size(), 2u);
  EXPECT_THAT(arms[2].missing, HasSubstr("--engine back-translation"));
  ASSERT_EQ(arms[3].texts.size(), 2u);
  EXPECT_EQ(arms[3].texts[0].mode, "chatgpt");
  EXPECT_EQ(arms[3].texts[1].mode, "bard");
}

TEST(Arms, RewritesAreAddedInTheOrderOfTheExamples) {
  Study reversed = study();
  reversed.examples = {"human", "coco"};
  const std::vector<Arm> arms = plan_arms(reversed, sources(), Axis::kRewrites);
  ASSERT_EQ(arms.size(), 5u);
  EXPECT_TRUE(arms[0].texts.empty());
  EXPECT_EQ(arms[1].texts.at(0).mode, "human");
  EXPECT_EQ(arms[2].texts.at(1).mode, "coco");
  EXPECT_THAT(arms[3].missing, HasSubstr("2 texts"));
  EXPECT_THAT(arms[4].missing, HasSubstr("2 texts"));
}

TEST(Arms, ExamplesBringOneTextEach) {
  const std::vector<Arm> arms = plan_arms(study(), sources(), Axis::kExamples);
  EXPECT_THAT(names(arms), ElementsAre("none", "chatgpt", "bard", "coco", "human"));
  for (size_t a = 1; a < arms.size(); ++a) EXPECT_EQ(arms[a].texts.size(), 1u);
}

TEST(Arms, ABackboneComesWithAndWithoutRewrites) {
  Study two = study();
  two.backbones = {"ViT-S-16", "folder/B"};
  const std::vector<Arm> arms = plan_arms(two, sources(), Axis::kBackbone);
  EXPECT_THAT(names(arms),
              ElementsAre("ViT-S-16", "ViT-S-16-rewrites", "folder-B", "folder-B-rewrites"));
  EXPECT_EQ(arms[3].model, "folder/B");
  EXPECT_EQ(arms[3].texts.size(), 4u);
  EXPECT_THAT(refusal([&] { plan_arms(study(), sources(), Axis::kBackbone); }),
              HasSubstr("names no backbones"));
}

TEST(Arms, ATextTowerIsMadeAnewLockedAndTuned) {
  Study one = study();
  one.text_towers = {"folder/MiniLM"};
  const std::vector<Arm> arms = plan_arms(one, sources(), Axis::kTextTower);
  EXPECT_THAT(names(arms),
              ElementsAre("scratch", "scratch-rewrites", "MiniLM-locked", "MiniLM-locked-rewrites",
                          "MiniLM-tuned", "MiniLM-tuned-rewrites"));
  EXPECT_TRUE(arms[1].flags.empty());
  EXPECT_THAT(arms[3].flags, ElementsAre("--text-model", "folder/MiniLM", "--lock-text"));
  EXPECT_THAT(arms[4].flags, ElementsAre("--text-model", "folder/MiniLM"));
  EXPECT_EQ(arms[3].texts.size(), 4u);
  EXPECT_TRUE(arms[4].texts.empty());
  EXPECT_THAT(refusal([&] { plan_arms(study(), sources(), Axis::kTextTower); }),
              HasSubstr("names no text-towers"));
}

TEST(Arms, AStudyOfOneArmIsRefusedWithWhatTheOthersLack) {
  EXPECT_THAT(refusal([&] { plan_arms(study(), {}, Axis::kExamples); }),
              testing::AllOf(HasSubstr("only 1 arm"), HasSubstr("--modes chatgpt")));
}

TEST(Survey, CountsAcceptedTextsOfEachModeInEachFile) {
  const TemporaryFolder folder;
  const auto line = [](const std::string& key, const std::string& mode, const std::string& status) {
    return R"({"key":")" + key + R"(","mode":")" + mode + R"(","text":"a b c","status":")" +
           status + "\"}\n";
  };
  const std::string first = folder.write(
      "a.jsonl", line("1", "chatgpt", "accepted") + line("1", "human", "rejected:copied") +
                     line("2", "chatgpt", "accepted") + line("2", "human", "accepted"));
  const std::string second = folder.write("b.jsonl", line("1", "chatgpt", "accepted"));
  const std::vector<TextSource> found = survey_rewrites({first, second});
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].mode, "chatgpt");
  EXPECT_EQ(found[0].texts, 2);
  EXPECT_EQ(found[1].mode, "human");
  EXPECT_EQ(found[1].texts, 1);
  EXPECT_EQ(found[2].file, second);
  EXPECT_THAT(refusal([&] { survey_rewrites({folder.write("c.txt", "x\n")}); }),
              HasSubstr("is no rewrites.jsonl"));
}

}  // namespace
}  // namespace clipwright::ablation
