#include "rewrite/engine/request_pool.h"

#include <algorithm>

namespace clipwright::rewrite::engine {

bool RequestPool::held_elsewhere(const std::string& prefix, size_t worker) const {
  for (size_t other = 0; other < held_.size(); ++other) {
    if (other != worker && held_[other] == prefix) return true;
  }
  return false;
}

/// Hands the replies that wait to the sink.
void RequestPool::deliver(Lock& lock) {
  while (!replies_.empty() && !error_) {
    auto [request, reply] = std::move(replies_.front());
    replies_.pop_front();
    lock.unlock();
    sink_.put(request, std::move(reply));
    lock.lock();
    --in_flight_;
    changed_.notify_all();
  }
}

void RequestPool::look_ahead(Lock& lock) {
  lock.unlock();
  const bool closed = queue_.closed();
  lock.lock();
  if (closed) {
    std::deque<Request> back = std::exchange(ahead_, {});
    lock.unlock();
    for (Request& request : back) queue_.give_back(std::move(request));
    lock.lock();
  }
  while (ahead_.size() < ahead_limit_ && !error_) {
    lock.unlock();
    std::optional<Request> request = queue_.next();
    lock.lock();
    if (!request) break;
    ahead_.push_back(std::move(*request));
    deliver(lock);
  }
}

/// Does what there is to do with queue and sink, unless another worker is at it.
void RequestPool::attend(Lock& lock, bool ask) {
  if (attended_ || error_) return;
  attended_ = true;
  try {
    deliver(lock);
    if (ask) look_ahead(lock);
    deliver(lock);  // what came during the last look
  } catch (...) {
    if (!lock.owns_lock()) lock.lock();
    attended_ = false;
    changed_.notify_all();
    throw;
  }
  attended_ = false;
  changed_.notify_all();
}

std::optional<Request> RequestPool::take(size_t worker) {
  Lock lock(mutex_);
  attend(lock, true);
  if (error_ || ahead_.empty()) return std::nullopt;
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
  Lock lock(mutex_);
  replies_.emplace_back(request, std::move(reply));
  attend(lock, false);
}

bool RequestPool::wait(std::chrono::milliseconds most) {
  Lock lock(mutex_);
  if (error_ || (in_flight_ == 0 && ahead_.empty() && !attended_)) return false;
  if (ahead_.empty()) changed_.wait_for(lock, most);
  return true;
}

void RequestPool::stop(std::exception_ptr error) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = std::move(error);
  changed_.notify_all();
}

bool RequestPool::stopped() const {
  const std::lock_guard lock(mutex_);
  return error_ != nullptr;
}

void RequestPool::finish() {
  try {
    for (; !replies_.empty(); replies_.pop_front())
      sink_.put(replies_.front().first, std::move(replies_.front().second));
  } catch (...) {
    stop(std::current_exception());  // kept only where nothing else went wrong
  }
  if (error_) std::rethrow_exception(error_);
}

}  // namespace clipwright::rewrite::engine
