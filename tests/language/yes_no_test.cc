#include "language/yes_no.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

namespace clipwright::language {
namespace {

const std::filesystem::path kModel = CLIPWRIGHT_DEFAULT_LANGUAGE_MODEL;

constexpr std::string_view kBeginning =
    "Q: Is snow cold?\nA: yes\n\nQ: Is fire cold?\nA: no\n\nQ: Can birds fly?\nA: yes\n\n"
    "Q: Can stones fly?\nA: no\n\n";

TEST(YesNo, AnswersManyQuestionsAsItAnswersEachAlone) {
  if (!std::filesystem::exists(kModel)) GTEST_SKIP() << "no default language model";
  const LanguageModel model(kModel);
  YesNo yes_no(model, kBeginning, 100, 1);
  std::vector<std::string> questions;
  for (const char* thing : {"ice", "the sun", "a dog", "milk", "a house"})
    questions.push_back("Q: Is " + std::string(thing) + " cold?\nA:");
  for (int i = 0; i < 60; ++i)
    questions.push_back("Q: Is house number " + std::to_string(i) + " old?\nA:");
  const std::vector<double> together = yes_no.ask(questions);
  for (const size_t i : {size_t{0}, size_t{3}, size_t{47}, size_t{64}}) {
    const std::vector<double> alone = yes_no.ask(std::span(questions).subspan(i, 1));
    EXPECT_NEAR(together[i], alone[0], 0.05) << questions[i];
    EXPECT_GT(alone[0], 0);
    EXPECT_LT(alone[0], 1);
  }
  EXPECT_NE(together[0], together[1]);
}

TEST(YesNo, LeavesWhatItCannotReadWithoutAnswer) {
  if (!std::filesystem::exists(kModel)) GTEST_SKIP() << "no default language model";
  const LanguageModel model(kModel);
  YesNo yes_no(model, kBeginning, 20, 1);
  const std::vector<std::string> questions = {
      "", std::string(500, 'x') + " is it?\nA:", "Q: Is ice cold?\nA:"};
  const std::vector<double> answers = yes_no.ask(questions);
  EXPECT_TRUE(std::isnan(answers[0]));
  EXPECT_TRUE(std::isnan(answers[1]));
  EXPECT_FALSE(std::isnan(answers[2]));
  EXPECT_TRUE(yes_no.ask({}).empty());
}

}  // namespace
}  // namespace clipwright::language
