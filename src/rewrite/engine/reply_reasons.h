// Why replies were of no use, and what to try.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "rewrite/engine/engine.h"

namespace clipwright::rewrite::engine {

/// Replies by status ("rejected:too-long", "failed:http-400") and the first text under each.
class ReplyReasons {
 public:
  ReplyReasons(const std::map<std::string, int64_t>& counts,
               const std::map<std::string, std::string>& samples);
  bool empty() const { return counts_.empty(); }
  /// "of 60 replies 40 were rejected as copy-of-source ('a dog runs'), 20 failed as http-400 ('the
  /// prompt is too long')": the most frequent three.
  std::string sentence() const;
  /// What to try where the most frequent reason not to use a reply is as it is; empty when there is
  /// none.
  std::string advice(const Engine& engine) const;

 private:
  std::vector<std::pair<std::string, int64_t>> counts_;  ///< the most frequent first
  std::map<std::string, std::string> samples_;
};

}  // namespace clipwright::rewrite::engine
