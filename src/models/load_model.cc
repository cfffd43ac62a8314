#include "models/load_model.h"

#include <algorithm>
#include <charconv>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "models/encoders/find_sentence_encoder.h"
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
  fail_input(
      folder.string() + ": holds no model",
      "an open_clip directory, a Hugging Face folder of a CLIPModel, the folder of a training "
      "run, or one of its checkpoints");
}

enum class Form { kNothing, kOpenClip, kHuggingFace, kWeights, kConfiguration };

/// What a --model argument leads to on disk.
struct Written {
  Form form = Form::kNothing;
  fs::path place;

  bool is_folder() const { return form == Form::kOpenClip || form == Form::kHuggingFace; }
  /// Neither a name nor a description alone.
  bool has_weights() const { return is_folder() || form == Form::kWeights; }
};

Written find_written(const std::string& model) {
  std::error_code ignored;
  fs::path place(model);
  if (!is_there(place)) return {};
  const bool of_folder = place.extension() == ".safetensors" &&
                         is_open_clip_directory(fs::absolute(place).parent_path());
  if (of_folder) place = fs::absolute(place).parent_path();
  if (fs::is_directory(place, ignored)) {
    place = weights_folder(place);
    return {is_open_clip_directory(place) ? Form::kOpenClip : Form::kHuggingFace, place};
  }
  return {files::is_configuration(place) ? Form::kConfiguration : Form::kWeights, place};
}

void require_weights_file(const ModelArgument& argument, const Written& written) {
  if (written.form == Form::kWeights || !argument.says_more()) return;
  const bool configuration = !argument.configuration.empty();
  fail_usage(
      (configuration ? "--model-config " + argument.configuration : "--names " + argument.names) +
          ": " + argument.model + " is no file of weights",
      "a file of weights without a configuration of its own (.pt, .safetensors)");
}

std::shared_ptr<Clip> load_written(const ModelArgument& argument, const Written& written) {
  switch (written.form) {
    case Form::kOpenClip:
      return read_open_clip_directory(written.place);
    case Form::kHuggingFace:
      return files::read_hugging_face_folder(written.place);
    default:
      return files::read_model_file(
          {written.place.string(), argument.configuration, argument.names});
  }
}

/// Of a name, or of a description alone: an architecture without weights.
ModelConfig architecture_of(const std::string& model, const Written& written) {
  if (written.form == Form::kConfiguration) return files::read_configuration(written.place);
  if (model == encoders::kMiniLm) {
    fail_usage(model + " is a sentence encoder: it has no image tower",
               "the name or the folder of a model for pictures and texts",
               "It embeds texts (embed --texts), and `train --text-model` takes it.");
  }
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

fs::path find_model_folder(const std::string& model) {
  const Written written = find_written(model);
  return written.is_folder() ? written.place : fs::path();
}

ModelConfig read_model_config(const ModelArgument& argument) {
  const Written written = find_written(argument.model);
  require_weights_file(argument, written);
  switch (written.form) {
    case Form::kOpenClip:
      return read_open_clip_config(written.place);
    case Form::kHuggingFace:
      return files::read_hugging_face_config(written.place);
    case Form::kWeights:
      return files::read_model_file_config(argument);
    default:
      return architecture_of(argument.model, written);
  }
}

bool has_weights(const std::string& model) { return find_written(model).has_weights(); }

bool is_weights_file(const std::string& model) {
  return find_written(model).form == Form::kWeights;
}

std::shared_ptr<Clip> load_model(const ModelArgument& argument, uint64_t seed) {
  const Written written = find_written(argument.model);
  require_weights_file(argument, written);
  if (written.has_weights()) return load_written(argument, written);
  auto fresh = std::make_shared<Clip>(architecture_of(argument.model, written), seed);
  fresh->eval();
  return fresh;
}

std::shared_ptr<Clip> load_trained_model(const ModelArgument& argument) {
  const std::string& model = argument.model;
  const Written written = find_written(model);
  require_weights_file(argument, written);
  if (written.has_weights()) return load_written(argument, written);
  const std::string expected =
      "an open_clip directory, a Hugging Face folder, a file of weights, the folder of a training "
      "run or a checkpoint, e.g. LOGS/NAME/model";
  if (written.form == Form::kConfiguration || is_model_name(model)) {
    fail_usage(model + ": names an architecture, which would give fresh, untrained weights",
               expected);
  }
  fail_input(model + ": there is no such file or folder", expected);
}

std::shared_ptr<Clip> load_model_to_evaluate(const ModelArgument& argument) {
  std::shared_ptr<Clip> loaded = load_model(argument);
  if (!has_weights(argument.model)) {
    log_warning("--model " + argument.model +
                " names an architecture: its weights are fresh, so the numbers are those of an "
                "untrained model. A trained one is a folder, e.g. LOGS/NAME/model.");
  }
  return loaded;
}

}  // namespace clipwright::models
