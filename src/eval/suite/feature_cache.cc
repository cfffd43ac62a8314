#include "eval/suite/feature_cache.h"

#include <optional>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "models/open_clip_config.h"
#include "models/weights_digest.h"
#include "tensor/safetensors.h"

namespace clipwright::eval::suite {
namespace {

// Another number where features of the same model and pictures come out differently.
constexpr int kFormat = 1;

/// Of every picture's bytes in order: how a set is packed does not matter.
std::string digest_of(const data::source::Dataset& pictures) {
  Sha256Stream hash;
  Progress progress("pictures to recognise", pictures.size());
  for (int64_t i = 0; i < pictures.size(); ++i) {
    stop_if_interrupted();
    const data::source::ImageBytes image = pictures.image(i);
    hash.add(std::to_string(image.view.size()) + (image.error.empty() ? "+" : "-"));
    hash.add({reinterpret_cast<const char*>(image.view.data()), image.view.size()});
    progress.update(i + 1);
  }
  return hex(hash.finish());
}

std::string digest_of(const Tensor& rows) {
  return hex(sha256({static_cast<const char*>(rows.data_ptr()),
                     static_cast<size_t>(rows.numel()) * sizeof(float)}));
}

/// Throws Error for anything that is not what was written.
ImageFeatures read_features(const fs::path& path, const std::string& key, int64_t pictures) {
  const tensor::Safetensors file = tensor::read_safetensors(path);
  const Tensor* rows = file.find("rows");
  const auto text = [&](const char* name) {
    const auto found = file.metadata.find(name);
    return found == file.metadata.end() ? std::string() : found->second;
  };
  if (rows == nullptr || rows->scalar_type() != torch::kFloat32 || rows->dim() != 2 ||
      rows->size(0) != pictures)
    fail_input(path.string() + ": has no rows for the pictures");
  ImageFeatures features;
  features.rows = rows->clone();
  if (text("key") != key) fail_input(path.string() + ": belongs to something else");
  const std::string bad = text("bad");
  if (text("sha256") != hex(sha256(digest_of(features.rows) + bad)))
    fail_input(path.string() + ": has other bytes than were written");
  for (const Json& entry : parse_json(bad, path.string()))
    features.bad[entry.at(0).get<int64_t>()] = entry.at(1).get<std::string>();
  return features;
}

void write_features(const fs::path& path, const std::string& key, const ImageFeatures& features) {
  Json list = Json::array();
  for (const auto& [index, why] : features.bad) list.push_back({index, why});
  const std::string bad = to_line(list);
  const Tensor rows = features.rows.contiguous();
  make_folder(path.parent_path());
  tensor::write_safetensors(
      path, {{"rows", rows}},
      {{"key", key}, {"bad", bad}, {"sha256", hex(sha256(digest_of(rows) + bad))}});
}

std::optional<ImageFeatures> kept_features(const fs::path& path, const std::string& key,
                                           const data::source::Dataset& pictures) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::nullopt;
  try {
    ImageFeatures features = read_features(path, key, pictures.size());
    if (!features.bad.empty()) {
      const auto& [index, why] = *features.bad.begin();
      log_warning(with_commas(static_cast<int64_t>(features.bad.size())) + " of " +
                  with_commas(pictures.size()) + " pictures cannot be read; the first is " +
                  pictures.key(index) + " (" + why + ")");
    }
    return features;
  } catch (const std::exception& error) {
    log_warning("kept features are computed again: " + std::string(error.what()));
    return std::nullopt;
  }
}

}  // namespace

Json model_identity(const OpenedModel& model) {
  const models::ModelConfig& config = model.model->config();
  const Preprocessing& preprocess = config.preprocess;
  return {{"weights", models::weights_digest(*model.model)},
          {"config", models::to_open_clip_config(config)},
          {"preprocess",
           {{"mean", preprocess.mean},
            {"std", preprocess.std},
            {"interpolation", name_of(preprocess.interpolation)},
            {"resize_mode", name_of(preprocess.resize_mode)},
            {"resize_ratio", preprocess.resize_ratio}}},
          {"device", model.model->logit_scale().device().is_cpu() ? "cpu" : "cuda"}};
}

void FeatureCache::set_model(const OpenedModel& model, const Json& identity) {
  model_ = model.model;
  identity_ = identity;
}

ImageFeatures FeatureCache::features(models::Clip& model, const data::source::Dataset& pictures,
                                     std::string_view kind,
                                     const std::function<ImageFeatures()>& compute) {
  if (model_.get() != &model) return compute();
  const std::string key = to_line({{"format", kFormat},
                                   {"kind", kind},
                                   {"model", identity_},
                                   {"pictures", digest_of(pictures)}});
  const fs::path path = folder_ / (hex(sha256(key)).substr(0, 32) + ".safetensors");
  if (std::optional<ImageFeatures> kept = kept_features(path, key, pictures)) {
    ++found_;
    log_info("features of " + with_commas(pictures.size()) + " pictures are there already (" +
             path.string() + ")");
    return *kept;
  }
  ImageFeatures features = compute();
  try {
    write_features(path, key, features);
  } catch (const Error& error) {
    if (error.code() != ExitCode::kFailed) throw;
    log_warning("features are not kept: " + std::string(error.what()));
  }
  return features;
}

}  // namespace clipwright::eval::suite
