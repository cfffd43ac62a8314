// One supervision signal: a loss over what the towers gave, with what it learns or remembers
// itself.
//
// A term is one of two kinds, or both. A loss over the whole batch sees every pair at once, however
// many micro-batches the towers needed (contrastive losses, batch normalisation over pairs). A loss
// over samples is a sum, so it is computed a micro-batch at a time while that one's rows are there
// (masked words, whose logits would not fit otherwise). Both give exact gradients.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "losses/features.h"
#include "tensor/parameter_table.h"

namespace clipwright::losses {

/// What is known of the step beside its features.
struct StepContext {
  int64_t pairs = 0;         ///< of the whole step
  int64_t masked_words = 0;  ///< of all its masked slots
};

/// A number of interest beside the loss, as "masked-lm/accuracy".
using Reading = std::pair<std::string, double>;

/// What the sizes of a term's heads follow from.
struct TowerWidths {
  int64_t embedding = 0;      ///< E
  int64_t image_pooled = 0;   ///< W of ImageFeatures::pooled
  int64_t image_patches = 0;  ///< W of ImageFeatures::patches; 0: the tower has none
  /// Shape of the class token in files (its numbers are W); empty: the tower has none.
  std::vector<int64_t> class_token = {};
  double class_token_deviation = 0;  ///< of its first values
  int64_t text_tokens = 0;           ///< W of TextFeatures::tokens
  int64_t vocabulary = 0;            ///< words a text may hold, without the mask
};

/// A module, so that its tensors move and change type with it. It registers every tensor and names
/// it in its table.
class Term : public torch::nn::Module {
 public:
  virtual Wants wants() const = 0;
  /// What of it `loss` and `after_step` read. The rest is of `sample_loss` alone, and so is never
  /// there for the whole batch.
  virtual Wants batch_wants() const { return wants(); }

  /// The loss of the whole batch, a scalar with a graph; undefined where the term has none. In
  /// evaluation mode it reads what it remembers; it never changes it.
  virtual Tensor loss(const Features& all) { return {}; }

  /// Of some samples: their share of the step's loss, so that shares add up to it; undefined where
  /// the term has none.
  virtual Tensor sample_loss(const Features& some, const StepContext& step) { return {}; }

  /// Once after each training step with the features of the whole batch, without a graph: queues
  /// and running statistics move here and nowhere else.
  virtual void after_step(const Features& all) {}

  /// Once after each update of the parameters: bounds of what the term learns.
  virtual void after_update() {}

  /// Rows (W) of class tokens beside the model's own, whose embeddings the term wants of view 0
  /// (`ImageWants::branches`).
  virtual std::vector<Tensor> class_tokens() const { return {}; }

  /// Numbers of the last step's losses; asked for once, after it.
  virtual std::vector<Reading> readings() { return {}; }

  /// Into the folder of a finished model, what of the term is of use with it. `all`: what the
  /// objective's terms read together, and so have trained.
  virtual void write_beside(const std::filesystem::path& model, const Wants& all) const {}

  /// Parameters and buffers of the term itself, trained and saved with the model's.
  const tensor::ParameterTable& table() const { return table_; }

 protected:
  /// A parameter, under its name in files ("projector.0.weight").
  Tensor add_parameter(const std::string& name, const Tensor& value,
                       const std::string& cancelled = {});
  /// The same with its shape in files, where that is another.
  Tensor add_parameter(const std::string& name, const Tensor& value,
                       const std::vector<int64_t>& shape_in_files);
  /// What training changes without a gradient, and what it never leaves in it.
  Tensor add_buffer(const std::string& name, const Tensor& value,
                    const tensor::FindFlaw& find_flaw = {});

  tensor::ParameterTable table_;
};

}  // namespace clipwright::losses
