#include "language/language_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace clipwright::language {
namespace {

namespace fs = std::filesystem;

std::string refusal(const std::string& name) {
  try {
    const LanguageModel model(fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/fuzz/corpus/gguf" / name);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    return error.what();
  }
  return "taken";
}

TEST(LanguageModel, WhatLlamaCppAssertsIsAReasonAndNoEnd) {
  EXPECT_EQ(refusal("tiny.gguf"), "taken");
  // Without layers an assertion fails, which by itself would end the process.
  EXPECT_THAT(refusal("no_layers.gguf"),
              testing::AllOf(testing::HasSubstr("no_layers.gguf: the model cannot be loaded"),
                             testing::HasSubstr("GGML_ASSERT"),
                             testing::Not(testing::HasSubstr("/llama-model.cpp"))));
}

TEST(LanguageModel, TheCauseOfARefusalIsNamed) {
  EXPECT_THAT(refusal("no_vocabulary.gguf"), testing::HasSubstr("cannot find tokenizer vocab"));
  EXPECT_THAT(refusal("gpt2_no_merges.gguf"), testing::HasSubstr("merges"));
  EXPECT_THAT(refusal("metadata_cut60.gguf"), testing::HasSubstr("failed to read"));
}

TEST(LanguageModel, AVocabularyThatCannotSpellATextIsRefused) {
  for (const char* name : {"tiny.gguf", "rwkv.gguf"}) {
    const LanguageModel model(fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/fuzz/corpus/gguf" / name);
    try {
      model.tokenize("A DOG \xC3\xA9", true);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      EXPECT_THAT(error.what(), testing::HasSubstr("its vocabulary cannot spell a text"));
    }
  }
}

}  // namespace
}  // namespace clipwright::language
