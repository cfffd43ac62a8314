// Features of pictures and texts, in batches, the same whatever the batch size and the number of
// threads.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/source/dataset.h"
#include "data/transform/transform.h"
#include "models/clip.h"
#include "models/encoders/sentence_encoder.h"

namespace clipwright::eval {

/// Features (N, E) in float32 on the CPU, one row an item, not of unit length. Rows of pictures
/// that could not be read are zeros.
struct ImageFeatures {
  Tensor rows;
  std::map<int64_t, std::string> bad;  ///< index of each unreadable picture and why
};

/// Where features of pictures are kept, so that they are computed once for several questions.
class FeatureStore {
 public:
  virtual ~FeatureStore() = default;
  /// What is kept of these pictures and this model under `kind` ("embedding", "pooled"); else what
  /// `compute` gives, which is kept from now on.
  virtual ImageFeatures features(models::Clip& model, const data::source::Dataset& pictures,
                                 std::string_view kind,
                                 const std::function<ImageFeatures()>& compute) = 0;
};

struct EvalOptions {
  int64_t batch_size = 64;
  int workers = 2;  ///< threads that decode pictures while the model works on the batch before
  double max_bad_share = 0.05;  ///< more unreadable pictures than this are Error(kInput)
  std::shared_ptr<FeatureStore> store = nullptr;  ///< that `embed_images` asks; may be null
  /// (C - 1, W) further class tokens, on the model's device: a picture's features are the mean of
  /// its C embeddings, each of unit length, and no store is asked. Undefined: the model's own one.
  Tensor class_tokens = {};
};

/// What becomes of a batch of normalised pixels (B, 3, S, S): (B, columns).
using EncodePictures = std::function<Tensor(const Tensor& pixels)>;

/// `encode` over a set, as the model's preprocessing says, on the model's device and without
/// gradients: (N, columns). Throws as `embed_images`.
ImageFeatures encode_pictures(models::Clip& model, const data::source::Dataset& pictures,
                              int64_t columns, const EncodePictures& encode,
                              const EvalOptions& options = {});

/// Runs the image tower over a set, as the model's preprocessing says. Throws Error(kInput) when
/// too many pictures are bad, naming the first, Error(kInterrupted) when the process is asked to
/// stop.
ImageFeatures embed_images(models::Clip& model, const data::source::Dataset& pictures,
                           const EvalOptions& options = {});

/// Runs the text tower over texts, empty ones too: (N, E) in float32 on the CPU, not of unit
/// length. Texts with equal tokens are computed once, so their rows are equal bit for bit.
Tensor embed_texts(models::Clip& model, const std::vector<std::string>& texts,
                   const EvalOptions& options = {});

/// The same with how many texts were longer than the model reads, and cut.
struct TextFeatures {
  Tensor rows;  ///< (N, E)
  int64_t cut = 0;
};
TextFeatures embed_and_count(models::Clip& model, const std::vector<std::string>& texts,
                             const EvalOptions& options = {});
TextFeatures embed_and_count(models::encoders::SentenceEncoder& encoder,
                             const std::vector<std::string>& texts,
                             const EvalOptions& options = {});

/// Warns where a model's folder says that its global features were never trained (FILIP's alone),
/// since numbers of such features look like results and mean nothing.
void warn_without_global_features(const std::string& model);

/// Rows of length one, however long or short finite ones were; a row of zeros stays zero.
Tensor unit_rows(const Tensor& features);

}  // namespace clipwright::eval
