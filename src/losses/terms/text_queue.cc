#include "losses/terms/text_queue.h"

#include <algorithm>
#include <limits>

#include "core/error.h"
#include "core/log.h"
#include "losses/drawing.h"
#include "losses/features.h"
#include "tensor/linear.h"

namespace clipwright::losses::terms {
namespace {

// 16 MB of products in single precision, whatever the batch and the queue.
constexpr int64_t kTexts = 2048, kPlaces = 2048;

/// The `count` largest of each row and their columns, the first of equals.
std::pair<Tensor, Tensor> largest(Tensor values, int64_t count) {
  std::vector<Tensor> most, columns;
  for (int64_t j = 0; j < count; ++j) {
    const auto [value, column] = values.max(1, /*keepdim=*/true);
    most.push_back(value);
    columns.push_back(column);
    if (j + 1 < count) values = values.scatter(1, column, -std::numeric_limits<double>::infinity());
  }
  return {at::cat(most, 1), at::cat(columns, 1)};
}

NearestRows nearest_of(const Tensor& queue, const Tensor& texts, int64_t count) {
  NearestRows best;
  for (int64_t begin = 0; begin < queue.size(0); begin += kPlaces) {
    const Tensor part = queue.slice(0, begin, begin + kPlaces).to(texts.scalar_type());
    const auto [values, columns] =
        largest(tensor::matrix_product(texts, part.t()), std::min(count, part.size(0)));
    const Tensor places = columns + begin;
    if (!best.rows.defined()) {
      best = {places, values};
      continue;
    }
    // What was found first stands first, and so wins where both are equal.
    const Tensor all_places = at::cat({best.rows, places}, 1),
                 all_values = at::cat({best.similarities, values}, 1);
    const auto [merged, from] = largest(all_values, std::min(count, all_values.size(1)));
    best = {all_places.gather(1, from), merged};
  }
  return best;
}

}  // namespace

Tensor random_queue(int64_t size, int64_t width, uint64_t seed) {
  return unit_rows(drawn_normal({size, width}, 1, seed, "nearest-text.queue"));
}

std::string flaw_of_queue(const Tensor& rows) {
  // bfloat16 rounds each number, and so the length, by 0.4 % at most.
  constexpr double kRounding = 0.01;
  const Tensor lengths = rows.to(torch::kFloat32).norm(2, 1);
  const Tensor wrong = (lengths - 1).abs().gt(kRounding).nonzero();
  if (wrong.size(0) == 0) return {};
  const auto first = wrong[0].item<int64_t>();
  return "has " + with_commas(wrong.size(0)) +
         (wrong.size(0) == 1 ? " row that is" : " rows that are") + " not of unit length (row " +
         std::to_string(first) + ": " + std::to_string(lengths[first].item<float>()) + ")";
}

NearestRows nearest_rows(const Tensor& queue, const Tensor& texts, int64_t count) {
  CW_CHECK(queue.dim() == 2 && texts.dim() == 2 && queue.size(1) == texts.size(1),
           "nearest_rows needs a queue (Q, E) and texts (N, E)");
  CW_CHECK(count >= 1 && count <= queue.size(0), "nearest_rows finds 1 to Q rows");
  const torch::NoGradGuard no_grad;
  std::vector<Tensor> rows, similarities;
  for (int64_t begin = 0; begin < texts.size(0); begin += kTexts) {
    const NearestRows found = nearest_of(queue, texts.slice(0, begin, begin + kTexts), count);
    rows.push_back(found.rows);
    similarities.push_back(found.similarities);
  }
  return {at::cat(rows, 0), at::cat(similarities, 0)};
}

Tensor queue_rows(const Tensor& queue, const Tensor& places, const Tensor& like) {
  const torch::NoGradGuard no_grad;
  const Tensor rows = queue.index_select(0, places);
  // Half precision rounds the length away; rows of the same type are as they were stored.
  return rows.scalar_type() == like.scalar_type() ? rows : unit_rows(rows.to(like.scalar_type()));
}

int64_t store_rows(Tensor queue, int64_t position, const Tensor& rows) {
  const int64_t size = queue.size(0);
  if (size == 0) return position;
  if (position < 0 || position >= size)
    fail_input("the text queue's position is " + std::to_string(position),
               "0 to " + std::to_string(size - 1));
  CW_CHECK(rows.dim() == 2 && rows.size(1) == queue.size(1), "store_rows needs rows (R, E)");
  const torch::NoGradGuard no_grad;
  const int64_t skipped = std::max<int64_t>(0, rows.size(0) - size),
                stored = rows.size(0) - skipped, begin = (position + skipped) % size,
                before_end = std::min(stored, size - begin);
  const auto copy = [&](int64_t to, int64_t from, int64_t count) {
    if (count > 0) queue.narrow(0, to, count).copy_(rows.narrow(0, from, count));
  };
  copy(begin, skipped, before_end);
  copy(0, skipped + before_end, stored - before_end);
  return (position + rows.size(0)) % size;
}

}  // namespace clipwright::losses::terms
