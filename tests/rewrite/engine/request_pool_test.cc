#include "rewrite/engine/request_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "core/error.h"
#include "core/process/interrupt.h"

namespace clipwright::rewrite::engine {
namespace {

using namespace std::chrono_literals;

/// Says nothing for as long as a test likes.
class SilentQueue final : public RequestQueue, public ReplySink {
 public:
  std::optional<Request> next() override {
    EXPECT_EQ(++inside_, 1);  // never two at once
    std::unique_lock lock(mutex_);
    asked_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !silent_; });
    --inside_;
    if (given_ == most_) return std::nullopt;
    return Request{.id = given_++, .prefix = "p"};
  }
  void put(const Request& request, Reply) override {
    EXPECT_EQ(++inside_, 1);
    put_.push_back(request.id);
    --inside_;
    if (broken_) throw Error(ExitCode::kFailed, "the disk is full");
  }
  void be_silent(bool silent) {
    const std::lock_guard lock(mutex_);
    silent_ = silent;
    asked_ = false;
    changed_.notify_all();
  }
  void wait_until_asked() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return asked_; });
  }
  std::vector<int64_t> put_;
  int64_t given_ = 0, most_ = 100;
  bool broken_ = false;

 private:
  std::atomic<int> inside_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool silent_ = false, asked_ = false;
};

TEST(RequestPool, NobodyWaitsForAQueueThatIsSilent) {
  SilentQueue queue;
  RequestPool pool(queue, queue, 2, 1);
  const std::optional<Request> first = pool.take(0), second = pool.take(0);
  ASSERT_TRUE(first && second);
  queue.be_silent(true);
  std::optional<Request> third;
  std::jthread waiting([&] { third = pool.take(1); });
  queue.wait_until_asked();
  // All of this returns while the other worker is inside next().
  pool.put(*first, {});
  EXPECT_EQ(pool.take(0), std::nullopt);
  EXPECT_TRUE(pool.wait(0ms));
  EXPECT_FALSE(pool.stopped());
  pool.put(*second, {});
  EXPECT_TRUE(pool.wait(0ms));  // somebody is still asking
  queue.be_silent(false);
  waiting.join();
  EXPECT_TRUE(third);
  EXPECT_EQ(queue.put_, (std::vector<int64_t>{0, 1}));  // handed over by the worker that attended
}

TEST(RequestPool, EndsWhenTheQueueIsEmptyAndEverythingIsAnswered) {
  SilentQueue queue;
  queue.most_ = 3;
  RequestPool pool(queue, queue, 1, 8);
  for (int i = 0; i < 3; ++i) {
    const std::optional<Request> request = pool.take(0);
    ASSERT_TRUE(request);
    EXPECT_TRUE(pool.wait(0ms));
    pool.put(*request, {});
  }
  EXPECT_EQ(pool.take(0), std::nullopt);
  EXPECT_FALSE(pool.wait(1h));
  EXPECT_EQ(queue.put_.size(), 3u);
}

TEST(RequestPool, ManyWorkersGiveEveryReplyOnce) {
  SilentQueue queue;
  queue.most_ = 5000;
  RequestPool pool(queue, queue, 4, 16);
  {
    std::vector<std::jthread> workers;
    for (size_t w = 0; w < 4; ++w) {
      workers.emplace_back([&, w] {
        for (;;) {
          if (const std::optional<Request> request = pool.take(w)) {
            pool.put(*request, {});
          } else if (!pool.wait(10ms)) {
            break;
          }
        }
      });
    }
  }
  std::sort(queue.put_.begin(), queue.put_.end());
  ASSERT_EQ(queue.put_.size(), 5000u);
  for (int64_t i = 0; i < 5000; ++i) EXPECT_EQ(queue.put_[static_cast<size_t>(i)], i);
}

/// A worker that breaks while another one is with the queue leaves texts behind: they are kept.
TEST(RequestPool, TextsThatWaitAreHandedOverBeforeTheErrorIsThrown) {
  SilentQueue queue;
  queue.most_ = 2;
  RequestPool pool(queue, queue, 1, 2);
  const std::optional<Request> first = pool.take(0), second = pool.take(0);
  ASSERT_TRUE(first && second);
  pool.put(*first, {});
  pool.stop(std::make_exception_ptr(Error(ExitCode::kFailed, "a worker broke")));
  pool.put(*second, {});
  EXPECT_EQ(queue.put_.size(), 1u) << "nobody attends any more";
  EXPECT_THROW(pool.finish(), Error);
  EXPECT_EQ(queue.put_.size(), 2u);
}

TEST(RequestPool, WhatTheSinkThrowsEndsTheRun) {
  SilentQueue queue;
  RequestPool pool(queue, queue, 1, 1);
  const std::optional<Request> request = pool.take(0);
  queue.broken_ = true;
  try {
    pool.put(*request, {});
    FAIL();
  } catch (...) {
    pool.stop(std::current_exception());
  }
  EXPECT_TRUE(pool.stopped());
  EXPECT_EQ(pool.take(0), std::nullopt);
  EXPECT_FALSE(pool.wait(1h));
  EXPECT_THROW(pool.finish(), Error);
}

}  // namespace
}  // namespace clipwright::rewrite::engine
