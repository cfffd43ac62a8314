#include "train/loop/trainer.h"

#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "train/folder/run_folder.h"
#include "train/loop/training_run.h"
#include "train/options/resolved_options.h"

namespace clipwright::train::loop {
namespace {

void compare_with_baseline(const TrainResult& ours, const TrainResult& baseline) {
  std::string line =
      "paired baseline, same seed, pictures and crops: " + ours.folder.filename().string() +
      " against " + baseline.folder.filename().string();
  if (!std::isnan(ours.val_loss) && !std::isnan(baseline.val_loss)) {
    line += ": validation loss " + Json(ours.val_loss).dump() + " against " +
            Json(baseline.val_loss).dump() + " (difference " +
            Json(ours.val_loss - baseline.val_loss).dump() + ")";
  } else {
    line += ": " + Json(ours.samples_per_s).dump() + " against " +
            Json(baseline.samples_per_s).dump() +
            " pairs/s; give --val-data to compare their loss on the same texts, or evaluate both "
            "models";
  }
  log_info(line);
}

/// The objective's texts with what the papers have where ours is a rewrite: the caption itself as
/// the first text, EDA's as another.
std::vector<std::string> texts_without_rewrites(const options::TrainOptions& options) {
  std::vector<std::string> texts = options::resolve_objective(options).config.texts;
  for (size_t k = 0; k < texts.size(); ++k) {
    const size_t end = texts[k].find('+');
    if (texts[k].rfind("rewrite", 0) != 0 && texts[k].rfind("uniform", 0) != 0) continue;
    texts[k] = (k == 0 ? "original" : "eda") +
               (end == std::string::npos ? std::string() : texts[k].substr(end));
  }
  return texts;
}

TrainResult train_with(const options::TrainOptions& options, TrainingData data) {
  if (!options.paired_baseline) return run_training(options, data);
  if (options.rewrites.empty() && !(data.captions && data.captions->rewrites() > 0)) {
    fail_usage("--paired-baseline compares with a run without rewrites, and there are none",
               "--rewrites FILE...", "Without rewrites both runs would be the same.");
  }
  if (!options::uses_rewrites(options::resolve_objective(options))) {
    fail_usage("--paired-baseline compares with a run without rewrites, and objective " +
                   options.objective + " reads none",
               "an objective that does, such as laclip, or --caption-policy uniform",
               "As it is both runs would be the same.");
  }
  // Without rewrites every objective that reads all texts of a pair reads the original alone.
  options::TrainOptions baseline = options;
  baseline.rewrites.clear();
  baseline.keep_if.clear();
  baseline.caption_policy = "original";
  baseline.texts = texts_without_rewrites(options);
  baseline.paired_baseline = false;
  if (!options.name.empty() && options.resume.empty() &&
      folder::holds_run(fs::path(options.logs) / (options.name + "-baseline"))) {
    fail_usage(options.logs + "/" + options.name +
                   "-baseline holds a run already, and --paired-baseline writes there",
               {}, "Choose another --name, or go on with --resume latest.");
  }
  const TrainResult ours = run_training(options, data);
  if (ours.interrupted) return ours;
  baseline.logs = ours.folder.parent_path().string();
  baseline.name = ours.folder.filename().string() + "-baseline";
  baseline.resume = options.resume.empty() ? "" : "latest";
  data.captions = std::make_shared<data::captions::CaptionTable>(
      data::captions::CaptionTable::build(*data.pairs, {}));
  const TrainResult reference = run_training(baseline, data);
  if (!reference.interrupted) compare_with_baseline(ours, reference);
  return ours;
}

}  // namespace

TrainResult train(const options::TrainOptions& options) { return train_with(options, {}); }

TrainResult train(const options::TrainOptions& options,
                  std::shared_ptr<const data::source::Dataset> dataset,
                  std::shared_ptr<const data::captions::CaptionTable> captions,
                  std::shared_ptr<const data::source::Dataset> validation) {
  CW_CHECK(dataset && captions, "train needs pairs and their captions");
  return train_with(options, {std::move(dataset), std::move(captions), std::move(validation)});
}

}  // namespace clipwright::train::loop
