// A queue of requests and a sink that checks that each is answered once, for engine tests.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>

#include "rewrite/engine/engine.h"

namespace clipwright::rewrite {

class RequestList final : public engine::RequestQueue, public engine::ReplySink {
 public:
  /// `count` captions under `prefixes` different prompt beginnings, neighbours sharing one.
  static RequestList captions(int count, int prefixes) {
    RequestList list;
    for (int i = 0; i < count; ++i) {
      const std::string caption = "caption " + std::to_string(i);
      list.requests.push_back({.id = i,
                               .prefix = "examples " + std::to_string(i * prefixes / count) + "\n",
                               .body = caption + " =>",
                               .seed = 0x1234567890abcdef + static_cast<uint64_t>(i),
                               .source = caption,
                               .mode = "human"});
    }
    return list;
  }
  std::optional<engine::Request> next() override {
    if (requests.empty()) return std::nullopt;
    std::optional<engine::Request> request(std::move(requests.front()));
    requests.pop_front();
    return request;
  }
  void put(const engine::Request& request, engine::Reply reply) override {
    EXPECT_TRUE(replies.emplace(request.id, std::move(reply)).second)
        << request.source << " is answered twice";
  }
  int64_t stopped() const {
    int64_t count = 0;
    for (const auto& [id, reply] : replies) count += reply.status == engine::ReplyStatus::kStopped;
    return count;
  }

  std::deque<engine::Request> requests;
  std::map<int64_t, engine::Reply> replies;
};

}  // namespace clipwright::rewrite
