#include "train/loop/side_evaluation.h"

#include <chrono>
#include <thread>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "core/words.h"
#include "eval/suite/held_out.h"
#include "eval/suite/suite_file.h"

namespace clipwright::train::loop {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{50};

std::set<std::string> sets_that_choose(const options::TrainOptions& options) {
  std::error_code ignored;
  if (!fs::is_directory(options.eval_data_root, ignored)) {
    fail_input("--eval-data-root '" + options.eval_data_root + "' is no folder",
               "the folder that holds the sets of --eval " + options.eval);
  }
  const eval::suite::Suite suite = eval::suite::read_suite(options.eval);
  eval::suite::require_held_out(suite, options.eval_data_root);
  std::set<std::string> names;
  for (const eval::suite::SuiteSet& set : suite.sets) {
    if (set.role == eval::suite::Role::kSelect) names.insert(set.name);
  }
  if (names.empty()) {
    log_info("--eval " + options.eval +
             ": no set has the role \"select\", so no checkpoint is chosen as the best");
  } else {
    log_info("--eval " + options.eval + ": the best checkpoint is chosen by " +
             listed(std::vector<std::string>(names.begin(), names.end())) +
             "; other sets are only reported");
  }
  return names;
}

}  // namespace

SideEvaluation::SideEvaluation(const options::TrainOptions& options,
                               const folder::RunFolder& folder, int64_t last_step)
    : options_(options),
      output_(folder.path() / "evaluation"),
      evaluations_(folder.path(), sets_that_choose(options), last_step) {}

SideEvaluation::~SideEvaluation() = default;

bool SideEvaluation::wants(int64_t step) const {
  return options_.eval_every > 0 && step % options_.eval_every == 0;
}

void SideEvaluation::offer(const fs::path& checkpoint, int64_t step) {
  next_ = Checkpoint{checkpoint, step};
}

void SideEvaluation::start(const Checkpoint& checkpoint) {
  make_folder(output_);
  const std::string name = checkpoint.path.filename().string();
  child_.emplace(find_clipwright(),
                 std::vector<std::string>{"eval", "suite", "--suite", options_.eval, "--model",
                                          name + "=" + checkpoint.path.string(), "--data-root",
                                          options_.eval_data_root, "--output", output_.string(),
                                          "--feature-cache", "none", "--device", options_.device,
                                          "--workers", "1"},
                 output_ / (name + ".log"));
  current_ = checkpoint;
}

void SideEvaluation::take_in(folder::TensorBoardWriter& board) {
  const Checkpoint done = *current_;
  const bool succeeded = child_->succeeded();
  child_.reset();
  current_.reset();
  const std::string log = (output_ / (done.path.filename().string() + ".log")).string();
  if (!succeeded)
    log_warning("the evaluation of step " + with_commas(done.step) + " has failed; see " + log);
  try {
    // Also after a failure: one bad set does not take the others away.
    const Json comparison = read_json(output_ / "comparison.json");
    if (comparison.value("arms", Json()) != Json{done.path.filename().string()}) return;
    std::vector<std::pair<std::string, double>> scalars;
    std::string line = "step " + with_commas(done.step) + " evaluated:";
    for (const auto& [set, value] : evaluations_.add(done.step, done.path, comparison)) {
      scalars.emplace_back("eval/" + set, value);
      line += " " + set + " " + percent(value) + ",";
    }
    if (scalars.empty()) return;
    line.pop_back();
    board.add_scalars(done.step, scalars);
    log_info(line + (evaluations_.best() == done.step ? " (the best so far)" : ""));
  } catch (const std::exception& error) {
    log_warning("the evaluation of step " + with_commas(done.step) +
                " cannot be read: " + error.what());
  }
}

void SideEvaluation::look(folder::TensorBoardWriter& board) {
  if (child_ && child_->ended()) take_in(board);
  if (child_ || !next_) return;
  const Checkpoint checkpoint = *next_;
  next_.reset();
  try {
    start(checkpoint);
  } catch (const Error& error) {
    child_.reset();
    log_warning("step " + with_commas(checkpoint.step) + " is not evaluated: " + error.what());
  }
}

void SideEvaluation::finish(folder::TensorBoardWriter& board) {
  if (child_ || next_) log_info("waiting for the evaluation of the last checkpoint");
  for (look(board); (child_ || next_) && !interrupted(); look(board))
    std::this_thread::sleep_for(kBetweenLooks);
}

std::set<int64_t> SideEvaluation::spared() const {
  std::set<int64_t> steps;
  if (const auto best = evaluations_.best()) steps.insert(*best);
  if (current_) steps.insert(current_->step);
  if (next_) steps.insert(next_->step);
  return steps;
}

}  // namespace clipwright::train::loop
