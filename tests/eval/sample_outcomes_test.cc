#include "eval/sample_outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/file.h"
#include "tests/temporary_folder.h"

namespace clipwright::eval {
namespace {

constexpr const char* kColumns = "{\"metrics\":[\"acc1\",\"acc5\"]}\n";

TEST(SampleOutcomes, ComeBackAsTheyWere) {
  TemporaryFolder folder;
  SampleOutcomes samples{.metrics = {"acc1", "recall@5"}};
  samples.add("a/b.jpg", 3, {1, 0});
  samples.add("line\nend \"quoted\" \xC3\xA9", -1, {std::nanf(""), 0.1F});
  samples.add("", 0, {1.0F / 3, -2.5e-8F});
  EXPECT_EQ(samples.rows(), 3);
  const fs::path path = folder.path() / "samples.jsonl";
  write_samples(path, samples);
  const SampleOutcomes back = read_samples(path);
  EXPECT_EQ(back.metrics, samples.metrics);
  EXPECT_EQ(back.keys, samples.keys);
  EXPECT_EQ(back.classes, samples.classes);
  ASSERT_EQ(back.values.size(), 6U);
  for (size_t i = 0; i < 6; ++i) {
    if (i == 2) {
      EXPECT_TRUE(std::isnan(back.values[i]));
    } else {
      EXPECT_EQ(back.values[i], samples.values[i]) << i;
    }
  }
}

TEST(SampleOutcomes, AFileIsALineOfNamesAndALineASample) {
  TemporaryFolder folder;
  SampleOutcomes samples{.metrics = {"acc1", "acc5"}};
  samples.add("0001", 7, {0, 1});
  samples.add("0002", -1, {std::nanf(""), 0.5F});
  write_samples(folder.path() / "samples.jsonl", samples);
  EXPECT_EQ(read_file(folder / "samples.jsonl"),
            std::string(kColumns) +
                "{\"key\":\"0001\",\"class\":7,\"values\":[0.0,1.0]}\n"
                "{\"key\":\"0002\",\"class\":-1,\"values\":[null,0.5]}\n");
}

TEST(SampleOutcomes, KeysThatAreNotUtf8StayDifferent) {
  TemporaryFolder folder;
  SampleOutcomes samples{.metrics = {"acc1"}};
  samples.add("\xFF", 0, {1});
  samples.add("\xFE", 0, {1});
  write_samples(folder.path() / "samples.jsonl", samples);
  EXPECT_THAT(read_samples(folder / "samples.jsonl").keys,
              testing::ElementsAre("\xC3\xBF", "\xC3\xBE"));
}

TEST(SampleOutcomes, AKeyThatComesAgainGetsANumber) {
  TemporaryFolder folder;
  SampleOutcomes samples{.metrics = {"acc1"}};
  for (const char* key : {"a", "a", "a#2", "b", "a", "a#3", "\xFF", "\xC3\xBF"})
    samples.add(key, 0, {1});
  EXPECT_THAT(samples.keys, testing::ElementsAre("a", "a#2", "a#2#2", "b", "a#3", "a#3#2",
                                                 "\xC3\xBF", "\xC3\xBF#2"));
  write_samples(folder.path() / "samples.jsonl", samples);
  EXPECT_EQ(read_samples(folder / "samples.jsonl").keys, samples.keys);
  // Also behind rows that were put in by hand.
  SampleOutcomes by_hand{
      .metrics = {"acc1"}, .keys = {"a", "b"}, .classes = {0, 0}, .values = {1, 1}};
  by_hand.add("b", 0, {1});
  EXPECT_EQ(by_hand.keys.back(), "b#2");
  // A hundred thousand times the same key: no step may look at all of those before.
  SampleOutcomes many{.metrics = {"acc1"}};
  for (int i = 0; i < 100'000; ++i) many.add("a", 0, {1});
  EXPECT_EQ(many.keys.back(), "a#100000");
}

TEST(SampleOutcomes, RefusesWhatIsNoSuchFileWithItsLine) {
  TemporaryFolder folder;
  const auto refusal = [&](const std::string& contents) {
    try {
      read_samples(folder.write("samples.jsonl", contents));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput) << contents;
      return std::string(error.what());
    }
    return std::string("nothing was thrown");
  };
  const auto row = [&](const std::string& line) { return refusal(kColumns + line + "\n"); };
  using testing::HasSubstr;
  EXPECT_THAT(refusal(""), HasSubstr("samples.jsonl: is empty"));
  EXPECT_THAT(refusal("\xFF\xFF\n"), HasSubstr("line 1: is not a JSON object"));
  EXPECT_THAT(refusal("[1]\n"), HasSubstr("line 1: is not a JSON object"));
  EXPECT_THAT(refusal("{}\n"), HasSubstr("line 1: has no 'metrics'"));
  EXPECT_THAT(refusal("{\"metrics\": []}\n"), HasSubstr("names no metric"));
  EXPECT_THAT(refusal("{\"metrics\": [1]}\n"), HasSubstr("no text"));
  EXPECT_THAT(refusal("{\"metrics\": [\"a\", \"a\"]}\n"), HasSubstr("'a' twice"));
  EXPECT_THAT(row(R"({"key": "a", "class": 0, "values": [1, 0)"),
              HasSubstr("line 2: is not a JSON object"));
  EXPECT_THAT(row(R"({"class": 0, "values": [1, 0]})"), HasSubstr("line 2: has no 'key'"));
  EXPECT_THAT(row(R"({"key": 4, "class": 0, "values": [1, 0]})"), HasSubstr("'key' that is a"));
  EXPECT_THAT(row(R"({"key": "a", "class": 0.5, "values": [1, 0]})"), HasSubstr("'class'"));
  EXPECT_THAT(row(R"({"key": "a", "class": -2, "values": [1, 0]})"), HasSubstr("the class -2"));
  EXPECT_THAT(row(R"({"key": "a", "class": 18446744073709551615, "values": [1, 0]})"),
              HasSubstr("class"));
  EXPECT_THAT(row(R"({"key": "a", "class": 3000000000, "values": [1, 0]})"),
              HasSubstr("the class 3000000000"));
  EXPECT_THAT(row(R"({"key": "a", "class": 0, "values": [1]})"),
              HasSubstr("1 values for 2 metrics"));
  EXPECT_THAT(row(R"({"key": "a", "class": 0, "values": [1, "x"]})"), HasSubstr("no number"));
  EXPECT_THAT(row(R"({"key": "a", "class": 0, "values": [1, 0]})"
                  "\n"
                  R"({"key": "a", "class": 0, "values": [1, 0]})"),
              HasSubstr("line 3: has the key 'a' again"));
  EXPECT_THAT(refusal(""), HasSubstr("--output"));
  EXPECT_THAT(refusal("[1]\n"), HasSubstr("--output"));
  EXPECT_THROW(read_samples(folder / "missing.jsonl"), Error);
}

}  // namespace
}  // namespace clipwright::eval
