#include "eval/retrieval.h"

#include <algorithm>
#include <unordered_map>

#include "core/error.h"

namespace clipwright::eval {
namespace {

/// How many of the scores come before `answer` when sorted, equal ones by index.
int64_t rank_of(const float* scores, int64_t count, int64_t answer) {
  const float own = scores[answer];
  int64_t above = 0;
  for (int64_t i = 0; i < count; ++i) above += scores[i] > own || (scores[i] == own && i < answer);
  return above;
}

/// Calls `visit(row, scores)` for each row of queries (Q, E) with its similarities to all items (I,
/// E), a chunk of rows at a time. Summed in double and compared in float: items with equal features
/// get equal scores whatever the order of the sum.
template <typename Visit>
void for_each_query(const Tensor& queries, const Tensor& items, int64_t chunk, const Visit& visit) {
  const Tensor columns = items.to(torch::kCPU, torch::kFloat64).t();
  for (int64_t start = 0; start < queries.size(0); start += chunk) {
    const int64_t rows = std::min(chunk, queries.size(0) - start);
    const Tensor scores = queries.narrow(0, start, rows)
                              .to(torch::kCPU, torch::kFloat64)
                              .mm(columns)
                              .to(torch::kFloat32)
                              .contiguous();
    const float* data = scores.data_ptr<float>();
    for (int64_t i = 0; i < rows; ++i) visit(start + i, data + i * items.size(0));
  }
}

/// The mean as CLIP_benchmark takes it, in single precision, so that result files agree digit by
/// digit.
double share_below(const std::vector<int64_t>& ranks, int k) {
  if (ranks.empty()) return 0;
  const auto hits =
      std::count_if(ranks.begin(), ranks.end(), [k](int64_t rank) { return rank < k; });
  return static_cast<double>(static_cast<float>(hits) / static_cast<float>(ranks.size()));
}

}  // namespace

double RetrievalResult::image_recall(int k) const { return share_below(image_rank, k); }
double RetrievalResult::text_recall(int k) const { return share_below(text_rank, k); }

Json RetrievalResult::metrics(const std::vector<int>& recall_k) const {
  Json metrics = Json::object();
  for (const int k : recall_k) {
    metrics["image_retrieval_recall@" + std::to_string(k)] = image_recall(k);
    metrics["text_retrieval_recall@" + std::to_string(k)] = text_recall(k);
  }
  return metrics;
}

RetrievalResult score_retrieval(const Tensor& pictures, const Tensor& captions,
                                const std::vector<int64_t>& owner, int64_t chunk) {
  CW_CHECK(pictures.dim() == 2 && captions.dim() == 2 && pictures.size(1) == captions.size(1),
           "features of pictures (N, E) and captions (M, E)");
  CW_CHECK(static_cast<int64_t>(owner.size()) == captions.size(0) && chunk > 0,
           "an owner a caption");
  const torch::NoGradGuard no_grad;
  RetrievalResult result;
  result.pictures = pictures.size(0);
  result.captions = captions.size(0);
  std::vector<std::vector<int64_t>> own(static_cast<size_t>(result.pictures));
  for (size_t m = 0; m < owner.size(); ++m) {
    CW_CHECK(owner[m] >= 0 && owner[m] < result.pictures, "owners within the pictures");
    own[static_cast<size_t>(owner[m])].push_back(static_cast<int64_t>(m));
  }
  for (const auto& list : own) CW_CHECK(!list.empty(), "a caption a picture");
  for_each_query(captions, pictures, chunk, [&](int64_t caption, const float* scores) {
    result.image_rank.push_back(
        rank_of(scores, result.pictures, owner[static_cast<size_t>(caption)]));
  });
  for_each_query(pictures, captions, chunk, [&](int64_t picture, const float* scores) {
    const std::vector<int64_t>& list = own[static_cast<size_t>(picture)];
    // max_element gives the first of equals, which is also the one that comes first in the order.
    const int64_t best = *std::max_element(
        list.begin(), list.end(), [&](int64_t a, int64_t b) { return scores[a] < scores[b]; });
    result.text_rank.push_back(rank_of(scores, result.captions, best));
  });
  return result;
}

RetrievalResult evaluate_retrieval(models::Clip& model, const data::source::Dataset& pairs,
                                   const EvalOptions& options) {
  std::unordered_map<std::string, int64_t> picture_of_key;
  std::vector<int64_t> rows;  // of each picture's first occurrence
  std::vector<std::string> captions;
  std::vector<int64_t> owner;
  for (int64_t i = 0; i < pairs.size(); ++i) {
    std::vector<std::string> texts = pairs.captions(i);
    std::erase(texts, std::string());
    if (texts.empty()) continue;
    const auto [place, added] =
        picture_of_key.try_emplace(pairs.key(i), static_cast<int64_t>(rows.size()));
    if (added) rows.push_back(i);
    for (std::string& text : texts) {
      captions.push_back(std::move(text));
      owner.push_back(place->second);
    }
  }
  if (captions.empty())
    fail_input("no picture of the set has a caption", "pairs of pictures and captions");
  // A non-owning pointer: `pairs` outlives this call.
  const auto pictures = data::source::subset(
      std::shared_ptr<const data::source::Dataset>(std::shared_ptr<void>(), &pairs), rows);
  const ImageFeatures images = embed_images(model, *pictures, options);
  const Tensor texts = embed_texts(model, captions, options);

  std::vector<int64_t> good_pictures, place(rows.size(), -1), good_captions, good_owner;
  for (int64_t i = 0; i < pictures->size(); ++i) {
    if (images.bad.contains(i)) continue;
    place[static_cast<size_t>(i)] = static_cast<int64_t>(good_pictures.size());
    good_pictures.push_back(i);
  }
  for (size_t m = 0; m < owner.size(); ++m) {
    if (place[static_cast<size_t>(owner[m])] < 0) continue;
    good_captions.push_back(static_cast<int64_t>(m));
    good_owner.push_back(place[static_cast<size_t>(owner[m])]);
  }
  const auto pick = [](const Tensor& features, const std::vector<int64_t>& chosen) {
    return unit_rows(features.index_select(0, torch::tensor(chosen, torch::kInt64)));
  };
  RetrievalResult result =
      score_retrieval(pick(images.rows, good_pictures), pick(texts, good_captions), good_owner);
  result.bad = static_cast<int64_t>(images.bad.size());
  return result;
}

}  // namespace clipwright::eval
