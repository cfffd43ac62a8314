// Batches for training, in the pieces that go through the towers at once: threads decode ahead into
// memory that is bounded, and any number of threads gives the same batches.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/captions/caption_table.h"
#include "data/captions/hidden_words.h"
#include "data/captions/text_slot.h"
#include "data/source/dataset.h"
#include "data/transform/view_recipe.h"
#include "text/bpe/tokenizer.h"

namespace clipwright::data::loader {

struct LoaderOptions {
  int64_t batch_size = 64;  ///< pairs a step
  int64_t micro_batch = 0;  ///< pairs that `next` gives at a time, the last ones of a batch maybe
                            ///< fewer; 0: the whole batch
  /// Bytes that decoded micro-batches may take before somebody asks for them; two always fit.
  size_t memory = size_t{512} << 20;
  uint64_t seed = 0;
  int workers = 2;
  bool shuffle = true;
  int image_size = 224;
  Preprocessing recipe;  ///< of the evaluation transform
  /// Random views of each picture, all from one decoding. Draws are keyed by (seed, "crop", epoch,
  /// key) for the first and (seed, "view <v>", epoch, key) for view v of the others.
  std::vector<transform::ViewRecipe> views = {};
  int evaluation_views = 1;  ///< without random views: as many times the evaluation transform
  std::vector<captions::TextSlot> texts = {{}};  ///< of each pair
  bool all_rewrites = false;  ///< behind the slots every rewrite, or the original where it is
                              ///< missing
  captions::Masking masking;  ///< of masked slots; keyed as `slot_draws` says, purpose "mask"
  std::shared_ptr<const lexicon::Thesaurus> thesaurus = {};       ///< of slots by EDA
  std::shared_ptr<const text::tokens::Tokenizer> tokenizer = {};  ///< null: CLIP's
  int context_length = 77;
  double max_bad_share = 0.05;  ///< more bad samples than this share (after the first 200 samples)
                                ///< stop the run with exit code 3
  /// This process takes rows rank, rank + world_size, ... of each global batch of batch_size *
  /// world_size.
  int rank = 0, world_size = 1;
};

/// A micro-batch: rows part * micro_batch .. + size of a step's batch (B of them). Pixels are uint8
/// (V, B, 3, S, S): view after view, each of every sample. texts[k] holds slot k's text of every
/// sample, packed; behind the slots stand the rewrites where all are brought.
struct Batch {
  int64_t size = 0;
  int64_t epoch = 0;
  int64_t index = 0;  ///< of the step's batch within its epoch
  int64_t part = 0;   ///< of the micro-batch within its batch
  int64_t views = 0;  ///< V
  std::vector<uint8_t> images;
  std::vector<text::bpe::PackedTexts> texts;
  /// targets[k] has for every token of texts[k] the word that a mask hides there, or kNotHidden;
  /// empty where slot k is not masked.
  std::vector<std::vector<int32_t>> targets;
  std::vector<int64_t>
      samples;  ///< index of each sample in the dataset (after replacement of bad ones)
};

/// Samples that could not be used, by reason.
struct BadSamples {
  int64_t seen = 0, bad = 0;
  std::map<std::string, int64_t> by_reason;
  std::string describe() const;
};

/// What a loader holds, in bytes of its buffers; micro-batches that were handed out are not its
/// own.
struct LoaderMemory {
  size_t bound = 0;  ///< never held more than this
  size_t held = 0, most_held = 0;
};

/// Endless batches from (epoch, batch) on; the last incomplete batch of an epoch is dropped. A bad
/// sample is counted, logged with its reason and replaced by the next good one in an order keyed by
/// (seed, epoch, key). Whatever goes wrong in a thread, `next` throws it.
class Loader {
 public:
  /// `captions` may be nullptr: then batches have no texts. Throws Error(kInput) when the dataset
  /// has fewer pairs than one batch, Error(kUsage) without a worker or a batch size and for a text
  /// slot that the captions cannot serve.
  Loader(std::shared_ptr<const source::Dataset> dataset,
         std::shared_ptr<const captions::CaptionTable> captions, const LoaderOptions& options);
  ~Loader();

  int64_t batches_per_epoch() const;
  /// Micro-batches a batch.
  int64_t parts() const;
  /// Continue from this place; call before the first `next`.
  void seek(int64_t epoch, int64_t batch);
  /// The next micro-batch in order. Throws Error(kInput) when too many samples are bad,
  /// std::bad_alloc when there is no memory for it.
  std::unique_ptr<Batch> next();
  /// Gives a micro-batch's memory back for reuse.
  void recycle(std::unique_ptr<Batch> batch);
  BadSamples bad_samples() const;
  LoaderMemory memory() const;

 private:
  struct State;
  void start_workers();
  std::unique_ptr<State> state_;
};

}  // namespace clipwright::data::loader
