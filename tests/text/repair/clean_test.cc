#include "text/repair/clean.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "core/json.h"
#include "text/repair/fix_text.h"
#include "text/repair/html_entities.h"

namespace clipwright::text::repair {
namespace {

TEST(Clean, EqualsFtfyAndPython) {
  std::ifstream file(CLIPWRIGHT_SOURCE_DIR "/tests/golden/tokens/clean.jsonl");
  int records = 0;
  for (std::string line; std::getline(file, line); ++records) {
    const Json json = parse_json(line, "clean.jsonl");
    const auto text = json.at("text").get<std::string>();
    ASSERT_EQ(fix_text(text), json.at("fixed").get<std::string>()) << text;
    ASSERT_EQ(unescape_html(text), json.at("unescaped").get<std::string>()) << text;
    ASSERT_EQ(clean_text(text), json.at("cleaned").get<std::string>()) << text;
  }
  EXPECT_GT(records, 400);
}

TEST(Clean, RepairsWhatUsersMeet) {
  EXPECT_EQ(clean_text("  The  Mona\tLisa\n"), "the mona lisa");
  EXPECT_EQ(clean_text("cafÃ© â€“ l&#39;Ã©tÃ©"), "café – l'été");
  EXPECT_EQ(clean_text("Ã la mode"), "à la mode");
  EXPECT_EQ(clean_text("P&EACUTE;REZ"), "pérez");
  EXPECT_EQ(clean_text("ΟΔΥΣΣΕΥΣ ΣΑΣ Σ"), "οδυσσευς σας σ");
  EXPECT_EQ(clean_text("\x1b[36;44mblue\x1b[0m"), "blue");
  EXPECT_EQ(clean_text("Ｆｕｌｌ　ｗｉｄｔｈ ﬂower"), "full width flower");
}

TEST(Clean, LeavesGoodTextAlone) {
  for (const char* text : {"naïve café, 100 €", "日本語の写真 🙂", "ÅNGSTRÖM", "5 × 7 cm²",
                           "Москва — столица"}) {
    EXPECT_EQ(fix_text(text), text);
  }
}

TEST(Clean, ReferencesStayInHtml) {
  EXPECT_EQ(fix_text("&lt;"), "<");
  EXPECT_EQ(fix_text("<b>&eacute;</b>"), "<b>&eacute;</b>");
  EXPECT_EQ(fix_text("&eacute;\n<b>\n&eacute;"), "é\n<b>\n&eacute;");
}

TEST(Clean, InvalidBytesBecomeReplacementCharacters) {
  EXPECT_EQ(unescape_html("a\xFFz"), "a\xEF\xBF\xBDz");
  // One for each maximal part, as Python counts them: a truncated emoji is one, an encoded
  // surrogate three.
  EXPECT_EQ(unescape_html("\xF0\x9F\x98"), "\xEF\xBF\xBD");
  EXPECT_EQ(unescape_html("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace clipwright::text::repair
