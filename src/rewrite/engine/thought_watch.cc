#include "rewrite/engine/thought_watch.h"

#include <string>

#include "core/error.h"

namespace clipwright::rewrite::engine {
namespace {

// By then it is the model and not a caption: of a model that ends every second thought in time, one
// run in 4,096 would be stopped.
constexpr int64_t kMostThoughts = 12;

}  // namespace

void ThoughtWatch::thought() {
  if (any_answer_ || ++thoughts_ < kMostThoughts) return;
  fail_running("the model only thinks: the first " + std::to_string(thoughts_) +
                   " replies hold a thought and no answer",
               "an answer, behind a thought or without one", engine_.without_thought());
}

}  // namespace clipwright::rewrite::engine
