#include "eval/invariance/captions.h"

#include <algorithm>
#include <memory>

#include "core/error.h"
#include "core/log.h"
#include "eval/sets/distinct_pictures.h"

namespace clipwright::eval::invariance {
namespace {

using audit::calibration::Damage;

/// A caption of the set, its picture and the places of its texts.
struct CaptionRow {
  int64_t row = 0;      // of the set
  int64_t picture = 0;  // of the features
  std::string text;
  int64_t original = 0;
  std::vector<int64_t> rewordings;  // by rewording; -1: none
};

struct Captions {
  std::vector<CaptionRow> rows;
  Tensor pictures;  // (N, E), unit length
  int64_t bad = 0;
};

/// The captions whose picture can be read.
Captions read_captions(models::Clip& model, const data::source::Dataset& pairs,
                       const EvalOptions& options) {
  Captions captions;
  sets::DistinctPictures shown;
  for (int64_t i = 0; i < pairs.size(); ++i) {
    std::string text = pairs.caption(i);
    if (text.empty()) continue;
    captions.rows.push_back(
        {.row = i, .picture = shown.add(pairs.key(i), i), .text = std::move(text)});
  }
  if (shown.size() < 2) {
    fail_input("the set has " + with_commas(shown.size()) + " pictures with a caption",
               "at least two, so that there is something to choose from");
  }
  // A non-owning pointer: `pairs` outlives this call.
  const auto pictures = data::source::subset(
      std::shared_ptr<const data::source::Dataset>(std::shared_ptr<void>(), &pairs),
      shown.first_rows());
  const ImageFeatures features = embed_images(model, *pictures, options);
  std::vector<int64_t> good, place(static_cast<size_t>(shown.size()), -1);
  for (int64_t i = 0; i < pictures->size(); ++i) {
    if (features.bad.contains(i)) continue;
    place[static_cast<size_t>(i)] = static_cast<int64_t>(good.size());
    good.push_back(i);
  }
  if (good.size() < 2) fail_input("fewer than two pictures can be read", "at least two");
  captions.pictures =
      unit_rows(features.rows.index_select(0, torch::tensor(good, torch::kInt64))).contiguous();
  captions.bad = static_cast<int64_t>(features.bad.size());
  for (CaptionRow& row : captions.rows) row.picture = place[static_cast<size_t>(row.picture)];
  std::erase_if(captions.rows, [](const CaptionRow& row) { return row.picture < 0; });
  return captions;
}

Tensor rows_at(const Tensor& rows, const std::vector<int64_t>& places) {
  return rows.index_select(0, torch::tensor(places, torch::kInt64));
}

std::vector<int64_t> numbers_to(int64_t count) {
  std::vector<int64_t> numbers(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) numbers[static_cast<size_t>(i)] = i;
  return numbers;
}

RewordingOutcome compare_retrieval(const std::string& name, const std::vector<CaptionRow>& rows,
                                   size_t rewording, const Tensor& pictures, const Tensor& texts) {
  RewordingOutcome outcome{.name = name};
  std::vector<int64_t> originals, reworded, owner;
  for (const CaptionRow& row : rows) {
    if (row.rewordings[rewording] < 0) continue;
    originals.push_back(row.original);
    reworded.push_back(row.rewordings[rewording]);
    owner.push_back(row.picture);
  }
  outcome.texts = static_cast<int64_t>(originals.size());
  Agreement of_captions, of_pictures;
  if (!originals.empty()) {
    const std::vector<int64_t> all = numbers_to(pictures.size(0));
    const Tensor first = rows_at(texts, originals), second = rows_at(texts, reworded);
    of_captions = compare(decide(first, pictures, all), decide(second, pictures, all), owner);
    std::vector<int64_t> asking = owner;
    std::sort(asking.begin(), asking.end());
    asking.erase(std::unique(asking.begin(), asking.end()), asking.end());
    const Tensor queries = rows_at(pictures, asking);
    of_pictures = compare(decide(queries, first, owner), decide(queries, second, owner), asking);
  }
  outcome.directions = {{"image_retrieval", "image_retrieval_recall@1", of_captions},
                        {"text_retrieval", "text_retrieval_recall@1", of_pictures}};
  return outcome;
}

/// A caption with one damage, as a query.
struct DamagedCaption {
  const CaptionRow* row;
  int64_t negative;
};

void count_answers(const std::vector<DamagedCaption>& damaged, const Tensor& pictures,
                   const Tensor& texts, DamageOutcome& outcome) {
  if (damaged.empty()) return;
  std::vector<int64_t> originals, negatives, owner;
  for (const DamagedCaption& one : damaged) {
    originals.push_back(one.row->original);
    negatives.push_back(one.negative);
    owner.push_back(one.row->picture);
  }
  const std::vector<int64_t> all = numbers_to(pictures.size(0));
  const Agreement answers = compare(decide(rows_at(texts, originals), pictures, all),
                                    decide(rows_at(texts, negatives), pictures, all), owner);
  outcome.queries = answers.queries;
  outcome.right = answers.right;
  outcome.right_damaged = answers.right_reworded;
}

}  // namespace

InvarianceOutcome caption_invariance(models::Clip& model, const data::source::Dataset& pairs,
                                     const std::vector<CaptionRewording>& rewordings,
                                     const audit::calibration::Corruption& corruption,
                                     const EvalOptions& options) {
  Captions captions = read_captions(model, pairs, options);
  InvarianceOutcome outcome;
  outcome.pictures = captions.pictures.size(0);
  outcome.bad = captions.bad;
  outcome.texts = static_cast<int64_t>(captions.rows.size());
  TextPool pool(model.tokenizer(), model.config().text.context_length);
  std::vector<int64_t> originals;
  std::map<Damage, std::vector<DamagedCaption>> damaged;
  int64_t unchanged = 0;
  for (CaptionRow& row : captions.rows) {
    row.original = pool.add(row.text);
    originals.push_back(row.original);
    for (const CaptionRewording& rewording : rewordings) {
      const std::string& text = rewording.texts[static_cast<size_t>(row.row)];
      const int64_t place = text.empty() ? -1 : pool.add(text);
      unchanged += place == row.original;
      row.rewordings.push_back(place == row.original ? -1 : place);
    }
    for (const auto& kind : audit::calibration::damage_kinds()) {
      if (kind.damage == Damage::kNone) continue;
      const std::optional<std::string> text = corruption.damage(row.text, kind.damage);
      if (!text) continue;
      const int64_t negative = pool.add(*text);
      if (negative == row.original) {
        ++outcome.damages[kind.damage].unseen;
      } else {
        damaged[kind.damage].push_back({&row, negative});
      }
    }
  }
  if (unchanged > 0) {
    log_info(with_commas(unchanged) +
             " rewordings are the same tokens as their captions and are left out");
  }
  const Tensor texts = unit_rows(embed_texts(model, pool.texts(), options)).contiguous();
  outcome.spread = spread_of(captions.pictures, rows_at(texts, originals));
  for (size_t s = 0; s < rewordings.size(); ++s) {
    outcome.rewordings.push_back(
        compare_retrieval(rewordings[s].name, captions.rows, s, captions.pictures, texts));
  }
  for (const auto& [damage, list] : damaged) {
    DamageOutcome& of_kind = outcome.damages[damage];
    for (const DamagedCaption& one : list) {
      Contrast contrast{.damage = damage,
                        .original = one.row->original,
                        .negative = one.negative,
                        .rewordings = one.row->rewordings,
                        .pictures = {one.row->picture}};
      std::erase(contrast.rewordings, -1);
      of_kind.preferences += judge(contrast, captions.pictures, texts);
    }
    count_answers(list, captions.pictures, texts, of_kind);
  }
  return outcome;
}

}  // namespace clipwright::eval::invariance
