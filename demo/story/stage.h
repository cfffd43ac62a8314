// The demo as stages: one progress line with the time left for the whole, and markers on disk, so
// that a second run resumes what was cut off and reuses what is done.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/log.h"

namespace clipwright::demo::story {

struct PlannedStage {
  std::string name;  ///< of the marker
  std::string title;
  double seconds = 0;  ///< expected
  std::string
      kind;  ///< stages of one kind are as much faster or slower than expected as each other
};

/// What a stage is given: how to say how far it is.
class StageProgress {
 public:
  virtual ~StageProgress() = default;
  /// `share` of the stage that is done, in [0, 1].
  virtual void update(double share, std::string_view detail) = 0;
};

struct StageWork {
  /// Everything that decides the result. Other inputs than last time: `discard` is called and the
  /// stage runs again.
  Json inputs;
  /// Files and folders that must still be there for the stage to count as done.
  std::vector<std::filesystem::path> products;
  std::function<Json(StageProgress&)> work;  ///< gives what later stages need to know of it
  std::function<void()>
      discard;  ///< removes what an earlier run with other inputs left; may be empty
};

/// Stages of one output folder, run one after another. While it lives, the parts' own log lines are
/// hushed.
class Stages final : private StageProgress {
 public:
  /// Throws Error(kFailed) when the folder cannot be made.
  Stages(const std::filesystem::path& output, std::vector<PlannedStage> plan);

  /// The result of the stage: of its work now, or of an earlier run with the same inputs. Throws
  /// what the work throws, and Error(kInterrupted) after a signal; the marker then says "started",
  /// and the work may go on from what it has saved.
  Json run(const std::string& name, const StageWork& stage);

  /// One line for the user, above the progress line.
  void say(std::string_view line) { hush_.say(line); }
  int reused() const { return reused_; }
  /// Seconds of work by stage, in the order run; of this run only.
  const std::vector<std::pair<std::string, double>>& seconds() const { return seconds_; }

 private:
  using Clock = std::chrono::steady_clock;
  std::filesystem::path marker(const std::string& name) const;
  void update(double share, std::string_view detail) override;
  double seconds_left(double share) const;

  LogHush hush_;
  std::filesystem::path folder_;
  std::vector<PlannedStage> plan_;
  std::map<std::string, bool> likely_done_;
  std::map<std::string, std::pair<double, double>> pace_;  ///< by kind: seconds taken and expected
  size_t at_ = 0;
  Clock::time_point started_, shown_;
  double first_share_ = 0;  ///< where a resumed stage began
  bool any_share_ = false;
  int reused_ = 0;
  std::vector<std::pair<std::string, double>> seconds_;
};

}  // namespace clipwright::demo::story
