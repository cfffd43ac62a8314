#include "eval/picture_batches.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "core/process/worker_threads.h"
#include "eval/features.h"

namespace clipwright::eval {
namespace {

// A system that refuses the thread has the batch decoded when it is asked for.
constexpr auto kBeside = std::launch::async | std::launch::deferred;

}  // namespace

PictureBatches::PictureBatches(const data::source::Dataset& pictures,
                               const models::ModelConfig& config, int64_t batch_size, int workers)
    : pictures_(pictures),
      batch_size_(batch_size),
      bytes_(int64_t{3} * config.vision.image_size * config.vision.image_size) {
  for (int i = 0; i < std::max(1, workers); ++i)
    pipelines_.emplace_back(config.preprocess, config.vision.image_size);
  ahead_ = std::async(kBeside, [this] { return decode(0); });
}

PictureBatches::~PictureBatches() {
  if (ahead_.valid()) ahead_.wait();
}

PictureBatch PictureBatches::next() {
  PictureBatch batch = ahead_.get();
  at_ += batch.size;
  ahead_ = std::async(kBeside, [this, first = at_] { return decode(first); });
  return batch;
}

PictureBatch PictureBatches::decode(int64_t first) {
  PictureBatch batch;
  batch.first = first;
  batch.size = std::min(batch_size_, pictures_.size() - first);
  batch.pixels.resize(static_cast<size_t>(batch.size * bytes_));
  std::atomic<int64_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto decode_some = [&](data::transform::ImagePipeline& pipeline) {
    for (int64_t i = next++; i < batch.size; i = next++) {
      const std::span<uint8_t> chw(batch.pixels.data() + i * bytes_, static_cast<size_t>(bytes_));
      std::string error;
      try {
        const data::source::ImageBytes file = pictures_.image(first + i);
        error = file.error;
        if (error.empty()) error = pipeline.evaluate(file.view, chw);
      } catch (const std::exception& problem) {
        error =
            problem
                .what();  // out of memory over one picture must not end the process from a thread
      }
      if (error.empty()) continue;
      std::fill(chw.begin(), chw.end(), uint8_t{0});
      std::lock_guard lock(mutex);
      batch.bad[first + i] = error;
    }
  };
  const auto work = [&](data::transform::ImagePipeline& pipeline) {
    try {
      decode_some(pipeline);
    } catch (...) {  // not even the reason of a bad picture could be kept
      std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    const size_t wanted =
        std::min<size_t>(pipelines_.size(), static_cast<size_t>(std::max<int64_t>(batch.size, 1)));
    start_threads(threads, wanted - 1, [&](size_t i) { work(pipelines_[i + 1]); });
    work(pipelines_[0]);
  }
  if (failure) std::rethrow_exception(failure);
  return batch;
}

}  // namespace clipwright::eval
