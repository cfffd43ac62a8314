#include "eval/invariance/classes.h"

#include <algorithm>

#include "core/error.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "eval/zeroshot.h"
#include "text/templates/templates.h"

namespace clipwright::eval::invariance {
namespace {

using audit::calibration::Damage;

struct Pictures {
  Tensor rows;                  // (N, E), unit length
  std::vector<int64_t> labels;  // N
  int64_t bad = 0;
};

Pictures read_pictures(models::Clip& model, const ClassificationData& data,
                       const EvalOptions& options) {
  const auto classes = static_cast<int>(data.classnames.size());
  for (int64_t i = 0; i < data.pictures->size(); ++i) {
    const int label = data.pictures->label(i);
    if (label >= 0 && label < classes) continue;
    fail_input(data.pictures->key(i) + ": has label " + std::to_string(label),
               "labels from 0 to " + std::to_string(classes - 1) + ", one for each class name");
  }
  const ImageFeatures features = embed_images(model, *data.pictures, options);
  Pictures pictures;
  std::vector<int64_t> good;
  for (int64_t i = 0; i < data.pictures->size(); ++i) {
    if (features.bad.contains(i)) continue;
    good.push_back(i);
    pictures.labels.push_back(data.pictures->label(i));
  }
  if (good.empty()) fail_input("no picture of the set can be read", "at least one");
  pictures.rows =
      unit_rows(features.rows.index_select(0, torch::tensor(good, torch::kInt64))).contiguous();
  pictures.bad = static_cast<int64_t>(features.bad.size());
  return pictures;
}

/// Places of every prompt, class by class.
std::vector<int64_t> add_prompts(const std::vector<std::string>& classnames,
                                 const std::vector<std::string>& templates, TextPool& pool) {
  std::vector<int64_t> places;
  for (const std::string& name : classnames) {
    for (const std::string& prompt : templates)
      places.push_back(pool.add(text::templates::fill_template(prompt, name)));
  }
  return places;
}

/// A class's prompts with one damage; those it does not apply to are missing.
struct DamagedClass {
  std::vector<Contrast> contrasts;
  int64_t unseen = 0;
};

DamagedClass damage_class(const ClassificationData& data, size_t label, Damage damage,
                          const std::vector<int64_t>& prompts,
                          const audit::calibration::Corruption& corruption, TextPool& pool) {
  DamagedClass damaged;
  for (size_t t = 0; t < data.templates.size(); ++t) {
    const std::optional<std::string> text = corruption.damage(
        text::templates::fill_template(data.templates[t], data.classnames[label]), damage);
    if (!text) continue;
    const int64_t original = prompts[label * data.templates.size() + t], negative = pool.add(*text);
    if (negative == original) {
      ++damaged.unseen;
    } else {
      damaged.contrasts.push_back({.damage = damage, .original = original, .negative = negative});
    }
  }
  return damaged;
}

Tensor rows_at(const Tensor& rows, const std::vector<int64_t>& places) {
  return rows.index_select(0, torch::tensor(places, torch::kInt64));
}

/// Is class `label` still the only best when its column is `own` (E)? For each picture (N, E).
std::vector<bool> right_with(const Tensor& pictures, const Tensor& classifier, int64_t label,
                             const Tensor& own) {
  Tensor columns = classifier.to(torch::kFloat64).clone();
  columns[label].copy_(own);
  std::vector<int64_t> classes(static_cast<size_t>(columns.size(0)));
  for (size_t c = 0; c < classes.size(); ++c) classes[c] = static_cast<int64_t>(c);
  std::vector<bool> right;
  for (const int64_t answer : decide(pictures, columns, classes)) right.push_back(answer == label);
  return right;
}

/// Everything that is asked of one class, once all texts have features.
class ClassJudge {
 public:
  ClassJudge(const Pictures& pictures, const Tensor& raw_texts, const Tensor& classifier)
      : pictures_(pictures),
        raw_texts_(raw_texts),
        texts_(unit_rows(raw_texts).contiguous()),
        classifier_(classifier),
        of_class_(static_cast<size_t>(classifier.size(0))) {
    for (size_t i = 0; i < pictures.labels.size(); ++i)
      of_class_[static_cast<size_t>(pictures.labels[i])].push_back(static_cast<int64_t>(i));
  }

  const std::vector<int64_t>& pictures_of(size_t label) const { return of_class_[label]; }

  /// Returns the preferences, and counts answers into `outcome`.
  Preferences judge_damage(size_t label, std::vector<Contrast> contrasts,
                           DamageOutcome& outcome) const {
    Preferences found;
    if (contrasts.empty() || of_class_[label].empty()) return found;
    std::vector<int64_t> negatives;
    for (Contrast& contrast : contrasts) {
      contrast.pictures = of_class_[label];
      found += judge(contrast, pictures_.rows, texts_);
      negatives.push_back(contrast.negative);
    }
    outcome.preferences += found;
    const Tensor own_pictures = rows_at(pictures_.rows, of_class_[label]);
    const auto place = static_cast<int64_t>(label);
    const auto count = [](const std::vector<bool>& right) {
      return std::count(right.begin(), right.end(), true);
    };
    outcome.queries += own_pictures.size(0);
    outcome.right += count(right_with(own_pictures, classifier_, place, classifier_[place]));
    outcome.right_damaged += count(right_with(
        own_pictures, classifier_, place, average_prompts(rows_at(raw_texts_, negatives), 1)[0]));
    return found;
  }

 private:
  const Pictures& pictures_;
  Tensor raw_texts_, texts_, classifier_;
  std::vector<std::vector<int64_t>> of_class_;
};

}  // namespace

InvarianceOutcome class_invariance(models::Clip& model, const ClassificationData& data,
                                   const std::vector<ClassRewording>& rewordings,
                                   const audit::calibration::Corruption& corruption,
                                   const EvalOptions& options) {
  const size_t classes = data.classnames.size(), templates = data.templates.size();
  if (classes < 2)
    fail_input("the set has " + std::to_string(classes) + " classes",
               "at least two, so that there is something to choose from");
  CW_CHECK(templates > 0, "at least one template");
  TextPool pool(model.config().text.context_length);
  const std::vector<int64_t> prompts = add_prompts(data.classnames, data.templates, pool);
  std::vector<std::vector<int64_t>> reworded;
  for (const ClassRewording& rewording : rewordings) {
    CW_CHECK(rewording.classnames.size() == classes && !rewording.templates.empty(),
             "a name a class and a template");
    reworded.push_back(add_prompts(rewording.classnames, rewording.templates, pool));
  }
  std::vector<std::map<Damage, DamagedClass>> damaged(classes);
  for (size_t c = 0; c < classes; ++c) {
    for (const auto& kind : audit::calibration::damage_kinds()) {
      if (kind.damage == Damage::kNone) continue;
      DamagedClass of_kind = damage_class(data, c, kind.damage, prompts, corruption, pool);
      for (Contrast& contrast : of_kind.contrasts) {
        // The same prompt in other words: at the same place, where the templates are the same.
        const auto place =
            static_cast<size_t>(std::find(prompts.begin() + static_cast<int64_t>(c * templates),
                                          prompts.end(), contrast.original) -
                                prompts.begin());
        for (size_t r = 0; r < rewordings.size(); ++r) {
          if (rewordings[r].templates == data.templates && reworded[r][place] != contrast.original)
            contrast.rewordings.push_back(reworded[r][place]);
        }
      }
      if (!of_kind.contrasts.empty() || of_kind.unseen > 0)
        damaged[c].emplace(kind.damage, std::move(of_kind));
    }
  }
  const Pictures pictures = read_pictures(model, data, options);
  const Tensor texts = embed_texts(model, pool.texts(), options);
  const auto classifier_of = [&](const std::vector<int64_t>& places) {
    return average_prompts(rows_at(texts, places), static_cast<int64_t>(classes)).contiguous();
  };
  const Tensor classifier = classifier_of(prompts);
  InvarianceOutcome outcome;
  outcome.pictures = pictures.rows.size(0);
  outcome.bad = pictures.bad;
  outcome.texts = static_cast<int64_t>(classes);
  outcome.spread = spread_of(pictures.rows, classifier);
  outcome.classes.resize(classes);
  const ClassJudge judge(pictures, texts, classifier);

  std::vector<int64_t> every_class(classes);
  for (size_t c = 0; c < classes; ++c) every_class[c] = static_cast<int64_t>(c);
  const std::vector<int64_t> first = decide(pictures.rows, classifier, every_class);
  for (size_t r = 0; r < rewordings.size(); ++r) {
    const std::vector<int64_t> second =
        decide(pictures.rows, classifier_of(reworded[r]), every_class);
    RewordingOutcome compared{.name = rewordings[r].name};
    for (size_t c = 0; c < classes; ++c) {
      const bool renamed = rewordings[r].classnames[c] != data.classnames[c];
      compared.texts += renamed || rewordings[r].templates != data.templates;
      if (renamed) outcome.classes[c].synonyms.push_back(rewordings[r].classnames[c]);
      std::vector<int64_t> own_first, own_second;
      for (const int64_t i : judge.pictures_of(c)) {
        own_first.push_back(first[static_cast<size_t>(i)]);
        own_second.push_back(second[static_cast<size_t>(i)]);
      }
      outcome.classes[c].agreement += compare(
          own_first, own_second, std::vector<int64_t>(own_first.size(), static_cast<int64_t>(c)));
    }
    compared.directions = {{"classification", "acc1", compare(first, second, pictures.labels)}};
    outcome.rewordings.push_back(std::move(compared));
  }
  Progress progress("classes", static_cast<int64_t>(classes));
  for (size_t c = 0; c < classes; ++c) {
    if (interrupted()) throw Error(ExitCode::kInterrupted, "interrupted; nothing was written");
    ClassOutcome& own = outcome.classes[c];
    own.name = data.classnames[c];
    own.pictures = static_cast<int64_t>(judge.pictures_of(c).size());
    for (const auto& [damage, of_kind] : damaged[c]) {
      DamageOutcome& all = outcome.damages[damage];
      all.unseen += of_kind.unseen;
      const Preferences found = judge.judge_damage(c, of_kind.contrasts, all);
      if (damage != Damage::kDropObject) own.preferences += found;
    }
    progress.update(static_cast<int64_t>(c) + 1);
  }
  return outcome;
}

}  // namespace clipwright::eval::invariance
