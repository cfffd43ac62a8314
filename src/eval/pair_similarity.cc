#include "eval/pair_similarity.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "core/hash.h"
#include "core/log.h"
#include "core/random.h"
#include "eval/features.h"
#include "models/load_model.h"
#include "tensor/device.h"
#include "text/unicode/utf8.h"

namespace clipwright::eval {
namespace {

constexpr size_t kMostRemembered = 65536;

/// From what a pair is called to its picture, 16 bytes a name.
class PictureIndex {
 public:
  explicit PictureIndex(const data::source::Dataset& pictures) : pictures_(pictures) {
    for (int64_t i = 0; i < pictures.size(); ++i) {
      names_.emplace_back(hash64(pictures.key(i)), i);
      names_.emplace_back(hash64(hex(sha256(pictures.caption(i)))), i);
    }
    std::sort(names_.begin(), names_.end());
  }

  /// -1 when there is none.
  int64_t find(const audit::pairs::AuditPair& pair) const {
    const std::pair<uint64_t, int64_t> wanted(hash64(pair.key), 0);
    const auto found = std::lower_bound(names_.begin(), names_.end(), wanted);
    const int64_t named =
        found != names_.end() && found->first == wanted.first ? found->second : -1;
    if (named >= 0 && says(named, pair.source)) return named;
    int64_t line = -1;
    const char* end = pair.key.data() + pair.key.size();
    if (pair.key.empty() || std::from_chars(pair.key.data(), end, line).ptr != end) return named;
    return line >= 0 && line < pictures_.size() && says(line, pair.source) ? line : -1;
  }

 private:
  bool says(int64_t index, std::string_view caption) const {
    return text::unicode::trimmed(pictures_.caption(index)) == text::unicode::trimmed(caption);
  }
  const data::source::Dataset& pictures_;
  std::vector<std::pair<uint64_t, int64_t>> names_;
};

double dot(const Tensor& rows, int64_t a, const Tensor& others, int64_t b) {
  return rows[a].dot(others[b]).item<double>();
}

class ClipSimilarity final : public audit::verdict::PairScorer {
 public:
  explicit ClipSimilarity(const PairSimilarityOptions& options)
      : options_(options), model_(models::load_trained_model(options.model)) {
    model_->to(tensor::open_device(options.device));
    eval_.batch_size = options.batch_size;
    eval_.workers = options.workers;
    eval_.max_bad_share = 1;  // counted, and told in the report
    if (options.data.empty()) return;
    data::source::DataOptions data;
    data.source = options.data;
    pictures_ = data::source::open_dataset(data);
    index_ = std::make_unique<PictureIndex>(*pictures_);
  }

  void score(std::span<audit::verdict::AuditedPair> pairs) override {
    const torch::NoGradGuard no_grad;
    constexpr size_t kBlock = 4096;
    for (size_t begin = 0; begin < pairs.size(); begin += kBlock)
      score_block(pairs.subspan(begin, std::min(kBlock, pairs.size() - begin)));
  }

  std::string describe() const override {
    if (pictures_ == nullptr)
      return "similarity: cosine of the texts' embeddings by the text tower of " +
             options_.model.model;
    return "pictures: cosine of picture and text by " + options_.model.model + "; " +
           with_commas(seen_ - without_picture_) + " of " + with_commas(seen_) +
           " pairs have a picture that can be read";
  }

 private:
  void score_block(std::span<audit::verdict::AuditedPair> pairs) {
    std::vector<std::string> texts;
    for (const audit::verdict::AuditedPair& audited : pairs) {
      texts.push_back(audited.pair.source);
      texts.push_back(audited.pair.text);
    }
    const Tensor rows = unit_rows(embed_texts(*model_, texts, eval_));  // (2 B, E)
    if (options_.texts) {
      for (size_t i = 0; i < pairs.size(); ++i) {
        const auto row = static_cast<int64_t>(2 * i);
        pairs[i].scores.similarity = dot(rows, row, rows, row + 1);
      }
    }
    if (pictures_ != nullptr) score_pictures(pairs, rows);
  }

  void score_pictures(std::span<audit::verdict::AuditedPair> pairs, const Tensor& rows) {
    std::vector<int64_t> index(pairs.size());
    std::vector<int64_t> unknown;
    if (features_.size() > kMostRemembered) features_.clear();
    for (size_t i = 0; i < pairs.size(); ++i) {
      index[i] = index_->find(pairs[i].pair);
      if (index[i] >= 0 && features_.try_emplace(index[i]).second) unknown.push_back(index[i]);
    }
    if (!unknown.empty()) {
      const ImageFeatures features =
          embed_images(*model_, *data::source::subset(pictures_, unknown), eval_);
      const Tensor unit = unit_rows(features.rows);
      for (size_t i = 0; i < unknown.size(); ++i) {
        const auto row = static_cast<int64_t>(i);
        if (!features.bad.contains(row)) features_[unknown[i]] = unit[row].clone();
      }
    }
    for (size_t i = 0; i < pairs.size(); ++i) {
      ++seen_;
      const Tensor picture = index[i] < 0 ? Tensor() : features_[index[i]];
      if (!picture.defined()) {
        ++without_picture_;
        continue;
      }
      const auto row = static_cast<int64_t>(2 * i);
      pairs[i].scores.image_source = picture.dot(rows[row]).item<double>();
      pairs[i].scores.image_rewrite = picture.dot(rows[row + 1]).item<double>();
    }
  }

  PairSimilarityOptions options_;
  std::shared_ptr<models::Clip> model_;
  EvalOptions eval_;
  std::shared_ptr<const data::source::Dataset> pictures_;
  std::unique_ptr<PictureIndex> index_;
  std::unordered_map<int64_t, Tensor> features_;  ///< undefined where the picture is bad
  int64_t seen_ = 0, without_picture_ = 0;
};

class EncoderSimilarity final : public audit::verdict::PairScorer {
 public:
  EncoderSimilarity(const std::filesystem::path& folder, const std::string& device)
      : name_(folder.filename().string()), encoder_(folder) {
    encoder_.to(tensor::open_device(device));
  }

  void score(std::span<audit::verdict::AuditedPair> pairs) override {
    const torch::NoGradGuard no_grad;
    constexpr size_t kBlock = 4096;
    for (size_t begin = 0; begin < pairs.size(); begin += kBlock) {
      const auto block = pairs.subspan(begin, std::min(kBlock, pairs.size() - begin));
      std::vector<std::string> texts;
      for (const audit::verdict::AuditedPair& audited : block) {
        texts.push_back(audited.pair.source);
        texts.push_back(audited.pair.text);
      }
      const Tensor rows = unit_rows(embed_and_count(encoder_, texts).rows)
                              .view({static_cast<int64_t>(block.size()), 2, encoder_.width()});
      const Tensor cosines =
          (rows.select(1, 0) * rows.select(1, 1)).sum(1).to(torch::kFloat64).contiguous();
      for (size_t i = 0; i < block.size(); ++i)
        block[i].scores.similarity = cosines.const_data_ptr<double>()[i];
    }
  }

  std::string describe() const override {
    return "similarity: cosine of the texts' embeddings by the sentence encoder " + name_;
  }

 private:
  std::string name_;
  models::encoders::SentenceEncoder encoder_;
};

}  // namespace

std::unique_ptr<audit::verdict::PairScorer> encoder_similarity(const std::filesystem::path& folder,
                                                               const std::string& device) {
  return std::make_unique<EncoderSimilarity>(folder, device);
}

std::unique_ptr<audit::verdict::PairScorer> clip_similarity(const PairSimilarityOptions& options) {
  return std::make_unique<ClipSimilarity>(options);
}

std::vector<audit::calibration::CalibrationCaption> captions_of_data(const std::string& source) {
  data::source::DataOptions options;
  options.source = source;
  const std::unique_ptr<data::source::Dataset> data = data::source::open_dataset(options);
  std::vector<audit::calibration::CalibrationCaption> captions;
  for (int64_t i = 0; i < data->size(); ++i) {
    std::string caption = data->caption(i);
    if (!caption.empty()) captions.push_back({.key = data->key(i), .text = std::move(caption)});
  }
  return captions;
}

}  // namespace clipwright::eval
