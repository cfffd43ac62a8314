#include "eval/retrieval.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "eval/sets/distinct_pictures.h"
#include "text/unicode/utf8.h"

namespace clipwright::eval {
namespace {

/// The mean as CLIP_benchmark takes it, in single precision, so that result files agree digit by
/// digit; over folds the mean of theirs.
template <typename FoldOf>
double share_below(const std::vector<int64_t>& ranks, int k, int folds, const FoldOf& fold_of) {
  std::vector<int64_t> hits(static_cast<size_t>(folds)), queries(hits.size());
  for (size_t i = 0; i < ranks.size(); ++i) {
    const size_t fold = fold_of(i);
    hits[fold] += ranks[i] < k;
    ++queries[fold];
  }
  double sum = 0;
  for (size_t f = 0; f < hits.size(); ++f) {
    if (queries[f] > 0) sum += static_cast<float>(hits[f]) / static_cast<float>(queries[f]);
  }
  return sum / folds;
}

/// The pictures of a set and all their captions.
struct CaptionedRows {
  sets::DistinctPictures pictures;
  std::vector<std::string> captions;
  std::vector<int64_t> owner;
  int64_t blank = 0;
};

CaptionedRows gather(const data::source::Dataset& pairs, const std::string& prompt) {
  CaptionedRows gathered;
  for (int64_t i = 0; i < pairs.size(); ++i) {
    std::vector<std::string> texts = pairs.captions(i);
    gathered.blank += static_cast<int64_t>(std::erase_if(
        texts, [](const std::string& text) { return text::unicode::trimmed(text).empty(); }));
    if (texts.empty()) continue;
    const int64_t picture = gathered.pictures.add(pairs.key(i), i);
    for (const std::string& text : texts) {
      gathered.captions.push_back(prompt + text);
      gathered.owner.push_back(picture);
    }
  }
  if (gathered.captions.empty())
    fail_input("no picture of the set has a caption", "pairs of pictures and captions");
  return gathered;
}

Tensor pick(const Tensor& features, const std::vector<int64_t>& chosen) {
  return features.index_select(0, torch::tensor(chosen, torch::kInt64));
}

}  // namespace

double RetrievalResult::image_recall(int k) const {
  return share_below(image_rank, k, folds, [this](size_t caption) {
    return fold.empty() ? 0 : static_cast<size_t>(fold[static_cast<size_t>(owner[caption])]);
  });
}
double RetrievalResult::text_recall(int k) const {
  return share_below(text_rank, k, folds, [this](size_t picture) {
    return fold.empty() ? 0 : static_cast<size_t>(fold[picture]);
  });
}

Json RetrievalResult::metrics(const std::vector<int>& recall_k) const {
  Json metrics = Json::object();
  for (const int k : recall_k) {
    metrics["image_retrieval_recall@" + std::to_string(k)] = image_recall(k);
    metrics["text_retrieval_recall@" + std::to_string(k)] = text_recall(k);
  }
  if (folds > 1) metrics["folds"] = folds;
  return metrics;
}

SampleOutcomes RetrievalResult::samples(const std::vector<int>& recall_k) const {
  CW_CHECK(keys.size() == text_rank.size(), "a key a picture");
  constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
  SampleOutcomes samples;
  for (const int k : recall_k) {
    samples.metrics.push_back("image_retrieval_recall@" + std::to_string(k));
    samples.metrics.push_back("text_retrieval_recall@" + std::to_string(k));
  }
  std::vector<float> values(samples.metrics.size());
  const auto fill = [&](int64_t rank, size_t column) {
    std::fill(values.begin(), values.end(), kNone);
    for (size_t i = 0; i < recall_k.size(); ++i)
      values[2 * i + column] = rank < recall_k[i] ? 1.0F : 0.0F;
  };
  const auto fold_of = [this](size_t picture) { return fold.empty() ? -1 : fold[picture]; };
  for (size_t n = 0; n < text_rank.size(); ++n) {
    fill(text_rank[n], 1);
    samples.add("picture " + keys[n], fold_of(n), values);
  }
  std::vector<int64_t> seen(keys.size());
  for (size_t m = 0; m < image_rank.size(); ++m) {
    const auto picture = static_cast<size_t>(owner[m]);
    fill(image_rank[m], 0);
    samples.add("caption " + std::to_string(++seen[picture]) + " of " + keys[picture],
                fold_of(picture), values);
  }
  return samples;
}

RetrievalResult score_retrieval(const Tensor& pictures, const Tensor& captions,
                                const std::vector<int64_t>& owner, const scores::RankTile& tile) {
  scores::MutualRanks ranks = scores::mutual_ranks(pictures, captions, owner, tile);
  RetrievalResult result;
  result.pictures = pictures.size(0);
  result.captions = captions.size(0);
  result.image_rank = std::move(ranks.captions);
  result.text_rank = std::move(ranks.pictures);
  result.owner = owner;
  return result;
}

RetrievalResult score_retrieval_in_folds(const Tensor& pictures, const Tensor& captions,
                                         const std::vector<int64_t>& owner,
                                         const std::vector<int>& fold, int folds) {
  if (folds == 1) return score_retrieval(pictures, captions, owner);
  CW_CHECK(static_cast<int64_t>(fold.size()) == pictures.size(0), "a fold a picture");
  RetrievalResult result;
  result.pictures = pictures.size(0);
  result.captions = captions.size(0);
  result.image_rank.resize(owner.size());
  result.text_rank.resize(fold.size());
  result.owner = owner;
  result.folds = folds;
  result.fold = fold;
  for (int f = 0; f < folds; ++f) {
    std::vector<int64_t> part, part_captions, part_owner, place(fold.size(), -1);
    for (size_t n = 0; n < fold.size(); ++n) {
      if (fold[n] != f) continue;
      place[n] = static_cast<int64_t>(part.size());
      part.push_back(static_cast<int64_t>(n));
    }
    if (part.empty()) {
      fail_input("no picture of fold " + std::to_string(f + 1) + " of " + std::to_string(folds) +
                     " can be used",
                 "at least one in every fold");
    }
    for (size_t m = 0; m < owner.size(); ++m) {
      if (const int64_t n = place[static_cast<size_t>(owner[m])]; n >= 0) {
        part_captions.push_back(static_cast<int64_t>(m));
        part_owner.push_back(n);
      }
    }
    const scores::MutualRanks ranks = scores::mutual_ranks(
        pick(pictures, part), pick(captions, part_captions), part_owner, {},
        "captions ranked in fold " + std::to_string(f + 1) + " of " + std::to_string(folds));
    for (size_t i = 0; i < part.size(); ++i)
      result.text_rank[static_cast<size_t>(part[i])] = ranks.pictures[i];
    for (size_t i = 0; i < part_captions.size(); ++i)
      result.image_rank[static_cast<size_t>(part_captions[i])] = ranks.captions[i];
  }
  return result;
}

RetrievalResult evaluate_retrieval(models::Clip& model, const data::source::Dataset& pairs,
                                   const EvalOptions& options, const RetrievalOptions& protocol) {
  const CaptionedRows set = gather(pairs, protocol.prompt);
  const int64_t count = set.pictures.size();
  if (protocol.folds < 1 || protocol.folds > count) {
    fail_usage("--folds is " + std::to_string(protocol.folds),
               "1 to " + with_commas(count) + ", the number of pictures");
  }
  if (set.blank > 0)
    log_warning(with_commas(set.blank) + " captions have no word and are left out");
  // A non-owning pointer: `pairs` outlives this call.
  const auto pictures = data::source::subset(
      std::shared_ptr<const data::source::Dataset>(std::shared_ptr<void>(), &pairs),
      set.pictures.first_rows());
  ImageFeatures images = embed_images(model, *pictures, options);
  Tensor texts = embed_texts(model, set.captions, options);

  std::vector<int64_t> good_pictures, place(static_cast<size_t>(count), -1), good_captions,
      good_owner;
  std::vector<int> fold;
  std::vector<std::string> keys;
  for (int64_t i = 0; i < count; ++i) {
    if (images.bad.contains(i)) continue;
    place[static_cast<size_t>(i)] = static_cast<int64_t>(good_pictures.size());
    good_pictures.push_back(i);
    // By the place in the set, so that an unreadable picture moves no other to another fold.
    fold.push_back(static_cast<int>(i * protocol.folds / count));
    keys.push_back(pictures->key(i));
  }
  for (size_t m = 0; m < set.owner.size(); ++m) {
    if (place[static_cast<size_t>(set.owner[m])] < 0) continue;
    good_captions.push_back(static_cast<int64_t>(m));
    good_owner.push_back(place[static_cast<size_t>(set.owner[m])]);
  }
  if (!images.bad.empty()) {  // a second copy only where rows are left out
    images.rows = pick(images.rows, good_pictures);
    texts = pick(texts, good_captions);
  }
  images.rows = unit_rows(images.rows);
  texts = unit_rows(texts);
  RetrievalResult result =
      score_retrieval_in_folds(images.rows, texts, good_owner, fold, protocol.folds);
  result.bad = static_cast<int64_t>(images.bad.size());
  result.blank = set.blank;
  result.keys = std::move(keys);
  return result;
}

}  // namespace clipwright::eval
