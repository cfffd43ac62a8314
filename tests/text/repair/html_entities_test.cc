#include "text/repair/html_entities.h"

#include <gtest/gtest.h>

#include <string>

namespace clipwright::text::repair {
namespace {

std::string all(const std::string& text) {
  unicode::CodePoints code_points = unicode::decode_utf8(text);
  unescape_all_references(code_points);
  return unicode::encode_utf8(code_points);
}

std::string closed(const std::string& text) {
  unicode::CodePoints code_points = unicode::decode_utf8(text);
  unescape_closed_references(code_points);
  return unicode::encode_utf8(code_points);
}

TEST(HtmlEntities, NamedReferences) {
  EXPECT_EQ(all("&amp;&lt;&CounterClockwiseContourIntegral;"), "&<∳");
  EXPECT_EQ(all("&NotEqualTilde;"), "≂̸");
  EXPECT_EQ(all("&unknown; &;"), "&unknown; &;");
}

TEST(HtmlEntities, OldNamesCountWithoutSemicolon) {
  EXPECT_EQ(all("&copy 2020, &notit; &ampersand"), "© 2020, ¬it; &ersand");
  EXPECT_EQ(closed("&copy 2020, &notit; &ampersand"), "&copy 2020, &notit; &ampersand");
}

TEST(HtmlEntities, NumericReferences) {
  EXPECT_EQ(all("&#233;&#xE9;&#XE9&#128;"), "ééé€");
  EXPECT_EQ(all("&#0;&#xD800;&#99999999999999999999;"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(all("[&#1;&#x7f;&#xFFFE;]"), "[]");
  EXPECT_EQ(all("&#; &#x; &#xg;"), "&#; &#x; &#xg;");
  EXPECT_EQ(closed("&#59; &#65 &#65;"), "&#59; &#65 A");
}

TEST(HtmlEntities, OneLevelAtATime) {
  EXPECT_EQ(all("&amp;amp;lt;"), "&amp;lt;");
  EXPECT_EQ(closed("&amp;amp;lt;"), "&amp;lt;");
}

TEST(HtmlEntities, CapitalsOnlyWhereFtfyKnowsThem) {
  EXPECT_EQ(closed("&NTILDE; &ntilde; &nTILDE; &SZLIG;"), "Ñ ñ &nTILDE; SS");
  EXPECT_EQ(all("&NTILDE;"), "&NTILDE;");
}

}  // namespace
}  // namespace clipwright::text::repair
