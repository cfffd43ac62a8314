#include "data/loader/loader.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "core/error.h"
#include "core/log.h"
#include "core/random.h"
#include "data/loader/sample_maker.h"

namespace clipwright::data::loader {
namespace {

// Enough to ride over a slow picture; more would only hold memory.
constexpr size_t kBatchesAhead = 4;
constexpr int64_t kSamplesBeforeJudging = 200;
constexpr int64_t kFirstLogged = 3;

/// A reason without what differs from file to file, so that counts by reason stay few.
std::string reason_kind(const std::string& reason) {
  const size_t end = reason.find_first_of("(:0123456789");
  std::string kind = reason.substr(0, end);
  while (!kind.empty() && kind.back() == ' ') kind.pop_back();
  return kind.empty() ? reason : kind;
}

bool worth_logging(int64_t count) {
  if (count <= kFirstLogged) return true;
  while (count % 10 == 0) count /= 10;
  return count == 1;
}

/// A batch on its way: samples are claimed one by one by any worker.
struct Slot {
  std::unique_ptr<Batch> batch;
  std::vector<SampleTexts> rows;
  int64_t claimed = 0, done = 0;
  bool ready = false;
  std::string hopeless;  // no usable pair was found for a row
  std::exception_ptr failure;
};

}  // namespace

struct Loader::State {
  std::shared_ptr<const source::Dataset> dataset;
  std::shared_ptr<const captions::CaptionTable> captions;
  LoaderOptions options;
  int64_t batches = 0;
  size_t texts = 0;  // K

  std::mutex mutex;
  std::condition_variable work, filled;
  bool stopping = false;
  int64_t epoch = 0, batch = 0;  // the next batch to be started
  std::deque<std::shared_ptr<Slot>> ahead;
  std::vector<std::unique_ptr<Batch>> spare;
  std::vector<std::vector<SampleTexts>> spare_rows;
  BadSamples bad;
  std::string last_bad;
  std::vector<std::jthread> workers;  // last, so that it is joined before the rest goes

  ~State() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
    }
    work.notify_all();
    workers.clear();
  }

  size_t pixels() const { return static_cast<size_t>(3) * options.image_size * options.image_size; }

  /// Opens the next batch of the schedule. Call with the lock held.
  void start_slot() {
    auto slot = std::make_shared<Slot>();
    if (spare.empty()) {
      slot->batch = std::make_unique<Batch>();
    } else {
      slot->batch = std::move(spare.back());
      spare.pop_back();
    }
    if (!spare_rows.empty()) {
      slot->rows = std::move(spare_rows.back());
      spare_rows.pop_back();
    }
    const auto size = static_cast<size_t>(options.batch_size);
    slot->rows.resize(size);
    slot->batch->size = options.batch_size;
    slot->batch->epoch = epoch;
    slot->batch->index = batch;
    slot->batch->images.resize(size * pixels());
    slot->batch->samples.resize(size);
    slot->batch->texts.resize(texts);
    ahead.push_back(std::move(slot));
    if (++batch == batches) {
      batch = 0;
      ++epoch;
    }
  }

  /// A batch with unclaimed rows, oldest first; nullptr when the program ends.
  std::shared_ptr<Slot> claim(int64_t* row) {
    std::unique_lock lock(mutex);
    for (;;) {
      if (stopping) return nullptr;
      for (const auto& slot : ahead) {
        if (slot->claimed < options.batch_size) {
          *row = slot->claimed++;
          return slot;
        }
      }
      if (ahead.size() < kBatchesAhead) {
        start_slot();
        work.notify_all();
      } else {
        work.wait(lock);
      }
    }
  }

  int64_t dataset_index(const Batch& at, int64_t row) const {
    const int64_t place = (at.index * options.batch_size + row) * options.world_size + options.rank;
    if (!options.shuffle) return place;
    const auto epoch_key = static_cast<uint64_t>(at.epoch);
    return static_cast<int64_t>(Permutation(static_cast<uint64_t>(dataset->size()), options.seed,
                                            "shuffle", epoch_key)(static_cast<uint64_t>(place)));
  }

  void run_worker() {
    SampleMaker maker(*dataset, captions.get(), options);
    int64_t row = 0;
    while (const std::shared_ptr<Slot> slot = claim(&row)) {
      std::exception_ptr failure;
      std::string hopeless;
      try {
        Batch& batch_now = *slot->batch;
        SampleTexts& sample = slot->rows[static_cast<size_t>(row)];
        const std::span<uint8_t> chw(batch_now.images.data() + static_cast<size_t>(row) * pixels(),
                                     pixels());
        if (!maker.make(dataset_index(batch_now, row), batch_now.epoch, chw, sample)) {
          hopeless = sample.bad.at(0).key + ": " + sample.bad[0].reason;
        }
        batch_now.samples[static_cast<size_t>(row)] = sample.index;
      } catch (...) {
        failure = std::current_exception();
      }
      bool last = false;
      {
        std::lock_guard lock(mutex);
        if (failure) slot->failure = failure;
        if (!hopeless.empty() && slot->hopeless.empty()) slot->hopeless = hopeless;
        last = ++slot->done == options.batch_size;
      }
      if (!last) continue;
      if (!slot->failure && slot->hopeless.empty()) pack_texts(*slot);
      {
        std::lock_guard lock(mutex);
        slot->ready = true;
      }
      filled.notify_all();
    }
  }

  void pack_texts(Slot& slot) const {
    for (size_t k = 0; k < texts; ++k) {
      text::bpe::PackedTexts& packed = slot.batch->texts[k];
      packed.ids.clear();
      packed.offsets.assign(1, 0);
      for (const SampleTexts& row : slot.rows) {
        const size_t begin = k == 0 ? 0 : row.ends[k - 1];
        packed.ids.insert(packed.ids.end(), row.ids.begin() + static_cast<long>(begin),
                          row.ids.begin() + static_cast<long>(row.ends[k]));
        packed.offsets.push_back(static_cast<int32_t>(packed.ids.size()));
      }
    }
  }

  /// Counts and logs in the order of delivery, so that the log, too, is the same for any number of
  /// threads.
  void account(const Slot& slot) {
    for (const SampleTexts& row : slot.rows) {
      ++bad.seen;
      for (const BadPair& pair : row.bad) {
        ++bad.bad;
        ++bad.by_reason[reason_kind(pair.reason)];
        if (worth_logging(bad.bad)) {
          log_warning("sample " + pair.key + " " + pair.reason + "; another one stands in, " +
                      with_commas(bad.bad) + " of " + with_commas(bad.seen) + " so far");
        }
        last_bad = pair.key + " " + pair.reason;
      }
      if (bad.seen >= kSamplesBeforeJudging &&
          static_cast<double>(bad.bad) > options.max_bad_share * static_cast<double>(bad.seen)) {
        fail_input(
            bad.describe() + ", the last one " + last_bad,
            "at most " + std::to_string(static_cast<int>(options.max_bad_share * 100 + 0.5)) + " %",
            "Look at the data with 'clipwright data inspect'.");
      }
    }
  }
};

Loader::Loader(std::shared_ptr<const source::Dataset> dataset, std::shared_ptr<const captions::CaptionTable> captions,
               const LoaderOptions& options)
    : state_(std::make_unique<State>()) {
  if (options.batch_size <= 0)
    fail_usage("--batch-size is " + std::to_string(options.batch_size), "a positive number");
  if (options.workers <= 0)
    fail_usage("--workers is " + std::to_string(options.workers), "at least 1 thread");
  CW_CHECK(options.image_size > 0 && options.rank >= 0 && options.rank < options.world_size,
           "a rank lies in its world");
  state_->dataset = std::move(dataset);
  state_->captions = std::move(captions);
  state_->options = options;
  const int64_t global = options.batch_size * options.world_size;
  state_->batches = state_->dataset->size() / global;
  if (state_->batches == 0) {
    fail_input("the data has " + with_commas(state_->dataset->size()) + " pairs",
               "at least one batch of " + with_commas(global), "Use a smaller --batch-size.");
  }
  if (state_->captions)
    state_->texts = static_cast<size_t>(captions::texts_per_sample(options.policy, *state_->captions));
}

Loader::~Loader() = default;

int64_t Loader::batches_per_epoch() const { return state_->batches; }

void Loader::seek(int64_t epoch, int64_t batch) {
  CW_CHECK(state_->workers.empty(), "a loader's place is set before its first batch");
  CW_CHECK(epoch >= 0 && batch >= 0, "a loader's place is not negative");
  state_->epoch = epoch + batch / state_->batches;
  state_->batch = batch % state_->batches;
}

std::unique_ptr<Batch> Loader::next() {
  State& state = *state_;
  if (state.workers.empty()) {
    if (state.captions)
      text::bpe::Tokenizer::standard();  // its tables are read once, before threads need them
    for (int i = 0; i < state.options.workers; ++i)
      state.workers.emplace_back([&state] { state.run_worker(); });
  }
  std::shared_ptr<Slot> slot;
  {
    std::unique_lock lock(state.mutex);
    state.filled.wait(lock, [&] { return !state.ahead.empty() && state.ahead.front()->ready; });
    slot = state.ahead.front();
    if (slot->failure) std::rethrow_exception(slot->failure);
    state.ahead.pop_front();
    state.work.notify_all();
    if (!slot->hopeless.empty()) {
      fail_input("a hundred pairs in a row could not be used, the first of them " + slot->hopeless,
                 "pictures that can be read", "Look at the data with 'clipwright data inspect'.");
    }
    state.account(*slot);
    state.spare_rows.push_back(std::move(slot->rows));
  }
  return std::move(slot->batch);
}

void Loader::recycle(std::unique_ptr<Batch> batch) {
  if (!batch) return;
  std::lock_guard lock(state_->mutex);
  if (state_->spare.size() < kBatchesAhead) state_->spare.push_back(std::move(batch));
}

BadSamples Loader::bad_samples() const {
  std::lock_guard lock(state_->mutex);
  return state_->bad;
}

}  // namespace clipwright::data::loader
