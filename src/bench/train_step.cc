#include <cstring>

#include "bench/benchmarks.h"
#include "core/error.h"
#include "core/file.h"
#include "core/npy.h"
#include "core/random.h"
#include "optim/adamw.h"
#include "tensor/device.h"
#include "tensor/gemm.h"
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

}  // namespace

Measurement benchmark_train_step(const TrainStepBenchmark& options) {
  tensor::set_compute_threads(options.threads);
  torch::manual_seed(0);
  const std::shared_ptr<models::Clip> model = models::load_model(options.model);
  model->train();
  train::loop::StepInput input{read_images(options, model->config().vision.image_size), {}};
  const int64_t count = input.pixels.size(0);
  for (const std::string& path : options.texts) input.texts.push_back(read_texts(path, count));
  for (int slot = 0; options.texts.empty() && slot < options.text_slots; ++slot)
    input.texts.push_back(made_up_texts(count, slot));
  const size_t slots = input.texts.size();

  losses::Objective objective(losses::find_preset(slots == 1 ? "clip" : "laclip-mt"));
  optim::AdamW optimizer(model->table(), {});
  int64_t tokens = 0;
  for (const text::bpe::PackedTexts& texts : input.texts)
    tokens += static_cast<int64_t>(texts.ids.size());
  Measurement result{.name = "train-step",
                     .mode = model->config().name + ", batch " + std::to_string(count) + ", " +
                             std::to_string(slots) + (slots == 1 ? " text" : " texts"),
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
