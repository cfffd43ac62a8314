#include "data/files/csv.h"

#include <gtest/gtest.h>

#include "core/json.h"

namespace clipwright::data::files {
namespace {

std::vector<std::vector<std::string>> rows_of(std::string_view text, char separator) {
  CsvReader reader(text, separator);
  std::vector<std::string_view> fields;
  std::vector<std::vector<std::string>> rows;
  while (reader.next(fields)) {
    rows.emplace_back();
    for (const std::string_view field : fields) rows.back().push_back(csv_value(field));
  }
  return rows;
}

TEST(Csv, ReadsEveryTextAsPythonDoes) {
  const Json cases = read_json(CLIPWRIGHT_SOURCE_DIR "/tests/golden/csv/rows.json");
  ASSERT_EQ(cases.size(), 400u);
  for (const Json& one : cases) {
    const std::string text = one["text"], separator = one["separator"];
    EXPECT_EQ(rows_of(text, separator[0]), one["rows"].get<std::vector<std::vector<std::string>>>())
        << one.dump();
  }
}

TEST(Csv, ARowReadFromItsOffsetIsTheSameRow) {
  const std::string text = "x,\"one\r\ntwo\",3\r\n\r\n\"say \"\"hi\"\"\",b\nlast,row";
  CsvReader reader(text, ',');
  std::vector<std::string_view> fields, again;
  int rows = 0;
  while (reader.next(fields)) {
    CsvReader from_offset(std::string_view(text).substr(reader.row_offset()), ',');
    ASSERT_TRUE(from_offset.next(again));
    EXPECT_EQ(fields, again);
    ++rows;
  }
  EXPECT_EQ(rows, 4);
}

TEST(Csv, LinesAreCountedThroughQuotedLineEnds) {
  CsvReader reader("a,\"1\n2\n3\"\nb,c\n", ',');
  std::vector<std::string_view> fields;
  ASSERT_TRUE(reader.next(fields));
  EXPECT_EQ(reader.line(), 1);
  ASSERT_TRUE(reader.next(fields));
  EXPECT_EQ(reader.line(), 4);
  EXPECT_EQ(fields[0], "b");
}

TEST(Csv, AQuoteThatIsNeverClosedIsSeen) {
  CsvReader reader("a,\"lost\nb,c\nd,e\n", ',');
  std::vector<std::string_view> fields;
  ASSERT_TRUE(reader.next(fields));
  EXPECT_TRUE(reader.unclosed());
}

TEST(Csv, WrittenFieldsComeBack) {
  for (const std::string value :
       {"plain", "with, comma", "say \"hi\"", "two\nlines", "", " blank ends "}) {
    EXPECT_EQ(rows_of(csv_field(value, ',') + ",x\n", ','),
              (std::vector<std::vector<std::string>>{{value, "x"}}));
  }
}

}  // namespace
}  // namespace clipwright::data::files
