#include "text/bpe/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "core/error.h"
#include "core/file.h"
#include "tests/temporary_folder.h"
#include "text/bpe/tokenizer.h"

namespace clipwright::text::bpe {
namespace {

class VocabularyFile : public testing::Test {
 protected:
  void expect_refused(const std::string& contents, const std::string& message) {
    const fs::path path = folder_ / "vocabulary.gz";
    std::ofstream(path, std::ios::binary) << contents;
    try {
      const Vocabulary vocabulary(path);
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      EXPECT_THAT(error.what(), testing::HasSubstr(message));
    }
  }
  const TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST(Vocabulary, HoldsEveryTokenButTheTwoSpecialOnes) {
  const Vocabulary vocabulary(shared_file("bpe_simple_vocab_16e6.txt.gz"));
  EXPECT_EQ(vocabulary.size(), static_cast<size_t>(kStartToken));
  EXPECT_EQ(vocabulary.bytes_of(2368), "cat");
  EXPECT_TRUE(vocabulary.ends_word(2368));
  EXPECT_EQ(vocabulary.bytes_of(vocabulary.byte_symbol(0xFF)), "\xFF");
}

TEST_F(VocabularyFile, DamagedOnesAreRefused) {
  const std::string whole = read_file(shared_file("bpe_simple_vocab_16e6.txt.gz"));
  expect_refused(whole.substr(0, whole.size() / 2), "damaged");
  expect_refused("", "line 2");
  expect_refused("#version: 0.2\ni n\nt h\n", "line 4");
  expect_refused("#version: 0.2\ni n\nthere is none\n", "line 3");
  expect_refused("#version: 0.2\ni n\ni n\n", "line 3");
}

TEST_F(VocabularyFile, MissingOnesAreNamed) {
  try {
    const Vocabulary vocabulary(folder_ / "none.gz");
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("none.gz"));
  }
}

}  // namespace
}  // namespace clipwright::text::bpe
