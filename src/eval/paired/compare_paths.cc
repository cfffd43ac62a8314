#include "eval/paired/compare_paths.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/words.h"
#include "eval/paired/labels.h"
#include "eval/scores/paired_bootstrap.h"

namespace clipwright::eval::paired {
namespace {

/// The name of a result file's set: the last part of what was evaluated, so that the same set at
/// two places is the same set.
std::string set_name(const std::string& dataset) {
  fs::path path = fs::path(dataset).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  if (path.filename() == "test" && path.has_parent_path() && path.parent_path().has_filename())
    path = path.parent_path();
  return path.filename().string();
}

std::vector<fs::path> folders_with_results(const fs::path& folder) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    const bool any = std::any_of(
        fs::directory_iterator(entry.path()), fs::directory_iterator(),
        [](const fs::directory_entry& file) { return file.path().extension() == ".json"; });
    if (any) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

bool has_results(const fs::path& folder) {
  return std::any_of(
      fs::directory_iterator(folder), fs::directory_iterator(),
      [](const fs::directory_entry& file) { return file.path().extension() == ".json"; });
}

struct NamedRun {
  std::string name;  // of the model in a suite's output; empty where the path says it all
  RunResults results;
};

/// The step of "step_<N>"; -1 for another name.
int64_t step_of(const std::string& name) {
  int64_t step = -1;
  if (name.starts_with("step_")) std::from_chars(name.data() + 5, name.data() + name.size(), step);
  return step;
}

NamedRun chosen_of(std::vector<NamedRun> runs, const fs::path& run) {
  std::error_code ignored;
  int64_t best = -1;
  if (fs::is_regular_file(run / "best.json", ignored))
    best = read_json(run / "best.json").value("step", int64_t{-1});
  size_t chosen = 0;
  for (size_t i = 1; i < runs.size(); ++i) {
    const int64_t step = step_of(runs[i].name), other = step_of(runs[chosen].name);
    if (other == best && best >= 0) break;
    if (step == best || step > other) chosen = i;
  }
  if (runs.size() > 1)
    log_info(run.string() + ": results of " + runs[chosen].name + " of " +
             std::to_string(runs.size()) + " evaluated checkpoints");
  return std::move(runs[chosen]);
}

std::vector<NamedRun> runs_at(const std::string& argument) {
  std::error_code ignored;
  const fs::path path = argument;
  if (fs::is_regular_file(path, ignored)) {
    StoredResult result = read_stored_result(path);
    const std::string set = set_name(result.record.dataset);
    NamedRun run;
    run.results.emplace(set, std::move(result));
    return {std::move(run)};
  }
  if (!fs::is_directory(path, ignored)) {
    fail_input(argument + ": does not exist",
               "a result file, the output of 'clipwright eval suite', or the folder of a run");
  }
  const bool of_run = fs::is_directory(path / "checkpoints", ignored) ||
                      fs::is_regular_file(path / "config.toml", ignored);
  if (of_run) {
    const fs::path evaluation = path / "evaluation";
    if (!fs::is_directory(evaluation / "results", ignored)) {
      fail_input(argument + ": this run was not evaluated", "results below " + evaluation.string(),
                 "Run 'clipwright eval suite --model " + argument + " --output " +
                     evaluation.string() + " ...' first.");
    }
    std::vector<NamedRun> runs = runs_at(evaluation.string());
    // Checkpoints of one run are no arms: the one that was chosen, else the newest.
    return {chosen_of(std::move(runs), path)};
  }
  if (fs::is_directory(path / "results", ignored)) {
    std::vector<NamedRun> runs;
    for (const fs::path& folder : folders_with_results(path / "results"))
      runs.push_back({folder.filename().string(), read_run_results(folder)});
    if (runs.empty())
      fail_input((path / "results").string() + ": holds no result",
                 "a folder of .json files for each model");
    return runs;
  }
  if (!has_results(path)) {
    fail_input(argument + ": holds no result",
               "result files (.json), the output of 'clipwright eval suite', or a run");
  }
  return {{"", read_run_results(path)}};
}

void add_paths(const CompareRequest& request, std::vector<Arm>& arms) {
  for (const auto& [name, path] : labelled(request.paths)) {
    std::vector<NamedRun> runs = runs_at(path);
    for (NamedRun& run : runs) {
      Arm arm{.name = runs.size() == 1 || run.name.empty() ? name : run.name};
      arm.runs.push_back(std::move(run.results));
      arms.push_back(std::move(arm));
    }
  }
}

std::vector<std::string> divided(const std::string& list) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= list.size();) {
    const size_t end = std::min(list.find(',', at), list.size());
    if (end > at) parts.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

void add_arms(const CompareRequest& request, std::vector<Arm>& arms) {
  for (const std::string& text : request.arms) {
    const size_t equals = text.find('=');
    const std::vector<std::string> paths = equals == std::string::npos || equals == 0
                                               ? std::vector<std::string>()
                                               : divided(text.substr(equals + 1));
    if (paths.empty()) fail_usage("--arm " + text, "NAME=RUN,RUN,...");
    Arm arm{.name = text.substr(0, equals)};
    for (const std::string& path : paths) {
      std::vector<NamedRun> runs = runs_at(path);
      if (runs.size() != 1) {
        fail_usage(path + ": holds results of " + std::to_string(runs.size()) + " models",
                   "one run for each path of an arm",
                   "Name the folder of one of them below " + path + "/results.");
      }
      arm.runs.push_back(std::move(runs[0].results));
    }
    arms.push_back(std::move(arm));
  }
}

}  // namespace

Comparison compare_paths(const CompareRequest& request) {
  if (request.options.draws < scores::kFewestDraws) {
    fail_usage("--draws is " + std::to_string(request.options.draws),
               "at least " + std::to_string(scores::kFewestDraws) +
                   ", of which the ends of an interval can be read");
  }
  std::vector<Arm> arms;
  add_paths(request, arms);
  add_arms(request, arms);
  if (arms.size() < 2) {
    fail_usage("there " + std::string(arms.empty() ? "is nothing" : "is one arm") + " to compare",
               "at least two results, runs or arms");
  }
  std::set<std::string> names;
  for (const Arm& arm : arms) {
    if (!names.insert(ascii_lower(arm.name)).second) {
      fail_usage("two arms are called " + arm.name + ", whatever the case",
                 "names that differ in more than case", "Give names: NAME=PATH.");
    }
  }
  return compare(arms, request.options);
}

}  // namespace clipwright::eval::paired
