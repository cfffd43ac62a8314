#include "data/loader/loader.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "core/error.h"
#include "core/log.h"
#include "core/random.h"
#include "data/loader/sample_maker.h"

namespace clipwright::data::loader {
namespace {

// Ahead where memory allows it: enough to ride over a slow picture, or a step's worth when a step
// takes more.
constexpr size_t kMostAhead = 4, kLeastAhead = 2;
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

/// Throws Error(kInput) for a data set in which nothing is said of any picture that was looked at.
void refuse_silent(const source::Dataset& pairs, const captions::CaptionTable& captions) {
  constexpr int64_t kProbes = 1000;
  const int64_t size = pairs.size(), step = std::max<int64_t>(1, size / kProbes);
  bool labelled = false;
  for (int64_t i = 0; i < size; i += step) {
    for (int slot = 0; slot <= captions.rewrites(); ++slot) {
      if (!captions.text(i, slot).empty()) return;
    }
    labelled = labelled || pairs.label(i) >= 0;
  }
  fail_input(
      pairs.describe() + ": none of " +
          (step == 1 ? "its pictures"
                     : "the " + std::to_string((size + step - 1) / step) +
                           " pictures that were looked at") +
          " has a caption" + (labelled ? ", only a class" : ""),
      "a .txt of the same name beside each picture, a .txt or .json member in each sample, "
      "or a table with a column of captions",
      labelled ? "Pictures with classes serve evaluation: 'eval zeroshot', 'eval probe'." : "");
}

/// A micro-batch on its way: samples are claimed one by one by any worker.
struct Slot {
  std::unique_ptr<Batch> batch;
  std::vector<SampleTexts> rows;
  int64_t claimed = 0, done = 0;
  bool open = false;  // its memory is there
  bool ready = false;
  size_t bytes = 0;
  std::string hopeless;  // no usable pair was found for a row
  std::exception_ptr failure;
};

size_t bytes_of(const Batch& batch) {
  size_t bytes = batch.images.capacity() + batch.samples.capacity() * sizeof(int64_t);
  for (const text::bpe::PackedTexts& texts : batch.texts)
    bytes += (texts.ids.capacity() + texts.offsets.capacity()) * sizeof(int32_t);
  for (const std::vector<int32_t>& targets : batch.targets)
    bytes += targets.capacity() * sizeof(int32_t);
  return bytes;
}

size_t bytes_of(const std::vector<SampleTexts>& rows) {
  size_t bytes = rows.capacity() * sizeof(SampleTexts);
  for (const SampleTexts& row : rows)
    bytes += (row.ids.capacity() + row.targets.capacity()) * sizeof(int32_t) +
             row.ends.capacity() * sizeof(size_t);
  return bytes;
}

}  // namespace

struct Loader::State {
  std::shared_ptr<const source::Dataset> dataset;
  std::shared_ptr<const captions::CaptionTable> captions;
  LoaderOptions options;
  std::optional<captions::TextMaker> maker;  // there where captions are
  int64_t batches = 0, parts = 0;
  size_t views = 0;       // V
  size_t texts = 0;       // K
  size_t slot_bytes = 0;  // of a micro-batch whose texts fill their context
  size_t most_ahead = 0;  // slots and spare ones together

  std::mutex mutex;
  std::condition_variable work, filled;
  bool stopping = false;
  std::exception_ptr failure;              // of a thread as a whole
  int64_t epoch = 0, batch = 0, part = 0;  // the next micro-batch to be started
  std::deque<std::shared_ptr<Slot>> ahead;
  std::vector<std::unique_ptr<Batch>> spare;
  std::vector<std::vector<SampleTexts>> spare_rows;
  size_t most_held = 0;
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

  /// Of one view of one picture.
  size_t pixels() const { return static_cast<size_t>(3) * options.image_size * options.image_size; }

  bool is_masked(size_t text) const {
    return text < maker->slots().size() && maker->slots()[text].masked;
  }

  void plan_memory() {
    const auto context = static_cast<size_t>(options.context_length);
    // Targets of a row reach to its last masked slot.
    size_t masked = 0, targets_of_row = 0;
    for (size_t k = 0; k < texts; ++k) {
      if (!is_masked(k)) continue;
      ++masked;
      targets_of_row = k + 1;
    }
    // Vectors that grow take up to twice what they hold; ids and targets stand in their row and in
    // the packed list.
    const size_t row =
        views * pixels() + sizeof(int64_t) + sizeof(SampleTexts) +
        texts * (4 * context * sizeof(int32_t) + 2 * sizeof(size_t) + 2 * sizeof(int32_t)) +
        2 * (masked + targets_of_row) * context * sizeof(int32_t);
    slot_bytes = static_cast<size_t>(options.micro_batch) * row;
    most_ahead = std::clamp(options.memory / slot_bytes, kLeastAhead,
                            std::max(kMostAhead, static_cast<size_t>(parts)));
  }

  /// Call with the lock held.
  size_t held() const {
    size_t bytes = 0;
    for (const auto& slot : ahead) bytes += slot->bytes;
    for (const auto& batch_kept : spare) bytes += bytes_of(*batch_kept);
    for (const auto& rows : spare_rows) bytes += bytes_of(rows);
    return bytes;
  }
  void note_memory() { most_held = std::max(most_held, held()); }

  /// Takes the next place of the schedule. Call with the lock held.
  std::shared_ptr<Slot> start_slot() {
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
    slot->bytes = bytes_of(*slot->batch) + bytes_of(slot->rows);
    Batch& next = *slot->batch;
    next.size = std::min(options.micro_batch, options.batch_size - part * options.micro_batch);
    next.epoch = epoch;
    next.index = batch;
    next.part = part;
    ahead.push_back(slot);
    if (++part < parts) return slot;
    part = 0;
    if (++batch < batches) return slot;
    batch = 0;
    ++epoch;
    return slot;
  }

  /// Takes tens of megabytes the first time, so not under the lock.
  void make_room(Slot& slot) const {
    const auto size = static_cast<size_t>(slot.batch->size);
    slot.batch->views = static_cast<int64_t>(views);
    slot.batch->images.resize(views * size * pixels());
    slot.batch->samples.resize(size);
    slot.batch->texts.resize(texts);
    slot.batch->targets.resize(texts);
    slot.rows.resize(size);
  }

  /// What went wrong in a thread is thrown where the micro-batch is asked for.
  void fail(Slot& slot) {
    {
      std::lock_guard lock(mutex);
      if (!slot.failure) slot.failure = std::current_exception();
      slot.ready = true;
    }
    filled.notify_all();
  }

  /// A slot with unclaimed rows, oldest first; nullptr when the program ends.
  std::shared_ptr<Slot> claim(int64_t* row) {
    std::unique_lock lock(mutex);
    for (;;) {
      if (stopping) return nullptr;
      for (const auto& slot : ahead) {
        if (slot->open && slot->claimed < slot->batch->size) {
          *row = slot->claimed++;
          return slot;
        }
      }
      if (ahead.size() >= most_ahead) {
        work.wait(lock);
        continue;
      }
      const std::shared_ptr<Slot> slot = start_slot();
      lock.unlock();
      try {
        make_room(*slot);
        const size_t bytes = bytes_of(*slot->batch) + bytes_of(slot->rows);
        lock.lock();
        slot->bytes = bytes;
        slot->open = true;
        note_memory();
        work.notify_all();
      } catch (...) {
        fail(*slot);
        lock.lock();
      }
    }
  }

  int64_t dataset_index(const Batch& at, int64_t row) const {
    const int64_t in_batch = at.part * options.micro_batch + row;
    const int64_t place =
        (at.index * options.batch_size + in_batch) * options.world_size + options.rank;
    if (!options.shuffle) return place;
    const auto epoch_key = static_cast<uint64_t>(at.epoch);
    return static_cast<int64_t>(Permutation(static_cast<uint64_t>(dataset->size()), options.seed,
                                            "shuffle", epoch_key)(static_cast<uint64_t>(place)));
  }

  void run_worker() {
    try {
      SampleMaker samples(*dataset, maker ? &*maker : nullptr, options);
      int64_t row = 0;
      while (const std::shared_ptr<Slot> slot = claim(&row)) {
        try {
          make_row(samples, *slot, row);
        } catch (...) {
          fail(*slot);
        }
      }
    } catch (...) {
      {
        std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
      }
      filled.notify_all();
    }
  }

  void make_row(SampleMaker& samples, Slot& slot, int64_t row) {
    Batch& batch_now = *slot.batch;
    SampleTexts& sample = slot.rows[static_cast<size_t>(row)];
    const RowViews chw = {batch_now.images.data() + static_cast<size_t>(row) * pixels(), pixels(),
                          static_cast<size_t>(batch_now.size) * pixels()};
    std::string hopeless;
    if (!samples.make(dataset_index(batch_now, row), batch_now.epoch, chw, sample))
      hopeless = sample.bad.at(0).key + ": " + sample.bad[0].reason;
    batch_now.samples[static_cast<size_t>(row)] = sample.index;
    {
      std::lock_guard lock(mutex);
      if (slot.hopeless.empty()) slot.hopeless = std::move(hopeless);
      if (++slot.done < batch_now.size || slot.failure) return;
    }
    if (slot.hopeless.empty()) pack_texts(slot);
    {
      std::lock_guard lock(mutex);
      slot.bytes = bytes_of(batch_now) + bytes_of(slot.rows);
      note_memory();
      slot.ready = true;
    }
    filled.notify_all();
  }

  void pack_texts(Slot& slot) const {
    for (size_t k = 0; k < texts; ++k) {
      text::bpe::PackedTexts& packed = slot.batch->texts[k];
      std::vector<int32_t>& targets = slot.batch->targets[k];
      packed.ids.clear();
      packed.offsets.assign(1, 0);
      targets.clear();
      for (const SampleTexts& row : slot.rows) {
        const auto begin = static_cast<long>(k == 0 ? 0 : row.ends[k - 1]);
        const auto end = static_cast<long>(row.ends[k]);
        packed.ids.insert(packed.ids.end(), row.ids.begin() + begin, row.ids.begin() + end);
        packed.offsets.push_back(static_cast<int32_t>(packed.ids.size()));
        if (is_masked(k))
          targets.insert(targets.end(), row.targets.begin() + begin, row.targets.begin() + end);
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

Loader::Loader(std::shared_ptr<const source::Dataset> dataset,
               std::shared_ptr<const captions::CaptionTable> captions, const LoaderOptions& options)
    : state_(std::make_unique<State>()) {
  if (options.batch_size <= 0)
    fail_usage("--batch-size is " + std::to_string(options.batch_size), "a positive number");
  if (options.workers <= 0)
    fail_usage("--workers is " + std::to_string(options.workers), "at least 1 thread");
  CW_CHECK(options.image_size > 0 && options.rank >= 0 && options.rank < options.world_size,
           "a rank lies in its world");
  CW_CHECK(options.micro_batch >= 0, "a micro-batch has no negative size");
  CW_CHECK(options.evaluation_views > 0, "a picture has at least one view");
  CW_CHECK(captions == nullptr || !options.texts.empty(), "a pair has at least one text");
  state_->dataset = std::move(dataset);
  state_->captions = std::move(captions);
  state_->options = options;
  int64_t& micro_batch = state_->options.micro_batch;
  if (micro_batch == 0 || micro_batch > options.batch_size) micro_batch = options.batch_size;
  state_->parts = (options.batch_size + micro_batch - 1) / micro_batch;
  const int64_t global = options.batch_size * options.world_size;
  state_->batches = state_->dataset->size() / global;
  if (state_->batches == 0) {
    fail_input("the data has " + with_commas(state_->dataset->size()) + " pairs",
               "at least one batch of " + with_commas(global), "Use a smaller --batch-size.");
  }
  if (state_->captions) refuse_silent(*state_->dataset, *state_->captions);
  state_->views =
      options.views.empty() ? static_cast<size_t>(options.evaluation_views) : options.views.size();
  if (state_->captions) {
    state_->maker.emplace(options.texts, options.all_rewrites, *state_->captions,
                          options.thesaurus.get(), options.seed);
    state_->texts = state_->maker->texts();
  }
  state_->plan_memory();
}

Loader::~Loader() = default;

int64_t Loader::batches_per_epoch() const { return state_->batches; }

int64_t Loader::parts() const { return state_->parts; }

void Loader::seek(int64_t epoch, int64_t batch) {
  CW_CHECK(state_->workers.empty(), "a loader's place is set before its first batch");
  CW_CHECK(epoch >= 0 && batch >= 0, "a loader's place is not negative");
  state_->epoch = epoch + batch / state_->batches;
  state_->batch = batch % state_->batches;
}

std::unique_ptr<Batch> Loader::next() {
  State& state = *state_;
  if (state.workers.empty()) {
    if (state.captions && !state.options.tokenizer)
      text::bpe::Tokenizer::standard();  // its tables are read once, before threads need them
    start_workers();
  }
  std::shared_ptr<Slot> slot;
  {
    std::unique_lock lock(state.mutex);
    state.filled.wait(lock, [&] {
      return state.failure || (!state.ahead.empty() && state.ahead.front()->ready);
    });
    if (state.failure) std::rethrow_exception(state.failure);
    slot = state.ahead.front();
    if (slot->failure) std::rethrow_exception(slot->failure);
    state.ahead.pop_front();
    state.work.notify_all();
    if (!slot->hopeless.empty()) {
      const bool silent = slot->hopeless.ends_with("has no caption");
      fail_input("a hundred pairs in a row could not be used, the first of them " + slot->hopeless,
                 silent ? "pictures with captions" : "pictures that can be read",
                 "Look at the data with 'clipwright data inspect'.");
    }
    state.account(*slot);
    state.spare_rows.push_back(std::move(slot->rows));
  }
  return std::move(slot->batch);
}

/// Any number of threads gives the same batches, so a system that refuses one is no error.
void Loader::start_workers() {
  State& state = *state_;
  for (int i = 0; i < state.options.workers; ++i) {
    try {
      state.workers.emplace_back([&state] { state.run_worker(); });
    } catch (const std::system_error& error) {
      if (state.workers.empty()) {
        fail_running(
            std::string("no thread could be started to decode pictures (") + error.what() + ")", {},
            "End other programs of this user, or raise the limit (ulimit -u).");
      }
      log_warning("the system refuses another thread; " + std::to_string(state.workers.size()) +
                  " of " + std::to_string(state.options.workers) + " workers decode pictures");
      return;
    }
  }
}

void Loader::recycle(std::unique_ptr<Batch> batch) {
  if (!batch) return;
  std::lock_guard lock(state_->mutex);
  if (state_->ahead.size() + state_->spare.size() >= state_->most_ahead) return;
  state_->spare.push_back(std::move(batch));
  state_->note_memory();
}

BadSamples Loader::bad_samples() const {
  std::lock_guard lock(state_->mutex);
  return state_->bad;
}

LoaderMemory Loader::memory() const {
  std::lock_guard lock(state_->mutex);
  return {.bound = state_->most_ahead * state_->slot_bytes,
          .held = state_->held(),
          .most_held = state_->most_held};
}

std::string BadSamples::describe() const {
  std::string text = with_commas(bad) + " of " + with_commas(seen) + " samples could not be used";
  bool first = true;
  for (const auto& [reason, count] : by_reason) {
    text += (first ? " (" : ", ") + reason + " " + with_commas(count);
    first = false;
  }
  return first ? text : text + ")";
}

}  // namespace clipwright::data::loader
