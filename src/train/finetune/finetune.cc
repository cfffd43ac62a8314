#include "train/finetune/finetune.h"

#include <cmath>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "eval/evaluate.h"
#include "eval/paired/compare_paths.h"
#include "eval/paired/tables.h"
#include "eval/result.h"
#include "eval/retrieval.h"
#include "models/load_model.h"
#include "train/finetune/finetune_report.h"
#include "train/loop/trainer.h"
#include "train/loop/training_run.h"

namespace clipwright::train::finetune {
namespace {

const std::vector<int> kRecallRanks = {1, 5, 10};

struct KeptSet {
  std::string name, source;
};

std::vector<KeptSet> kept_sets(const std::vector<std::string>& given) {
  std::vector<KeptSet> sets;
  std::set<std::string> names = {"held-out"};
  for (const std::string& text : given) {
    const size_t equals = text.find('=');
    KeptSet set;
    set.source = equals == std::string::npos ? text : text.substr(equals + 1);
    fs::path folder(set.source);
    if (!folder.has_filename()) folder = folder.parent_path();
    set.name = equals == std::string::npos ? folder.filename().string() : text.substr(0, equals);
    if (set.name.empty() || set.name.find('/') != std::string::npos)
      fail_usage("--keep '" + text + "'", "NAME=FOLDER, or a folder whose name is the set's");
    if (!names.insert(set.name).second)
      fail_usage("--keep names two sets " + set.name, "another name for one: NAME=FOLDER");
    if (!fs::exists(set.source)) fail_input("--keep " + set.source + ": there is no such set");
    sets.push_back(std::move(set));
  }
  return sets;
}

/// All results of one model, below `folder`.
void evaluate(const FinetuneRequest& request, const models::ModelArgument& model,
              const data::source::Dataset& held_out, const std::vector<KeptSet>& sets,
              const fs::path& folder) {
  eval::EvaluationRequest evaluation;
  evaluation.options.workers = request.train.workers;
  const eval::OpenedModel opened = eval::open_model(model, request.train.device);
  const auto write = [&](const std::string& name, eval::EvaluationRecord record) {
    record.dataset = name;
    make_folder(folder);
    eval::write_result(folder / (name + ".json"), record);
  };
  const eval::RetrievalResult retrieval =
      eval::evaluate_retrieval(*opened.model, held_out, evaluation.options);
  eval::EvaluationRecord record;
  record.model = opened.architecture();
  record.pretrained = model.model;
  record.task = "zeroshot_retrieval";
  record.metrics = retrieval.metrics(kRecallRanks);
  record.samples = retrieval.samples(kRecallRanks);
  write("held-out", std::move(record));
  for (const KeptSet& set : sets) {
    evaluation.data.source = set.source;
    write(set.name, eval::run_zeroshot(opened, evaluation));
  }
}

}  // namespace

options::TrainOptions finetune_defaults() {
  options::TrainOptions options;
  options.model.clear();
  options.hold_out = 0.1;
  options.epochs = 20;
  options.early_stop_patience = 3;
  options.batch_size = 64;
  options.lr = 1e-5;
  options.wd = 0.1;
  options.grad_clip_norm = 1;
  options.image_layer_decay = options.text_layer_decay = 0.75;
  options.save_frequency = 0;
  options.keep_checkpoints = 1;
  return options;
}

FinetuneResult finetune(const FinetuneRequest& request) {
  const std::vector<KeptSet> sets = kept_sets(request.keep);
  options::TrainOptions train = request.train;
  if (!train.val_data.empty()) train.hold_out = 0;
  const models::ModelArgument start =
      train.pretrained.empty() ? options::trained_model(train) : options::starting_weights(train);
  if (start.empty() || !models::has_weights(start.model)) {
    fail_usage(start.empty()
                   ? std::string("there is no model to fine-tune")
                   : start.model + " names an architecture, which has no weights to fine-tune",
               "--model with weights: a folder of open_clip's or Hugging Face's, a file, a run",
               "From nothing a model is trained by `clipwright train`.");
  }
  if (train.val_data.empty() && train.hold_out == 0)
    fail_usage("nothing would show what was learned", "--hold-out 0.1, or --val-data SRC");
  if (train.paired_baseline)
    fail_usage("--paired-baseline is of training from nothing", "`clipwright train`");
  loop::TrainingData data;  // what is held out is evaluated as well
  const loop::TrainResult trained = loop::run_training(train, data);
  FinetuneResult result;
  result.folder = trained.folder;
  result.model = trained.model;
  result.interrupted = trained.interrupted;
  if (trained.interrupted) return result;
  const fs::path compared = trained.folder / "comparison";
  log_info("evaluating the model before and after on " + with_commas(data.validation->size()) +
           " held-out pairs" +
           (sets.empty() ? std::string()
                         : " and " + std::to_string(sets.size()) + " sets that it should keep"));
  evaluate(request, start, *data.validation, sets, compared / "before");
  evaluate(request, trained.model.string(), *data.validation, sets, compared / "after");
  result.comparison =
      eval::paired::compare_paths({.paths = {"before=" + (compared / "before").string(),
                                             "after=" + (compared / "after").string()}});
  result.report = trained.folder / "report.md";
  write_files(
      {{trained.folder / "report.json", eval::paired::to_json(result.comparison).dump(1) + "\n"},
       {result.report, finetune_report({.start = start.model,
                                        .options = train,
                                        .training_pairs = data.pairs->size(),
                                        .held_out_pairs = data.validation->size(),
                                        .result = trained,
                                        .comparison = result.comparison,
                                        .kept_sets = request.keep.size()})}});
  log_info("report in " + result.report.string());
  return result;
}

}  // namespace clipwright::train::finetune
