// One trained model on all test sets, with the outcome of every picture kept: twins are compared
// picture by picture.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "demo/story/stage.h"
#include "demo/story/test_sets.h"

namespace clipwright::demo::story {

/// A row of the table for one model.
struct MetricScores {
  std::string id, title;
  double chance = 0;         ///< of guessing, in [0, 1]
  std::vector<double> hits;  ///< a picture: 1 right, 0 wrong; between when several texts ask for it
  double mean() const;
};

struct ModelScores {
  std::vector<MetricScores> metrics;
  Json records = Json::array();  ///< CLIP_benchmark's schema, one a test
};

/// `pretrained` names the model in the records. `by_tokens`: classes are told apart by patches and
/// words, with the heads that lie beside the model. Throws Error(kInterrupted) after a signal.
ModelScores evaluate_model(const std::filesystem::path& model, const std::string& pretrained,
                           const TestSets& tests, StageProgress& progress, bool by_tokens = false);

void write_scores(const ModelScores& scores, const std::filesystem::path& path);
/// Throws Error(kInput).
ModelScores read_scores(const std::filesystem::path& path);

/// The pictures that a model finds nearest to a text.
struct Search {
  std::string query;
  int64_t picture = 0;           ///< the one it belongs to
  std::vector<int64_t> nearest;  ///< best first
};
/// For `count` pictures of a retrieval test, drawn by `seed`, the first caption as a query.
std::vector<Search> search_pictures(const std::filesystem::path& model, const RetrievalTest& test,
                                    int64_t count, int nearest, uint64_t seed);

}  // namespace clipwright::demo::story
