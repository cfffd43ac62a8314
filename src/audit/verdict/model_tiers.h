// The audit's tiers that ask a GGUF model: embedding similarity, and entailment in both directions.
#pragma once

#include <filesystem>
#include <memory>

#include "audit/verdict/pair_scores.h"

namespace clipwright::audit::verdict {

/// Fills `similarity`: the cosine of the embeddings of source and rewrite. `model` is an embedding
/// model, or any language model, whose last hidden states are averaged. Throws as LanguageModel.
std::unique_ptr<PairScorer> embedding_similarity(const std::filesystem::path& model, int threads);

/// Fills `entails_forward` and `entails_backward` with P(yes) / (P(yes) + P(no)) for "does the
/// second caption follow from the first?". Captions are cut to 400 bytes. Throws as LanguageModel.
std::unique_ptr<PairScorer> entailment(const std::filesystem::path& model, int threads);

/// The question of one direction, and the beginning that all questions share.
std::string entailment_question(std::string_view premise, std::string_view hypothesis);
std::string_view entailment_beginning();

}  // namespace clipwright::audit::verdict
