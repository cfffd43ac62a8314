// What a CLIP model is made of.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/preprocessing.h"

namespace clipwright::text::hugging_face {
class Tokenizer;
}

namespace clipwright::models {

enum class Activation { kGelu, kQuickGelu };  ///< exact erf GELU; x * sigmoid(1.702 x)

struct VisionConfig {
  int image_size = 224;
  int patch_size = 16;
  int width = 768;
  int layers = 12;
  int heads = 12;
  double mlp_ratio = 4;
  Activation activation = Activation::kGelu;
  double norm_epsilon = 1e-5;
  bool norm_before_blocks = true;  ///< open_clip's ln_pre
  bool patch_bias = false;
  bool qk_norm = false;     ///< LayerNorm over head_dim on q and k (LaCLIP)
  bool timm_names = false;  ///< LaCLIP: tensors are named as timm names them (visual.trunk.*,
                            ///< visual.head.proj.weight)
  /// A picture's feature is the mean of its patches' rows behind the last norm, and not the class
  /// token's.
  bool mean_pooling = false;
  bool projection_bias = false;  ///< behind the projection; of timm's names alone
  std::vector<int>
      resnet_layers;  ///< non-empty: OpenAI's ModifiedResNet with these stages, not a transformer
};

enum class EncoderKind { kBert, kRoberta };
/// What of an encoder's rows is a text's feature.
enum class Pooling {
  kMean,        ///< of all tokens
  kClassToken,  ///< the first token's row
  kLastToken,
  kPooler,  ///< the first token's row through BERT's own dense layer and tanh
};

/// A text encoder of Hugging Face's, BERT's or RoBERTa's: post-norm, absolute positions.
struct EncoderConfig {
  EncoderKind kind = EncoderKind::kBert;
  int width = 768, layers = 12, heads = 12, hidden = 3072;
  int vocabulary_size = 30522;
  int positions = 512;  ///< rows of their table
  int token_types = 2;  ///< rows of theirs, of which the first is used
  int padding = 0;      ///< id of padding; RoBERTa counts positions from the one behind it
  double norm_epsilon = 1e-12;
  Pooling pooling = Pooling::kMean;

  /// Tokens that a text may have.
  int longest() const { return kind == EncoderKind::kBert ? positions : positions - padding - 1; }
};

enum class TextProjection { kNone, kLinear, kMlp };

/// A pre-trained encoder in the place of CLIP's text transformer, and what is around it.
struct PretrainedText {
  EncoderConfig encoder;
  TextProjection projection = TextProjection::kLinear;
  std::string name;  ///< open_clip's hf_model_name
  /// Its own; with open_clip's cleaning before it. Null only in a configuration without its folder.
  std::shared_ptr<const text::hugging_face::Tokenizer> tokenizer;
};

struct TextConfig {
  int context_length = 77;
  int vocabulary_size = 49408;  ///< rows of the token table
  int width = 512;
  int layers = 12;
  int heads = 8;
  double mlp_ratio = 4;
  Activation activation = Activation::kGelu;
  bool projection_bias = false;  ///< behind the projection to the width of both towers
  /// DeCLIP's order of the token table's rows: the mask's before those of start and end, where
  /// OpenAI's numbering has these two last and no mask.
  bool declip_numbering = false;
  /// Then width, layers and so on are the encoder's.
  std::optional<PretrainedText> pretrained = {};

  /// Words that a text may hold, without the mask; the mask's id is the first beyond them.
  int words() const { return vocabulary_size - (declip_numbering ? 1 : 0); }
};

struct ModelConfig {
  std::string name;  ///< architecture name, or "custom"
  int embed_dim = 512;
  VisionConfig vision;
  TextConfig text;
  Preprocessing preprocess;
};

/// Built-in architectures: ViT-B-32, ViT-B-32-quickgelu, ViT-B-16, ViT-L-14, ViT-S-16, ViT-S-32,
/// RN50, laclip-ViT-S-16, laclip-ViT-B-16, laclip-ViT-L-16, tiny-32 (the demo's), ... Throws
/// Error(kUsage) naming the nearest.
///
/// Behind a name may stand switches of the text tower, as published for DeCLIP: "+text-bias" (a
/// bias in its projection) and "+declip-tokens" (DeCLIP's order of tokens).
ModelConfig find_model_config(std::string_view name);
/// Whether `find_model_config` knows it, switches included.
bool is_model_name(std::string_view name);
std::vector<std::string> model_names();

}  // namespace clipwright::models
