#include "audit/verdict/record_line.h"

#include <gtest/gtest.h>

#include <cmath>

#include "audit/verdict/audit_summary.h"
#include "core/random.h"

namespace clipwright::audit::verdict {
namespace {

double rounded(double value) { return std::round(value * 1e4) / 1e4; }

/// The same line through the JSON library.
std::string expected(const AuditedPair& audited) {
  Json row = {{"key", audited.pair.key},
              {"mode", audited.pair.mode},
              {"source", audited.pair.source},
              {"text", audited.pair.text}};
  row.update(to_json(audited.record));
  const PairScores& s = audited.scores;
  for (const auto& [name, value] :
       {std::pair("similarity", s.similarity), std::pair("entails_forward", s.entails_forward),
        std::pair("entails_backward", s.entails_backward),
        std::pair("image_source", s.image_source), std::pair("image_rewrite", s.image_rewrite),
        std::pair("image_difference", s.image_difference())}) {
    if (!std::isnan(value)) row[name] = rounded(value);
  }
  return to_line(row);
}

std::string line_of(const AuditedPair& audited) {
  std::string line;
  append_record(audited, line);
  return line;
}

TEST(RecordLine, EqualsTheJsonLibraryByteForByte) {
  AuditedPair audited;
  audited.pair = {
      .key = "17", .mode = "bard", .source = "a \"red\" bus\\", .text = "\xC3\xA9t\xC3\xA9"};
  audited.record.flags = {"colour-changed", "too-long"};
  for (const double value : {0.0, 1.0, 0.5, 0.2374, 0.30001, 1.0 / 3, 0.99996, 12.5, 123456.789,
                             3e7, 1e15, 7e21, -0.25, -0.00001}) {
    audited.record.length_ratio = value;
    EXPECT_EQ(line_of(audited), expected(audited)) << value;
  }
  audited.scores = {.similarity = -0.12345,
                    .entails_forward = 0.5,
                    .entails_backward = 1,
                    .image_source = 0.25,
                    .image_rewrite = 0.2};
  EXPECT_EQ(line_of(audited), expected(audited));
}

TEST(RecordLine, EqualsTheJsonLibraryForRandomBytes) {
  for (uint64_t i = 0; i < 3000; ++i) {
    Random random(0, "record-line", 0, i);
    AuditedPair audited;
    for (std::string* text :
         {&audited.pair.key, &audited.pair.mode, &audited.pair.source, &audited.pair.text}) {
      const uint64_t size = random.below(24);
      for (uint64_t byte = 0; byte < size; ++byte) {
        // Bytes that begin, continue and break UTF-8, quotes and control characters are common.
        constexpr std::string_view kHard =
            "\"\\\n\x01\x7F\x80\xBF\xC3\xA9\xE2\x82\xAC\xED\xA0\xF0\x9F\xF4\x90\xFF";
        text->push_back(random.uniform() < 0.5 ? kHard[random.below(kHard.size())]
                                               : static_cast<char>(random.below(256)));
      }
    }
    audited.record.score = random.uniform();
    audited.record.content_added = random.uniform();
    ASSERT_EQ(line_of(audited), expected(audited)) << i;
  }
}

}  // namespace
}  // namespace clipwright::audit::verdict
