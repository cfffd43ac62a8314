// What the loader does with memory: how much it takes, and what happens when there is none. The
// program's allocator is watched, and refuses on demand.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>

#include "core/error.h"
#include "data/loader/loader.h"
#include "tests/data/test_pictures.h"
#include "tests/temporary_folder.h"

namespace {

std::atomic<int64_t> live_bytes = 0, most_live_bytes = 0;
/// Allocations that threads may still make before one is refused; negative: any number.
std::atomic<int64_t> allowed = -1;
/// The test's own thread is never refused.
thread_local bool is_test = false;

void* allocate(size_t size) {
  if (!is_test && allowed.load() >= 0 && allowed.fetch_sub(1) == 0) throw std::bad_alloc();
  // What no machine has; a sanitiser's malloc would end the process where another returns nothing.
  if (size > size_t{1} << 46) throw std::bad_alloc();
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  const auto taken = static_cast<int64_t>(malloc_usable_size(memory));
  const int64_t now = live_bytes.fetch_add(taken) + taken;
  for (int64_t most = most_live_bytes.load();
       now > most && !most_live_bytes.compare_exchange_weak(most, now);) {
  }
  return memory;
}

void release(void* memory) {
  if (memory == nullptr) return;
  live_bytes.fetch_sub(static_cast<int64_t>(malloc_usable_size(memory)));
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) { return allocate(size); }
void* operator new[](size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, size_t) noexcept { release(memory); }
void operator delete[](void* memory, size_t) noexcept { release(memory); }

namespace clipwright::data::loader {
namespace {

/// As many pairs as one likes, all of the same picture.
class OnePicture final : public source::Dataset {
 public:
  explicit OnePicture(int64_t size, std::string rest = {})
      : size_(size), rest_(std::move(rest)), png_(test_png(1)) {}
  int64_t size() const override { return size_; }
  std::string key(int64_t index) const override { return std::to_string(index); }
  std::string caption(int64_t index) const override {
    return "picture " + std::to_string(index) + rest_;
  }
  source::ImageBytes image(int64_t) const override {
    source::ImageBytes bytes;
    bytes.view = std::as_bytes(std::span(png_));
    return bytes;
  }
  std::string describe() const override { return "one picture"; }

 private:
  int64_t size_;
  std::string rest_;
  std::string png_;
};

std::shared_ptr<const captions::CaptionTable> table(const source::Dataset& dataset) {
  return std::make_shared<const captions::CaptionTable>(captions::CaptionTable::build(dataset, {}));
}

TEST(LoaderMemory, WhatIsAheadIsBoundedInBytes) {
  struct Case {
    int64_t batch_size, micro_batch;
    size_t memory;
    size_t micro_batches;  // that are ahead at most
    int views = 1;
    std::vector<captions::TextSlot> texts = {{}};
  };
  const captions::TextSlot masked = {captions::TextSource::kSentence, "", true};
  constexpr size_t kPicture = size_t{3} * 224 * 224;
  text::bpe::Tokenizer::standard();
  // The accumulated batch of 32 parts: the same shape as --batch-size 256 --accum-freq 32.
  for (const Case& c :
       {Case{256, 8, 8 * 10 * kPicture, 10}, Case{256, 8, 0, 2}, Case{256, 8, size_t{1} << 40, 32},
        Case{16, 0, size_t{1} << 40, 4}, Case{256, 8, 8 * 10 * kPicture, 5, 2, {{}, masked}},
        Case{16, 0, size_t{1} << 40, 4, 3, {masked, {}, masked}}}) {
    const auto dataset = std::make_shared<OnePicture>(100'000);
    LoaderOptions options;
    options.batch_size = c.batch_size;
    options.micro_batch = c.micro_batch;
    options.memory = c.memory;
    options.workers = 3;
    options.evaluation_views = c.views;
    options.texts = c.texts;
    options.masking.chance = 1;
    const int64_t before = live_bytes.load();
    most_live_bytes = before;
    Loader loader(dataset, table(*dataset), options);
    // Nobody asks for more until the threads have done all that they may.
    loader.recycle(loader.next());
    while (loader.memory().held < loader.memory().bound * 95 / 100) std::this_thread::yield();
    for (int64_t i = 0; i < 2 * loader.parts(); ++i) loader.recycle(loader.next());
    const LoaderMemory memory = loader.memory();
    const size_t micro_batch =
        kPicture * static_cast<size_t>(c.views) *
        static_cast<size_t>(c.micro_batch > 0 ? c.micro_batch : c.batch_size);
    EXPECT_LE(memory.most_held, memory.bound);
    EXPECT_LE(memory.bound, std::max(c.memory, micro_batch * 21 / 10));
    EXPECT_LE(memory.most_held, (c.micro_batches + 1) * micro_batch);
    constexpr int64_t kScratch = 12 << 20;
    EXPECT_LE(most_live_bytes.load() - before,
              static_cast<int64_t>(memory.bound + micro_batch) + kScratch)
        << "what the loader says is what the allocator saw";
  }
}

TEST(LoaderMemory, TextsAndTargetsThatFillTheirContextAreWithinTheBound) {
  std::string words;
  for (int i = 0; i < 500; ++i) words += " dog";
  const auto dataset = std::make_shared<OnePicture>(4096, words);
  const captions::TextSlot plain, masked = {captions::TextSource::kOriginal, "", true};
  for (const std::vector<captions::TextSlot>& texts :
       {std::vector{plain}, std::vector{masked}, std::vector{plain, plain, masked},
        std::vector{masked, masked, masked}}) {
    LoaderOptions options;
    options.batch_size = 48;
    options.micro_batch = 16;
    options.image_size = 4;  // texts are nearly all there is
    options.workers = 3;
    options.texts = texts;
    Loader loader(dataset, table(*dataset), options);
    for (int i = 0; i < 40; ++i) {
      auto batch = loader.next();
      ASSERT_EQ(batch->texts.back().ids.size(), size_t{16} * 77);
      loader.recycle(std::move(batch));
    }
    EXPECT_LE(loader.memory().most_held, loader.memory().bound) << texts.size();
    EXPECT_GE(loader.memory().most_held, loader.memory().bound / 10) << texts.size();
  }
}

TEST(LoaderMemory, AMicroBatchThatDoesNotFitIsTheCallersError) {
  const auto dataset = std::make_shared<OnePicture>(int64_t{1} << 40);
  LoaderOptions options;
  options.batch_size = int64_t{1} << 28;
  options.image_size = 2048;  // three petabytes
  Loader loader(dataset, nullptr, options);
  EXPECT_THROW(loader.next(), std::bad_alloc);
  EXPECT_THROW(loader.next(), std::bad_alloc) << "and stays one";
}

/// Pairs whose parts fail with exceptions of all kinds.
class Failing final : public source::Dataset {
 public:
  explicit Failing(int kind) : kind_(kind) {}
  int64_t size() const override { return 64; }
  std::string key(int64_t index) const override { return fail(0, index), std::to_string(index); }
  std::string caption(int64_t index) const override { return fail(1, index), "a picture"; }
  source::ImageBytes image(int64_t index) const override {
    fail(2, index);
    source::ImageBytes bytes;
    bytes.view = std::as_bytes(std::span(png_));
    return bytes;
  }
  std::string describe() const override { return "failing"; }

 private:
  void fail(int kind, int64_t index) const {
    if (kind == kind_ && index >= 16) throw std::runtime_error("pair 16 fails");
  }
  int kind_;
  std::string png_ = test_png(1);
};

TEST(LoaderMemory, ExceptionsOfTheDataReachTheCallerInTheirTurn) {
  for (const int kind : {0, 1, 2}) {
    const auto dataset = std::make_shared<Failing>(kind);
    LoaderOptions options;
    options.batch_size = 16;
    options.micro_batch = 4;
    options.image_size = 16;
    options.shuffle = false;
    options.workers = 3;
    Loader loader(dataset, table(*dataset), options);
    for (int part = 0; part < 4; ++part) EXPECT_EQ(loader.next()->part, part);
    EXPECT_THROW(loader.next(), std::runtime_error) << kind;
    EXPECT_THROW(loader.next(), std::runtime_error) << kind;
  }
}

/// Refuses the first, second, third ... allocation of a worker thread, until a run makes fewer.
TEST(LoaderMemory, AnyRefusedAllocationIsTheCallersErrorAndNeverTheEndOfTheProcess) {
  is_test = true;
  const auto dataset = std::make_shared<OnePicture>(64);
  const auto captions = table(*dataset);
  text::bpe::Tokenizer::standard();
  int64_t thrown = 0, refused = 0;
  for (int64_t nth = 0;; ++nth) {
    ASSERT_LT(nth, 100'000);
    LoaderOptions options;
    options.batch_size = 4;
    options.micro_batch = 2;
    options.image_size = 16;
    options.workers = 1;
    options.views.resize(2);
    options.texts = {{captions::TextSource::kSentence, "", true}, {}};
    Loader loader(dataset, captions, options);
    allowed = nth;
    try {
      for (int part = 0; part < 6; ++part) {
        auto batch = loader.next();
        EXPECT_EQ(batch->images.size(), size_t{2} * 2 * 3 * 16 * 16);
        EXPECT_EQ(batch->texts.at(1).size(), 2);
        EXPECT_EQ(batch->targets.at(0).size(), batch->texts.at(0).ids.size());
        loader.recycle(std::move(batch));
      }
    } catch (const std::bad_alloc&) {
      ++thrown;
      EXPECT_THROW(loader.next(), std::bad_alloc) << "allocation " << nth;
    }
    if (allowed.exchange(-1) >= 0) break;
    ++refused;
  }
  EXPECT_GT(refused, 50);
  EXPECT_GT(thrown, 20);
}

}  // namespace
}  // namespace clipwright::data::loader
