#include "ablation/run_study.h"

#include <algorithm>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/log.h"
#include "core/process/child_process.h"
#include "core/process/interrupt.h"
#include "core/words.h"
#include "records/jsonl.h"

namespace clipwright::ablation {
namespace {

/// The accepted records of one mode as a file of their own, so that a run reads nothing else.
fs::path extract(const TextSource& source, const fs::path& folder, int version) {
  const fs::path path =
      folder / (source.mode + (version > 1 ? "-" + std::to_string(version) : "") + ".jsonl");
  make_folder(folder);
  records::JsonlReader reader(std::make_shared<const records::JsonlFile>(source.file));
  records::JsonlWriter writer(path);
  records::Record record;
  while (reader.next(record)) {
    if (reader.damage().empty() && record.accepted() && record.mode == source.mode)
      writer.add(record);
  }
  writer.commit();
  return path;
}

/// One run: what it is told, and what that is made of.
struct PlannedRun {
  size_t arm = 0;
  int64_t seed = 0;
  std::string name;
  std::vector<std::string> arguments;
  Json identity;
};

class Runner {
 public:
  Runner(const Study& study, Axis axis, fs::path output)
      : study_(study), output_(std::move(output)) {
    result_.arms = plan_arms(study, survey_rewrites(study.rewrites), axis);
  }

  StudyResult run() {
    for (const Arm& arm : result_.arms) {
      if (!arm.missing.empty()) log_warning(arm.title + " is left out: " + arm.missing);
    }
    check_places();
    extract_texts();
    const std::vector<PlannedRun> runs = plan();
    check_earlier(runs);
    Progress progress("runs", static_cast<int64_t>(runs.size()));
    for (size_t i = 0; i < runs.size(); ++i) {
      train(runs[i], i, runs.size());
      progress.update(static_cast<int64_t>(i) + 1);
    }
    progress.finish();
    evaluate();
    compare();
    return std::move(result_);
  }

 private:
  fs::path folder_of(const std::string& run) const { return output_ / "runs" / run; }
  fs::path note_of(const std::string& run) const { return output_ / "runs" / (run + ".json"); }

  /// What is needed after hours of training is looked at before.
  void check_places() const {
    const std::string file = study_.file.string();
    std::error_code ignored;
    if (fs::path(study_.suite).has_extension() && !fs::is_regular_file(study_.suite, ignored))
      fail_input(file + ": suite '" + study_.suite + "' is no file",
                 "a suite's name, or its TOML file");
    if (!fs::is_directory(study_.data_root, ignored))
      fail_input(file + ": data-root '" + study_.data_root + "' is no folder",
                 "the folder that holds the suite's sets");
  }

  void extract_texts() {
    std::vector<std::pair<TextSource, fs::path>> done;
    for (Arm& arm : result_.arms) {
      for (TextSource& source : arm.texts) {
        const auto known = std::find_if(done.begin(), done.end(), [&](const auto& one) {
          return one.first.file == source.file && one.first.mode == source.mode;
        });
        if (known == done.end()) {
          const auto version = std::count_if(done.begin(), done.end(), [&](const auto& one) {
            return one.first.mode == source.mode;
          });
          done.emplace_back(source,
                            extract(source, output_ / "texts", static_cast<int>(version) + 1));
          source.file = done.back().second;
        } else {
          source.file = known->second;
        }
      }
    }
  }

  std::vector<PlannedRun> plan() const {
    std::vector<PlannedRun> runs;
    const std::string settings = hex(sha256_file(study_.train));
    for (const int64_t seed : study_.seeds) {
      for (size_t a = 0; a < result_.arms.size(); ++a) {
        const Arm& arm = result_.arms[a];
        if (!arm.missing.empty()) continue;
        PlannedRun run{.arm = a, .seed = seed, .name = arm.name + "-s" + std::to_string(seed)};
        run.arguments = {"train",
                         "--config",
                         study_.train,
                         "--logs",
                         (output_ / "runs").string(),
                         "--name",
                         run.name,
                         "--seed",
                         std::to_string(seed),
                         "--resume",
                         "latest",
                         "--caption-policy",
                         arm.texts.empty() ? "original" : "uniform"};
        if (!arm.model.empty()) run.arguments.insert(run.arguments.end(), {"--model", arm.model});
        run.arguments.insert(run.arguments.end(), arm.flags.begin(), arm.flags.end());
        run.identity = {{"train", settings}, {"seed", seed}, {"model", arm.model}};
        if (!arm.flags.empty()) run.identity["flags"] = arm.flags;
        run.identity["texts"] = Json::array();
        if (!arm.texts.empty()) run.arguments.emplace_back("--rewrites");
        for (const TextSource& source : arm.texts) {
          run.arguments.push_back(source.file.string());
          run.identity["texts"].push_back(hex(sha256_file(source.file)));
        }
        runs.push_back(std::move(run));
      }
    }
    return runs;
  }

  /// Before anything is trained: a folder holds one study.
  void check_earlier(const std::vector<PlannedRun>& runs) const {
    for (const PlannedRun& run : runs) {
      std::error_code ignored;
      if (!fs::exists(note_of(run.name), ignored)) continue;
      const Json earlier = parse_json(read_file(note_of(run.name)), note_of(run.name).string());
      if (earlier == run.identity) continue;
      fail_usage(output_.string() + " holds a run '" + run.name + "' of other settings or texts",
                 "the same study as before",
                 "Name another --output, or delete " + folder_of(run.name).string() + " and " +
                     note_of(run.name).string() + ".");
    }
  }

  void train(const PlannedRun& run, size_t at, size_t runs) {
    const Arm& arm = result_.arms[run.arm];
    const std::string what = arm.title + ", seed " + std::to_string(run.seed);
    result_.runs.push_back({run.arm, run.seed, folder_of(run.name)});
    std::error_code ignored;
    if (fs::is_directory(folder_of(run.name) / "model", ignored)) {
      ++result_.reused;
      return;
    }
    log_info("run " + std::to_string(at + 1) + " of " + std::to_string(runs) + ": " + what);
    make_folder(output_ / "runs");
    write_file(note_of(run.name), run.identity.dump(2) + "\n");
    finish(run_this_program_aloud(run.arguments), "training " + what);
  }

  std::string name_of(const StudyRun& run) const {
    return result_.arms[run.arm].name + "-s" + std::to_string(run.seed);
  }

  void evaluate() {
    std::vector<std::string> arguments = {
        "eval",        "suite",          "--suite",  study_.suite,
        "--data-root", study_.data_root, "--output", (output_ / "evaluation").string()};
    arguments.emplace_back("--model");
    for (const StudyRun& run : result_.runs)
      arguments.push_back(name_of(run) + "=" + (run.folder / "model").string());
    finish(run_this_program_aloud(arguments), "evaluating the runs");
  }

  /// Arms against the first, seed by seed and sample by sample.
  void compare() {
    result_.table = output_ / "table.md";
    std::vector<std::string> arguments = {"compare"};
    for (size_t a = 0; a < result_.arms.size(); ++a) {
      std::string runs;
      for (const StudyRun& run : result_.runs) {
        if (run.arm != a) continue;
        runs +=
            (runs.empty() ? "" : ",") + (output_ / "evaluation/results" / name_of(run)).string();
      }
      if (!runs.empty())
        arguments.insert(arguments.end(), {"--arm", result_.arms[a].title + "=" + runs});
    }
    for (const char* file : {"table.md", "table.csv", "report.html"}) {
      std::vector<std::string> with_output = arguments;
      with_output.insert(with_output.end(), {"--output", (output_ / file).string()});
      finish(run_this_program_aloud(with_output), "comparing the runs");
    }
    std::string left_out;
    for (const Arm& arm : result_.arms) {
      if (!arm.missing.empty()) left_out += "- " + arm.title + ": " + arm.missing + ".\n";
    }
    if (!left_out.empty())
      write_file(result_.table, read_file(result_.table) + "\nLeft out:\n\n" + left_out);
  }

  static void finish(const ChildResult& child, const std::string& what) {
    if (interrupted() || child.exit_code == static_cast<int>(ExitCode::kInterrupted)) {
      throw Error(ExitCode::kInterrupted,
                  "interrupted; the same command goes on where this one stopped");
    }
    if (child.signal != 0)
      fail_running(what + " was ended by signal " + std::to_string(child.signal));
    if (child.exit_code != 0) {
      throw Error(static_cast<ExitCode>(child.exit_code),
                  what + " failed; its own words stand above this line");
    }
  }

  const Study& study_;
  fs::path output_;
  StudyResult result_;
};

}  // namespace

StudyResult run_study(const Study& study, Axis axis, const fs::path& output) {
  return Runner(study, axis, output).run();
}

}  // namespace clipwright::ablation
