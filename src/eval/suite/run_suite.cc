#include "eval/suite/run_suite.h"

#include <algorithm>
#include <chrono>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "core/words.h"
#include "eval/paired/labels.h"
#include "eval/paired/metric_samples.h"
#include "eval/paired/tables.h"
#include "eval/suite/feature_cache.h"
#include "eval/suite/set_places.h"
#include "eval/suite/suite_file.h"
#include "eval/suite/tasks.h"
#include "models/load_model.h"
#include "tensor/device.h"

namespace clipwright::eval::suite {
namespace {

using Clock = std::chrono::steady_clock;

struct FoundSet {
  SuiteSet set;
  DataDigest digest;
};

/// What becomes of all sets and models, told as it goes on. Time is taken to go with bytes.
class Pace {
 public:
  Pace(int64_t results, int64_t bytes) : results_(results), bytes_left_(bytes) {}

  /// Before a result is computed.
  void say(const std::string& model, const FoundSet& found) const {
    std::string line = "result " + std::to_string(number_ + 1) + " of " + std::to_string(results_) +
                       ": " + model + " on " + found.set.name;
    if (seconds_ > 0 && bytes_ > 0) {
      const double left = seconds_ / static_cast<double>(bytes_) * static_cast<double>(bytes_left_);
      line += "; about " + readable_duration(left) + " left for all";
    }
    log_info(line);
  }
  void computed(const FoundSet& found, double seconds) {
    seconds_ += seconds;
    bytes_ += found.digest.bytes;
    passed(found);
  }
  void passed(const FoundSet& found) {
    ++number_;
    bytes_left_ -= found.digest.bytes;
  }

 private:
  int64_t results_, number_ = 0, bytes_left_, bytes_ = 0;
  double seconds_ = 0;
};

void check(const SuiteRequest& request) {
  if (request.models.empty()) fail_usage("there is no model", "--model MODEL...");
  std::error_code ignored;
  if (!fs::is_directory(request.data_root, ignored))
    fail_input("--data-root " + request.data_root + ": is no folder",
               "a folder with a folder for each set");
  if (request.options.batch_size < 1 || request.options.workers < 1)
    fail_usage("--batch-size or --workers is below 1", "at least 1");
}

models::ModelArgument argument_of(const std::string& model, const SuiteRequest& request) {
  return models::is_weights_file(model)
             ? models::ModelArgument(model, request.configuration, request.names)
             : models::ModelArgument(model);
}

/// A name that is no model, or more said of a model than there is to say, should be known before
/// hours of work.
void check_models(const std::vector<std::pair<std::string, std::string>>& models,
                  const SuiteRequest& request) {
  bool files = false;
  for (const auto& [name, model] : models) {
    std::error_code ignored;
    if (!fs::exists(model, ignored)) models::load_model_to_evaluate(model);
    files = files || models::is_weights_file(model);
  }
  if (files || (request.configuration.empty() && request.names.empty())) return;
  fail_usage(
      (request.configuration.empty() ? "--names " + request.names
                                     : "--model-config " + request.configuration) +
          ": no model is a file of weights",
      "a file of weights without a configuration of its own (.pt, .safetensors) among --model");
}

std::vector<FoundSet> find_sets(const Suite& suite, const SuiteRequest& request,
                                const fs::path& memory, SuiteOutcome& outcome) {
  std::vector<FoundSet> found;
  for (SuiteSet set : suite.sets) {
    if (!find_set(request.data_root, set)) {
      outcome.missing.push_back(set.name + ": " + where_set_comes_from(set.name));
      log_warning("set " + outcome.missing.back());
      continue;
    }
    try {
      DataDigest digest = digest_set(set, memory);
      found.push_back({std::move(set), std::move(digest)});
    } catch (const Error& error) {
      if (error.code() == ExitCode::kInterrupted) throw;
      outcome.failed.push_back({"every model", set.name, error.what()});
      log_error("set " + set.name + ": " + error.what());
    }
  }
  if (found.empty() && outcome.failed.empty()) {
    fail_input("--data-root " + request.data_root + ": holds none of the " +
                   std::to_string(suite.sets.size()) + " sets of " + suite.name,
               "a folder for each set, NAME or wds_NAME",
               "docs/datasets.md says where sets come from.");
  }
  return found;
}

/// What a result was computed from: another value, and the set is evaluated again. The main number
/// is part of it: a probe chooses its penalty by it, and `compare` reads which one it is.
Json identity_of(const Json& model, const FoundSet& found) {
  const SuiteSet& set = found.set;
  Json identity = {{"format", 1},
                   {"model", hex(sha256(to_line(model)))},
                   {"data", found.digest.sha256},
                   {"settings",
                    {set.task, set.classnames.empty() ? "" : "classnames", set.templates,
                     set.description, set.protocol, set.metric, set.type, set.csv_separator,
                     set.csv_image_key, set.csv_caption_key}}};
  // Only where there are several, so that results from before folds could be asked for count.
  if (set.folds > 1) identity["folds"] = set.folds;
  return identity;
}

[[noreturn]] void fail_without_metric(const SuiteSet& set, const EvaluationRecord& record) {
  std::vector<std::string> names;
  for (const auto& [name, value] : record.metrics.items()) {
    if (paired::metric_value(record.metrics, name)) names.push_back(name);
  }
  const std::string near = set.metric.empty() ? "" : nearest(set.metric, names);
  fail_usage(set.metric.empty() ? "the result has no main number of the task " + record.task
                                : "the result has no number '" + set.metric + "'",
             names.empty() ? "a number among its metrics" : "one of " + listed(names, " or "),
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

/// The failure of one set as a sentence; a signal stops everything.
template <typename Work>
std::string failure_of(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    if (error.code() == ExitCode::kInterrupted) throw;
    return error.what();
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

void evaluate_model(const std::string& name, const std::string& source,
                    const std::vector<FoundSet>& sets, const SuiteRequest& request,
                    const std::shared_ptr<FeatureCache>& cache, Pace& pace, SuiteOutcome& outcome) {
  const fs::path folder = fs::path(request.output) / "results" / name;
  OpenedModel model;
  Json identity;
  const std::string failure = failure_of([&] {
    model = open_model(argument_of(source, request), request.device);
    identity = model_identity(model);
  });
  if (cache) cache->set_model(model, identity);
  EvalOptions options = request.options;
  options.store = cache;
  for (const FoundSet& found : sets) {
    const std::string& set = found.set.name;
    if (!failure.empty()) {
      outcome.failed.push_back({name, set, "the model cannot be opened: " + failure});
      pace.passed(found);
      continue;
    }
    const Json wanted = identity_of(identity, found);
    if (paired::is_done(folder, set, wanted)) {
      ++outcome.kept;
      pace.passed(found);
      log_info(name + " on " + set + ": done before");
      continue;
    }
    pace.say(name, found);
    const auto start = Clock::now();
    const std::string why = failure_of([&] {
      const EvaluationRecord record = run_task(model, found.set, options);
      const std::string metric = main_metric(found.set, record);
      if (metric.empty()) fail_without_metric(found.set, record);
      paired::write_stored_result(folder, set, record, metric, wanted);
    });
    if (why.empty()) {
      ++outcome.evaluated;
      pace.computed(found, std::chrono::duration<double>(Clock::now() - start).count());
    } else {
      outcome.failed.push_back({name, set, why});
      log_error(name + " on " + set + ": " + why);
      pace.passed(found);
    }
  }
  if (!failure.empty()) log_error(name + " cannot be opened: " + failure);
}

/// The results that count as done for these models and sets. One that cannot be read is added to
/// `failed`, and is evaluated again by the next call.
std::vector<paired::Arm> arms_of(const std::vector<std::pair<std::string, std::string>>& models,
                                 const std::vector<FoundSet>& sets, const SuiteRequest& request,
                                 std::vector<FailedSet>& failed) {
  std::vector<paired::Arm> arms;
  for (const auto& model : models) {
    const std::string& name = model.first;
    paired::Arm arm{.name = name, .runs = {paired::RunResults()}};
    for (const FoundSet& found : sets) {
      const bool lost = std::any_of(failed.begin(), failed.end(), [&](const FailedSet& entry) {
        return entry.model == name && entry.set == found.set.name;
      });
      // What an earlier call left of a set that fails now is of other data or weights.
      if (lost) continue;
      const fs::path folder = fs::path(request.output) / "results" / name;
      paired::StoredResult result;
      const std::string why = failure_of([&] {
        result = paired::read_stored_result(folder / (found.set.name + ".json"));
        result.metric = main_metric(found.set, result.record);
      });
      if (why.empty()) {
        arm.runs[0][found.set.name] = std::move(result);
        continue;
      }
      paired::forget_done(folder, found.set.name);
      failed.push_back({name, found.set.name, why});
      log_error(name + " on " + found.set.name + ": " + why);
    }
    arms.push_back(std::move(arm));
  }
  return arms;
}

void write_tables(const SuiteOutcome& outcome, const fs::path& output) {
  const paired::Comparison& comparison = outcome.comparison;
  std::string markdown =
      "# " + outcome.name + "\n\n" + paired::to_markdown(paired::scores_table(comparison));
  std::string latex = paired::to_latex(paired::scores_table(comparison));
  if (comparison.arms.size() > 1) {
    markdown += "\n" + paired::to_markdown(paired::differences_table(comparison));
    latex += "\n" + paired::to_latex(paired::differences_table(comparison));
  }
  if (!outcome.missing.empty()) {
    markdown += "\nNot on disk:\n\n";
    for (const std::string& set : outcome.missing) markdown += "- " + set + "\n";
  }
  if (!outcome.failed.empty()) {
    markdown += "\nFailed:\n\n";
    for (const FailedSet& entry : outcome.failed)
      markdown += "- " + entry.model + " on " + entry.set + ": " + entry.why + "\n";
  }
  write_files({{output / "table.md", markdown},
               {output / "table.csv", paired::scores_csv(comparison)},
               {output / "differences.csv", paired::comparison_csv(comparison)},
               {output / "table.tex", latex},
               {output / "comparison.json", to_json(outcome).dump(1) + "\n"}});
}

}  // namespace

SuiteOutcome run_suite(const SuiteRequest& request) {
  check(request);
  const Suite suite = read_suite(request.suite);
  const auto models = paired::labelled(request.models);
  check_models(models, request);
  tensor::open_device(request.device);
  const fs::path output = request.output;
  make_folder(output);
  const bool keeps = request.feature_cache != "none";
  const fs::path features =
      request.feature_cache.empty() ? output / "features" : fs::path(request.feature_cache);
  SuiteOutcome outcome;
  outcome.name = suite.name;
  const std::vector<FoundSet> sets =
      find_sets(suite, request, (keeps ? features : output) / "sets.json", outcome);
  int64_t bytes = 0;
  for (const FoundSet& found : sets) bytes += found.digest.bytes;
  const auto count = static_cast<int64_t>(models.size());
  Pace pace(count * static_cast<int64_t>(sets.size()), count * bytes);
  const auto cache = keeps ? std::make_shared<FeatureCache>(features) : nullptr;
  for (const auto& [name, source] : models)
    evaluate_model(name, source, sets, request, cache, pace, outcome);

  std::vector<std::string> order;
  for (const FoundSet& found : sets) order.push_back(found.set.name);
  const std::vector<paired::Arm> arms = arms_of(models, sets, request, outcome.failed);
  const bool anything = std::any_of(arms.begin(), arms.end(),
                                    [](const paired::Arm& arm) { return !arm.runs[0].empty(); });
  if (!anything) fail_running("no set could be evaluated: " + failures_in_words(outcome));
  outcome.comparison = paired::compare(arms, request.comparison, order);
  write_tables(outcome, output);
  return outcome;
}

Json to_json(const SuiteOutcome& outcome) {
  Json json = {{"suite", outcome.name}};
  json.update(paired::to_json(outcome.comparison));
  json["missing"] = outcome.missing;
  json["failed"] = Json::array();
  for (const FailedSet& entry : outcome.failed)
    json["failed"].push_back({{"model", entry.model}, {"set", entry.set}, {"why", entry.why}});
  return json;
}

std::string failures_in_words(const SuiteOutcome& outcome) {
  if (outcome.failed.empty()) return {};
  std::string text =
      std::to_string(outcome.failed.size()) +
      (outcome.failed.size() == 1 ? " result could not be made: " : " results could not be made: ");
  for (size_t i = 0; i < outcome.failed.size(); ++i) {
    const FailedSet& entry = outcome.failed[i];
    text += (i > 0 ? "; " : "") + entry.model + " on " + entry.set + " (" + entry.why + ")";
  }
  return text;
}

}  // namespace clipwright::eval::suite
