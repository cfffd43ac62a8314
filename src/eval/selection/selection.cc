#include "eval/selection/selection.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/words.h"
#include "eval/scores/similarity.h"
#include "eval/selection/aro_relations.h"

namespace clipwright::eval::selection {
namespace {

constexpr int64_t kFewestOfAttributes = 25;
const std::vector<std::string> kTieRules = {"strict", "published", "clip-benchmark"};

/// A share as CLIP_benchmark takes it, in single precision.
double share(int64_t right, int64_t cases) {
  return cases == 0 ? 0
                    : static_cast<double>(static_cast<float>(right) / static_cast<float>(cases));
}

/// Groups by name, with what ARO's means leave out.
std::vector<GroupAccuracy> groups_of(const SelectionSet& set) {
  std::map<std::string, GroupAccuracy> groups;
  for (const SelectionCase& one : set.cases) {
    if (!one.group.empty()) groups[one.group].name = one.group;
  }
  std::vector<GroupAccuracy> list;
  for (auto& [name, group] : groups) {
    group.published = set.layout != Layout::kAroRelation || !is_left_out_of_published_mean(name);
    list.push_back(std::move(group));
  }
  return list;
}

std::vector<std::string> captions_of(const SelectionSet& set) {
  std::vector<std::string> captions;
  for (const SelectionCase& one : set.cases)
    captions.insert(captions.end(), one.captions.begin(), one.captions.end());
  return captions;
}

/// As unreadable pictures are judged: a few are counted, more would make it another test.
void check_bad_share(const SelectionSet& set, int64_t left_out, double most) {
  const int64_t bad = set.skipped.skipped() + left_out, all = set.skipped.rows();
  if (static_cast<double>(bad) <= most * static_cast<double>(all)) return;
  const std::string first = set.skipped.first();
  fail_input(
      with_commas(bad) + " of " + with_commas(all) + " entries cannot be used" +
          (left_out == 0   ? ""
           : first.empty() ? " because a picture cannot be read"
                           : ", " + with_commas(left_out) + " because a picture cannot be read") +
          (first.empty() ? "" : "; the first is " + first),
      "at most " + std::to_string(std::lround(most * 100)) + " %",
      "Mend the file, or take it as it is given out.");
}

EvaluationRecord select(const SelectionSet& set, TieRule rule, const OpenedModel& opened,
                        const SelectionRequest& request) {
  warn_without_global_features(opened.source);
  const ImageFeatures images = embed_images(*opened.model, *set.pictures, request.options);
  const Tensor texts = embed_texts(*opened.model, captions_of(set), request.options);
  SelectionResult result =
      score_selection(set, unit_rows(images.rows), unit_rows(texts), images.bad, rule);
  if (result.cases == 0) {
    fail_input(request.data + ": no case has all its pictures",
               "pictures that can be read, below --image-root");
  }
  if (result.left_out > 0) {
    log_warning(with_commas(result.left_out) + " of " +
                with_commas(static_cast<int64_t>(set.cases.size())) +
                " cases are left out because a picture cannot be read");
    check_bad_share(set, result.left_out, request.options.max_bad_share);
  }
  EvaluationRecord record;
  record.dataset = request.data;
  record.model = opened.architecture();
  record.pretrained = opened.source;
  record.task = "image_caption_selection";
  record.metrics = result.metrics();
  record.metrics["skipped"] = set.skipped.skipped();
  record.metrics["tie_rule"] = request.ties;
  const auto with_chance = [&](const char* what, const char* metric, double chance) {
    return std::string(what) + " " + percent(record.metrics[metric].get<double>(), 2) +
           " (chance " + percent(chance, 2) + ")";
  };
  log_info(name_of(set.layout) + ", " + with_commas(result.cases) +
           " cases: " + with_chance("text", "text_acc", result.chance.text) + ", " +
           with_chance("picture", "image_acc", result.chance.image) + ", both " +
           with_chance("", "acc", result.chance.both).substr(1) + "; " +
           with_commas(result.guard.ties()) + " of " + with_commas(result.guard.decisions()) +
           " decisions tied" +
           (result.macro_accuracy() ? ", mean of the groups " + percent(*result.macro_accuracy(), 2)
                                    : std::string()));
  if (const std::string collapse = result.guard.collapse(); !collapse.empty()) {
    log_warning("the model does not tell these captions apart: " + collapse +
                ". The accuracies say how ties are counted, not what the model knows.");
  }
  record.samples = std::move(result.samples);
  for (const GroupAccuracy& group : result.groups) record.classnames.push_back(group.name);
  return record;
}

SelectionSet read_set(const SelectionRequest& request) {
  if (request.options.batch_size < 1)
    fail_usage("--batch-size is " + std::to_string(request.options.batch_size), "at least 1");
  if (request.options.workers < 1)
    fail_usage("--workers is " + std::to_string(request.options.workers), "at least 1");
  SelectionSet set = read_selection_set(request.data, request.layout, request.image_root);
  log_info(set.describe());
  check_bad_share(set, 0, request.options.max_bad_share);
  return set;
}

}  // namespace

TieRule find_tie_rule(const std::string& name) {
  for (size_t i = 0; i < kTieRules.size(); ++i) {
    if (kTieRules[i] == name) return static_cast<TieRule>(i);
  }
  const std::string near = nearest(name, kTieRules);
  fail_usage("--ties is '" + name + "'", listed(kTieRules, " or "),
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

Ties ties_of(TieRule rule, Layout layout) {
  if (rule == TieRule::kClipBenchmark) return Ties::kLowestIndex;
  // ARO's other tests put the false caption first, so that its argmax is strict for the true one.
  return rule == TieRule::kPublished && layout == Layout::kAroOrder ? Ties::kLowestIndex
                                                                    : Ties::kStrict;
}

namespace {

template <typename Counts>
std::optional<double> mean_accuracy(const std::vector<GroupAccuracy>& groups,
                                    const Counts& counts) {
  double sum = 0;
  int64_t number = 0;
  for (const GroupAccuracy& group : groups) {
    if (!counts(group)) continue;
    sum += group.accuracy();
    ++number;
  }
  if (number == 0) return {};
  return sum / static_cast<double>(number);
}

}  // namespace

std::optional<double> SelectionResult::macro_accuracy() const {
  return mean_accuracy(groups, [](const GroupAccuracy& group) { return group.in_macro; });
}

std::optional<double> SelectionResult::published_macro_accuracy() const {
  if (layout != Layout::kAroRelation) return {};
  return mean_accuracy(
      groups, [](const GroupAccuracy& group) { return group.in_macro && group.published; });
}

Json SelectionResult::metrics() const {
  Json metrics = {{"image_acc", share(image, cases)},
                  {"text_acc", share(text, cases)},
                  {"acc", share(both, cases)}};
  const auto optional = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json(nullptr);
  };
  if (!groups.empty()) metrics["macro_accuracy"] = optional(macro_accuracy());
  if (layout == Layout::kAroRelation)
    metrics["macro_accuracy_published"] = optional(published_macro_accuracy());
  metrics["cases"] = cases;
  metrics["left_out"] = left_out;
  metrics["decisions"] = guard.decisions();
  metrics["ties"] = guard.ties();
  if (!guard.collapse().empty()) metrics["collapsed"] = true;
  metrics["image_acc_chance"] = chance.image;
  metrics["text_acc_chance"] = chance.text;
  metrics["acc_chance"] = chance.both;
  if (groups.empty()) return metrics;
  Json& table = metrics["groups"] = Json::object();
  for (const GroupAccuracy& group : groups) {
    table[group.name] = {{"acc", group.cases > 0 ? Json(group.accuracy()) : Json(nullptr)},
                         {"cases", group.cases},
                         {"in_macro_accuracy", group.in_macro}};
    if (layout == Layout::kAroRelation)
      table[group.name]["in_macro_accuracy_published"] = group.in_macro && group.published;
  }
  return metrics;
}

SelectionResult score_selection(const SelectionSet& set, const Tensor& pictures,
                                const Tensor& captions, const std::map<int64_t, std::string>& bad,
                                TieRule rule) {
  CW_CHECK(pictures.dim() == 2 && captions.dim() == 2 && pictures.size(1) == captions.size(1),
           "features of pictures (P, E) and captions (C, E)");
  const Tensor rows = pictures.contiguous(), texts = captions.contiguous();
  const auto *picture_rows = rows.const_data_ptr<float>(),
             *text_rows = texts.const_data_ptr<float>();
  const int64_t width = rows.size(1);
  const Ties ties = ties_of(rule, set.layout);
  SelectionResult result;
  result.layout = set.layout;
  result.groups = groups_of(set);
  result.samples.metrics = {"image_acc", "text_acc", "acc"};
  const auto group_of = [&](const std::string& name) {
    const auto place =
        std::lower_bound(result.groups.begin(), result.groups.end(), name,
                         [](const GroupAccuracy& a, const std::string& b) { return a.name < b; });
    return name.empty() ? -1 : static_cast<int>(place - result.groups.begin());
  };
  std::map<std::pair<size_t, size_t>, int64_t> shapes;  // cases of pictures x captions
  int64_t caption = 0;
  for (const SelectionCase& one : set.cases) {
    const int64_t first = caption;
    caption += static_cast<int64_t>(one.captions.size());
    CW_CHECK(caption <= texts.size(0), "features of all captions");
    if (std::any_of(one.pictures.begin(), one.pictures.end(),
                    [&](int64_t picture) { return bad.contains(picture); })) {
      ++result.left_out;
      continue;
    }
    std::vector<float> scores;  // (pictures, captions)
    for (const int64_t picture : one.pictures) {
      for (int64_t c = first; c < caption; ++c)
        scores.push_back(
            scores::similarity(picture_rows + picture * width, text_rows + c * width, width));
    }
    const CaseOutcome outcome = judge(scores, one.pictures.size(), one.captions.size(), ties);
    ++shapes[{one.pictures.size(), one.captions.size()}];
    ++result.cases;
    result.image += outcome.image;
    result.text += outcome.text;
    result.both += outcome.both();
    result.guard.add(scores, outcome);
    const int group = group_of(one.group);
    if (group >= 0) {
      ++result.groups[static_cast<size_t>(group)].cases;
      result.groups[static_cast<size_t>(group)].right += outcome.both();
    }
    result.samples.add(one.key, group,
                       {static_cast<float>(outcome.image), static_cast<float>(outcome.text),
                        static_cast<float>(outcome.both())});
  }
  CW_CHECK(caption == texts.size(0), "features of the captions alone");
  for (const auto& [shape, cases] : shapes) {
    const Chance chance = chance_of(shape.first, shape.second);
    const double weight = static_cast<double>(cases) / static_cast<double>(result.cases);
    result.chance.image += weight * chance.image;
    result.chance.text += weight * chance.text;
    result.chance.both += weight * chance.both;
  }
  for (GroupAccuracy& group : result.groups) {
    group.in_macro = group.cases > 0 &&
                     (set.layout != Layout::kAroAttribution || group.cases >= kFewestOfAttributes);
  }
  return result;
}

EvaluationRecord run_selection(const SelectionRequest& request) {
  const TieRule rule = find_tie_rule(request.ties);
  // The set first: a mistake there shows before a large model is read.
  const SelectionSet set = read_set(request);
  return select(set, rule, open_model(request.model, request.device), request);
}

EvaluationRecord run_selection(const OpenedModel& opened, const SelectionRequest& request) {
  const TieRule rule = find_tie_rule(request.ties);
  return select(read_set(request), rule, opened, request);
}

}  // namespace clipwright::eval::selection
