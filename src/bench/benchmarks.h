// The benchmarks of `clipwright bench`. benchmarks/peers/*.py measure the same work with the peers;
// benchmarks/run_benchmarks.py pairs them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/measurement.h"

namespace clipwright::bench {

/// A whole training step (towers, loss, backward, AdamW) on given data.
struct TrainStepBenchmark {
  std::string model = "ViT-B-32";  ///< architecture name or open_clip directory
  std::string images;              ///< uint8 .npy (N, 3, S, S); empty: noise
  std::vector<std::string> texts;  ///< one file a text slot, a caption a line, N lines; empty:
                                   ///< made-up captions of CC3M-like lengths
  int64_t batch_size = 64;         ///< used when `images` is empty
  int text_slots = 1;              ///< used when `texts` is empty
  std::string objective;           ///< preset; empty: clip, or laclip-mt with several texts
  int warmup = 1, runs = 5;
  int threads = 0;
};
/// Pairs a second, views and texts made up where none are given. `check` holds the loss of each step, which depends on the weights and data
/// alone.
Measurement benchmark_train_step(const TrainStepBenchmark& options);

/// FILIP's loss with its gradients on random rows, `pairs` and twice as many (four times the work):
/// ours in tiles and the form that holds all similarities, whose results are compared first.
struct FilipBenchmark {
  int64_t pairs = 256;
  int64_t most_materialised = 512;  ///< pairs; 512 need 6 GB, four times as much with each doubling
  int runs = 5;
  int threads = 0;
};
/// For both, keeping 16 rows and all: seconds a step and the most MiB that its tensors held at once
/// beside its inputs. `check` holds the loss.
std::vector<Measurement> benchmark_filip(const FilipBenchmark& options);

/// Decoding and the training transform, one thread, over the pictures of a folder: images a second.
/// `check` holds a hash of the evaluation transform's pixels of all pictures.
Measurement benchmark_images(const std::string& folder, const std::string& recipe, int size,
                             int runs);

/// Two training views of each picture of a folder by a view recipe ("mocov2", "slip"), decoding
/// included, one thread: pairs of views a second. `check` holds a hash of the pixels of two views
/// with given parameters of all pictures.
Measurement benchmark_views(const std::string& folder, const std::string& recipe, int size,
                            int runs);

/// Tokenising the lines of a file, one thread: captions a second. `check` holds a hash of all ids.
Measurement benchmark_tokenizer(const std::string& captions, int runs);

/// The lexical tier of the audit with its JSON records, one thread, over the demo's captions and
/// their rewrites, as they are and joined to the lengths of web captions: captions a second.
/// `check` holds a hash of all records.
std::vector<Measurement> benchmark_audit(int runs);

/// A rewriting job with texts that cost nothing, over `rows` made-up captions of 6 to 14 words and
/// rewrites of 8 to 20, into an SQLite ledger in the temporary folder: rows a second, bytes a row,
/// seconds until a second job knows that all is done, peak memory. `check` holds counts, which each
/// run compares with the ledger. Throws Error(kFailed) when the disk refuses, Error(kInterrupted)
/// when the process is asked to stop.
std::vector<Measurement> benchmark_ledger(int64_t rows, int runs);

}  // namespace clipwright::bench
