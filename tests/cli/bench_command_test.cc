#include <gtest/gtest.h>

#include <sstream>

#include "cli/commands.h"
#include "core/json.h"

namespace clipwright::cli {
namespace {

TEST(BenchCommand, MeasuresALedgerThatItChecked) {
  std::vector<std::string> words = {"clipwright", "bench",  "--only", "ledger",   "--rows",
                                    "2000",       "--runs", "2",      "--output", "json"};
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  testing::internal::CaptureStdout();
  const int code = run_program(static_cast<int>(pointers.size()), pointers.data());
  std::istringstream output(testing::internal::GetCapturedStdout());
  ASSERT_EQ(code, 0);
  std::vector<std::string> units;
  for (std::string line; std::getline(output, line);) {
    const Json row = Json::parse(line);
    EXPECT_EQ(row["check"]["distinct_captions"], 2000);
    EXPECT_GE(row["check"]["rows"], 2000);
    EXPECT_GT(row["median"], 0);
    units.push_back(row["unit"]);
  }
  EXPECT_EQ(units, (std::vector<std::string>{"rows/s", "bytes/row", "s", "MiB"}));
}

TEST(BenchCommand, RefusesWhatItCannotMeasure) {
  const std::vector<std::vector<std::string>> wrong = {
      {"--only", "views"},
      {"--only", "images"},
      {"--only", "tokenizer"},
      {"--only", "views", "--images", ".", "--size", "0"},
      {"--only", "images", "--images", ".", "--size", "100000"}};
  for (std::vector<std::string> words : wrong) {
    words.insert(words.begin(), {"clipwright", "bench"});
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    EXPECT_EQ(run_program(static_cast<int>(pointers.size()), pointers.data()), 2) << words[3];
  }
}

}  // namespace
}  // namespace clipwright::cli
