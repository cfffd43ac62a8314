#include "data/files/csv_rows.h"

#include <gtest/gtest.h>

#include "core/json.h"

namespace clipwright::data::files {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(std::string_view text, const RowShape& shape) {
  CsvRows rows(text, shape);
  std::vector<std::string_view> fields;
  Rows all;
  while (rows.next(fields)) {
    all.emplace_back();
    for (const std::string_view field : fields)
      all.back().push_back(rows.by_line() ? line_value(field) : csv_value(field));
  }
  return all;
}

const RowShape kTsv = {'\t', 2, 0, 1}, kCsv = {',', 2, 0, 1};

TEST(CsvRows, AStrayQuoteEndsWithItsLine) {
  const struct {
    const char *what, *text;
    Rows rows;
  } kCases[] = {
      {"closed in the middle of another row's text",
       "1.jpg\t\"Best view\n2.jpg\ta cat\n3.jpg\t12\" vinyl\n4.jpg\tx\n",
       {{"1.jpg", "\"Best view"}, {"2.jpg", "a cat"}, {"3.jpg", "12\" vinyl"}, {"4.jpg", "x"}}},
      {"closed by another stray one",
       "1.jpg\t\"Best view\n2.jpg\ta cat\n3.jpg\t\"Dream big\n",
       {{"1.jpg", "\"Best view"}, {"2.jpg", "a cat"}, {"3.jpg", "\"Dream big"}}},
      {"closed where a row ends",
       "1.jpg\t\"Best view\n2.jpg\ta cat\n3.jpg\tan inch: 1\"\n4.jpg\tx\n",
       {{"1.jpg", "\"Best view"}, {"2.jpg", "a cat"}, {"3.jpg", "an inch: 1\""}, {"4.jpg", "x"}}},
      {"closed by a row in quotes",
       "1.jpg\t\"Best view\n2.jpg\t\"a cat\"\n",
       {{"1.jpg", "\"Best view"}, {"2.jpg", "a cat"}}},
      {"never closed",
       "1.jpg\t\"Best view\n2.jpg\ta cat\n3.jpg\tx\n",
       {{"1.jpg", "\"Best view"}, {"2.jpg", "a cat"}, {"3.jpg", "x"}}},
      {"in the last row",
       "1.jpg\ta\n2.jpg\t\"Dream big\n",
       {{"1.jpg", "a"}, {"2.jpg", "\"Dream big"}}},
      {"in the last row without a line end", "2.jpg\t\"Dream big", {{"2.jpg", "\"Dream big"}}},
      {"before the separator",
       "\"1.jpg\ta dog\n2.jpg\ta cat\"\n",
       {{"\"1.jpg", "a dog"}, {"2.jpg", "a cat\""}}},
      {"with CRLF",
       "1.jpg\t\"Best\r\n2.jpg\t\"Dream\r\n",
       {{"1.jpg", "\"Best"}, {"2.jpg", "\"Dream"}}},
      {"with CR", "1.jpg\t\"Best\r2.jpg\t\"Dream\r", {{"1.jpg", "\"Best"}, {"2.jpg", "\"Dream"}}},
  };
  for (const auto& [what, text, rows] : kCases) {
    EXPECT_EQ(rows_of(text, kTsv), rows) << what;
    std::string commas = text;
    std::replace(commas.begin(), commas.end(), '\t', ',');
    EXPECT_EQ(rows_of(commas, kCsv), rows) << what << ", with commas";
    RowShape open = kTsv;
    open.columns = 0;
    if (std::string_view(what) != "before the separator")
      EXPECT_EQ(rows_of(text, open), rows) << what << ", columns not known";
  }
}

TEST(CsvRows, AStrayQuoteInsideARowTakesNoColumns) {
  EXPECT_EQ(rows_of("1.jpg,\"Best view,5\" wide\n2.jpg,a,b\n", {',', 3, 0, 1}),
            (Rows{{"1.jpg", "\"Best view", "5\" wide"}, {"2.jpg", "a", "b"}}));
  EXPECT_EQ(rows_of("1.jpg,\"a, b\",\"Best\n2.jpg,\"c, d\",e\n", {',', 3, 0, 1}),
            (Rows{{"1.jpg", "a, b", "\"Best"}, {"2.jpg", "c, d", "e"}}))
      << "fields that are in order stay so";
}

TEST(CsvRows, CaptionsThatRunOverLinesStayWhole) {
  for (const char* text :
       {"1.jpg,\"two lines, yes\r\nof one caption\"\n2.jpg,x\n",
        "1.jpg,\"A dog\nA cat, white\"\n2.jpg,x\n", "1.jpg,\"one\n\ntwo, three\nfour\"\n2.jpg,x\n",
        "1.jpg,\"see http://a.b/c, d\nor mail, me\"\n2.jpg,x\n",
        "1.jpg,\"she said \"\"a, b\"\"\nand left\"\n2.jpg,x\n"}) {
    const Rows rows = rows_of(text, kCsv);
    ASSERT_EQ(rows.size(), 2u) << text;
    EXPECT_NE(rows[0][1].find('\n'), std::string::npos);
    EXPECT_EQ(rows[1], (std::vector<std::string>{"2.jpg", "x"}));
  }
}

/// Rows that are named by numbers, and captions of several lines that begin with some.
TEST(CsvRows, FiguresInASentenceAreNoRows) {
  const RowShape shape = {',', 2, 0, 1};  // id, caption
  for (const std::string caption :
       {"Crowd of\n10,000 people", "A list:\n1, dogs\n2, cats", "Seen\n1,250 times, or 3"}) {
    const Rows rows = rows_of("7,\"" + caption + "\"\n8,x\n", shape);
    ASSERT_EQ(rows.size(), 2u) << caption;
    EXPECT_EQ(rows[0], (std::vector<std::string>{"7", caption}));
  }
  EXPECT_EQ(rows_of("7,\"a dog\n8,a cat\n9,a 12\"\n", shape),
            (Rows{{"7", "\"a dog"}, {"8", "a cat"}, {"9", "a 12\""}}));
}

TEST(CsvRows, WithoutANameTheOtherColumnsTell) {
  const RowShape shape = {',', 2, -1, 0};  // caption, score
  EXPECT_EQ(rows_of("\"Best,0.5\na cat,0.25\na bus 12\",0.75\n", shape),
            (Rows{{"\"Best", "0.5"}, {"a cat", "0.25"}, {"a bus 12\"", "0.75"}}));
  EXPECT_EQ(rows_of("\"two\nlines\",0.5\nx,1\n", shape), (Rows{{"two\nlines", "0.5"}, {"x", "1"}}));
}

TEST(CsvRows, AQuoteThatTakesTheRestAndNoRowIsLost) {
  CsvRows rows("\"never closed\nmore words\nand more\n", {',', 1, -1, 0});
  std::vector<std::string_view> fields;
  ASSERT_TRUE(rows.next(fields));
  EXPECT_TRUE(rows.lost());
}

/// Where no quote is stray, rows are Python's.
TEST(CsvRows, AreThoseOfPythonWhereQuotesAreInOrder) {
  const Json cases = read_json(CLIPWRIGHT_SOURCE_DIR "/tests/golden/csv/rows.json");
  int compared = 0;
  for (const Json& one : cases) {
    const std::string text = one["text"], separator = one["separator"];
    CsvReader reader(text, separator[0]);
    std::vector<std::string_view> fields;
    bool stray = false;
    while (reader.next(fields)) stray = stray || reader.stray();
    if (stray) continue;
    ++compared;
    EXPECT_EQ(rows_of(text, {separator[0], 0, -1, -1}), one["rows"].get<Rows>()) << one.dump();
  }
  EXPECT_GT(compared, 200);
}

TEST(CsvRows, AlikeValues) {
  EXPECT_TRUE(are_alike("a/1.jpg", "b/2.PNG"));
  EXPECT_TRUE(are_alike("http://a", "https://b/c.jpg"));
  EXPECT_TRUE(are_alike("17", "-3.5"));
  EXPECT_TRUE(are_alike("1.abc", "2.abc"));
  for (const auto& [a, b] : std::vector<std::pair<std::string, std::string>>{
           {"1.jpg", "a cat"}, {"1.jpg", "7"}, {"", ""}, {"a", "b"}, {"http://a", "1.jpg"}})
    EXPECT_FALSE(are_alike(a, b)) << a << " " << b;
}

}  // namespace
}  // namespace clipwright::data::files
