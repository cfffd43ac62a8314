#include "train/folder/run_record.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/file.h"
#include "tests/temporary_folder.h"

namespace clipwright::train::folder {
namespace {

TEST(RunRecord, KeepsEverySessionAndTheLastOutcome) {
  const TemporaryFolder folder;
  RunRecord first(folder.path(),
                  {.device = "cpu", .kernels = "cpu, mkl", .pairs = 10, .rewrites = 2});
  Json json = read_json(folder / kRunRecordName);
  EXPECT_EQ(json.at("pairs"), 10);
  EXPECT_EQ(json.at("done"), false);
  EXPECT_FALSE(json.contains("steps"));
  first.end(
      {.step = 3, .samples = 6, .skipped = 1, .seconds = 0.5, .loss = 2, .val_loss = std::nan("")});

  RunRecord second(
      folder.path(),
      {.device = "cuda:0", .kernels = "cuda", .from_step = 3, .pairs = 10, .validation_pairs = 4});
  second.end({.step = 5, .samples = 10, .seconds = 1, .loss = 1, .val_loss = 3, .done = true});
  json = read_json(folder / kRunRecordName);
  ASSERT_EQ(json.at("sessions").size(), 2U);
  EXPECT_EQ(json.at("sessions")[0].at("to_step"), 3);
  EXPECT_EQ(json.at("sessions")[1].at("from_step"), 3);
  EXPECT_EQ(json.at("sessions")[1].at("device"), "cuda:0");
  EXPECT_GT(json.at("sessions")[0].at("threads"), 0);
  EXPECT_GT(json.at("sessions")[0].at("memory"), 1 << 20);
  EXPECT_NE(json.at("sessions")[0].at("processor"), "");
  EXPECT_EQ(json.at("steps"), 5);
  EXPECT_EQ(json.at("val_loss"), 3);
  EXPECT_EQ(json.at("done"), true);

  // A run that begins anew has no earlier sessions.
  const RunRecord third(folder.path(), {.device = "cpu"});
  EXPECT_EQ(read_json(folder / kRunRecordName).at("sessions").size(), 1U);
}

TEST(RunRecord, ADamagedOneIsBegunAnew) {
  for (const char* damaged : {"", "[1", "{\"sessions\": 7}", "7"}) {
    const TemporaryFolder folder;
    folder.write(kRunRecordName, damaged);
    RunRecord record(folder.path(), {.device = "cpu", .from_step = 3});
    record.end({.step = 4});
    EXPECT_EQ(read_json(folder / kRunRecordName).at("sessions").size(), 1U) << damaged;
  }
}

}  // namespace
}  // namespace clipwright::train::folder
