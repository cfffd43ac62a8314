#include "text/text_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/temporary_folder.h"
#include "tests/text/foreign_forms.h"

namespace clipwright::text {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(TextFile, WhatIsNoTextIsNamedByWhatItIs) {
  const TemporaryFolder folder;
  for (const ForeignForm& form : foreign_forms()) {
    const std::string path = folder.write("list", form.bytes);
    try {
      read_text(path);
      ADD_FAILURE() << form.name << " was read";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      EXPECT_THAT(error.what(), AllOf(HasSubstr(path + ": is "), HasSubstr(form.name),
                                      HasSubstr("expected plain text in UTF-8. ")));
    }
  }
}

TEST(TextFile, TextsThatBeginLikeOneAreTexts) {
  const TemporaryFolder folder;
  using namespace std::string_literals;
  for (const std::string& text :
       {""s, "a"s, "BZh is a word"s, "PAR1 begins here"s, "PK is a name"s, "SQLite format 3"s,
        "a\0b\xff\xfe"s, "\0\0\0\0"s, "\xc3\xa9t\xc3\xa9"s, std::string(257, 'x') + "ustar"}) {
    EXPECT_EQ(read_text(folder.write("list", text)), text);
    EXPECT_EQ(read_text(folder.write("list", "\xef\xbb\xbf" + text)), text);
  }
}

}  // namespace
}  // namespace clipwright::text
