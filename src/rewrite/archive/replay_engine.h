// Texts that were made before, instead of a model: from another ledger or recorded rewrites.
#pragma once

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
  void run(engine::RequestQueue& queue, const language::Sampling& sampling,
           engine::ReplySink& sink) override;

 private:
  ReplayTexts records_;
};

}  // namespace clipwright::rewrite::archive
