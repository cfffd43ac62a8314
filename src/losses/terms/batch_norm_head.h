// The small perceptrons of self-supervision: linear layers, the first of them followed by batch
// normalisation (Ioffe & Szegedy 2015), a ReLU after every layer but the last.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "losses/catalogue.h"

namespace clipwright::losses::terms {

/// One layer of a head.
struct HeadLayer {
  Tensor weight;       ///< (O, I)
  Tensor bias;         ///< (O)
  Tensor norm_weight;  ///< (O); undefined, as the next: this layer is not normalised
  Tensor norm_bias;    ///< (O)
};

/// Mean and unbiased variance (O) that a batch norm saw. With groups of rows: the groups' mean.
struct RowMoments {
  Tensor mean, variance;
};

/// Every column of `rows` (N, O) less its mean, over the root of its biased variance + 1e-5, times
/// `weight`, plus `bias`. `group` = 0 takes all rows together; G > 0 takes G consecutive rows at a
/// time (the last group may be smaller; one lone row joins the group before it). Does not depend on
/// the number of threads. `moments`, where given, gets what running statistics need; it stays
/// undefined for a single row, which has no spread. Returns (N, O).
Tensor batch_norm_rows(const Tensor& rows, const Tensor& weight, const Tensor& bias,
                       int64_t group = 0, RowMoments* moments = nullptr);

/// `rows` (N, I of the first layer) through the layers, normalised by themselves. `moments`, where
/// given, gets an entry for each normalised layer. Returns (N, O of the last layer).
Tensor head_rows(const Tensor& rows, const std::vector<HeadLayer>& layers, int64_t group = 0,
                 std::vector<RowMoments>* moments = nullptr);

/// A head that a term owns.
struct HeadPlan {
  std::string name;             ///< of its tensors: "projector" gives "projector.0.weight"
  std::vector<int64_t> widths;  ///< one more than there are layers
  size_t norms = 0;             ///< the first so many layers are normalised
  int64_t group = 0;            ///< as batch_norm_rows has it
  /// Not empty: why the last norm's bias has no gradient in this term.
  std::string last_norm_cancelled = {};
};

/// How a head gives its tensors to the term that owns it (Term's functions of these names).
struct HeadOwner {
  std::string term;  ///< the tensors are drawn as "<term>.<name in files>"
  uint64_t seed = 0;
  std::function<Tensor(const std::string&, const Tensor&, const std::string&)> add_parameter;
  std::function<Tensor(const std::string&, const Tensor&, const tensor::FindFlaw&)> add_buffer;
};

/// Layers with running statistics (momentum 0.1). Weights and biases of linear layers are uniform
/// in +-1/sqrt(I), norms start as the identity.
class BatchNormHead {
 public:
  BatchNormHead(const HeadPlan& plan, const HeadOwner& owner);

  /// `rows` (N, I) to (N, O). In training by the rows' own statistics, which are remembered for
  /// `end_step`; in evaluation by the running ones, and nothing is remembered.
  Tensor forward(const Tensor& rows, bool training);
  /// Forgets what was remembered: another loss of the same step begins.
  void begin_step() { seen_.clear(); }
  /// Every training pass since `begin_step` moves the running statistics once, in order.
  void end_step();

 private:
  struct Running {
    Tensor mean, variance, batches;
  };

  int64_t group_;
  std::vector<HeadLayer> layers_;
  std::vector<Running> running_;               ///< of each normalised layer
  std::vector<std::vector<RowMoments>> seen_;  ///< of each pass, of each normalised layer
};

/// A term with such heads. It compares the last two views of a picture.
class TermWithHeads : public Term {
 protected:
  static size_t first_view(const TermSetting& setting);
  HeadOwner owner(const std::string& term, uint64_t seed);
};

/// The option "norm-rows" of terms with such heads.
TermOption norm_rows_option();
/// Its value. Throws Error(kUsage) for 1: a single row has no spread.
int64_t norm_rows(const std::string& term, const TermOptions& options);

}  // namespace clipwright::losses::terms
