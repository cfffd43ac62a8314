// Hands the requests of one queue to several workers so that neighbours with the same prefix meet
// in one worker.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rewrite/engine/engine.h"

namespace clipwright::rewrite::engine {

/// Thread-safe around a queue and a sink that are not. Looks a little ahead in the queue; the order
/// within one prefix is kept. One worker at a time attends to queue and sink, and no other waits
/// for it: a queue may be silent for a while, and texts are written meanwhile.
class RequestPool {
 public:
  RequestPool(RequestQueue& queue, ReplySink& sink, size_t workers, size_t ahead)
      : queue_(queue), sink_(sink), ahead_limit_(ahead), held_(workers) {}

  /// The next request for a worker: one with the prefix it holds, else with a prefix nobody holds,
  /// else any. Empty when there is nothing now or the run was stopped. Throws what queue and sink
  /// throw.
  std::optional<Request> take(size_t worker);
  /// Throws what the sink throws, which may be about another worker's reply.
  void put(const Request& request, Reply reply);
  /// For a worker that got nothing: waits for something to happen, at most so long, since a reply
  /// may make new requests. False when nothing is in flight any more.
  bool wait(std::chrono::milliseconds most);

  /// Ends the run for all workers; the first error is kept.
  void stop(std::exception_ptr error);
  bool stopped() const;
  /// Call when no worker is left. Texts that waited for another worker are handed to the sink, as
  /// far as it takes them; then what a worker threw is thrown.
  void finish();

 private:
  using Lock = std::unique_lock<std::mutex>;
  bool held_elsewhere(const std::string& prefix, size_t worker) const;
  void attend(Lock& lock, bool ask);
  void deliver(Lock& lock);
  void look_ahead(Lock& lock);

  RequestQueue& queue_;
  ReplySink& sink_;
  const size_t ahead_limit_;
  mutable std::mutex mutex_;  ///< never held while queue or sink are called
  bool attended_ = false;     ///< a worker is with queue and sink
  std::deque<Request> ahead_;
  std::deque<std::pair<Request, Reply>> replies_;  ///< for the worker that attends
  std::vector<std::string> held_;                  ///< the prefix each worker took last
  int64_t in_flight_ = 0;
  std::condition_variable changed_;
  std::exception_ptr error_;
};

}  // namespace clipwright::rewrite::engine
