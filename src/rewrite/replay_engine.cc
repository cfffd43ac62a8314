#include "rewrite/replay_engine.h"

namespace clipwright {

void ReplayEngine::run(RequestQueue& queue, const Sampling&, ReplySink& sink) {
  while (std::optional<Request> request = queue.next()) {
    const std::string* text = records_.find(request->source, request->mode);
    sink.put(*request,
             text == nullptr ? Reply{.status = ReplyStatus::kMissing} : Reply{.text = *text});
  }
}

}  // namespace clipwright
