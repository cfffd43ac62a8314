#include "flags/cli11.h"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <vector>

namespace clipwright::flags {
namespace {

/// What a flag of this type becomes; nothing where the text is refused.
template <typename Value>
std::optional<Value> value_of(const std::string& text) {
  CLI::App app;
  Value value{};
  app.add_option("--flag", value)->allow_extra_args(false);
  try {
    app.parse(std::vector<std::string>{"--flag=" + text});
  } catch (const CLI::ParseError&) {
    return {};
  }
  return value;
}

TEST(FlagNumbers, NothingWrapsAround) {
  EXPECT_EQ(value_of<uint64_t>("18446744073709551615"), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(value_of<int64_t>("-9223372036854775808"), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(value_of<int>("-1"), -1);
  for (const char* text : {"-1", "-0x1", "18446744073709551616", "+-1", " -1", "1.5", "1e3", ""}) {
    EXPECT_EQ(value_of<uint64_t>(text), std::nullopt) << text;
    EXPECT_EQ(value_of<unsigned>(text), std::nullopt) << text;
    EXPECT_EQ(value_of<std::vector<uint64_t>>(text), std::nullopt) << text;
    EXPECT_EQ(value_of<std::optional<uint64_t>>(text), std::nullopt) << text;
  }
  EXPECT_EQ(value_of<unsigned>("4294967296"), std::nullopt);
  for (const char* text : {"9223372036854775808", "-9223372036854775809"}) {
    EXPECT_EQ(value_of<int64_t>(text), std::nullopt) << text;
    EXPECT_EQ(value_of<int>(text), std::nullopt) << text;
  }
  EXPECT_EQ(value_of<int>("2147483648"), std::nullopt);
}

TEST(FlagNumbers, EveryRealNumberIsFinite) {
  EXPECT_EQ(value_of<double>("-1e-3"), -1e-3);
  EXPECT_EQ(value_of<double>(".5"), 0.5);
  EXPECT_EQ(value_of<float>("3"), 3.0F);
  for (const char* text : {"nan", "-nan", "NaN", "inf", "-inf", "Infinity", "1e999", "1,5", "x"}) {
    EXPECT_EQ(value_of<double>(text), std::nullopt) << text;
    EXPECT_EQ(value_of<float>(text), std::nullopt) << text;
    EXPECT_EQ(value_of<std::vector<double>>(text), std::nullopt) << text;
    EXPECT_EQ(value_of<std::optional<double>>(text), std::nullopt) << text;
  }
  EXPECT_EQ(value_of<float>("1e39"), std::nullopt);
}

TEST(FlagNumbers, AreDecimalUnlessTheySayOtherwise) {
  EXPECT_EQ(value_of<uint64_t>("010"), 10U);
  EXPECT_EQ(value_of<int64_t>("010"), 10);
  EXPECT_EQ(value_of<uint64_t>("0x10"), 16U);
  EXPECT_EQ(value_of<int>("+7"), 7);
  EXPECT_EQ(value_of<int>(" 7"), 7);
}

TEST(FlagNumbers, ListsAreReadNumberByNumber) {
  CLI::App app;
  std::vector<int> ranks;
  app.add_option("--ranks", ranks)->delimiter(',');
  app.parse(std::vector<std::string>{"--ranks=1, 5,10"});
  EXPECT_EQ(ranks, (std::vector<int>{1, 5, 10}));
}

}  // namespace
}  // namespace clipwright::flags
