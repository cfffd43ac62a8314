// Nearest-neighbour supervision (DeCLIP, Li et al. 2022, section 3.3): a picture also belongs to
// the remembered text that is nearest to its own.
#pragma once

#include <cstdint>

#include "losses/catalogue.h"
#include "losses/terms/text_queue.h"

namespace clipwright::losses::terms {

struct NearestTextForm {
  bool both_directions = false;  ///< halved with the cross-entropy from neighbours to pictures
  bool four_pairs = true;        ///< both views with the neighbours of both texts, else of text 0
  int64_t neighbours = 1;        ///< k
};

/// What the loss came from besides: the first neighbours, of text 0 and then of text 1 (only with
/// four pairs).
struct NearestTextLoss {
  Tensor loss;  ///< a scalar
  std::vector<NearestRows> found;
};

/// The mean over the pairs (view, neighbours of a text) of the cross-entropy of scale * images
/// neighbours^T against the own row. With k > 1 the mean over j = 1..k of that loss with everyone's
/// j-th nearest. Neighbours are looked up in `queue` as it is and carry no gradient. `image0`,
/// `image1`, `text0`, `text1` (N, E) of unit length, `queue` (Q, E) of unit length; `scale` a
/// scalar. With Q = 0 the loss and its gradients are 0; k is at most Q otherwise.
NearestTextLoss nearest_text_loss(const Tensor& image0, const Tensor& image1, const Tensor& text0,
                                  const Tensor& text1, const Tensor& queue, const Tensor& scale,
                                  const NearestTextForm& form);

/// What a step leaves in the queue: text 1, then text 0. Returns the next position.
int64_t store_step(Tensor queue, int64_t position, const Tensor& text0, const Tensor& text1);

/// Views 0 and 1, text slots 0 and 1. Buffers: `queue` (Q, E), `queue.position` and `queue.filled`
/// int64 ().
TermKind nearest_text_kind();

}  // namespace clipwright::losses::terms
