#include "train/folder/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "core/error.h"
#include "core/file.h"
#include "tests/temporary_folder.h"

namespace clipwright::train::folder {
namespace {

options::StepReport report_of(int64_t step) {
  options::StepReport report;
  report.step = step;
  report.loss = static_cast<float>(std::sin(static_cast<double>(step)) + 4);
  report.terms = {{"contrastive", report.loss}};
  report.val_loss = std::nan("");
  return report;
}

std::vector<int64_t> steps_in(const fs::path& path) {
  std::vector<int64_t> steps;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    steps.push_back(parse_json(line, "row")["step"]);
  return steps;
}

TEST(Metrics, ARowHasTheFieldsOfTheContractAndReadsBackToTheSameBits) {
  const options::StepReport report = report_of(3);
  const Json row = parse_json(to_line(metrics_row(report)), "row");
  for (const char* field : {"step", "epoch", "samples", "loss", "logit_scale", "lr", "grad_norm",
                            "samples_per_s", "data_wait", "skipped", "contrastive"}) {
    EXPECT_TRUE(row.contains(field)) << field;
  }
  EXPECT_EQ(row["loss"].get<double>(), report.loss);
  EXPECT_FALSE(row.contains("val_loss"));
}

TEST(Metrics, AResumedRunCutsTheRowsItWritesAgain) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "metrics.jsonl";
  {
    MetricsFile file(path, 0);
    for (int64_t step = 1; step <= 9; ++step) file.append(metrics_row(report_of(step)));
  }
  {
    MetricsFile file(path, 6);
    EXPECT_EQ(steps_in(path), (std::vector<int64_t>{1, 2, 3, 4, 5, 6}));
    file.append(metrics_row(report_of(7)));
  }
  EXPECT_EQ(steps_in(path), (std::vector<int64_t>{1, 2, 3, 4, 5, 6, 7}));
  MetricsFile(path, 0);
  EXPECT_TRUE(steps_in(path).empty());
}

TEST(Metrics, ATornLastLineIsCut) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "metrics.jsonl";
  write_file(path, "{\"step\":1}\n{\"step\":2}\n{\"step\":3,\"lo");
  MetricsFile file(path, 5);
  file.append(metrics_row(report_of(3)));
  EXPECT_EQ(steps_in(path), (std::vector<int64_t>{1, 2, 3}));
}

TEST(Metrics, AFullDiskIsASentenceAndLeavesWholeRows) {
  try {
    MetricsFile file("/dev/full", 0);
    file.append(metrics_row(report_of(1)));
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kFailed);
    EXPECT_NE(std::string(error.what()).find("/dev/full: cannot be written"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace clipwright::train::folder
