#include "eval/fewshot/fewshot.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/words.h"
#include "eval/fewshot/coop.h"
#include "eval/fewshot/episodic.h"
#include "eval/probe/protocol.h"

namespace clipwright::eval::fewshot {
namespace {

/// What a published protocol fixes.
struct Protocol {
  std::string name;
  FeatureKind features = FeatureKind::kPooled;
  bool episodic = true;
  bool one_set = false;  ///< support and queries from all splits together
  PrototypeRule rule = PrototypeRule::kCentredUnit;
  EpisodeShape shape;
  int64_t episodes = 0;
};

const std::vector<Protocol>& protocols() {
  static const std::vector<Protocol> list = {
      {.name = "lgssl", .episodes = 5000},
      {.name = "ssl-transfer",
       .one_set = true,
       .rule = PrototypeRule::kRaw,
       .shape = {.queries = 15},
       .episodes = 600},
      {.name = "coop", .features = FeatureKind::kEmbedding, .episodic = false}};
  return list;
}

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::string plus_minus(double accuracy, const std::optional<double>& interval) {
  return percent(accuracy, 2) + (interval ? " +- " + percent(*interval, 2) : "");
}

void check_settings(const FewshotRequest& request, const Protocol& protocol) {
  const std::string at = " was given with --protocol " + protocol.name;
  if (!protocol.episodic) {
    for (const auto& [given, flag] : {std::pair(request.episodes.has_value(), "--episodes"),
                                      std::pair(request.ways.has_value(), "--ways"),
                                      std::pair(request.queries.has_value(), "--queries")}) {
      if (given) fail_usage(flag + at, "--protocol lgssl or ssl-transfer, which draw episodes");
    }
    return;
  }
  if (request.shots.size() > 1)
    fail_usage("several --shots were given with --protocol " + protocol.name, "one number");
  if (request.seeds.size() > 1)
    fail_usage("several --seeds were given with --protocol " + protocol.name, "one number",
               "More --episodes narrow the interval.");
}

void run_episodes(const FewshotRequest& request, const Protocol& protocol,
                  sets::SplitFeatures& splits, EvaluationRecord& record) {
  EpisodicOptions options{.rule = protocol.rule,
                          .shape = protocol.shape,
                          .episodes = request.episodes.value_or(protocol.episodes),
                          .seed = request.seeds.empty() ? 0 : request.seeds.front()};
  options.shape.ways = request.ways.value_or(options.shape.ways);
  options.shape.queries = request.queries.value_or(options.shape.queries);
  if (!request.shots.empty()) options.shape.shots = request.shots.front();
  EpisodicResult result;
  if (protocol.one_set) {
    FeatureSet all = splits.train ? join(*splits.train, splits.test) : splits.test;
    number_classes({&all});
    result = evaluate_episodes(all, options);
  } else {
    check_same_space(*splits.train, splits.test);
    number_classes({&*splits.train, &splits.test});
    result = evaluate_episodes(*splits.train, splits.test, options);
  }
  record.metrics = {{"accuracy", result.mean()},          {"interval", or_null(result.interval())},
                    {"std", or_null(result.deviation())}, {"protocol", protocol.name},
                    {"features", splits.features},        {"episodes", options.episodes},
                    {"ways", options.shape.ways},         {"shots", options.shape.shots},
                    {"queries", options.shape.queries},   {"seed", options.seed},
                    {"classes", result.classes},          {"classes_left_out", result.left_out}};
  record.samples.metrics = {"accuracy"};
  for (size_t i = 0; i < result.accuracy.size(); ++i) {
    record.samples.keys.push_back("episode " + std::to_string(i));
    record.samples.classes.push_back(-1);
    record.samples.values.push_back(static_cast<float>(result.accuracy[i]));
  }
  log_info(protocol.name + ": " + std::to_string(options.shape.ways) + "-way " +
           std::to_string(options.shape.shots) + "-shot over " + with_commas(options.episodes) +
           " episodes: " + plus_minus(result.mean(), result.interval()) + " (chance " +
           percent(1.0 / options.shape.ways, 2) + ")");
}

void run_coop(const FewshotRequest& request, const sets::SplitFeatures& splits,
              EvaluationRecord& record) {
  CoopOptions options;
  if (!request.shots.empty()) options.shots = request.shots;
  if (!request.seeds.empty()) options.seeds = request.seeds;
  // A number that is named twice would count twice.
  const auto once = [](auto& list) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  };
  once(options.shots);
  once(options.seeds);
  const CoopResult result = evaluate_coop(*splits.train, splits.validation, splits.test, options);
  const int most = options.shots.back();
  record.metrics = {{"accuracy", result.mean(most)},
                    {"interval", or_null(result.interval(most))},
                    {"std", or_null(result.deviation(most))},
                    {"protocol", request.protocol},
                    {"features", splits.features},
                    {"shots", most},
                    {"seeds", options.seeds.size()}};
  std::string summary = "coop:";
  for (const int shots : options.shots) {
    const std::string behind = "_" + std::to_string(shots) + "_shot";
    record.metrics["accuracy" + behind] = result.mean(shots);
    record.metrics["interval" + behind] = or_null(result.interval(shots));
    summary += " " + std::to_string(shots) + " shots " +
               plus_minus(result.mean(shots), result.interval(shots)) + ",";
  }
  record.metrics["runs"] = Json::array();
  for (const CoopRun& run : result.runs) {
    record.metrics["runs"].push_back({{"shots", run.shots},
                                      {"seed", run.seed},
                                      {"accuracy", run.probe.accuracy},
                                      {"C", run.probe.c},
                                      {"val_accuracy", run.probe.validation_accuracy}});
  }
  summary.back() = ' ';
  log_info(summary + "over " + std::to_string(options.seeds.size()) + " seeds");
}

/// `opened` is null where the request names the model, or files.
EvaluationRecord fewshot_with(const OpenedModel* opened, FewshotRequest request) {
  const Protocol& protocol = probe::find_protocol(protocols(), request.protocol);
  check_settings(request, protocol);
  request.splits.usual = protocol.features;
  request.splits.needs_train = !protocol.one_set;
  if (protocol.episodic && request.splits.validation.given())
    fail_usage("a validation split was given with --protocol " + protocol.name,
               "--train and --test splits alone: it chooses nothing");
  sets::SplitFeatures splits = opened == nullptr ? sets::open_splits(request.splits)
                                                 : sets::open_splits(*opened, request.splits);
  EvaluationRecord record;
  record.dataset = splits.dataset;
  record.model = splits.architecture;
  record.pretrained = splits.pretrained;
  record.task = "fewshot";
  if (protocol.episodic) {
    run_episodes(request, protocol, splits, record);
  } else {
    run_coop(request, splits, record);
  }
  return record;
}

}  // namespace

EvaluationRecord run_fewshot(FewshotRequest request) {
  return fewshot_with(nullptr, std::move(request));
}

EvaluationRecord run_fewshot(const OpenedModel& opened, FewshotRequest request) {
  return fewshot_with(&opened, std::move(request));
}

}  // namespace clipwright::eval::fewshot
