#include "rewrite/archive/replay_engine.h"

namespace clipwright::rewrite::archive {

void ReplayEngine::run(engine::RequestQueue& queue, const language::Sampling&,
                       engine::ReplySink& sink) {
  while (std::optional<engine::Request> request = queue.next()) {
    std::optional<std::string> text =
        records_.find(request->source, request->mode, request->occurrence);
    sink.put(*request, text ? engine::Reply{.text = std::move(*text)}
                            : engine::Reply{.status = engine::ReplyStatus::kMissing});
  }
}

}  // namespace clipwright::rewrite::archive
