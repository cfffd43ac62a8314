#include "audit/calibration/calibration.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <unordered_set>

#include "core/error.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "core/random.h"

namespace clipwright::audit::calibration {
namespace {

/// A rewrite whose damage is known.
struct Trial {
  verdict::AuditedPair audited;
  size_t caption = 0;
  Damage damage = Damage::kNone;
  bool held_out = false;
};

bool found_by_flags(const Trial& trial, const DamageKind& kind) {
  for (const std::string& flag : trial.audited.record.flags) {
    for (const std::string_view wanted : kind.flags) {
      if (flag == wanted) return true;
    }
  }
  return false;
}

struct Value {
  const char* name;
  std::function<double(const verdict::AuditedPair&)> of;
};

const std::vector<Value>& values() {
  static const std::vector<Value> list = {
      {"score", [](const verdict::AuditedPair& a) { return a.record.score; }},
      {"similarity", [](const verdict::AuditedPair& a) { return a.scores.similarity; }},
      {"entails_forward", [](const verdict::AuditedPair& a) { return a.scores.entails_forward; }},
      {"entails_backward", [](const verdict::AuditedPair& a) { return a.scores.entails_backward; }},
      {"entails_both",
       [](const verdict::AuditedPair& a) {
         return std::min(a.scores.entails_forward, a.scores.entails_backward);
       }},
      {"image_difference",
       [](const verdict::AuditedPair& a) { return a.scores.image_difference(); }},
  };
  return list;
}

std::vector<Trial> make_trials(const std::vector<CalibrationCaption>& captions,
                               const Corruption& corruption) {
  std::vector<Trial> trials;
  for (size_t i = 0; i < captions.size(); ++i) {
    for (const DamageKind& kind : damage_kinds()) {
      const std::optional<std::string> rewrite = corruption.rewrite(captions[i].text, kind.damage);
      if (!rewrite) continue;
      Trial trial;
      trial.audited.pair = {.key = captions[i].key,
                            .mode = std::string(kind.name),
                            .source = captions[i].text,
                            .text = *rewrite};
      trial.caption = i;
      trial.damage = kind.damage;
      trial.held_out = (hash64(captions[i].text, 0x5eed) & 1) != 0;
      trials.push_back(std::move(trial));
    }
  }
  return trials;
}

void judge(const verdict::Auditor& auditor, const std::vector<verdict::PairScorer*>& scorers,
           std::vector<Trial>& trials) {
  constexpr size_t kBlock = 256;
  Progress progress("calibration", static_cast<int64_t>(trials.size()));
  std::vector<verdict::AuditedPair> block;
  for (size_t begin = 0; begin < trials.size(); begin += kBlock) {
    stop_if_interrupted();
    const size_t end = std::min(begin + kBlock, trials.size());
    block.clear();
    for (size_t i = begin; i < end; ++i) {
      verdict::AuditedPair& audited = trials[i].audited;
      auditor.audit(audited.pair.source, audited.pair.text, audited.record);
      block.push_back(std::move(audited));
    }
    for (verdict::PairScorer* scorer : scorers) scorer->score(block);
    for (size_t i = begin; i < end; ++i) trials[i].audited = std::move(block[i - begin]);
    progress.update(static_cast<int64_t>(end));
  }
}

/// Share of (style, damaged) pairs with the damaged value below, ties counting half.
double area(const std::vector<double>& style, const std::vector<double>& damaged) {
  if (style.empty() || damaged.empty()) return 0.5;
  std::vector<std::pair<double, bool>> all;
  all.reserve(style.size() + damaged.size());
  for (const double value : style) all.emplace_back(value, false);
  for (const double value : damaged) all.emplace_back(value, true);
  std::sort(all.begin(), all.end());
  double below = 0, ordered = 0;  // damaged values seen so far
  for (size_t i = 0; i < all.size();) {
    size_t j = i, equal_damaged = 0;
    for (; j < all.size() && all[j].first == all[i].first; ++j) equal_damaged += all[j].second;
    const size_t equal_style = j - i - equal_damaged;
    ordered +=
        static_cast<double>(equal_style) * (below + 0.5 * static_cast<double>(equal_damaged));
    below += static_cast<double>(equal_damaged);
    i = j;
  }
  return ordered / (static_cast<double>(style.size()) * static_cast<double>(damaged.size()));
}

using Judged = std::pair<double, bool>;  ///< value (higher: more faithful), flagged

CalibrationCell cell_of(const std::vector<Judged>& style, const std::vector<Judged>& damaged) {
  CalibrationCell cell;
  cell.pairs = static_cast<int64_t>(damaged.size());
  const auto flagged = [](const std::vector<Judged>& list) {
    return static_cast<double>(
        std::count_if(list.begin(), list.end(), [](const Judged& one) { return one.second; }));
  };
  const double hits = flagged(damaged), alarms = flagged(style);
  if (!damaged.empty()) cell.recall = hits / static_cast<double>(damaged.size());
  cell.flagged = hits + alarms > 0;
  if (cell.flagged) cell.precision = hits / (hits + alarms);
  std::vector<double> style_values, damaged_values;
  for (const Judged& one : style) style_values.push_back(one.first);
  for (const Judged& one : damaged) damaged_values.push_back(one.first);
  cell.auc = area(style_values, damaged_values);
  return cell;
}

/// How a tier judges a trial as one of a kind.
using Judge = std::function<std::optional<Judged>(const Trial&, const DamageKind&)>;

CalibrationTier measure(const std::string& name, const std::vector<const Trial*>& trials,
                        const Judge& judge) {
  CalibrationTier tier;
  tier.name = name;
  std::vector<Judged> all_style, all_damaged, alarms;
  for (const DamageKind& kind : damage_kinds()) {
    if (kind.damage == Damage::kNone) continue;
    std::unordered_set<size_t> captions;
    std::vector<Judged> style, damaged;
    for (const Trial* trial : trials) {
      if (trial->damage != kind.damage) continue;
      const auto judged = judge(*trial, kind);
      if (!judged) continue;
      damaged.push_back(*judged);
      captions.insert(trial->caption);
    }
    for (const Trial* trial : trials) {
      if (trial->damage != Damage::kNone || !captions.contains(trial->caption)) continue;
      if (const auto judged = judge(*trial, kind)) style.push_back(*judged);
    }
    if (damaged.empty()) continue;
    tier.kinds[kind.damage] = cell_of(style, damaged);
    all_style.insert(all_style.end(), style.begin(), style.end());
    all_damaged.insert(all_damaged.end(), damaged.begin(), damaged.end());
  }
  tier.all = cell_of(all_style, all_damaged);
  // A style-only rewrite is a false alarm when any kind would be seen in it.
  int64_t styles = 0, flagged = 0;
  for (const Trial* trial : trials) {
    if (trial->damage != Damage::kNone) continue;
    ++styles;
    flagged +=
        std::any_of(damage_kinds().begin(), damage_kinds().end(), [&](const DamageKind& kind) {
          const auto judged = judge(*trial, kind);
          return judged && judged->second;
        });
  }
  tier.false_alarms = styles > 0 ? static_cast<double>(flagged) / static_cast<double>(styles) : 0;
  return tier;
}

double choose_threshold(const std::vector<const Trial*>& tuning, const Value& value,
                        double false_alarms) {
  std::vector<double> style;
  for (const Trial* trial : tuning) {
    const double v = value.of(trial->audited);
    if (trial->damage == Damage::kNone && !std::isnan(v)) style.push_back(v);
  }
  if (style.empty()) return verdict::PairScores::kNone;
  std::sort(style.begin(), style.end());
  return style[static_cast<size_t>(false_alarms * static_cast<double>(style.size()))];
}

CalibrationPart measure_part(const std::string& name, const std::vector<const Trial*>& trials,
                             const std::map<std::string, double>& thresholds) {
  CalibrationPart part;
  part.name = name;
  std::unordered_set<size_t> captions;
  for (const Trial* trial : trials) captions.insert(trial->caption);
  part.captions = static_cast<int64_t>(captions.size());
  part.tiers.push_back(measure(
      "flags", trials, [](const Trial& trial, const DamageKind& kind) -> std::optional<Judged> {
        const bool found = found_by_flags(trial, kind);
        return Judged(found ? 0.0 : 1.0, found);
      }));
  for (const Value& value : values()) {
    const auto threshold = thresholds.find(value.name);
    if (threshold == thresholds.end()) continue;
    part.tiers.push_back(measure(
        value.name, trials, [&](const Trial& trial, const DamageKind&) -> std::optional<Judged> {
          const double v = value.of(trial.audited);
          if (std::isnan(v)) return std::nullopt;
          return Judged(v, v < threshold->second);
        }));
    part.tiers.back().threshold = threshold->second;
  }
  return part;
}

std::vector<CalibrationMiss> draw_misses(const std::vector<const Trial*>& trials, size_t a_kind) {
  std::vector<CalibrationMiss> misses;
  for (const DamageKind& kind : damage_kinds()) {
    size_t drawn = 0;
    for (const Trial* trial : trials) {
      if (trial->damage != kind.damage || drawn == a_kind) continue;
      const verdict::AuditedPair& audited = trial->audited;
      const bool missed = kind.damage == Damage::kNone ? !audited.record.flags.empty()
                                                       : !found_by_flags(*trial, kind);
      if (!missed) continue;
      std::string flags;
      for (const std::string& flag : audited.record.flags)
        flags += (flags.empty() ? "" : " ") + flag;
      misses.push_back({kind.damage, audited.pair.source, audited.pair.text, flags});
      ++drawn;
    }
  }
  return misses;
}

}  // namespace

Calibration calibrate(const verdict::Auditor& auditor, std::vector<CalibrationCaption> captions,
                      const std::vector<verdict::PairScorer*>& scorers,
                      const CalibrationOptions& options) {
  std::erase_if(captions, [](const CalibrationCaption& caption) { return caption.text.empty(); });
  // Equal captions would stand in both halves; the order by hash is the draw.
  const auto order = [&](const CalibrationCaption& c) { return hash64(c.text, options.seed); };
  std::sort(captions.begin(), captions.end(), [&](const auto& a, const auto& b) {
    return std::pair(order(a), a.text) < std::pair(order(b), b.text);
  });
  captions.erase(std::unique(captions.begin(), captions.end(),
                             [](const auto& a, const auto& b) { return a.text == b.text; }),
                 captions.end());
  if (options.most_captions > 0 && captions.size() > options.most_captions)
    captions.resize(options.most_captions);
  constexpr size_t kLeast = 20;
  if (captions.size() < kLeast) {
    fail_input("there are " + std::to_string(captions.size()) + " different captions",
               "at least " + std::to_string(kLeast) + " to calibrate on",
               "Give more with --captions, or none to use those that come along.");
  }
  const Corruption corruption(auditor.wordnet(), options.seed);
  std::vector<Trial> trials = make_trials(captions, corruption);
  judge(auditor, scorers, trials);

  std::vector<const Trial*> tuning, held_out;
  for (const Trial& trial : trials) (trial.held_out ? held_out : tuning).push_back(&trial);
  std::map<std::string, double> thresholds = {{"score", verdict::kDefaultKeepScore}};
  for (const Value& value : values()) {
    if (thresholds.contains(value.name)) continue;
    const double threshold = choose_threshold(tuning, value, options.false_alarms);
    if (!std::isnan(threshold)) thresholds[value.name] = threshold;
  }
  Calibration calibration;
  calibration.wordnet = auditor.has_wordnet();
  for (const verdict::PairScorer* scorer : scorers) calibration.tiers.push_back(scorer->describe());
  calibration.parts.push_back(measure_part("tuning", tuning, thresholds));
  calibration.parts.push_back(measure_part("held-out", held_out, thresholds));
  calibration.misses = draw_misses(tuning, options.misses_a_kind);
  return calibration;
}

}  // namespace clipwright::audit::calibration
