#include "eval/scores/mutual_ranks.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "eval/scores/similarity.h"
#include "tensor/linear.h"

namespace clipwright::eval::scores {
namespace {

/// Columns whose counters stay in the fastest cache.
constexpr int64_t kStrip = 256;

/// What a query is compared with: its right answer, and the products in float32 that may lie on
/// either side of it.
struct Answers {
  explicit Answers(int64_t count)
      : index(static_cast<size_t>(count), -1),
        score(index.size()),
        low(index.size()),
        high(index.size()) {}
  void set_margin(double margin) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    for (size_t i = 0; i < score.size(); ++i) {
      low[i] = std::nextafter(static_cast<float>(score[i] - margin), -kInfinity);
      high[i] = std::nextafter(static_cast<float>(score[i] + margin), kInfinity);
    }
  }
  bool comes_after(size_t query, float other, int64_t other_index) const {
    return other > score[query] || (other == score[query] && other_index < index[query]);
  }
  std::vector<int64_t> index;
  std::vector<float> score, low, high;
};

double longest(const Tensor& rows) {
  return rows.size(0) == 0 ? 0 : rows.norm(2, 1).max().item<double>();
}

class Ranking {
 public:
  Ranking(const Tensor& pictures, const Tensor& captions, const std::vector<int64_t>& owner)
      : pictures_(pictures.contiguous()),
        captions_(captions.contiguous()),
        width_(pictures.size(1)),
        of_caption_(captions.size(0)),
        of_picture_(pictures.size(0)) {
    ranks_.captions.resize(owner.size());
    ranks_.pictures.resize(of_picture_.index.size());
    for (size_t m = 0; m < owner.size(); ++m) {
      const auto caption = static_cast<int64_t>(m);
      const int64_t picture = owner[m];
      CW_CHECK(picture >= 0 && picture < pictures_.size(0), "owners within the pictures");
      const auto n = static_cast<size_t>(picture);
      const float score = between(caption, picture);
      of_caption_.index[m] = picture;
      of_caption_.score[m] = score;
      // Of its equal captions the first is the one that comes first in the order.
      if (of_picture_.index[n] >= 0 && score <= of_picture_.score[n]) continue;
      of_picture_.index[n] = caption;
      of_picture_.score[n] = score;
    }
    for (const int64_t caption : of_picture_.index) CW_CHECK(caption >= 0, "a caption a picture");
    // Rounding of a sum of E products (Higham 2002, 3.5), and of the two scores to float32.
    const double margin =
        1.1 * static_cast<double>(width_ + 4) * 0x1p-24 * longest(pictures_) * longest(captions_);
    of_caption_.set_margin(margin);
    of_picture_.set_margin(margin);
  }

  MutualRanks rank(const RankTile& tile, const std::string& label) {
    Progress progress(label, captions_.size(0));
    for (int64_t caption = 0; caption < captions_.size(0); caption += tile.captions) {
      const int64_t rows = std::min(tile.captions, captions_.size(0) - caption);
      for (int64_t picture = 0; picture < pictures_.size(0); picture += tile.pictures) {
        stop_if_interrupted();
        const int64_t columns = std::min(tile.pictures, pictures_.size(0) - picture);
        const Tensor products = tensor::matrix_product(
            captions_.narrow(0, caption, rows),
            pictures_.narrow(0, picture, columns).t().contiguous());  // (rows, columns)
        count_pictures(products.data_ptr<float>(), caption, rows, picture, columns);
        count_captions(products.data_ptr<float>(), caption, rows, picture, columns);
      }
      progress.update(caption + rows);
    }
    progress.finish();
    return std::move(ranks_);
  }

 private:
  float between(int64_t caption, int64_t picture) const {
    return similarity(captions_.const_data_ptr<float>() + caption * width_,
                      pictures_.const_data_ptr<float>() + picture * width_, width_);
  }

  /// Pictures of the tile that come before each caption's own.
  void count_pictures(const float* products, int64_t caption, int64_t rows, int64_t picture,
                      int64_t columns) {
    at::parallel_for(0, rows, 16, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const float* row = products + i * columns;
        const auto m = static_cast<size_t>(caption + i);
        const float low = of_caption_.low[m], high = of_caption_.high[m];
        int above = 0, near = 0;
        for (int64_t j = 0; j < columns; ++j) {
          above += row[j] > high;
          near += row[j] >= low;
        }
        int64_t& count = ranks_.captions[m];
        count += above;
        if (near == above) continue;
        for (int64_t j = 0; j < columns; ++j) {
          if (row[j] < low || row[j] > high || picture + j == of_caption_.index[m]) continue;
          count += of_caption_.comes_after(m, between(caption + i, picture + j), picture + j);
        }
      }
    });
  }

  /// Captions of the tile that come before the best of each picture's own.
  void count_captions(const float* products, int64_t caption, int64_t rows, int64_t picture,
                      int64_t columns) {
    at::parallel_for(0, (columns + kStrip - 1) / kStrip, 1, [&](int64_t begin, int64_t end) {
      for (int64_t strip = begin; strip < end; ++strip) {
        const int64_t first = strip * kStrip, wide = std::min(kStrip, columns - first);
        const auto n = static_cast<size_t>(picture + first);
        const float *low = of_picture_.low.data() + n, *high = of_picture_.high.data() + n;
        int above[kStrip] = {};
        for (int64_t i = 0; i < rows; ++i) {
          const float* row = products + i * columns + first;
          int near = 0;
          for (int64_t j = 0; j < wide; ++j) {
            const int higher = row[j] > high[j];
            above[j] += higher;
            near += (row[j] >= low[j]) - higher;
          }
          if (near == 0) continue;
          for (int64_t j = 0; j < wide; ++j) {
            const size_t query = n + static_cast<size_t>(j);
            const int64_t other = caption + i;
            if (row[j] < low[j] || row[j] > high[j] || other == of_picture_.index[query]) continue;
            above[j] += of_picture_.comes_after(query, between(other, picture + first + j), other);
          }
        }
        for (int64_t j = 0; j < wide; ++j) ranks_.pictures[n + static_cast<size_t>(j)] += above[j];
      }
    });
  }

  const Tensor pictures_, captions_;
  const int64_t width_;
  Answers of_caption_, of_picture_;
  MutualRanks ranks_;
};

}  // namespace

MutualRanks mutual_ranks(const Tensor& pictures, const Tensor& captions,
                         const std::vector<int64_t>& owner, const RankTile& tile,
                         const std::string& label) {
  CW_CHECK(pictures.dim() == 2 && captions.dim() == 2 && pictures.size(1) == captions.size(1) &&
               pictures.scalar_type() == torch::kFloat32 &&
               captions.scalar_type() == torch::kFloat32 && pictures.is_cpu() && captions.is_cpu(),
           "float32 features of pictures (N, E) and captions (M, E)");
  CW_CHECK(static_cast<int64_t>(owner.size()) == captions.size(0), "an owner a caption");
  CW_CHECK(tile.captions > 0 && tile.pictures > 0, "a tile that holds something");
  const torch::NoGradGuard no_grad;
  return Ranking(pictures, captions, owner).rank(tile, label);
}

}  // namespace clipwright::eval::scores
