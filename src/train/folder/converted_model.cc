#include "train/folder/converted_model.h"

#include <algorithm>
#include <system_error>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/words.h"
#include "losses/class_tokens.h"
#include "losses/filip_heads.h"
#include "models/files/hugging_face.h"
#include "models/files/model_file.h"
#include "models/gguf/gguf_model.h"
#include "models/interpolation.h"
#include "models/load_model.h"
#include "models/onnx/onnx_folder.h"
#include "models/open_clip_directory.h"
#include "train/folder/unfinished_folder.h"

namespace clipwright::train::folder {
namespace {

struct Format {
  const char* name;
  bool has_half;
  void (*write)(const models::Clip& model, const fs::path& folder, bool half);
};
constexpr Format kFormats[] = {
    {"open_clip", false,
     [](const models::Clip& model, const fs::path& folder, bool) {
       models::write_open_clip_directory(model, folder);
     }},
    {"hf", false,
     [](const models::Clip& model, const fs::path& folder, bool) {
       models::files::write_hugging_face_folder(model, folder);
     }},
    {"onnx", false,
     [](const models::Clip& model, const fs::path& folder, bool) {
       models::onnx::write_onnx_folder(model, folder);
     }},
    {"gguf", true,
     [](const models::Clip& model, const fs::path& folder, bool half) {
       models::gguf::write_gguf_model(
           model, folder / "model.gguf",
           half ? models::gguf::Precision::kFloat16 : models::gguf::Precision::kFloat32);
     }},
};
constexpr const char *kFloat32 = "f32", *kFloat16 = "f16";

/// Where a model is to be written: found before anything is read.
class NewModel {
 public:
  NewModel(std::string_view format, std::string_view dtype, const fs::path& output)
      : half_(dtype == kFloat16) {
    const auto* known = std::find_if(std::begin(kFormats), std::end(kFormats),
                                     [&](const Format& one) { return one.name == format; });
    if (known == std::end(kFormats))
      fail_usage("--format " + std::string(format), listed(model_formats(), " or "));
    format_ = known;
    if (dtype != kFloat32 && !(half_ && known->has_half))
      fail_usage("--dtype " + std::string(dtype) + " of --format " + known->name,
                 known->has_half ? "f32 or f16" : "f32; only gguf has f16");
    std::error_code ignored;
    if (fs::exists(output, ignored) &&
        (!fs::is_directory(output, ignored) || !fs::is_empty(output, ignored)))
      fail_usage(output.string() + ": is there already", "a folder that is not there, or empty");
    output_ = fs::absolute(output).lexically_normal();
    if (!output_.has_filename()) output_ = output_.parent_path();
  }

  void write(const models::Clip& model) const {
    make_folder(output_.parent_path());
    UnfinishedFolder folder(output_);
    format_->write(model, folder.path(), half_);
    folder.rename();
  }

 private:
  const Format* format_;
  bool half_;
  fs::path output_;
};

/// What lies beside a model's weights and is no part of them.
void tell_what_stays(const std::string& model) {
  const fs::path folder = models::find_model_folder(model);
  std::error_code ignored;
  for (const char* name : {losses::kFilipHeadsName, losses::kClassTokensName}) {
    if (!folder.empty() && fs::exists(folder / name, ignored)) {
      log_warning((folder / name).string() +
                  " is no part of the model and is not written; copy it if you want it");
    }
  }
}

}  // namespace

std::vector<std::string> model_formats() {
  std::vector<std::string> names;
  for (const Format& format : kFormats) names.emplace_back(format.name);
  return names;
}

std::vector<std::string> model_dtypes() { return {kFloat32, kFloat16}; }

void convert_model(const models::ModelArgument& model, std::string_view format,
                   const fs::path& output, std::string_view dtype) {
  const NewModel place(format, dtype, output);
  const auto loaded = models::load_trained_model(model);
  models::files::require_finite(loaded->table().file_tensors(), model.model);
  tell_what_stays(model.model);
  place.write(*loaded);
}

void interpolate_models(const std::string& a, const std::string& b, double alpha,
                        std::string_view format, const fs::path& output) {
  const NewModel place(format, kFloat32, output);
  const auto first = models::load_trained_model(a), second = models::load_trained_model(b);
  const auto mixed = models::interpolate(*first, *second, alpha, a, b);
  if (!mixed->config().vision.resnet_layers.empty() && alpha > 0 && alpha < 1) {
    log_info(
        "a ResNet's running statistics are those between the two models', which are not quite "
        "what the weights between them would see");
  }
  for (const std::string& model : {a, b}) tell_what_stays(model);
  place.write(*mixed);
}

}  // namespace clipwright::train::folder
