// `clipwright eval selection`: does a model prefer the caption that is true to one that is nearly
// the same?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "eval/features.h"
#include "eval/opened_model.h"
#include "eval/result.h"
#include "eval/selection/decisions.h"
#include "eval/selection/selection_set.h"

namespace clipwright::eval::selection {

/// Whose rule decides a tie.
enum class TieRule {
  kStrict,     ///< a tie is wrong
  kPublished,  ///< the test's own script: strict, but ARO's orders by argmax, the true one first
  kClipBenchmark,  ///< CLIP_benchmark's argmax: the true one first, ties to the lower index
};
/// "strict", "published" or "clip-benchmark". Throws Error(kUsage).
TieRule find_tie_rule(const std::string& name);
Ties ties_of(TieRule rule, Layout layout);

/// Cases of one group: a file of SugarCrepe, a relation, a pair of attributes.
struct GroupAccuracy {
  std::string name;
  int64_t cases = 0, right = 0;  ///< by `both`
  bool in_macro = true;          ///< ARO leaves attributes with fewer than 25 cases out of the mean
  bool published = true;         ///< ARO's paper leaves further relations out of its mean
  double accuracy() const { return static_cast<double>(right) / static_cast<double>(cases); }
};

struct SelectionResult {
  Layout layout = Layout::kSugarCrepe;
  int64_t cases = 0;
  int64_t left_out = 0;                   ///< cases with a picture that cannot be read
  int64_t image = 0, text = 0, both = 0;  ///< cases that are right
  Chance chance;                          ///< mean over the cases
  CollapseGuard guard;
  std::vector<GroupAccuracy> groups;  ///< by name; empty where the test has none
  SampleOutcomes samples;             ///< columns image_acc, text_acc, acc; classes are the groups

  /// Unweighted means over the groups that count; nothing where none does.
  std::optional<double> macro_accuracy() const;
  std::optional<double> published_macro_accuracy() const;  ///< of ARO's relations alone
  /// CLIP_benchmark's image_acc, text_acc and acc; ties, decisions, chance, macro means, groups,
  /// and `collapsed` where the scores say nothing.
  Json metrics() const;
};

/// `pictures` (P, E) and `captions` (C, E) of unit length, float32 on the CPU; the captions of the
/// cases one after the other. Cases that name a picture in `bad` are left out.
SelectionResult score_selection(const SelectionSet& set, const Tensor& pictures,
                                const Tensor& captions, const std::map<int64_t, std::string>& bad,
                                TieRule rule);

struct SelectionRequest {
  models::ModelArgument model;
  std::string data;  ///< file or folder
  std::string layout = "auto";
  std::string image_root;
  std::string ties = "strict";
  std::string device = "cpu";
  EvalOptions options;
};

/// Reads, encodes and scores; warns of collapsed scores; the task is CLIP_benchmark's
/// `image_caption_selection`. Entries that cannot be used are counted as `skipped` in the metrics,
/// cases without a readable picture as `left_out`. Throws as read_selection_set and embed_images,
/// and Error(kInput) where more than `options.max_bad_share` of the entries are either.
EvaluationRecord run_selection(const SelectionRequest& request);
/// The same with a model that is open: `request.model` and `request.device` are not read.
EvaluationRecord run_selection(const OpenedModel& opened, const SelectionRequest& request);

}  // namespace clipwright::eval::selection
