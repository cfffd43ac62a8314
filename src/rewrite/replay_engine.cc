#include "rewrite/replay_engine.h"

namespace clipwright {

void ReplayEngine::run(RequestQueue& queue, const Sampling&, ReplySink& sink) {
  while (std::optional<Request> request = queue.next()) {
    std::optional<std::string> text =
        records_.find(request->source, request->mode, request->occurrence);
    sink.put(*request,
             text ? Reply{.text = std::move(*text)} : Reply{.status = ReplyStatus::kMissing});
  }
}

}  // namespace clipwright
