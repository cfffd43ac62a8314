#include "core/config/toml_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/temporary_folder.h"

namespace clipwright {
namespace {

std::string repeated(const std::string& piece, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += piece;
  return text;
}

std::string complaint_of(const std::string& text) {
  try {
    require_toml_text(text, "a.toml");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(TomlText, KeysOfManyPartsAreRefusedWithTheirLine) {
  for (const std::string& key :
       {repeated("a.", 1'000'000) + "a = 1", "[" + repeated("a.", 200) + "a]",
        "[[" + repeated("a . ", 200) + "a]]", "x = {" + repeated("a.", 200) + "a = 1}",
        repeated("\"b\".", 200) + "b = 1", "x = [1, {" + repeated("'c'.", 200) + "c = 1}]"})
    EXPECT_THAT(complaint_of("x = 1\n" + key + "\n"),
                testing::HasSubstr("a.toml:2: a key of more than 100 parts"));
}

TEST(TomlText, DotsElsewhereAreNoParts) {
  const std::string many = repeated("a.", 300);
  for (const std::string& text :
       {"x = \"" + many + "\"", "x = '" + many + "'", "# " + many,
        "x = \"\"\"\n" + many + "\n\"\"\"", "x = '''\n" + many + "'''",
        "x = [" + repeated("1.5, ", 300) + "]", repeated("a.b.c = 1.5\n", 300),
        "x = \"\\\"" + many + "\"", "x = \"\"\n" + repeated("a.b = 1\n", 200),
        repeated("a.", 99) + "a = 1"})
    EXPECT_EQ(complaint_of(text), "") << text.substr(0, 40);
  // What is broken is for the parser to say.
  for (const char* text : {"x = \"", "x = '''", "\"", "x = \"abc\ny = 1", "#", "\\"})
    EXPECT_EQ(complaint_of(text), "") << text;
}

TEST(TomlText, ControlCharactersAreRefusedWithTheirLine) {
  for (const char byte : {'\0', '\1', '\x0b', '\x0c', '\x1f', '\x7f'}) {
    for (const std::string& before : {"x = 1\n[", "x = 1\n# ", "\nx = \"", "\n"})
      EXPECT_THAT(complaint_of(before + byte + "\n"),
                  testing::HasSubstr("a.toml:2: holds the control"));
  }
  EXPECT_EQ(complaint_of("x\t=\t1\r\n# caf\xc3\xa9 \x80\n"), "");
}

TEST(TomlText, AFileIsReadWhole) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_toml_text(folder.write("a.toml", "a.b = 1\n")), "a.b = 1\n");
  EXPECT_THROW(read_toml_text(folder / "none.toml"), Error);
}

}  // namespace
}  // namespace clipwright
