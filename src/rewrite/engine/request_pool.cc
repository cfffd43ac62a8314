#include "rewrite/engine/request_pool.h"

#include <algorithm>

namespace clipwright::rewrite::engine {

bool RequestPool::held_elsewhere(const std::string& prefix, size_t worker) const {
  for (size_t other = 0; other < held_.size(); ++other) {
    if (other != worker && held_[other] == prefix) return true;
  }
  return false;
}

std::optional<Request> RequestPool::take(size_t worker) {
  const std::lock_guard lock(mutex_);
  if (error_) return std::nullopt;
  if (queue_.closed()) {
    for (Request& request : ahead_) queue_.give_back(std::move(request));
    ahead_.clear();
  }
  while (ahead_.size() < ahead_limit_) {
    std::optional<Request> request = queue_.next();
    if (!request) break;
    ahead_.push_back(std::move(*request));
  }
  if (ahead_.empty()) return std::nullopt;
  auto chosen = std::find_if(ahead_.begin(), ahead_.end(),
                             [&](const Request& r) { return r.prefix == held_[worker]; });
  if (chosen == ahead_.end()) {
    chosen = std::find_if(ahead_.begin(), ahead_.end(),
                          [&](const Request& r) { return !held_elsewhere(r.prefix, worker); });
  }
  if (chosen == ahead_.end()) chosen = ahead_.begin();
  std::optional<Request> request(std::move(*chosen));
  ahead_.erase(chosen);
  held_[worker] = request->prefix;
  ++in_flight_;
  return request;
}

void RequestPool::put(const Request& request, Reply reply) {
  const std::lock_guard lock(mutex_);
  --in_flight_;
  ended_.notify_all();
  if (!error_) sink_.put(request, std::move(reply));
}

bool RequestPool::wait(std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  if (in_flight_ == 0 || error_) return false;
  ended_.wait_for(lock, most);
  return true;
}

void RequestPool::stop(std::exception_ptr error) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = std::move(error);
}

bool RequestPool::stopped() const {
  const std::lock_guard lock(mutex_);
  return error_ != nullptr;
}

void RequestPool::rethrow() const {
  if (error_) std::rethrow_exception(error_);
}

}  // namespace clipwright::rewrite::engine
