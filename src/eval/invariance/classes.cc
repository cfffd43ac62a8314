#include "eval/invariance/classes.h"

#include <algorithm>
#include <numeric>

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

Pictures read_pictures(models::Clip& model, const sets::ClassificationData& data,
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

DamagedClass damage_class(const sets::ClassificationData& data, size_t label, Damage damage,
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

std::vector<int64_t> numbers_to(int64_t count) {
  std::vector<int64_t> numbers(static_cast<size_t>(count));
  std::iota(numbers.begin(), numbers.end(), int64_t{0});
  return numbers;
}

/// Everything that is asked of one class, once all texts have features.
class ClassJudge {
 public:
  /// `answers`: of each picture, with the prompts as they are.
  ClassJudge(const Pictures& pictures, const Tensor& raw_texts, const Tensor& classifier,
             const std::vector<int64_t>& answers)
      : pictures_(pictures),
        answers_(answers),
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
    const auto place = static_cast<int64_t>(label);
    const Tensor own_pictures = rows_at(pictures_.rows, of_class_[label]);
    outcome.queries += own_pictures.size(0);
    for (const int64_t i : of_class_[label])
      outcome.right += answers_[static_cast<size_t>(i)] == place;
    outcome.right_damaged +=
        count_right(own_pictures, place, average_prompts(rows_at(raw_texts_, negatives), 1)[0]);
    return found;
  }

 private:
  /// For how many of a class's pictures (n, E) it is the only best when its column is `own` (E).
  int64_t count_right(const Tensor& own_pictures, int64_t label, const Tensor& own) const {
    Tensor columns = classifier_.clone();
    columns[label].copy_(own);
    const std::vector<int64_t> answers = decide(own_pictures, columns, numbers_to(columns.size(0)));
    return std::count(answers.begin(), answers.end(), label);
  }

  const Pictures& pictures_;
  const std::vector<int64_t>& answers_;
  Tensor raw_texts_, texts_, classifier_;
  std::vector<std::vector<int64_t>> of_class_;
};

/// Every text of an evaluation by its place in the pool.
struct Prompts {
  std::vector<int64_t> originals;                       // class by class
  std::vector<std::vector<int64_t>> reworded;           // by rewording, class by class
  std::vector<std::map<Damage, DamagedClass>> damaged;  // by class
};

Prompts gather_prompts(const sets::ClassificationData& data,
                       const std::vector<ClassRewording>& rewordings,
                       const audit::calibration::Corruption& corruption, TextPool& pool) {
  const size_t classes = data.classnames.size(), templates = data.templates.size();
  Prompts prompts;
  prompts.originals = add_prompts(data.classnames, data.templates, pool);
  for (const ClassRewording& rewording : rewordings) {
    CW_CHECK(rewording.classnames.size() == classes && !rewording.templates.empty(),
             "a name a class and a template");
    prompts.reworded.push_back(add_prompts(rewording.classnames, rewording.templates, pool));
  }
  prompts.damaged.resize(classes);
  for (size_t c = 0; c < classes; ++c) {
    const auto own = prompts.originals.begin() + static_cast<int64_t>(c * templates);
    for (const auto& kind : audit::calibration::damage_kinds()) {
      if (kind.damage == Damage::kNone) continue;
      DamagedClass damaged =
          damage_class(data, c, kind.damage, prompts.originals, corruption, pool);
      for (Contrast& contrast : damaged.contrasts) {
        // The same prompt in other words: at the same place, where the templates are the same.
        const auto place =
            c * templates +
            static_cast<size_t>(std::find(own, prompts.originals.end(), contrast.original) - own);
        for (size_t r = 0; r < rewordings.size(); ++r) {
          // Other templates, perhaps fewer, have no prompt at that place.
          if (rewordings[r].templates != data.templates) continue;
          const int64_t other = prompts.reworded[r][place];
          if (other != contrast.original) contrast.rewordings.push_back(other);
        }
      }
      if (!damaged.contrasts.empty() || damaged.unseen > 0)
        prompts.damaged[c].emplace(kind.damage, std::move(damaged));
    }
  }
  return prompts;
}

/// The answers of the set's classifier and a rewording's; adds what belongs to single classes to
/// `of_classes`.
RewordingOutcome compare_answers(const sets::ClassificationData& data,
                                 const ClassRewording& rewording, const std::vector<int64_t>& first,
                                 const std::vector<int64_t>& second, const Pictures& pictures,
                                 const ClassJudge& judge, std::vector<ClassOutcome>& of_classes) {
  RewordingOutcome compared{.name = rewording.name};
  for (size_t c = 0; c < of_classes.size(); ++c) {
    const bool renamed = rewording.classnames[c] != data.classnames[c];
    compared.texts += renamed || rewording.templates != data.templates;
    if (renamed) of_classes[c].synonyms.push_back(rewording.classnames[c]);
    std::vector<int64_t> own_first, own_second;
    for (const int64_t i : judge.pictures_of(c)) {
      own_first.push_back(first[static_cast<size_t>(i)]);
      own_second.push_back(second[static_cast<size_t>(i)]);
    }
    of_classes[c].agreement += compare(
        own_first, own_second, std::vector<int64_t>(own_first.size(), static_cast<int64_t>(c)));
  }
  compared.directions = {{"classification", "acc1", compare(first, second, pictures.labels)}};
  return compared;
}

}  // namespace

InvarianceOutcome class_invariance(models::Clip& model, const sets::ClassificationData& data,
                                   const std::vector<ClassRewording>& rewordings,
                                   const audit::calibration::Corruption& corruption,
                                   const EvalOptions& options) {
  const size_t classes = data.classnames.size();
  if (classes < 2)
    fail_input("the set has " + std::to_string(classes) + " classes",
               "at least two, so that there is something to choose from");
  CW_CHECK(!data.templates.empty(), "at least one template");
  TextPool pool(model.tokenizer(), model.config().text.context_length);
  const Prompts prompts = gather_prompts(data, rewordings, corruption, pool);
  const Pictures pictures = read_pictures(model, data, options);
  const Tensor texts = embed_texts(model, pool.texts(), options);
  const auto classifier_of = [&](const std::vector<int64_t>& places) {
    return average_prompts(rows_at(texts, places), static_cast<int64_t>(classes)).contiguous();
  };
  const Tensor classifier = classifier_of(prompts.originals);
  InvarianceOutcome outcome;
  outcome.pictures = pictures.rows.size(0);
  outcome.bad = pictures.bad;
  outcome.texts = static_cast<int64_t>(classes);
  outcome.spread = spread_of(pictures.rows, classifier);
  outcome.classes.resize(classes);
  const std::vector<int64_t> every_class = numbers_to(static_cast<int64_t>(classes)),
                             answers = decide(pictures.rows, classifier, every_class);
  const ClassJudge judge(pictures, texts, classifier, answers);
  for (size_t r = 0; r < rewordings.size(); ++r) {
    const std::vector<int64_t> reworded =
        decide(pictures.rows, classifier_of(prompts.reworded[r]), every_class);
    outcome.rewordings.push_back(
        compare_answers(data, rewordings[r], answers, reworded, pictures, judge, outcome.classes));
  }
  Progress progress("classes", static_cast<int64_t>(classes));
  for (size_t c = 0; c < classes; ++c) {
    stop_if_interrupted();
    ClassOutcome& own = outcome.classes[c];
    own.name = data.classnames[c];
    own.pictures = static_cast<int64_t>(judge.pictures_of(c).size());
    for (const auto& [damage, damaged] : prompts.damaged[c]) {
      DamageOutcome& of_kind = outcome.damages[damage];
      of_kind.unseen += damaged.unseen;
      const Preferences found = judge.judge_damage(c, damaged.contrasts, of_kind);
      if (damage != Damage::kDropObject) own.preferences += found;
    }
    progress.update(static_cast<int64_t>(c) + 1);
  }
  return outcome;
}

}  // namespace clipwright::eval::invariance
