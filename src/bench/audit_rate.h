// How fast rewrites are audited.
#pragma once

#include <vector>

#include "bench/measurement.h"

namespace clipwright::bench {

/// The lexical tier of the audit with its JSON records, one thread, over the demo's captions and
/// their rewrites, as they are and joined to the lengths of web captions: captions a second.
/// `check` holds a hash of all records.
std::vector<Measurement> benchmark_audit(int runs);

}  // namespace clipwright::bench
