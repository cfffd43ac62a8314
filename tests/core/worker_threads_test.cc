#include "core/process/worker_threads.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <fstream>

#include "core/log.h"

namespace clipwright {
namespace {

TEST(WorkerThreads, EachHasItsNumber) {
  std::array<std::atomic<int>, 5> seen{};
  {
    std::vector<std::jthread> threads;
    EXPECT_EQ(start_threads(threads, seen.size(), [&](size_t i) { ++seen[i]; }), seen.size());
    EXPECT_EQ(threads.size(), seen.size());
  }
  for (const std::atomic<int>& count : seen) EXPECT_EQ(count, 1);
}

/// Leaves this process 4 MiB more of addresses than it has: less than a thread's stack.
void refuse_threads() {
  size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t most = pages * static_cast<size_t>(sysconf(_SC_PAGESIZE)) + (size_t{4} << 20);
  const rlimit limit{most, most};
  ASSERT_EQ(setrlimit(RLIMIT_AS, &limit), 0);
}

TEST(WorkerThreads, ARefusedThreadIsNoError) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need their addresses";
#endif
  EXPECT_EXIT(
      {
        configure_log({});
        refuse_threads();
        // More than the stacks that ended threads may have left; none ends before all were asked.
        constexpr size_t kWanted = 64;
        std::atomic<bool> over = false;
        std::atomic<size_t> ran = 0;
        size_t started = 0;
        {
          std::vector<std::jthread> threads;
          started = start_threads(threads, kWanted, [&](size_t) {
            over.wait(false);
            ++ran;
          });
          over = true;
          over.notify_all();
        }
        _exit(started < kWanted && ran == started ? 0 : 1);
      },
      testing::ExitedWithCode(0), "refuses another thread.*fewer");
}

}  // namespace
}  // namespace clipwright
