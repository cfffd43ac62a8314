#include "text/bpe/tokenize_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "core/error.h"

namespace clipwright::text::bpe {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File file_with(const std::string& contents) {
  File file(std::tmpfile(), std::fclose);
  std::fwrite(contents.data(), 1, contents.size(), file.get());
  std::rewind(file.get());
  return file;
}

std::string tokenized(const std::string& captions, int context_length = kContextLength) {
  const File input = file_with(captions), output(std::tmpfile(), std::fclose);
  tokenize_lines(Tokenizer::standard(), input.get(), output.get(), context_length);
  std::string text(static_cast<size_t>(std::ftell(output.get())), '\0');
  std::rewind(output.get());
  EXPECT_EQ(std::fread(text.data(), 1, text.size(), output.get()), text.size());
  return text;
}

TEST(TokenizeStream, ALineForEachLine) {
  EXPECT_EQ(tokenized(""), "");
  EXPECT_EQ(tokenized("a cat\n"), "49406 320 2368 49407\n");
  EXPECT_EQ(tokenized("a cat\n\n\r\na cat"),
            "49406 320 2368 49407\n49406 49407\n49406 49407\n49406 320 2368 49407\n");
  EXPECT_EQ(tokenized("a photo of a cat", 4), "49406 320 1125 49407\n");
}

TEST(TokenizeStream, LinesAcrossReadsStayWhole) {
  const std::string caption = "a cat and \xC3\xA9 dogs\n", ids = tokenized(caption);
  std::string captions, expected;
  for (int i = 0; i < 30'000; ++i) {
    captions += caption;
    expected += ids;
  }
  EXPECT_EQ(tokenized(captions), expected);
}

TEST(TokenizeStream, AnyBytesGiveIds) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  const std::string ids = tokenized(bytes);  // one of the bytes is the newline
  EXPECT_EQ(std::count(ids.begin(), ids.end(), '\n'), 2);
  EXPECT_EQ(tokenized("caf\xE9"), tokenized("caf\xEF\xBF\xBD"));
}

TEST(TokenizeStream, RefusesWhatIsNoText) {
  EXPECT_THAT([] { tokenized("a\n" + std::string(17 << 20, 'x')); },
              testing::Throws<Error>(testing::Property(
                  &Error::what, testing::HasSubstr("line 2 is longer than 16 MB"))));
}

TEST(TokenizeStream, AFullDiskIsAnError) {
  const File input = file_with("a cat\n"), full(std::fopen("/dev/full", "w"), std::fclose);
  EXPECT_THAT([&] { tokenize_lines(Tokenizer::standard(), input.get(), full.get()); },
              testing::Throws<Error>(testing::Property(&Error::code, ExitCode::kFailed)));
}

}  // namespace
}  // namespace clipwright::text::bpe
