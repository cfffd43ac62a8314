#include "train/loop/training_run.h"

#include <chrono>
#include <cmath>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "models/load_model.h"
#include "models/open_clip_config.h"
#include "models/open_clip_directory.h"
#include "optim/clip_gradients.h"
#include "optim/schedule.h"
#include "tensor/device.h"
#include "tensor/gemm.h"
#include "train/folder/checkpoint.h"
#include "train/folder/metrics.h"
#include "train/folder/run_folder.h"
#include "train/folder/run_record.h"
#include "train/folder/status_line.h"
#include "train/folder/tensorboard.h"
#include "train/folder/unfinished_folder.h"
#include "train/loop/loaded_batch.h"
#include "train/loop/run_parts.h"
#include "train/loop/side_evaluation.h"
#include "train/loop/step.h"
#include "train/loop/validation.h"
#include "train/options/image_recipe.h"
#include "train/options/plan.h"
#include "train/options/resolved_options.h"
#include "train/options/trajectory.h"
#include "train/tuning/patch_dropout.h"

namespace clipwright::train::loop {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void log_plan(const options::TrainOptions& options, const options::Plan& plan) {
  log_info("plan: " + with_commas(plan.total_steps) + " steps of " +
           with_commas(plan.global_batch) + " pairs, " + with_commas(plan.steps_per_epoch) +
           " an epoch, warm-up " + with_commas(plan.warmup_steps) + ", lr " +
           Json(options.lr).dump() + " " + options.lr_scheduler);
  if (plan.warmup_steps >= plan.total_steps) {
    log_warning(
        "the warm-up is as long as the run: the learning rate never reaches --lr. Set --warmup.");
  }
}

/// What stays open while a run goes on.
struct Run {
  const options::TrainOptions& options;
  const folder::RunFolder& folder;
  const options::Plan& plan;
  models::Clip& model;
  losses::Objective& objective;
  optim::AdamW& optimizer;
  folder::TrainState state;
  StepOptions step_options;
  const tuning::PatchDropout& dropout;
  optim::MovingAverage* average;  ///< null: none
  optim::Schedule schedule;
  const data::source::Dataset& pairs;
  int64_t skipped_before = 0;  // by earlier sessions
  int64_t saved_step = -1;
  double session_seconds = 0;
  int64_t session_steps = 0;
  SideEvaluation* evaluation = nullptr;

  folder::RunTensors parts() const { return {model, objective, optimizer, average}; }
};

/// The model is the averaged one as long as this lives, where a run averages.
class AverageIfAny {
 public:
  explicit AverageIfAny(optim::MovingAverage* average) {
    if (average != nullptr) applied_.emplace(*average);
  }

 private:
  std::optional<optim::MovingAverage::Applied> applied_;
};

std::string last_good(const Run& run) {
  const auto checkpoint = folder::latest_checkpoint(run.folder.checkpoints());
  return checkpoint ? "The last good checkpoint is " + checkpoint->string() + "."
                    : "There is no checkpoint yet.";
}

void require_finite(const Run& run, double value, const std::string& what) {
  if (std::isfinite(value)) return;
  // Before the first step no rate has been used.
  const std::string advice =
      run.state.step == 0
          ? " Nothing is learned yet: look at the weights and options of the terms (--term, "
            "--term-option) and at the model the run starts from."
          : " Try a lower --lr, a longer --warmup or --grad-clip-norm 1.";
  fail_running(what + " of step " + with_commas(run.state.step + 1) + " is not finite (" +
                   std::to_string(value) + "), so training stopped",
               {}, last_good(run) + advice);
}

options::StepReport take_step(Run& run, data::loader::Loader& loader) {
  const Clock::time_point start = Clock::now();
  LoadedBatch batch(loader, run.model.config().vision.image_size, &run.dropout, &run.pairs);
  batch.part(0);
  CW_CHECK(batch.epoch() == run.state.pass && batch.index() == run.state.batch,
           "the loader is at another batch than the run");

  options::StepReport report;
  report.lr = run.schedule.at(run.state.step);
  const StepLoss loss = forward_backward(run.model, run.objective, batch, run.step_options);
  require_finite(run, loss.loss, "the loss");
  report.grad_norm =
      optim::clip_gradients(run.optimizer.parameters(), run.options.grad_clip_norm).item<double>();
  require_finite(run, report.grad_norm, "the gradient");
  run.optimizer.step(report.lr);
  run.optimizer.clear_gradients();
  run.objective.clamp(run.model.logit_scale());
  run.objective.after_update();
  if (run.average != nullptr) run.average->update();

  folder::TrainState& state = run.state;
  ++state.step;
  state.samples += run.plan.global_batch;
  state.pass = run.plan.pass(state.step);
  state.batch = run.plan.batch(state.step);
  state.skipped = run.skipped_before + loader.bad_samples().bad;
  const double seconds = seconds_since(start);
  state.meters.add_time(seconds);
  run.session_seconds += seconds;
  ++run.session_steps;

  report.step = state.step;
  report.total_steps = run.plan.total_steps;
  report.epoch = run.plan.epochs(state.step);
  report.samples = state.samples;
  report.loss = loss.loss;
  report.terms = loss.terms;
  report.shares = loss.shares;
  report.readings = loss.readings;
  report.logit_scale = loss.logit_scale;
  report.samples_per_s = static_cast<double>(run.plan.global_batch) / seconds;
  report.data_wait = batch.waited() / seconds;
  report.skipped = state.skipped;
  report.loss_z = state.meters.add_loss(loss.loss);
  report.seconds_left = run.session_seconds / static_cast<double>(run.session_steps) *
                        static_cast<double>(run.plan.total_steps - state.step);
  report.val_loss = std::nan("");
  return report;
}

bool stops_early(const Run& run) {
  return run.options.early_stop_patience > 0 &&
         run.state.best.since >= run.options.early_stop_patience;
}

bool saves_now(const Run& run) {
  const int64_t step = run.state.step;
  if (step == run.plan.total_steps || interrupted() || stops_early(run)) return true;
  if (run.options.early_stop_patience > 0 && run.state.best.step == step) return true;
  if (run.evaluation != nullptr && run.evaluation->wants(step)) return true;
  if (run.options.save_every_steps > 0 && step % run.options.save_every_steps == 0) return true;
  return run.options.save_frequency > 0 &&
         step % (run.options.save_frequency * run.plan.steps_per_epoch) == 0;
}

/// An update can overflow where loss and gradient were still finite; such weights must not become a
/// checkpoint that counts.
void require_finite_weights(const Run& run) {
  tensor::ParameterTable table = model_parameters(run.model);
  table.append(run.objective.table());
  for (const tensor::TableEntry& entry : table.entries()) {
    if (torch::isfinite(entry.leaf).all().item<bool>()) continue;
    fail_running("after step " + with_commas(run.state.step) + " the weights of " + entry.name +
                     " are not finite, so training stopped",
                 {},
                 last_good(run) + " Try a lower --lr, a longer --warmup or --grad-clip-norm 1.");
  }
}

void save(Run& run) {
  if (run.saved_step == run.state.step) return;
  require_finite_weights(run);
  const fs::path checkpoint =
      folder::save_checkpoint(run.folder.checkpoints(), run.state, run.parts());
  SideEvaluation* evaluation = run.evaluation;
  if (evaluation != nullptr &&
      (evaluation->wants(run.state.step) || run.state.step == run.plan.total_steps))
    evaluation->offer(checkpoint, run.state.step);
  std::set<int64_t> spared = evaluation == nullptr ? std::set<int64_t>() : evaluation->spared();
  if (run.options.early_stop_patience > 0) spared.insert(run.state.best.step);
  folder::delete_old_checkpoints(run.folder.checkpoints(), run.options.keep_checkpoints, spared);
  run.saved_step = run.state.step;
}

/// Where the run is to end with its best model and not its last.
void go_back_to_best(Run& run) {
  const int64_t best = run.state.best.step;
  if (run.options.early_stop_patience == 0) return;
  if (stops_early(run)) {
    log_info("stopped after step " + with_commas(run.state.step) +
             ": the validation loss has not "
             "fallen for " +
             with_commas(run.state.best.since) + " epochs");
  }
  if (best < 0 || best == run.state.step) return;
  const fs::path checkpoint = run.folder.checkpoints() / ("step_" + std::to_string(best));
  if (!fs::exists(checkpoint)) {
    log_warning("the validation loss was lowest at step " + with_commas(best) +
                ", whose checkpoint is gone; the model is that of the last step");
    return;
  }
  folder::load_tensors(checkpoint, folder::read_train_state(checkpoint), run.parts());
  log_info("the model is that of step " + with_commas(best) +
           ", with the lowest validation loss, " + Json(run.state.best.loss).dump());
}

void draw_curves(folder::TensorBoardWriter& board, const options::StepReport& report) {
  std::vector<std::pair<std::string, double>> scalars = {
      {"train/loss", report.loss},
      {"train/logit_scale", report.logit_scale},
      {"train/lr", report.lr},
      {"train/grad_norm", report.grad_norm},
      {"train/samples_per_s", report.samples_per_s},
      {"train/data_wait", report.data_wait}};
  for (const auto& [name, value] : report.terms) scalars.emplace_back("train/" + name, value);
  for (const auto& [name, value] : report.shares)
    scalars.emplace_back("train/" + name + "/gradient_share", value);
  for (const auto& [name, value] : report.readings) scalars.emplace_back("train/" + name, value);
  if (!std::isnan(report.val_loss)) scalars.emplace_back("val/loss", report.val_loss);
  board.add_scalars(report.step, scalars);
}

folder::TrainState restore_or_start(const options::TrainOptions& options,
                                    const folder::RunFolder& folder, const Json& trajectory,
                                    const folder::RunTensors& tensors) {
  folder::TrainState state;
  if (folder.resumes_from()) {
    state = folder::read_train_state(*folder.resumes_from());
    const fs::path config = *folder.resumes_from() / models::kOpenClipConfigName;
    options::check_trajectory(
        options::with_model_of_checkpoint(
            state.trajectory, models::parse_open_clip_config(read_json(config), config.string())),
        trajectory, options.allow_changes, folder.resumes_from()->string());
    folder::load_tensors(*folder.resumes_from(), state, tensors);
    log_info("resuming from " + folder.resumes_from()->string() + " after " +
             with_commas(state.step) + " steps");
  } else if (!options.resume.empty()) {
    log_info("there is no checkpoint in " + folder.checkpoints().string() +
             " yet; starting from the beginning");
  }
  folder::set_aside_checkpoints_after(folder.checkpoints(), state.step);
  // What decides how sums are rounded.
  const std::string machine = options.device + ", " + tensor::gemm_library() + ", " +
                              at::get_cpu_capability() + " kernels, " +
                              std::to_string(at::get_num_threads()) + " threads";
  if (!state.machine.empty() && state.machine != machine) {
    log_warning("the checkpoint was written on " + state.machine + ", and this is " + machine +
                ": sums are rounded in another order, so losses may differ in their last digits "
                "from an uninterrupted run's");
  }
  state.machine = machine;
  state.trajectory = trajectory;
  return state;
}

}  // namespace

TrainResult run_training(const options::TrainOptions& options, TrainingData& data) {
  const Clock::time_point started = Clock::now();
  options::check_options(options);
  tensor::set_compute_threads(options.threads);
  const options::ResolvedObjective resolved = options::resolve_objective(options);
  // Before data and weights are read: it says what the model cannot serve.
  losses::Objective objective(resolved.config, model_config(options), options.seed);

  folder::RunFolder folder(options);
  const LogFile log_file(folder.log().string());
  open_data(options, data);
  options::check_texts(resolved, data.captions->rewrites());
  options::check_class_tokens(objective, data.captions->rewrites());
  if (data.captions->rewrites() > 0 && !options::uses_rewrites(resolved)) {
    log_warning("rewrites are given, and objective " + resolved.config.preset +
                " trains on the originals alone: --caption-policy uniform draws among them");
  }
  const std::shared_ptr<models::Clip> model = build_model(options, resolved.config);
  // Of the weights as they are given: low-rank matrices are none of them.
  const std::string given_weights = digest_of_given_weights(options, *model);
  join_objective(options, objective, *model);
  optim::AdamW optimizer = build_optimizer(options, resolved.decay_rule, *model, objective);
  const options::Plan plan = options::plan_run(options, data.pairs->size());
  log_plan(options, plan);

  const Preprocessing& own = model->config().preprocess;
  const options::TrainOptions filled =
      filled_in(options, {.objective = resolved,
                          .augment = options::resolve_augment(own, options.augment),
                          .warmup_steps = plan.warmup_steps,
                          .logs = folder.logs(),
                          .name = folder.name()});
  const Json trajectory =
      options::describe_trajectory(filled, plan, *data.pairs, *data.captions,
                                   {.config = model->config(),
                                    .preprocessing = options::training_recipe(own, options.augment),
                                    .weights = given_weights});
  const tuning::PatchDropout dropout(options.force_patch_dropout, model->config().vision,
                                     options.seed);
  if (dropout.drops()) {
    log_info("patch dropout: a step looks at " + std::to_string(dropout.kept()) + " of " +
             std::to_string(dropout.patches()) + " patches of a picture");
  }
  tuning::FrozenTowers frozen = tuning::open_frozen_features(options, objective, *model);
  std::optional<optim::MovingAverage> average;
  if (options.ema > 0) average.emplace(model_parameters(*model), options.ema);
  optim::MovingAverage* const averaged = average ? &*average : nullptr;
  Run run{options,
          folder,
          plan,
          *model,
          objective,
          optimizer,
          restore_or_start(options, folder, trajectory, {*model, objective, optimizer, averaged}),
          {.micro_batch = options.batch_size,
           .bfloat16 = options.precision != "fp32",
           .frozen = &frozen},
          dropout,
          averaged,
          optim::Schedule(optim::parse_schedule(options.lr_scheduler), options.lr,
                          plan.warmup_steps, plan.total_steps),
          *data.pairs};
  run.skipped_before = run.state.skipped;
  run.state.pass = plan.pass(run.state.step);
  run.state.batch = plan.batch(run.state.step);
  run.saved_step = folder.resumes_from() ? run.state.step : -1;

  const data::loader::LoaderOptions loading = loader_options(filled, resolved, *model, plan);
  data::loader::Loader loader(data.pairs, data.captions, loading);
  loader.seek(run.state.pass, run.state.batch);
  std::optional<Validation> validation;
  if (data.validation) validation.emplace(data.validation, loading);

  write_file(folder.config(), options::options_to_toml(filled));
  folder::RunRecord record(folder.path(),
                           {.device = options.device,
                            .kernels = run.state.machine,
                            .from_step = run.state.step,
                            .pairs = data.pairs->size(),
                            .rewrites = data.captions->rewrites(),
                            .validation_pairs = data.validation ? data.validation->size() : 0});
  folder::MetricsFile metrics(folder.metrics(), run.state.step);
  folder::TensorBoardWriter board(folder.tensorboard(), run.state.step);
  folder::StatusLine status(options.log_every_n_steps);
  std::optional<SideEvaluation> evaluation;
  if (!options.eval.empty()) run.evaluation = &evaluation.emplace(options, folder, run.state.step);
  const int64_t curve_every = std::max<int64_t>(1, options.log_every_n_steps / 10);
  log_info("ready after " + Json(std::round(seconds_since(started) * 100) / 100).dump() +
           " s, writing " + folder.path().string());

  TrainResult result;
  result.val_loss = std::nan("");
  while (run.state.step < plan.total_steps && !stops_early(run) && !interrupted()) {
    options::StepReport report = take_step(run, loader);
    folder.keep();
    const bool last = report.step == plan.total_steps;
    if (validation && (plan.ends_epoch(report.step) || last)) {
      const AverageIfAny applied(run.average);
      result.val_loss = report.val_loss = validation->loss(*model, objective, run.step_options);
      run.state.best.add(report.val_loss, report.step);
    }
    metrics.append(folder::metrics_row(report));
    if (report.step % curve_every == 0 || last || !std::isnan(report.val_loss))
      draw_curves(board, report);
    if (options.show_status) status.show(report);
    if (options.on_step) options.on_step(report);
    if (saves_now(run)) {
      metrics.sync();  // a checkpoint's rows are on disk before it counts
      save(run);
    }
    if (evaluation) evaluation->look(board);
  }

  result.folder = folder.path();
  result.steps = run.state.step;
  result.samples = run.state.samples;
  result.loss = run.state.meters.recent_loss();
  result.seconds = run.state.meters.seconds();
  if (run.session_seconds > 0)
    result.samples_per_s =
        static_cast<double>(run.session_steps * plan.global_batch) / run.session_seconds;
  result.skipped = run.state.skipped;
  result.interrupted = run.state.step < plan.total_steps && !stops_early(run);
  if (run.state.step > 0) folder.keep();
  const auto end_record = [&] {
    record.end({.step = result.steps,
                .samples = result.samples,
                .skipped = result.skipped,
                .seconds = result.seconds,
                .loss = result.loss,
                .val_loss = result.val_loss,
                .done = !result.interrupted});
  };
  if (result.interrupted) {
    if (run.state.step > 0) save(run);
    end_record();
    log_info("interrupted after step " + with_commas(run.state.step) + "; continue with --name " +
             folder.name() + " --resume latest");
    return result;
  }
  require_finite_weights(run);
  result.model = folder.model();
  go_back_to_best(run);
  const AverageIfAny applied(run.average);
  // Without what terms put beside it, a model would be another one.
  folder::UnfinishedFolder unfinished(result.model);
  models::write_open_clip_directory(*model, unfinished.path());
  for (const losses::Objective::Part& part : objective.parts())
    part.term->write_beside(unfinished.path(), objective.wants());
  unfinished.rename();
  end_record();
  log_info("done: " + with_commas(result.steps) + " steps, " + with_commas(result.samples) +
           " pairs in " + readable_duration(result.seconds) + ", mean loss of the last steps " +
           Json(result.loss).dump() + ", model in " + result.model.string());
  if (result.skipped > 0) log_warning(loader.bad_samples().describe());
  if (evaluation) evaluation->finish(board);
  return result;
}

}  // namespace clipwright::train::loop
