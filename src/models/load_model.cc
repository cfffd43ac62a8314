#include "models/load_model.h"

#include <algorithm>
#include <charconv>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "models/files/hugging_face.h"
#include "models/files/model_file.h"
#include "models/open_clip_directory.h"

namespace clipwright::models {
namespace {

/// Where the weights of a model's or a run's folder lie.
fs::path weights_folder(fs::path folder) {
  if (!folder.has_filename()) folder = folder.parent_path();  // "logs/run/"
  if (is_open_clip_directory(folder)) {
    if (checkpoint_step(folder) >= 0 && !fs::exists(folder / kCheckpointDone)) {
      fail_input(
          folder.string() + ": is a checkpoint that was not written to its end (it has no DONE)",
          "a finished checkpoint", "Use an earlier step_<N> folder.");
    }
    return folder;
  }
  if (is_open_clip_directory(folder / "model")) return folder / "model";
  for (const fs::path& place : {folder / "checkpoints", folder}) {
    const std::vector<fs::path> checkpoints = finished_checkpoints(place);
    if (!checkpoints.empty() && is_open_clip_directory(checkpoints.back()))
      return checkpoints.back();
  }
  if (files::is_hugging_face_folder(folder)) return folder;
  fail_usage(
      folder.string() + ": holds no model",
      "an open_clip directory, a Hugging Face folder of a CLIPModel, the folder of a training "
      "run, or one of its checkpoints");
}

/// Empty when nothing of that name is there.
fs::path written_folder(const std::string& model) {
  std::error_code ignored;
  const fs::path path(model);
  if (fs::is_directory(path, ignored)) return weights_folder(path);
  if (fs::exists(path, ignored)) {
    if (path.extension() == ".safetensors" &&
        is_open_clip_directory(fs::absolute(path).parent_path()))
      return weights_folder(fs::absolute(path).parent_path());
  }
  return {};
}

/// A file by itself, which no folder's description goes with.
bool is_file(const std::string& model) {
  std::error_code ignored;
  return fs::exists(model, ignored) && !fs::is_directory(model, ignored);
}

/// Null when nothing of that name is there, or a configuration alone.
std::shared_ptr<Clip> load_written(const std::string& model) {
  const fs::path folder = written_folder(model);
  if (!folder.empty()) {
    return is_open_clip_directory(folder) ? read_open_clip_directory(folder)
                                          : files::read_hugging_face_folder(folder);
  }
  return is_file(model) && !files::is_configuration(model) ? files::read_model_file(model)
                                                           : nullptr;
}

ModelConfig named_config(const std::string& model) {
  if (is_file(model)) return files::read_configuration(model);
  if (model.find('/') != std::string::npos && !is_model_name(model)) {
    fail_input(model + ": there is no such folder",
               "an architecture name or the folder of a model");
  }
  return find_model_config(model);
}

}  // namespace

int64_t checkpoint_step(const fs::path& folder) {
  constexpr std::string_view kPrefix = "step_";
  const std::string name = folder.filename().string();
  int64_t step = -1;
  if (name.rfind(kPrefix, 0) != 0) return -1;
  const auto [end, error] =
      std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), step);
  return error == std::errc() && end == name.data() + name.size() ? step : -1;
}

std::vector<fs::path> finished_checkpoints(const fs::path& folder) {
  std::vector<fs::path> list;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (checkpoint_step(entry.path()) >= 0 && fs::exists(entry.path() / kCheckpointDone, ignored))
      list.push_back(entry.path());
  }
  std::sort(list.begin(), list.end(), [](const fs::path& a, const fs::path& b) {
    return checkpoint_step(a) < checkpoint_step(b);
  });
  return list;
}

fs::path find_model_folder(const std::string& model) { return written_folder(model); }

ModelConfig read_model_config(const std::string& model) {
  const fs::path folder = written_folder(model);
  if (!folder.empty()) {
    return is_open_clip_directory(folder) ? read_open_clip_config(folder)
                                          : files::read_hugging_face_config(folder);
  }
  return is_file(model) && !files::is_configuration(model) ? files::read_model_file(model)->config()
                                                           : named_config(model);
}

std::shared_ptr<Clip> load_model(const std::string& model, uint64_t seed) {
  if (std::shared_ptr<Clip> written = load_written(model)) return written;
  auto fresh = std::make_shared<Clip>(named_config(model), seed);
  fresh->eval();
  return fresh;
}

std::shared_ptr<Clip> load_trained_model(const std::string& model,
                                         const std::string& configuration) {
  if (!configuration.empty()) {
    if (!is_file(model) || files::is_configuration(model)) {
      fail_usage("--model-config " + configuration + ": " + model + " is no file of weights",
                 "a file of weights without a configuration of its own (.pt, .safetensors)");
    }
    return files::read_model_file(model, configuration);
  }
  if (std::shared_ptr<Clip> written = load_written(model)) return written;
  const std::string expected =
      "an open_clip directory, a file of weights, the folder of a training run or a checkpoint, "
      "e.g. LOGS/NAME/model";
  if (is_file(model)) {
    fail_usage(model + ": describes an architecture, which would give fresh, untrained weights",
               expected);
  }
  if (is_model_name(model)) {
    fail_usage(model + ": names an architecture, which would give fresh, untrained weights",
               expected);
  }
  fail_input(model + ": there is no such folder", expected);
}

std::shared_ptr<Clip> load_model_to_evaluate(const std::string& model) {
  std::shared_ptr<Clip> loaded = load_model(model);
  if (is_file(model) ? files::is_configuration(model)
                     : !fs::exists(model) && is_model_name(model)) {
    log_warning("--model " + model +
                " names an architecture: its weights are fresh, so the numbers are those of an "
                "untrained model. A trained one is a folder, e.g. LOGS/NAME/model.");
  }
  return loaded;
}

}  // namespace clipwright::models
