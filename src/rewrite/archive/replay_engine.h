// Texts that were made before, instead of a model: from another ledger or recorded rewrites.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rewrite/archive/replay_texts.h"
#include "rewrite/engine/engine.h"

namespace clipwright::rewrite::archive {

/// Finds texts by source and mode; what was not recorded comes back as missing, never as something
/// else.
class ReplayEngine final : public engine::Engine {
 public:
  explicit ReplayEngine(ReplayTexts records) : records_(std::move(records)) {}
  Json identity() const override {
    return {{"engine", "replay"}, {"records_sha256", records_.digest()}};
  }
  Json details() const override { return {{"recorded", records_.recipes()}}; }
  bool uses_examples() const override { return false; }
  bool uses_sampling() const override { return false; }
  std::vector<std::string> modes() const override { return records_.modes(); }
  void run(engine::RequestQueue& queue, const language::Sampling&,
           engine::ReplySink& sink) override {
    while (std::optional<engine::Request> request = queue.next()) {
      std::optional<std::string> text =
          records_.find(request->source, request->mode, request->occurrence);
      sink.put(*request, text ? engine::Reply{.text = std::move(*text)}
                              : engine::Reply{.status = engine::ReplyStatus::kMissing});
    }
  }

 private:
  ReplayTexts records_;
};

}  // namespace clipwright::rewrite::archive
