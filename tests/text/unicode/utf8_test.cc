#include "text/unicode/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "text/unicode/code_points.h"

namespace clipwright::text::unicode {
namespace {

/// Table 3-7 of the Unicode standard: the ranges of bytes that make one character.
const std::vector<std::vector<std::pair<int, int>>> kWellFormed = {
    {{0x00, 0x7F}},
    {{0xC2, 0xDF}, {0x80, 0xBF}},
    {{0xE0, 0xE0}, {0xA0, 0xBF}, {0x80, 0xBF}},
    {{0xE1, 0xEC}, {0x80, 0xBF}, {0x80, 0xBF}},
    {{0xED, 0xED}, {0x80, 0x9F}, {0x80, 0xBF}},
    {{0xEE, 0xEF}, {0x80, 0xBF}, {0x80, 0xBF}},
    {{0xF0, 0xF0}, {0x90, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}},
    {{0xF1, 0xF3}, {0x80, 0xBF}, {0x80, 0xBF}, {0x80, 0xBF}},
    {{0xF4, 0xF4}, {0x80, 0x8F}, {0x80, 0xBF}, {0x80, 0xBF}},
};

size_t length_by_table(const std::string& text) {
  for (const auto& row : kWellFormed) {
    bool fits = text.size() >= row.size();
    for (size_t i = 0; fits && i < row.size(); ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      fits = byte >= row[i].first && byte <= row[i].second;
    }
    if (fits) return row.size();
  }
  return 0;
}

TEST(Utf8, SequencesAreJudgedAsTheStandardDoes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      for (const int third : {0x00, 0x41, 0x7F, 0x80, 0xBF, 0xC0, 0xFF}) {
        const std::string text = {static_cast<char>(first), static_cast<char>(second),
                                  static_cast<char>(third)};
        ASSERT_EQ(utf8_length(text), length_by_table(text)) << first << " " << second;
        ASSERT_EQ(utf8_length(text + '\x80'), length_by_table(text + '\x80')) << first;
      }
    }
  }
  EXPECT_EQ(utf8_length(""), 0u);
}

TEST(Utf8, EveryCharacterIsOneAndItsBeginningsAreNone) {
  for (char32_t c = 1; c <= 0x10FFFF; ++c) {
    if (c == 0xD800) c = 0xE000;
    std::string letter;
    append_utf8(c, letter);
    ASSERT_EQ(utf8_length(letter + "x"), letter.size());
    ASSERT_EQ(length_by_table(letter), letter.size());
    ASSERT_TRUE(is_utf8("seven b" + letter + "eight byt"));
    ASSERT_EQ(decode_utf8(letter), CodePoints(1, c));
    for (size_t cut = 1; cut < letter.size(); ++cut)
      ASSERT_EQ(utf8_length(letter.substr(0, cut)), 0u);
  }
}

TEST(Utf8, OneWrongByteIsSeenWhereverItStands) {
  const std::string good = "caf\xc3\xa9 \xe2\x98\x95 \xf0\x9f\x90\xb6 and sixteen more";
  EXPECT_TRUE(is_utf8(good));
  EXPECT_TRUE(is_utf8(""));
  for (size_t i = 0; i <= good.size(); ++i) {
    std::string bad = good;
    bad.insert(i, "\xff");
    EXPECT_FALSE(is_utf8(bad)) << i;
  }
}

TEST(Utf8, ACutFallsBetweenCharacters) {
  const std::string text = "caf\xc3\xa9 \xe2\x98\x95 \xf0\x9f\x90\xb6 and sixteen more";
  for (size_t most = 0; most <= text.size() + 1; ++most) {
    const std::string_view cut = whole_characters(text, most);
    EXPECT_TRUE(text.starts_with(cut)) << most;
    EXPECT_TRUE(is_utf8(cut)) << most;
    EXPECT_LE(cut.size(), most);
    EXPECT_GE(cut.size() + 3, std::min(most, text.size())) << "and no character too early";
  }
  EXPECT_EQ(whole_characters("\x80\x80\x80\x80", 3).size(), 3u) << "no text loses what is no text";
}

TEST(Utf8, BlanksAreThoseOfPythonsStrip) {
  EXPECT_EQ(trimmed(" \t\n\v\f\r\x1c\x1d\x1e\x1f a b \n"), "a b");
  EXPECT_EQ(trimmed(" \n "), "");
  EXPECT_EQ(trimmed("\xc2\xa0x"), "\xc2\xa0x");
}

}  // namespace
}  // namespace clipwright::text::unicode
