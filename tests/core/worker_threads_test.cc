#include "core/process/worker_threads.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <fstream>

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
        refuse_threads();
        std::vector<std::jthread> threads;
        const size_t first = start_threads(threads, 3, [](size_t) {});
        const size_t again = start_threads(threads, 3, [](size_t) {});
        _exit(first == 0 && again == 0 && threads.empty() ? 0 : 1);
      },
      testing::ExitedWithCode(0), "refuses another thread.*fewer");
}

}  // namespace
}  // namespace clipwright
