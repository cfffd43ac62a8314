#include "demo/story/evaluation.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>

#include "core/error.h"
#include "core/file.h"
#include "core/random.h"
#include "eval/result.h"
#include "eval/retrieval.h"
#include "eval/zeroshot.h"
#include "models/load_model.h"

namespace clipwright::demo::story {
namespace {

/// The features of each set of pictures, computed once for all questions about it.
class PictureFeatures {
 public:
  explicit PictureFeatures(models::Clip& model) : model_(model) {}
  const Tensor& of(const std::shared_ptr<const data::source::Dataset>& pictures) {
    auto [place, added] = rows_.try_emplace(pictures.get());
    if (added) place->second = eval::unit_rows(eval::embed_images(model_, *pictures).rows);
    return place->second;
  }

 private:
  models::Clip& model_;
  std::map<const data::source::Dataset*, Tensor> rows_;
};

/// Of each picture that counts, its place in the set and its class.
struct Asked {
  std::vector<int64_t> rows;
  std::vector<int> labels;
};
Asked asked_of(const ZeroshotTest& test) {
  Asked asked;
  for (int64_t i = 0; i < test.pictures->size(); ++i) {
    const int label = test.pictures->label(i);
    if (!test.counted.empty() && !test.counted[static_cast<size_t>(label)]) continue;
    asked.rows.push_back(i);
    asked.labels.push_back(label);
  }
  return asked;
}

MetricScores scores_of(const ZeroshotTest& test, const eval::ZeroshotResult& result,
                       Json& metrics) {
  metrics = result.metrics();
  MetricScores scores{.id = test.id,
                      .title = test.title,
                      .chance = 1.0 / static_cast<double>(test.classnames.size())};
  for (const int rank : result.rank) scores.hits.push_back(rank == 0);
  return scores;
}

MetricScores answer_zeroshot(const ZeroshotTest& test, const Tensor& pictures, models::Clip& model,
                             Json& metrics) {
  const Tensor classifier = eval::zeroshot_classifier(model, test.classnames, test.templates);
  const Asked asked = asked_of(test);
  return scores_of(
      test,
      eval::score_zeroshot(pictures.index_select(0, torch::tensor(asked.rows, torch::kInt64)),
                           classifier, asked.labels),
      metrics);
}

MetricScores answer_by_tokens(const ZeroshotTest& test, const losses::FilipHeads& heads,
                              models::Clip& model, Json& metrics) {
  const Asked asked = asked_of(test);
  const Tensor scores =
      eval::token_scores(model, heads, *test.pictures, test.classnames, test.templates)
          .rows.index_select(0, torch::tensor(asked.rows, torch::kInt64));
  return scores_of(test, eval::count_zeroshot(scores, asked.labels), metrics);
}

std::vector<MetricScores> answer_retrieval(const RetrievalTest& test, const Tensor& pictures,
                                           models::Clip& model, Json& metrics) {
  std::vector<std::string> texts;
  std::vector<int64_t> owner;
  for (int64_t i = 0; i < test.pairs->size(); ++i) {
    for (const std::string& text : test.pairs->captions(i)) {
      texts.push_back(text);
      owner.push_back(i);
    }
  }
  const eval::RetrievalResult result =
      eval::score_retrieval(pictures, eval::unit_rows(eval::embed_texts(model, texts)), owner);
  metrics = result.metrics({1, 5, 10});
  const double chance = 1.0 / static_cast<double>(std::max<int64_t>(1, test.pairs->size()));
  MetricScores to_picture{.id = test.id + "-to-picture",
                          .title = "text to picture R@1, " + test.title,
                          .chance = chance};
  MetricScores to_text{
      .id = test.id + "-to-text", .title = "picture to text R@1, " + test.title, .chance = chance};
  std::vector<double> found(static_cast<size_t>(test.pairs->size())), asked(found.size());
  for (size_t q = 0; q < owner.size(); ++q) {
    found[static_cast<size_t>(owner[q])] += result.image_rank[q] == 0;
    asked[static_cast<size_t>(owner[q])] += 1;
  }
  for (size_t i = 0; i < found.size(); ++i)
    to_picture.hits.push_back(asked[i] > 0 ? found[i] / asked[i] : 0);
  for (const int64_t rank : result.text_rank) to_text.hits.push_back(rank == 0);
  return {std::move(to_picture), std::move(to_text)};
}

}  // namespace

double MetricScores::mean() const {
  return hits.empty()
             ? 0
             : std::accumulate(hits.begin(), hits.end(), 0.0) / static_cast<double>(hits.size());
}

ModelScores evaluate_model(const fs::path& model_folder, const std::string& pretrained,
                           const TestSets& tests, StageProgress& progress, bool by_tokens) {
  const std::shared_ptr<models::Clip> model = models::load_model(model_folder.string());
  model->eval();
  std::optional<losses::FilipHeads> heads;
  if (by_tokens) {
    heads = losses::read_filip_heads(model_folder);
    CW_CHECK(heads.has_value(), "a run with FILIP's term leaves its heads beside the model");
  }
  PictureFeatures features(*model);
  ModelScores scores;
  const double questions = static_cast<double>(tests.zeroshot.size() + tests.retrieval.size());
  double answered = 0;
  const auto record = [&](const std::string& set, const std::string& task, const Json& metrics) {
    scores.records.push_back(eval::to_json(eval::EvaluationRecord{.dataset = "demo/" + set,
                                                                  .model = "tiny-32",
                                                                  .pretrained = pretrained,
                                                                  .task = task,
                                                                  .metrics = metrics}));
    progress.update(++answered / questions, set);
  };
  for (const ZeroshotTest& test : tests.zeroshot) {
    Json metrics;
    scores.metrics.push_back(
        heads ? answer_by_tokens(test, *heads, *model, metrics)
              : answer_zeroshot(test, features.of(test.pictures), *model, metrics));
    record(test.id, "zeroshot_classification", metrics);
  }
  for (const RetrievalTest& test : tests.retrieval) {
    Json metrics;
    for (MetricScores& one : answer_retrieval(test, features.of(test.pairs), *model, metrics))
      scores.metrics.push_back(std::move(one));
    record(test.id, "zeroshot_retrieval", metrics);
  }
  return scores;
}

void write_scores(const ModelScores& scores, const fs::path& path) {
  Json file = {{"records", scores.records}, {"metrics", Json::array()}};
  for (const MetricScores& metric : scores.metrics) {
    file["metrics"].push_back({{"id", metric.id},
                               {"title", metric.title},
                               {"chance", metric.chance},
                               {"hits", metric.hits}});
  }
  write_file(path, to_line(file) + "\n");
}

ModelScores read_scores(const fs::path& path) {
  const Json file = read_json(path);
  ModelScores scores;
  try {
    scores.records = file.at("records");
    for (const Json& metric : file.at("metrics")) {
      scores.metrics.push_back({metric.at("id"), metric.at("title"), metric.at("chance"),
                                metric.at("hits").get<std::vector<double>>()});
    }
  } catch (const Json::exception&) {
    fail_input(path.string() + ": is no file of scores", "what the demo's evaluation wrote",
               "Delete it, and the demo makes it again.");
  }
  return scores;
}

std::vector<Search> search_pictures(const fs::path& model_folder, const RetrievalTest& test,
                                    int64_t count, int nearest, uint64_t seed) {
  const std::shared_ptr<models::Clip> model = models::load_model(model_folder.string());
  model->eval();
  const int64_t pictures = test.pairs->size();
  const Permutation order(static_cast<uint64_t>(pictures), seed, "demo searches", 0);
  std::vector<Search> searches;
  std::vector<std::string> queries;
  for (int64_t i = 0; i < std::min(count, pictures); ++i) {
    const auto picture = static_cast<int64_t>(order(static_cast<uint64_t>(i)));
    queries.push_back(test.pairs->captions(picture).front());
    searches.push_back({.query = queries.back(), .picture = picture});
  }
  if (searches.empty()) return searches;
  const torch::NoGradGuard no_grad;
  const Tensor rows = eval::unit_rows(eval::embed_images(*model, *test.pairs).rows);
  const Tensor scores =
      eval::unit_rows(eval::embed_texts(*model, queries)).mm(rows.t());  // (queries, pictures)
  const Tensor best =
      std::get<1>(scores.topk(std::min<int64_t>(nearest, pictures), 1)).contiguous();
  for (size_t q = 0; q < searches.size(); ++q) {
    const auto* row = best.data_ptr<int64_t>() + static_cast<int64_t>(q) * best.size(1);
    searches[q].nearest.assign(row, row + best.size(1));
  }
  return searches;
}

}  // namespace clipwright::demo::story
