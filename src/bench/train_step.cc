#include "bench/train_step.h"

#include <cstring>

#include "core/error.h"
#include "core/file.h"
#include "core/npy.h"
#include "core/random.h"
#include "data/captions/hidden_words.h"
#include "losses/presets.h"
#include "models/load_model.h"
#include "optim/adamw.h"
#include "tensor/device.h"
#include "tensor/gemm.h"
#include "train/loop/frozen.h"
#include "train/loop/step.h"

namespace clipwright::bench {
namespace {

Tensor read_images(const TrainStepBenchmark& options, int size) {
  if (options.images.empty())
    return torch::randint(0, 256, {options.batch_size, 3, size, size}, torch::kUInt8);
  const NpyArray array = read_npy(options.images);
  if (array.shape.size() != 4 || array.shape[1] != 3 || array.shape[2] != size ||
      array.shape[3] != size) {
    fail_input(options.images + ": does not have the shape of pictures for this model",
               "(N, 3, " + std::to_string(size) + ", " + std::to_string(size) + ") of uint8");
  }
  const auto values = array.values<uint8_t>();
  Tensor images = torch::empty(array.shape, torch::kUInt8);
  std::memcpy(images.data_ptr(), values.data(), values.size());
  return images;
}

/// Captions of 3 to 33 tokens with the mean of CC3M's (12.6, start and end included), in words that
/// are one token each.
text::bpe::PackedTexts made_up_texts(int64_t count, int slot) {
  static constexpr const char* kWords[] = {"photo", "dog",   "house", "red",  "street", "water",
                                           "girl",  "table", "green", "old",  "car",    "sky",
                                           "tree",  "white", "beach", "night"};
  text::bpe::PackedTexts texts;
  for (int64_t i = 0; i < count; ++i) {
    Random random(static_cast<uint64_t>(slot), "benchmark-caption", 0, static_cast<uint64_t>(i));
    const int words = std::min(31, 1 + static_cast<int>(9.5 * std::exp(0.45 * random.normal())));
    std::string caption;
    for (int w = 0; w < words; ++w)
      caption += std::string(w > 0 ? " " : "") + kWords[random.below(std::size(kWords))];
    text::bpe::Tokenizer::standard().append(caption, texts);
  }
  return texts;
}

text::bpe::PackedTexts read_texts(const std::string& path, int64_t count) {
  text::bpe::PackedTexts texts;
  const std::string contents = read_file(path);
  for (size_t at = 0; at < contents.size();) {
    const size_t end = std::min(contents.find('\n', at), contents.size());
    text::bpe::Tokenizer::standard().append(std::string_view(contents).substr(at, end - at), texts);
    at = end + 1;
  }
  if (texts.size() != count)
    fail_input(path + ": has " + std::to_string(texts.size()) + " lines",
               std::to_string(count) + ", one a picture");
  return texts;
}

/// Every view of every pair, every text slot, some words of masked slots hidden.
train::loop::StepInput make_input(const TrainStepBenchmark& options,
                                  const losses::ObjectiveConfig& config,
                                  const models::Clip& model) {
  train::loop::StepInput input;
  for (size_t v = 0; v < config.views.size(); ++v)
    input.views.push_back(read_images(options, model.config().vision.image_size));
  const int64_t count = input.pairs();
  for (const std::string& path : options.texts) input.texts.push_back(read_texts(path, count));
  const auto wanted = std::max(static_cast<int>(config.texts.size()), options.text_slots);
  for (int slot = static_cast<int>(input.texts.size()); slot < wanted; ++slot)
    input.texts.push_back(made_up_texts(count, slot));
  for (size_t slot = 0; slot < config.texts.size(); ++slot) {
    input.targets.emplace_back();
    if (!losses::parse_slot(config.texts[slot]).masked) continue;
    data::captions::Masking masking;
    masking.mask = model.config().text.words();
    text::bpe::PackedTexts& texts = input.texts[slot];
    std::vector<int32_t>& targets = input.targets.back();
    targets.resize(texts.ids.size());
    Random random(0, "benchmark-mask", 0, uint64_t{0});
    for (size_t n = 0; n + 1 < texts.offsets.size(); ++n) {
      const auto begin = static_cast<size_t>(texts.offsets[n]),
                 size = static_cast<size_t>(texts.offsets[n + 1]) - begin;
      data::captions::hide_words(masking, random, std::span(texts.ids).subspan(begin, size),
                                 std::span(targets).subspan(begin, size));
    }
  }
  return input;
}

}  // namespace

Measurement benchmark_train_step(const TrainStepBenchmark& options) {
  tensor::set_compute_threads(options.threads);
  torch::manual_seed(0);
  const std::shared_ptr<models::Clip> model = models::load_model(options.model);
  model->train();
  const std::string preset = !options.objective.empty() ? options.objective
                             : options.texts.size() <= 1 && options.text_slots == 1 ? "clip"
                                                                                    : "laclip-mt";
  const losses::ObjectiveConfig& config = losses::find_preset(preset);
  losses::Objective objective(config, model->config());
  train::loop::freeze_untrained(*model, objective);
  const train::loop::StepInput input = make_input(options, config, *model);
  const int64_t count = input.pairs();
  const size_t slots = input.texts.size();
  tensor::ParameterTable table = model->table();
  table.append(objective.table());
  optim::AdamW optimizer(table, {});
  int64_t tokens = 0;
  for (const text::bpe::PackedTexts& texts : input.texts)
    tokens += static_cast<int64_t>(texts.ids.size());
  Measurement result{.name = "train-step",
                     .mode = model->config().name + ", batch " + std::to_string(count) + ", " +
                             std::to_string(slots) + (slots == 1 ? " text" : " texts") + ", " +
                             preset,
                     .unit = "pairs/s"};
  result.check["losses"] = Json::array();
  for (int step = 0; step < options.warmup + options.runs; ++step) {
    train::loop::StepLoss loss;
    const double seconds = seconds_of([&] {
      loss = train::loop::forward_backward(*model, objective, input, {});
      optimizer.step(1e-4);
      optimizer.clear_gradients();
    });
    result.check["losses"].push_back(loss.loss);
    if (step >= options.warmup) result.runs.push_back(static_cast<double>(count) / seconds);
  }
  result.check["tokens_per_text"] =
      static_cast<double>(tokens) / static_cast<double>(count * static_cast<int64_t>(slots));
  result.check["matrix_products"] = tensor::gemm_library();
  return result;
}

}  // namespace clipwright::bench
