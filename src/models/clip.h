// A CLIP model: an image tower, a packed text tower, and the scale of their cosine similarities.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "models/config.h"
#include "models/tower_outputs.h"
#include "models/tuning/adapters.h"
#include "tensor/batch_statistics.h"
#include "tensor/parameter_table.h"
#include "text/bpe/tokenizer.h"

namespace clipwright::models {

/// Packed texts as tensors: ids int64 (T) and offsets int32 (N + 1), both on the CPU.
struct TextBatch {
  Tensor ids, offsets;
  int64_t size() const { return offsets.size(0) - 1; }
};
TextBatch to_text_batch(const text::bpe::PackedTexts& texts);
/// Several lists end to end as one batch (all texts of a LaCLIP-MT step go through the tower at
/// once).
TextBatch to_text_batch(const std::vector<text::bpe::PackedTexts>& texts);

namespace towers {
class VisionTransformer;
class ModifiedResNet;
class TextTransformer;
class PretrainedTower;
}  // namespace towers

class Clip : public torch::nn::Module {
 public:
  /// Parameters are drawn as the reference draws them (open_clip, or LaCLIP's timm-style rules),
  /// keyed by `seed` and parameter name.
  explicit Clip(const ModelConfig& config, uint64_t seed = 0);
  ~Clip() override;

  /// Normalised pixels (B, 3, S, S) to features (B, E), not yet of unit length. Changes no state:
  /// in training mode a ResNet normalises by these pictures and adds what it saw to `seen`, where
  /// one is given.
  Tensor encode_image(const Tensor& pixels, tensor::BatchStatistics* seen = nullptr);
  /// The same with what else is asked for.
  ImageOutputs encode_image(const Tensor& pixels, const ImageRequest& request,
                            tensor::BatchStatistics* seen = nullptr);
  /// Moves running statistics towards what a step saw; once a step. Nothing for transformers.
  void update_statistics(const tensor::BatchStatistics& seen);
  /// Texts to features (N, E), not yet of unit length. Computes no padding; equals the padded
  /// tower.
  Tensor encode_text(const TextBatch& texts);
  /// The same with what else is asked for.
  TextOutputs encode_text(const TextBatch& texts, const TextRequest& request);
  /// What makes its texts' tokens: CLIP's, or that of a pre-trained text tower.
  const text::tokens::Tokenizer& tokenizer() const;
  /// Learned log of the scale, a scalar; the loss uses its exponential.
  Tensor& logit_scale() { return logit_scale_; }

  const ModelConfig& config() const { return config_; }

  /// Every tensor under the name it has in open_clip files, in open_clip's order (parameters and,
  /// for ResNets, running statistics).
  const tensor::ParameterTable& table() const { return table_; }
  /// Takes a parameter out of training.
  void freeze(const std::string& name) { table_.freeze(name); }
  /// Batch normalisation whose running statistics are among `names` goes by them in training too,
  /// and leaves them as they are. Nothing for transformers.
  void freeze_statistics(const std::set<std::string>& names);
  /// Puts low-rank matrices beside those of the towers, which start by adding nothing. Once; what
  /// else is trained is not changed.
  void adapt(const tuning::AdapterOptions& options, uint64_t seed);
  const tuning::Adapters& adapters() const { return adapters_; }
  /// What a file of this model holds: every tensor of the table, low-rank matrices merged in.
  std::vector<NamedTensor> file_tensors() const;
  /// Copies a file's values in, whatever wrapper is in its names; positions of another resolution
  /// or context are interpolated, and said (models/fitted_weights.h). Throws Error(kInput) listing
  /// every missing name, unexpected name and wrong shape at once.
  void load_state(std::vector<NamedTensor> tensors, const std::string& where);

 private:
  ModelConfig config_;
  Tensor logit_scale_;
  tensor::ParameterTable table_;
  tuning::Adapters adapters_;
  std::shared_ptr<towers::VisionTransformer> vision_;
  std::shared_ptr<towers::ModifiedResNet> resnet_;
  std::shared_ptr<towers::TextTransformer> text_;
  std::shared_ptr<towers::PretrainedTower> pretrained_;  ///< in its place
};

/// Evaluation mode of a model, or of what is trained with it, without gradients, as long as it
/// lives.
class Evaluating {
 public:
  explicit Evaluating(torch::nn::Module& model)
      : model_(model), was_training_(model.is_training()) {
    model_.eval();
  }
  Evaluating(const Evaluating&) = delete;
  Evaluating& operator=(const Evaluating&) = delete;
  ~Evaluating() { model_.train(was_training_); }

 private:
  torch::nn::Module& model_;
  bool was_training_;
  torch::NoGradGuard no_grad_;
};

/// uint8 pixels (B, 3, S, S) to what `encode_image` takes: /255, minus mean, over std, in float.
Tensor normalize_pixels(const Tensor& pixels, const Preprocessing& preprocess);

}  // namespace clipwright::models
