#include "text/repair/badness.h"

#include <gtest/gtest.h>

namespace clipwright::text::repair {
namespace {

TEST(Badness, SeesMisreadText) {
  for (const unicode::CodePointView text :
       {U"Ã©", U"â€œ", U"pie Ã la mode", U"вЂ™", U"β€™", U"ā€™", U"√©", U"ÐŸÑ€Ð¸",
        U"\u0093quoted\u0094", U"Ø§Ù„", U"à²•", U"œ5", U"voilÃ le"}) {
    EXPECT_TRUE(looks_like_mojibake(text)) << unicode::encode_utf8(text);
  }
}

TEST(Badness, LeavesWrittenTextAlone) {
  for (const unicode::CodePointView text :
       {U"", U"plain", U"café", U"€5 – ½ price", U"œuvre", U"Привет", U"Ελλάδα", U"日本語",
        U"“quoted” it’s", U"ÅNGSTRÖM", U"(ノಠ益ಠ)ノ", U"São Paulo", U"Ã", U"25 °C",
        U"L’été à Nîmes"}) {
    EXPECT_FALSE(looks_like_mojibake(text)) << unicode::encode_utf8(text);
  }
}

}  // namespace
}  // namespace clipwright::text::repair
