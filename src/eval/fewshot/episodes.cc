#include "eval/fewshot/episodes.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "eval/sets/class_rows.h"

namespace clipwright::eval::fewshot {
namespace {

/// Rows of each of `classes` classes, by its number; labels are below it.
std::vector<std::vector<int64_t>> rows_of(std::span<const int64_t> labels, size_t classes) {
  std::vector<std::vector<int64_t>> rows(classes);
  for (auto& [label, own] : sets::rows_by_class(labels))
    rows[static_cast<size_t>(label)] = std::move(own);
  return rows;
}

size_t classes_of(std::span<const int64_t> labels) {
  int64_t most = -1;
  for (const int64_t label : labels) {
    CW_CHECK(label >= 0, "labels from 0");
    most = std::max(most, label);
  }
  return static_cast<size_t>(most + 1);
}

void check(const EpisodeShape& shape) {
  if (shape.ways < 2)
    fail_usage("--ways is " + std::to_string(shape.ways), "at least 2 classes an episode");
  if (shape.shots < 1)
    fail_usage("--shots is " + std::to_string(shape.shots), "at least 1 example a class");
  if (shape.queries < 1)
    fail_usage("--queries is " + std::to_string(shape.queries), "at least 1 query a class");
}

/// The rows that `places` names, in that order.
void append(const std::vector<int64_t>& rows, std::span<const int64_t> places,
            std::vector<int64_t>& to) {
  for (const int64_t place : places) to.push_back(rows[static_cast<size_t>(place)]);
}

}  // namespace

std::vector<int64_t> draw_distinct(int64_t count, int64_t population, Random& random) {
  CW_CHECK(count >= 0 && count <= population, "no more draws than there are");
  // The first steps of a Fisher-Yates shuffle; only the places that were touched are stored.
  std::unordered_map<int64_t, int64_t> moved;
  const auto at = [&](int64_t place) {
    const auto found = moved.find(place);
    return found == moved.end() ? place : found->second;
  };
  std::vector<int64_t> drawn;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t other =
        i + static_cast<int64_t>(random.below(static_cast<uint64_t>(population - i)));
    drawn.push_back(at(other));
    moved[other] = at(i);
  }
  return drawn;
}

EpisodeDraws::EpisodeDraws(std::span<const int64_t> support_labels,
                           std::span<const int64_t> query_labels, const EpisodeShape& shape,
                           uint64_t seed)
    : shape_(shape), seed_(seed), one_set_(false) {
  check(shape);
  const size_t classes = std::max(classes_of(support_labels), classes_of(query_labels));
  support_rows_ = rows_of(support_labels, classes);
  query_rows_ = rows_of(query_labels, classes);
  keep_classes_with(shape.shots, 1);
}

EpisodeDraws::EpisodeDraws(std::span<const int64_t> labels, const EpisodeShape& shape,
                           uint64_t seed)
    : shape_(shape), seed_(seed), one_set_(true) {
  check(shape);
  support_rows_ = rows_of(labels, classes_of(labels));
  query_rows_.resize(support_rows_.size());
  keep_classes_with(int64_t{shape.shots} + shape.queries, 0);
}

void EpisodeDraws::keep_classes_with(int64_t support_rows, int64_t query_rows) {
  for (size_t c = 0; c < support_rows_.size(); ++c) {
    const auto support = static_cast<int64_t>(support_rows_[c].size()),
               queries = static_cast<int64_t>(query_rows_[c].size());
    if (support == 0 && queries == 0) continue;  // no class, only a number that nobody used
    if (support >= support_rows && queries >= query_rows) {
      eligible_.push_back(static_cast<int64_t>(c));
    } else {
      ++left_out_;
    }
  }
  if (classes() >= shape_.ways) return;
  const std::string needed =
      one_set_ ? std::to_string(support_rows) + " rows (--shots and --queries together)"
               : std::to_string(support_rows) + " training rows (--shots) and a test row";
  fail_input("only " + with_commas(classes()) + " of " + with_commas(classes() + left_out_) +
                 " classes have " + needed,
             "at least " + std::to_string(shape_.ways) + " such classes (--ways)",
             "Lower --ways or --shots, or give more rows.");
}

Episode EpisodeDraws::draw(int64_t number) const {
  const auto episode_number = static_cast<uint64_t>(number);
  Episode episode;
  Random of_classes(seed_, "few-shot classes", 0, episode_number);
  append(eligible_, draw_distinct(shape_.ways, classes(), of_classes), episode.classes);
  // In ascending order the first of equally near classes is the lowest.
  std::sort(episode.classes.begin(), episode.classes.end());
  for (size_t place = 0; place < episode.classes.size(); ++place) {
    const auto label = static_cast<size_t>(episode.classes[place]);
    const std::vector<int64_t>&support = support_rows_[label], &queries = query_rows_[label];
    Random of_rows(seed_, "few-shot rows", episode_number, label);
    const int64_t both = int64_t{shape_.shots} + (one_set_ ? shape_.queries : 0);
    const std::vector<int64_t> drawn =
        draw_distinct(both, static_cast<int64_t>(support.size()), of_rows);
    const auto shots = static_cast<size_t>(shape_.shots);
    append(support, std::span(drawn).first(shots), episode.support);
    if (one_set_) {
      append(support, std::span(drawn).subspan(shots), episode.queries);
    } else {
      const auto rows = static_cast<int64_t>(queries.size());
      append(queries, draw_distinct(std::min<int64_t>(shape_.queries, rows), rows, of_rows),
             episode.queries);
    }
    episode.answers.resize(episode.queries.size(), static_cast<int>(place));
  }
  return episode;
}

}  // namespace clipwright::eval::fewshot
