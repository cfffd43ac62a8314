// How fast pictures and texts become what the towers take. benchmarks/peers measure the same work
// with the peers.
#pragma once

#include <string>

#include "bench/measurement.h"

namespace clipwright::bench {

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

}  // namespace clipwright::bench
