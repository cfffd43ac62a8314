#include "eval/invariance/invariance.h"

#include <algorithm>

#include "audit/verdict/audit.h"
#include "core/error.h"
#include "core/log.h"
#include "core/words.h"
#include "data/captions/keep_condition.h"
#include "eval/invariance/captions.h"
#include "eval/invariance/classes.h"
#include "eval/invariance/every_caption.h"
#include "eval/invariance/synonyms.h"
#include "eval/opened_model.h"
#include "eval/sets/evaluation_data.h"
#include "text/templates/templates.h"

namespace clipwright::eval::invariance {
namespace {

void check(const InvarianceRequest& request) {
  if (request.by != "auto" && request.by != "captions" && request.by != "classes")
    fail_usage("--by is '" + request.by + "'", "captions, classes or auto");
  if (request.by == "classes" && !request.rewrites.empty())
    fail_usage("--rewrites was given with --by classes", "--by captions",
               "Classes are reworded by --synonyms and --reworded-templates.");
  if (request.options.batch_size < 1)
    fail_usage("--batch-size is " + std::to_string(request.options.batch_size), "at least 1");
  if (request.options.workers < 1)
    fail_usage("--workers is " + std::to_string(request.options.workers), "at least 1");
  data::captions::KeepCondition::parse(request.keep_if);
}

bool by_classes(const InvarianceRequest& request) {
  if (request.by != "auto") return request.by == "classes";
  if (!request.rewrites.empty()) return false;
  const auto set = data::source::open_dataset(request.data);
  for (int64_t i = 0; i < set->size(); ++i) {
    if (set->label(i) >= 0) return true;
  }
  return false;
}

/// Captions in another style by rules alone, as the audit's calibration makes them; those that its
/// words do not keep are left out.
std::vector<CaptionRewording> restyled(const InvarianceRequest& request,
                                       const data::source::Dataset& pairs,
                                       const audit::verdict::Auditor& auditor,
                                       const audit::calibration::Corruption& corruption) {
  const auto keep = data::captions::KeepCondition::parse(request.keep_if);
  CaptionRewording rewording{.name = "restyled"};
  int64_t captions = 0, dropped = 0;
  for (int64_t i = 0; i < pairs.size(); ++i) {
    const std::string caption = pairs.caption(i);
    std::string text;
    if (!caption.empty()) {
      ++captions;
      text = corruption.rewrite(caption, audit::calibration::Damage::kNone).value_or("");
      const audit::verdict::AuditRecord verdict = auditor.audit(caption, text);
      if (!keep.keeps(verdict.score, verdict.flags)) {
        text.clear();
        ++dropped;
      }
    }
    rewording.texts.push_back(std::move(text));
  }
  log_info("no --rewrites: " + with_commas(captions) + " captions were restyled by rules; the " +
           "audit drops " + with_commas(dropped) + " of them");
  return {std::move(rewording)};
}

std::vector<ClassRewording> rewordings_of_classes(const InvarianceRequest& request,
                                                  const sets::ClassificationData& data,
                                                  const lexicon::WordNet& wordnet) {
  std::vector<ClassRewording> rewordings;
  if (request.synonyms != "none") {
    if (request.synonyms == "wordnet" && wordnet.empty()) {
      log_warning(
          "there is no WordNet here, so classes get no synonyms. Install wordnet-base, set "
          "CLIPWRIGHT_WORDNET, or give --synonyms FILE.");
    }
    const ClassSynonyms synonyms = request.synonyms == "wordnet"
                                       ? wordnet_synonyms(wordnet, data.classnames)
                                       : read_synonyms(request.synonyms, data.classnames);
    rewordings = with_synonyms(data.classnames, data.templates, synonyms);
    const auto with = std::count_if(synonyms.begin(), synonyms.end(),
                                    [](const auto& list) { return !list.empty(); });
    log_info(with_commas(with) + " of " +
             with_commas(static_cast<int64_t>(data.classnames.size())) +
             " classes have other names; the others keep theirs");
  }
  if (!request.reworded_templates.empty()) {
    rewordings.push_back(
        {.name = "templates " + request.reworded_templates,
         .classnames = data.classnames,
         .templates = text::templates::load_templates(request.reworded_templates)});
  }
  return rewordings;
}

void tell(const InvarianceOutcome& outcome, const Json& metrics) {
  const auto said = [&](const char* name) {
    return metrics[name].is_null() ? std::string("none") : percent(metrics[name].get<double>(), 2);
  };
  if (outcome.spread.collapsed()) {
    log_warning(
        "the model hardly tells " +
        std::string(outcome.spread.over_texts.value_or(1) < outcome.spread.over_pictures.value_or(1)
                        ? "texts"
                        : "pictures") +
        " apart (their similarities vary by less than 0.0001): it keeps its answers because it "
        "ignores the question, so invariance and kappa are null");
  }
  log_info("wording of " + with_commas(outcome.texts) + " texts and " +
           with_commas(outcome.pictures) + " pictures: the same answer when reworded " +
           said("invariance") + ", right before " + said("accuracy") + " and after " +
           said("accuracy_reworded") + "; prefers the truth to a damaged text " +
           said("sensitivity") + " (chance 50 %)");
}

}  // namespace

InvarianceReport run_invariance(const InvarianceRequest& request) {
  check(request);
  const audit::verdict::Auditor auditor;
  const audit::calibration::Corruption corruption(auditor.wordnet(), request.seed);
  if (auditor.wordnet().empty())
    log_warning("there is no WordNet here, so no object is swapped or dropped");
  InvarianceOutcome outcome;
  std::string architecture;
  if (by_classes(request)) {
    const sets::ClassificationData data =
        sets::open_classification(request.data, request.classnames, request.templates);
    if (data.multi_label)
      fail_input(request.data.source + ": its pictures have several labels each",
                 "one class a picture", "--by captions looks at captions.");
    log_info(data.pictures->describe());
    const std::vector<ClassRewording> rewordings =
        rewordings_of_classes(request, data, auditor.wordnet());
    const OpenedModel opened = open_model(request.model, request.device);
    warn_without_global_features(request.model.model);
    architecture = opened.architecture();
    outcome = class_invariance(*opened.model, data, rewordings, corruption, request.options);
  } else {
    const auto pairs = data::source::open_dataset(request.data);
    log_info(pairs->describe());
    const EveryCaption every(*pairs);
    if (every.size() > pairs->size()) {
      log_info("the pictures have several captions: " + with_commas(every.size()) + " in " +
               with_commas(pairs->size()) + " rows");
    }
    const std::vector<CaptionRewording> rewordings =
        request.rewrites.empty()
            ? restyled(request, every, auditor, corruption)
            : rewordings_of_files(*pairs, every, request.rewrites, request.keep_if);
    const OpenedModel opened = open_model(request.model, request.device);
    warn_without_global_features(request.model.model);
    architecture = opened.architecture();
    outcome = caption_invariance(*opened.model, every, rewordings, corruption, request.options);
  }
  InvarianceReport report;
  report.record.dataset = request.data.source;
  report.record.model = architecture;
  report.record.pretrained = request.model.model;
  report.record.task = "invariance";
  report.record.metrics = outcome.metrics();
  report.tables = outcome.tables();
  tell(outcome, report.record.metrics);
  return report;
}

Json to_json(const InvarianceReport& report) {
  Json json = eval::to_json(report.record);
  json.update(report.tables);
  return json;
}

}  // namespace clipwright::eval::invariance
