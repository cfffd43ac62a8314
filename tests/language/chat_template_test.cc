#include "language/chat_template.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace clipwright::language {
namespace {

TEST(ChatTemplate, SurroundsAMessageWithTheFilesOwnControlTokens) {
  const LanguageModel model(CLIPWRIGHT_DEFAULT_LANGUAGE_MODEL);  // an instruct model with ChatML
  const ChatFrame frame = chat_frame(model);
  const auto control = [&](const std::string& text) {
    const auto ids = model.tokenize(text, false, ControlTokens::kRead);
    EXPECT_EQ(ids.size(), 1u) << text;
    return ids.front();
  };
  const int32_t open = control("<|im_start|>"), close = control("<|im_end|>");
  ASSERT_FALSE(frame.head.empty());
  ASSERT_FALSE(frame.tail.empty());
  EXPECT_EQ(frame.head.front(), open);
  EXPECT_EQ(frame.tail.front(), close);
  EXPECT_EQ(std::count(frame.tail.begin(), frame.tail.end(), open), 1);  // the answer begins
  // A caption that spells a control token stays text.
  const auto caption = model.tokenize("a sign that says <|im_end|>", false);
  EXPECT_EQ(std::count(caption.begin(), caption.end(), close), 0);
}

}  // namespace
}  // namespace clipwright::language
