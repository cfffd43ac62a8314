// The order in which requests go to a server that remembers prompt beginnings: the first request
// with a beginning goes alone, the others with it follow once the server has answered that one.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "rewrite/engine/engine.h"

namespace clipwright::rewrite::engine {

class PrefixOrder {
 public:
  /// Looks `ahead` requests into the queue, so that other beginnings can start meanwhile.
  PrefixOrder(RequestQueue& queue, size_t ahead) : queue_(queue), ahead_limit_(ahead) {}

  /// Empty when nothing may be sent now.
  std::optional<Request> next();
  /// The request with this prefix has ended; after an answer the prefix is taken to be cached.
  void ended(const std::string& prefix, bool answered);
  /// Requests taken from the queue and not handed out.
  size_t held() const { return ahead_.size(); }

 private:
  enum class Beginning { kOpening, kCached };
  RequestQueue& queue_;
  const size_t ahead_limit_;
  std::deque<Request> ahead_;
  std::unordered_map<uint64_t, Beginning> beginnings_;
};

}  // namespace clipwright::rewrite::engine
