#include "core/process/worker_threads.h"

#include <atomic>
#include <string>
#include <system_error>

#include "core/log.h"

namespace clipwright {

size_t start_threads(std::vector<std::jthread>& threads, size_t wanted,
                     const std::function<void(size_t)>& work) {
  threads.reserve(threads.size() + wanted);
  for (size_t i = 0; i < wanted; ++i) {
    try {
      threads.emplace_back([work, i] { work(i); });
    } catch (const std::system_error& error) {
      // Asked for again and again, block after block.
      static std::atomic<bool> told = false;
      if (!told.exchange(true)) {
        log_warning("the system refuses another thread (" + std::string(error.what()) +
                    "); the work goes on with fewer. End other programs of this user, or raise "
                    "the limit (ulimit -u), to go faster.");
      }
      return i;
    }
  }
  return wanted;
}

}  // namespace clipwright
