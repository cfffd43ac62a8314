// Which rewrite mode helped which class: paired runs, one arm a mode, with answers by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/file.h"
#include "eval/paired/compare_paths.h"
#include "eval/paired/tables.h"
#include "tests/temporary_folder.h"

namespace clipwright::eval::paired {
namespace {

using testing::HasSubstr;

constexpr int kOfEachClass = 4;

/// Two runs (seeds) of each of four recipes on a set of three classes with four pictures each; all
/// pictures of a class come out alike, so that intervals over pictures have no width.
class Modes : public testing::Test {
 protected:
  void SetUp() override {
    //                 cat     dog     fish
    add("plain", 0, {0, 0, 1});
    add("plain", 1, {0, 0, 1});
    add("chatgpt", 0, {1, 0, 1});  // helps the cats of both seeds
    add("chatgpt", 1, {1, 0, 1});
    add("coco", 0, {0, 1, 1});  // helps the dogs of one seed
    add("coco", 1, {0, 0, 1});
    add("eda", 0, {0, 0, 0});  // costs the fish of both seeds
    add("eda", 1, {0, 0, 0});
  }

  void add(const std::string& mode, int seed, const std::vector<float>& hits) const {
    EvaluationRecord record{.dataset = "animals", .task = "zeroshot_classification"};
    record.classnames = {"cat", "dog", "fish"};
    record.samples.metrics = {"acc1"};
    double right = 0;
    for (size_t c = 0; c < hits.size(); ++c) {
      for (int i = 0; i < kOfEachClass; ++i) {
        record.samples.add(record.classnames[c] + std::to_string(i), static_cast<int>(c),
                           {hits[c]});
        right += static_cast<double>(hits[c]);
      }
    }
    record.metrics["acc1"] = right / static_cast<double>(kOfEachClass * hits.size());
    const fs::path run = folder_.path() / (mode + std::to_string(seed));
    fs::create_directories(run);
    write_result(run / "animals.json", record);
  }

  Comparison comparison() const {
    CompareRequest request;
    for (const std::string mode : {"plain", "chatgpt", "coco", "eda"})
      request.arms.push_back(mode + "=" + (folder_ / (mode + "0")) + "," +
                             (folder_ / (mode + "1")));
    request.options.per_class = true;
    return compare_paths(request);
  }

  TemporaryFolder folder_;
};

TEST_F(Modes, TheWholeSetIsTheMeanOfClassesAndSeeds) {
  const Comparison found = comparison();
  EXPECT_EQ(found.arms, (std::vector<std::string>{"plain", "chatgpt", "coco", "eda"}));
  EXPECT_EQ(found.runs, (std::vector<size_t>{2, 2, 2, 2}));
  ASSERT_EQ(found.metrics.size(), 1U);
  const ComparedMetric& row = found.metrics[0];
  const double values[] = {1.0 / 3, 2.0 / 3, 1.0 / 2, 0};
  for (size_t a = 0; a < 4; ++a) EXPECT_NEAR(*row.values[a], values[a], 1e-12) << found.arms[a];
  // coco's runs have 2/3 and 1/3: deviation |2/3 - 1/3| / sqrt(2).
  EXPECT_NEAR(row.deviations[2], 1 / (3 * std::sqrt(2.0)), 1e-12);
  for (size_t a = 1; a < 4; ++a)
    EXPECT_NEAR(row.differences[a]->difference, values[a] - values[0], 1e-7) << found.arms[a];
}

TEST_F(Modes, EachClassNamesTheModeThatHelpedIt) {
  const Comparison found = comparison();
  const auto& classes = found.metrics[0].classes;
  ASSERT_EQ(classes.size(), 3U);
  struct Expected {
    double difference, low, high;
  };
  // A draw takes two of the two seeds with replacement. Of coco's dogs both, one or none are the
  // seed that was helped: 1, 1/2 or 0, a quarter, a half and a quarter of all draws.
  const Expected none{0, 0, 0}, gained{1, 1, 1}, luck{0.5, 0, 1}, lost{-1, -1, -1};
  const Expected expected[3][4] = {{none, gained, none, none},  // cat: plain, chatgpt, coco, eda
                                   {none, none, luck, none},    // dog
                                   {none, none, none, lost}};   // fish
  for (size_t c = 0; c < 3; ++c) {
    EXPECT_EQ(classes[c].samples, kOfEachClass);
    EXPECT_FALSE(classes[c].differences[0]) << "the first arm has nothing to differ from";
    for (size_t a = 1; a < 4; ++a) {
      const auto& difference = classes[c].differences[a];
      ASSERT_TRUE(difference) << classes[c].name << ' ' << found.arms[a];
      EXPECT_EQ(difference->difference, expected[c][a].difference)
          << classes[c].name << ' ' << found.arms[a];
      EXPECT_EQ(difference->low, expected[c][a].low) << classes[c].name << ' ' << found.arms[a];
      EXPECT_EQ(difference->high, expected[c][a].high) << classes[c].name << ' ' << found.arms[a];
    }
  }
}

TEST_F(Modes, TablesHaveAColumnOfDifferencesForEachMode) {
  const Comparison found = comparison();
  const std::string minus = "\xE2\x88\x92";
  const std::string table = to_markdown(classes_table(found, found.metrics[0], 10));
  EXPECT_THAT(table,
              HasSubstr("| class | samples | plain | chatgpt | coco | eda | chatgpt " + minus +
                        " plain | coco " + minus + " plain | eda " + minus + " plain |\n"));
  EXPECT_THAT(table, HasSubstr("| cat | 4 | 0.0 | 100.0 | 0.0 | 0.0 | +100.0 [+100.0, +100.0] | "
                               "0.0 [0.0, 0.0] | 0.0 [0.0, 0.0] |\n| dog | 4 | 0.0 | 0.0 | 50.0 | "
                               "0.0 | 0.0 [0.0, 0.0] | +50.0 [0.0, +100.0] | 0.0 [0.0, 0.0] |\n"
                               "| fish | 4 |"))
      << "gains first";
  const std::string csv = comparison_csv(found);
  for (const char* line :
       {"animals,acc1,cat,chatgpt,4,1,,1,1,1\n", "animals,acc1,dog,coco,4,0.5,,0.5,0,1\n",
        "animals,acc1,fish,eda,4,0,,-1,-1,-1\n", "animals,acc1,fish,chatgpt,4,1,,0,0,0\n"})
    EXPECT_THAT(csv, HasSubstr(line));
}

// Seeds belong together: with one mode's runs in the other order every seed is compared with
// another one, which a mean over seeds does not show but a class's interval may.
TEST_F(Modes, RunsArePairedInTheOrderInWhichTheyAreNamed) {
  add("plain", 0, {0, 1, 1});  // now this seed is good at dogs without rewrites too
  const auto dogs = [&](const std::string& coco) {
    CompareRequest request;
    request.arms = {"plain=" + (folder_ / "plain0") + "," + (folder_ / "plain1"), "coco=" + coco};
    request.options.per_class = true;
    return *compare_paths(request).metrics[0].classes[1].differences[1];
  };
  const auto same = dogs((folder_ / "coco0") + "," + (folder_ / "coco1"));
  EXPECT_EQ(same.difference, 0);
  EXPECT_EQ(same.low, 0);
  EXPECT_EQ(same.high, 0);
  const auto crossed = dogs((folder_ / "coco1") + "," + (folder_ / "coco0"));
  EXPECT_EQ(crossed.difference, 0);
  EXPECT_EQ(crossed.low, -1);
  EXPECT_EQ(crossed.high, 1);
}

}  // namespace
}  // namespace clipwright::eval::paired
