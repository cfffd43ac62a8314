#include "train/folder/checkpoint.h"

#include <unistd.h>

#include <map>
#include <optional>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/random.h"
#include "models/encoders/pretrained_text.h"
#include "models/load_model.h"
#include "models/open_clip_config.h"
#include "tensor/safetensors.h"
#include "train/folder/unfinished_folder.h"

namespace clipwright::train::folder {
namespace {

constexpr int kFormat = 1;
constexpr const char *kModel = "model.safetensors", *kModelConfig = "open_clip_config.json",
                     *kOptimizer = "optimizer.safetensors", *kObjective = "objective.safetensors",
                     *kTrained = "trained.safetensors", *kAverage = "average.safetensors",
                     *kState = "state.json", *kDone = models::kCheckpointDone;
constexpr const char* kGoBack = "Resume from an earlier step_<N>.";
constexpr std::string_view kPrefix = "step_", kUnfinished = ".unfinished_", kAside = "old_step_";

Json seal_of(const fs::path& file) {
  const MappedFile mapped(file);
  char sum[17];
  std::snprintf(sum, sizeof sum, "%016lx", static_cast<unsigned long>(hash64(mapped.text())));
  return {{"bytes", mapped.bytes().size()}, {"xxh3", sum}};
}

Json state_to_json(const TrainState& state, int64_t optimizer_steps) {
  Json json = {{"format", kFormat},
               {"step", state.step},
               {"samples", state.samples},
               {"next_batch", {{"pass", state.pass}, {"batch", state.batch}}},
               {"skipped", state.skipped},
               {"optimizer_steps", optimizer_steps},
               {"meters", state.meters.to_json()},
               {"machine", state.machine},
               {"trajectory", state.trajectory}};
  if (state.best.step >= 0) {
    json["best_validation"] = {
        {"loss", state.best.loss}, {"step", state.best.step}, {"since", state.best.since}};
  }
  return json;
}

/// What training would answer with a loss of NaN, and blame on its rate.
std::vector<NamedTensor> read_finite(const fs::path& file) {
  std::vector<NamedTensor> tensors = tensor::read_safetensors(file).tensors;
  for (const auto& [name, tensor] : tensors) {
    if (tensor.is_floating_point() && !at::isfinite(tensor).all().item<bool>())
      fail_input(file.string() + ": " + name + " holds numbers that are not finite", {}, kGoBack);
  }
  return tensors;
}

void require_file(const fs::path& file, const std::string& why) {
  if (!fs::exists(file)) fail_input(file.string() + " is missing, and " + why, {}, kGoBack);
}

/// Whether what a run goes on from is another thing than the model that it leads to.
bool has_own_weights(const RunTensors& tensors) {
  return tensors.average != nullptr || !tensors.model.adapters().empty();
}

/// What of a model training changes, low-rank matrices included.
tensor::ParameterTable trained_tensors(const models::Clip& model) {
  tensor::ParameterTable table;
  for (const tensor::TableEntry& entry : model.table().entries()) {
    if (entry.trainable() || entry.kind == tensor::TensorKind::kBuffer) table.add(entry);
  }
  table.append(model.adapters().table());
  return table;
}

/// The model as it would be used: averaged, low-rank matrices merged in.
void write_model(const fs::path& file, const RunTensors& tensors) {
  std::optional<optim::MovingAverage::Applied> averaged;
  if (tensors.average != nullptr) averaged.emplace(*tensors.average);
  tensor::write_safetensors(file, tensors.model.file_tensors(), {{"format", "pt"}});
}

}  // namespace

bool BestValidation::add(double loss_now, int64_t step_now) {
  if (step >= 0 && !(loss_now < loss)) {
    ++since;
    return false;
  }
  *this = {loss_now, step_now, 0};
  return true;
}

fs::path save_checkpoint(const fs::path& checkpoints, const TrainState& state,
                         const RunTensors& tensors) {
  const auto& [model, objective, optimizer, average] = tensors;
  const fs::path target = checkpoints / (std::string(kPrefix) + std::to_string(state.step));
  try {
    make_folder(checkpoints);
    UnfinishedFolder folder(target);
    std::vector<std::string> files = {kModel, kModelConfig, kOptimizer, kState};
    if (has_own_weights(tensors)) {
      tensor::write_safetensors(folder.path() / kTrained, trained_tensors(model).file_tensors());
      files.emplace_back(kTrained);
    }
    write_model(folder.path() / kModel, tensors);
    if (average != nullptr) {
      tensor::write_safetensors(folder.path() / kAverage, average->state());
      files.emplace_back(kAverage);
    }
    write_file(folder.path() / kModelConfig,
               models::to_open_clip_config(model.config()).dump(2) + "\n");
    for (const NamedText& file : models::encoders::text_encoder_files(model.config())) {
      write_file(folder.path() / file.path, file.contents);
      files.push_back(file.path.string());
    }
    tensor::write_safetensors(folder.path() / kOptimizer, optimizer.state());
    if (const tensor::ParameterTable& own = objective.table(); !own.empty()) {
      tensor::write_safetensors(folder.path() / kObjective, own.file_tensors());
      files.emplace_back(kObjective);
    }
    write_file(folder.path() / kState, state_to_json(state, optimizer.steps_done()).dump(2) + "\n");
    Json seals;
    for (const std::string& file : files) seals[file] = seal_of(folder.path() / file);
    write_file(folder.path() / kDone, Json{{"files", seals}}.dump(2) + "\n");
    folder.rename();
  } catch (const Error& error) {
    if (error.code() != ExitCode::kFailed) throw;
    fail_running(
        "checkpoint " + target.string() + " is not written: " + error.what(), {},
        "The checkpoints before it are whole; go on with --resume latest when there is room.");
  }
  return target;
}

TrainState read_train_state(const fs::path& checkpoint) {
  if (!fs::is_directory(checkpoint))
    fail_input(checkpoint.string() + " is no folder", "a checkpoint folder step_<N>");
  if (!fs::exists(checkpoint / kDone)) {
    fail_input(checkpoint.string() + " has no DONE: it was not written to its end",
               "a finished checkpoint", "Use --resume latest or an earlier step_<N>.");
  }
  const Json done = read_json(checkpoint / kDone);
  if (!done.is_object() || !done.contains("files") || !done["files"].is_object()) {
    fail_input((checkpoint / kDone).string() + " lists no files", "the DONE of a checkpoint",
               kGoBack);
  }
  for (const auto& [file, seal] : done["files"].items()) {
    if (!fs::exists(checkpoint / file)) {
      fail_input((checkpoint / file).string() + " is missing, and DONE lists it", {}, kGoBack);
    }
    if (seal_of(checkpoint / file) != seal) {
      fail_input(
          (checkpoint / file).string() + " is damaged: its size or checksum is not what DONE says",
          {}, kGoBack);
    }
  }
  const std::string where = (checkpoint / kState).string();
  const Json json = read_json(where);
  TrainState state;
  try {
    if (json.at("format").get<int>() != kFormat) {
      fail_input(where + " has format " + json["format"].dump(), std::to_string(kFormat),
                 "It was written by another version of this program.");
    }
    state.step = json.at("step").get<int64_t>();
    state.samples = json.at("samples").get<int64_t>();
    state.pass = json.at("next_batch").at("pass").get<int64_t>();
    state.batch = json.at("next_batch").at("batch").get<int64_t>();
    state.skipped = json.at("skipped").get<int64_t>();
    state.machine = json.at("machine").get<std::string>();
    state.trajectory = json.at("trajectory");
    if (json.contains("best_validation")) {
      const Json& best = json["best_validation"];
      state.best = {best.at("loss").get<double>(), best.at("step").get<int64_t>(),
                    best.at("since").get<int64_t>()};
    }
    state.meters = Meters::from_json(json.at("meters"), where);
  } catch (const Json::exception& error) {
    fail_input(where + " cannot be read (" + error.what() + ")", "the state of a checkpoint",
               kGoBack);
  }
  return state;
}

void load_tensors(const fs::path& checkpoint, const TrainState& state, const RunTensors& tensors) {
  const auto& [model, objective, optimizer, average] = tensors;
  if (has_own_weights(tensors)) {
    const fs::path file = checkpoint / kTrained;
    require_file(file, "the run averages its weights or adapts them (--ema, --lora-rank)");
    trained_tensors(model).load(read_finite(file), file.string(), "what this run trains");
  } else {
    model.load_state(read_finite(checkpoint / kModel), (checkpoint / kModel).string());
  }
  if (average != nullptr) {
    const fs::path file = checkpoint / kAverage;
    require_file(file, "the run averages its weights (--ema)");
    average->load_state(read_finite(file), file.string());
  }
  optimizer.load_state(read_finite(checkpoint / kOptimizer),
                       read_json(checkpoint / kState).value("optimizer_steps", state.step),
                       (checkpoint / kOptimizer).string());
  if (const tensor::ParameterTable& own = objective.table(); !own.empty()) {
    const fs::path file = checkpoint / kObjective;
    require_file(file, "objective " + objective.config().preset + " keeps " +
                           std::to_string(own.size()) + " tensors there");
    own.load(read_finite(file), file.string(), "the objective");
  }
}

std::optional<fs::path> latest_checkpoint(const fs::path& checkpoints) {
  const std::vector<fs::path> list = models::finished_checkpoints(checkpoints);
  if (list.empty()) return std::nullopt;
  return list.back();
}

void delete_old_checkpoints(const fs::path& checkpoints, int64_t keep,
                            const std::set<int64_t>& spared) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(checkpoints, ignored)) {
    const bool unfinished = entry.path().filename().string().rfind(kUnfinished, 0) == 0;
    const bool unmarked =
        models::checkpoint_step(entry.path()) >= 0 && !fs::exists(entry.path() / kDone, ignored);
    if (unfinished || unmarked) fs::remove_all(entry.path(), ignored);
  }
  if (keep == 0) return;
  std::vector<fs::path> list = models::finished_checkpoints(checkpoints);
  for (size_t i = 0; i + static_cast<size_t>(keep) < list.size(); ++i) {
    if (spared.contains(models::checkpoint_step(list[i]))) continue;
    // DONE goes first, so that a kill in the middle never leaves a damaged checkpoint that counts.
    fs::remove(list[i] / kDone, ignored);
    fs::remove_all(list[i], ignored);
  }
}

void set_aside_checkpoints_after(const fs::path& checkpoints, int64_t step) {
  for (const fs::path& path : models::finished_checkpoints(checkpoints)) {
    if (models::checkpoint_step(path) <= step) continue;
    const fs::path aside =
        checkpoints / (std::string(kAside) + std::to_string(models::checkpoint_step(path)));
    std::error_code problem;
    fs::remove_all(aside, problem);
    fs::rename(path, aside, problem);
    if (problem) fail_running(path.string() + " cannot be renamed (" + problem.message() + ")");
    log_info("checkpoint " + path.string() + " is later than the one resumed from; it is now " +
             aside.filename().string());
  }
}

}  // namespace clipwright::train::folder
