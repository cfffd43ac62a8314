#include "rewrite/engine/prefix_order.h"

#include "core/random.h"

namespace clipwright::rewrite::engine {

namespace {
// A server remembers fewer; forgetting one costs a request that goes alone.
constexpr size_t kMostRemembered = 16384;
}  // namespace

std::optional<Request> PrefixOrder::next() {
  if (queue_.closed()) {
    for (Request& request : ahead_) queue_.give_back(std::move(request));
    ahead_.clear();
  }
  while (ahead_.size() < ahead_limit_) {
    std::optional<Request> request = queue_.next();
    if (!request) break;
    ahead_.push_back(std::move(*request));
  }
  for (auto at = ahead_.begin(); at != ahead_.end(); ++at) {
    if (!at->prefix.empty()) {
      const uint64_t key = hash64(at->prefix);
      const auto found = beginnings_.find(key);
      if (found != beginnings_.end() && found->second == Beginning::kOpening) continue;
      if (found == beginnings_.end()) beginnings_.emplace(key, Beginning::kOpening);
    }
    std::optional<Request> request(std::move(*at));
    ahead_.erase(at);
    return request;
  }
  return std::nullopt;
}

void PrefixOrder::ended(const std::string& prefix, bool answered) {
  if (prefix.empty()) return;
  const uint64_t key = hash64(prefix);
  if (answered) {
    if (beginnings_.size() >= kMostRemembered) {
      std::erase_if(beginnings_,
                    [](const auto& entry) { return entry.second == Beginning::kCached; });
    }
    beginnings_[key] = Beginning::kCached;
  } else if (const auto found = beginnings_.find(key);
             found != beginnings_.end() && found->second == Beginning::kOpening) {
    beginnings_.erase(found);
  }
}

}  // namespace clipwright::rewrite::engine
