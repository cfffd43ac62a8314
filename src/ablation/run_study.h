// Trains and measures the arms of a study, each run a process of its own.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ablation/study.h"

namespace clipwright::ablation {

struct StudyRun {
  size_t arm = 0;
  int64_t seed = 0;
  std::filesystem::path folder;  ///< OUTPUT/runs/<arm>-s<seed>
};

struct StudyResult {
  std::vector<Arm> arms;        ///< of the plan, those that could not run among them
  std::vector<StudyRun> runs;   ///< finished ones, seed by seed
  int64_t reused = 0;           ///< finished before this call
  std::filesystem::path table;  ///< OUTPUT/table.md
};

/// OUTPUT/texts/<mode>.jsonl (the rewrites of each arm's sources), OUTPUT/runs/ (one run a seed and
/// arm, in pairs: all arms of a seed before the next seed), OUTPUT/evaluation/ (the suite's
/// results) and OUTPUT/{table.md, table.csv, report.html}. A second call goes on where the first
/// stopped. A run is matched to its arms by everything but the one thing: the same training
/// settings, data, seed and steps. Throws Error(kUsage) when OUTPUT holds runs of other settings,
/// Error(kFailed) with the run's own words when one fails, Error(kInterrupted) after SIGINT with
/// everything saved.
StudyResult run_study(const Study& study, Axis axis, const std::filesystem::path& output);

}  // namespace clipwright::ablation
