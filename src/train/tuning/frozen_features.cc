#include "train/tuning/frozen_features.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/random.h"
#include "models/tuning/tower_groups.h"
#include "models/weights_digest.h"
#include "train/options/trajectory.h"
#include "train/tuning/locked.h"

namespace clipwright::train::tuning {
namespace {

constexpr std::string_view kMagic = "CWFROZN1";

std::string_view bytes_of(const void* data, size_t size) {
  return {static_cast<const char*>(data), size};
}

template <typename Number>
void put(std::string& bytes, Number number) {
  bytes.append(bytes_of(&number, sizeof number));
}

std::string header_of(const Sha256& key, int64_t width) {
  std::string header(kMagic);
  header.append(bytes_of(key.data(), key.size()));
  put(header, static_cast<uint32_t>(width));
  put(header, uint32_t{0});
  put(header, hash64(header));
  return header;
}

/// Everything that a tower's features depend on beside the content.
Sha256 key_of(const options::TrainOptions& options, const models::Clip& model,
              const models::tuning::TowerGroups& groups, const char* tower) {
  std::vector<std::string> names;
  for (const auto& group : groups) names.insert(names.end(), group.begin(), group.end());
  const Json described = {
      {"weights", models::weights_digest(model, names)},
      {"model", options::describe_model(model.config())[tower]},
      {"preprocessing", options::describe_preprocessing(model.config().preprocess)},
      {"precision", options.precision},
      {"device", options.device.substr(0, options.device.find(':'))}};
  return sha256(described.dump());
}

bool embeddings_alone(const losses::Objective& objective, bool image) {
  const losses::Wants& wants = objective.wants();
  if (image) {
    return std::none_of(wants.views.begin(), wants.views.end(), [](const losses::ImageWants& want) {
      return want.pooled || want.patches || want.branches;
    });
  }
  return !objective.mask_token().defined() &&
         std::none_of(wants.texts.begin(), wants.texts.end(),
                      [](const losses::TextWants& want) { return want.tokens; });
}

}  // namespace

ContentHash content_hash(std::span<const std::byte> bytes) {
  const std::string_view text = bytes_of(bytes.data(), bytes.size());
  return {hash64(text, 0), hash64(text, 1)};
}

FrozenFeatures::FrozenFeatures(const fs::path& folder, const std::string& tower, const Sha256& key,
                               int64_t width)
    : width_(width) {
  const fs::path path = folder / (tower + "-" + hex(key).substr(0, 32) + ".features");
  const std::string header = header_of(key, width);
  try {
    make_folder(folder);
    lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock_ >= 0 && ::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
      log_warning(path.string() + " is being written by another run: features of the " + tower +
                  " tower are computed every time");
      return;
    }
    read(path, header);
  } catch (const Error& error) {
    file_.reset();
    log_warning("features of the " + tower + " tower are not kept: " + error.what());
    return;
  }
  log_info("features of the locked " + tower + " tower are kept in " + path.string() + ", " +
           with_commas(known()) + " are there");
}

FrozenFeatures::~FrozenFeatures() {
  if (lock_ >= 0) ::close(lock_);
}

size_t FrozenFeatures::record_bytes() const {
  return sizeof(ContentHash) + sizeof(float) * static_cast<size_t>(width_) + sizeof(uint64_t);
}

void FrozenFeatures::read(const fs::path& path, const std::string& header) {
  const std::string bytes = read_file(path);
  file_.emplace(path);
  if (bytes.substr(0, header.size()) != header) {
    if (!bytes.empty())
      log_warning(path.string() + " is not what its name says, and is written anew");
    file_->cut(0);
    file_->append(header);
    return;
  }
  const size_t size = record_bytes(), row = sizeof(float) * static_cast<size_t>(width_);
  const size_t records = (bytes.size() - header.size()) / size;
  int64_t damaged = 0;
  for (size_t i = 0; i < records; ++i) {
    const char* record = bytes.data() + header.size() + i * size;
    uint64_t sum = 0;
    std::memcpy(&sum, record + size - sizeof sum, sizeof sum);
    ContentHash content;
    std::memcpy(content.data(), record, sizeof content);
    std::vector<float> numbers(static_cast<size_t>(width_));
    std::memcpy(numbers.data(), record + sizeof content, row);
    if (sum != hash64(bytes_of(record, size - sizeof sum)) ||
        !std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); })) {
      ++damaged;
      continue;
    }
    places_[content] = numbers_.size();
    numbers_.insert(numbers_.end(), numbers.begin(), numbers.end());
  }
  const size_t whole = header.size() + records * size;
  if (whole < bytes.size()) file_->cut(whole);
  if (damaged > 0 || whole < bytes.size()) {
    log_warning(path.string() + ": " + with_commas(damaged) + " damaged features of " +
                with_commas(static_cast<int64_t>(records)) +
                (whole < bytes.size() ? " and a torn end" : "") +
                " are not used; they are computed again");
  }
}

void FrozenFeatures::append(const std::string& records) {
  if (!file_) return;
  try {
    file_->append(records);
  } catch (const Error& error) {
    file_.reset();
    log_warning(std::string("features of a locked tower are no longer kept: ") + error.what());
  }
}

Tensor FrozenFeatures::rows(
    const std::vector<ContentHash>& contents,
    const std::function<Tensor(const std::vector<int64_t>& missing)>& compute) {
  std::vector<int64_t> missing;
  for (size_t i = 0; i < contents.size(); ++i) {
    if (!places_.contains(contents[i])) missing.push_back(static_cast<int64_t>(i));
  }
  if (!missing.empty()) {
    const torch::NoGradGuard no_grad;
    const Tensor found = compute(missing).to(torch::kCPU, torch::kFloat32).contiguous();
    CW_CHECK(found.dim() == 2 && found.size(1) == width_ &&
                 found.size(0) == static_cast<int64_t>(missing.size()),
             "one feature for each that is missing");
    std::string records;
    for (size_t i = 0; i < missing.size(); ++i) {
      const ContentHash& content = contents[static_cast<size_t>(missing[i])];
      const float* row = found.const_data_ptr<float>() + static_cast<int64_t>(i) * width_;
      // The same content twice in a batch has one feature.
      if (!places_.emplace(content, numbers_.size()).second) continue;
      numbers_.insert(numbers_.end(), row, row + width_);
      ++computed_;
      // What is not finite stops the run at its loss, and must not stay.
      if (!std::all_of(row, row + width_, [](float x) { return std::isfinite(x); })) continue;
      std::string record;
      record.append(bytes_of(content.data(), sizeof content));
      record.append(bytes_of(row, sizeof(float) * static_cast<size_t>(width_)));
      put(record, hash64(record));
      records += record;
    }
    append(records);
  }
  Tensor rows = torch::empty({static_cast<int64_t>(contents.size()), width_}, torch::kFloat32);
  for (size_t i = 0; i < contents.size(); ++i) {
    std::memcpy(rows.data_ptr<float>() + static_cast<int64_t>(i) * width_,
                numbers_.data() + places_.at(contents[i]),
                sizeof(float) * static_cast<size_t>(width_));
  }
  return rows;
}

FrozenTowers open_frozen_features(const options::TrainOptions& options,
                                  const losses::Objective& objective, const models::Clip& model) {
  FrozenTowers towers;
  if (options.cache_features.empty()) return towers;
  const TrainedTowers trained = trained_towers(model);
  const models::ModelConfig& config = model.config();
  if (trained.image && trained.text) {
    fail_usage("--cache-features keeps what a tower gives that is locked as a whole, and none is",
               "--lock-image or --lock-text without unlocked groups",
               models::tuning::lock_spares_projection(config)
                   ? "The projection of a timm image tower is not locked with it."
                   : "");
  }
  const auto require_embeddings = [&](bool image, const char* flag) {
    if (embeddings_alone(objective, image)) return;
    fail_usage("--cache-features keeps embeddings, and terms of objective " +
                   objective.config().preset + " read more of the tower that " + flag + " locks",
               "an objective that reads embeddings alone, such as clip or laclip");
  };
  if (!trained.image) {
    require_embeddings(true, "--lock-image");
    if (options.augment != "none") {
      fail_usage("--cache-features would find nothing: with --augment " +
                     (options.augment.empty() ? "model" : options.augment) +
                     " a picture is cropped otherwise in every epoch",
                 "--augment none");
    }
    if (!config.vision.resnet_layers.empty() && !options.lock_image_freeze_bn_stats) {
      fail_usage("--cache-features: the locked ResNet still normalises by the batch",
                 "--lock-image-freeze-bn-stats as well");
    }
    towers.image = std::make_unique<FrozenFeatures>(
        options.cache_features, "image",
        key_of(options, model, models::tuning::image_groups(config, model.table()), "vision"),
        config.embed_dim);
  }
  if (!trained.text) {
    require_embeddings(false, "--lock-text");
    towers.text = std::make_unique<FrozenFeatures>(
        options.cache_features, "text",
        key_of(options, model, models::tuning::text_groups(config, model.table()), "text"),
        config.embed_dim);
  }
  return towers;
}

}  // namespace clipwright::train::tuning
