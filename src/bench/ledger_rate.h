// A rewriting job whose texts cost nothing: what is left is the ledger.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/measurement.h"

namespace clipwright::bench {

/// A rewriting job with texts that cost nothing, over `rows` made-up captions of 6 to 14 words and
/// rewrites of 8 to 20, into an SQLite ledger in the temporary folder: rows a second, bytes a row,
/// seconds until a second job knows that all is done, peak memory. `check` holds counts, which each
/// run compares with the ledger. Throws Error(kFailed) when the disk refuses, Error(kInterrupted)
/// when the process is asked to stop.
std::vector<Measurement> benchmark_ledger(int64_t rows, int runs);

}  // namespace clipwright::bench
