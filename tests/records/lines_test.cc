#include "records/lines.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "records/caption_source.h"
#include "tests/temporary_folder.h"

namespace clipwright::records {
namespace {

using Texts = std::vector<std::string>;

struct Case {
  std::string bytes;
  Texts lines;
};

/// Every rule of where a line ends.
const std::vector<Case> kCases = {
    {"", {}},
    {"a dog\na cat\n", {"a dog", "a cat"}},
    {"a dog\r\na cat\r\n", {"a dog", "a cat"}},
    {"a dog\na cat", {"a dog", "a cat"}},
    {"a dog\r", {"a dog"}},
    {"\n\na cat\n\n", {"", "", "a cat", ""}},
    {"\xEF\xBB\xBF"
     "a dog\n\xEF\xBB\xBF"
     "a cat\n",
     {"a dog",
      "\xEF\xBB\xBF"
      "a cat"}},
    {"\xEF\xBB\xBF", {}},
    {"one\rtwo\n", {"one\rtwo"}},
    {"b\xff"
     "d\n",
     {"b\xff"
      "d"}},
};

TEST(Lines, AllReadersDivideAFileTheSameWay) {
  const TemporaryFolder folder;
  for (const auto& [bytes, wanted] : kCases) {
    const std::string path = folder.write("x.txt", bytes);
    Texts one_by_one, by_number, captions;
    LineReader reader(path);
    for (int round = 0; round < 2; ++round) {
      one_by_one.clear();
      for (std::string line; reader.next(line);) one_by_one.push_back(line);
      reader.rewind();
    }
    const Lines lines(path);
    for (int64_t i = 0; i < lines.size(); ++i) by_number.emplace_back(lines[i]);
    const CaptionLines source(path);
    for (int64_t i = 0; i < source.size(); ++i) {
      EXPECT_EQ(source.key(i), std::to_string(i));
      captions.push_back(source.caption(i));
    }
    EXPECT_EQ(one_by_one, wanted) << bytes;
    EXPECT_EQ(by_number, wanted) << bytes;
    EXPECT_EQ(captions, wanted) << bytes;
    EXPECT_EQ(count_lines(path), static_cast<int64_t>(wanted.size())) << bytes;
  }
}

TEST(Lines, BlankLinesAndThoseThatAreNotUtf8AreCounted) {
  const TemporaryFolder folder;
  const Lines lines(folder.write("x.txt", "a\n \t\n\nb\xff\nc\n\xc3\n"));
  EXPECT_EQ(lines.size(), 6);
  EXPECT_EQ(lines.blank(), 2);
  EXPECT_EQ(lines.not_utf8(), 2);
  EXPECT_EQ(lines.first_not_utf8(), 3);
  EXPECT_EQ(Lines(folder.write("y.txt", "a\n")).first_not_utf8(), -1);
}

TEST(Lines, WhatCannotBeReadIsAnInputError) {
  const TemporaryFolder folder;
  for (const std::string& path : {std::string(folder.path()), folder / "absent.txt"}) {
    try {
      count_lines(path);
      ADD_FAILURE() << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
    }
    EXPECT_THROW(Lines{path}, Error);
  }
}

TEST(LineWriter, EveryTextIsOneLineAndComesBack) {
  const TemporaryFolder folder;
  const Texts texts = {"a dog",     "",
                       " a cat ",   "two\nlines",
                       "mac\rline", "dos\r\nline",
                       "last\r",    "a\u2028b\u2029c\u0085d\ve\ff"};
  LineWriter writer(folder / "m.txt");
  for (const std::string& text : texts) writer.add(text);
  EXPECT_FALSE(fs::exists(folder / "m.txt"));  // whole or not at all
  writer.commit();
  const Lines lines(folder / "m.txt");
  ASSERT_EQ(lines.size(), static_cast<int64_t>(texts.size()));
  for (int64_t i = 0; i < 3; ++i) EXPECT_EQ(lines[i], texts[static_cast<size_t>(i)]);
  EXPECT_EQ(lines[3], "two lines");
  EXPECT_EQ(lines[4], "mac line");
  EXPECT_EQ(lines[5], "dos line");
  EXPECT_EQ(lines[6], "last ");
  EXPECT_EQ(lines[7], "a b c d e f");  // one line for any reader
}

}  // namespace
}  // namespace clipwright::records
