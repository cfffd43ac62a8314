// What a data source holds and what a run over it will trip on.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/json.h"
#include "data/source/dataset.h"

namespace clipwright::data::tools {

/// Order statistics of a list of numbers.
struct Spread {
  double mean = 0;
  int64_t smallest = 0, median = 0, nearly_all = 0,
          largest = 0;  ///< nearly_all: the 95th percentile
};

struct Inspection {
  std::string source;  ///< the source's own line
  int64_t pairs = 0, sampled = 0;
  int64_t without_caption = 0, several_captions = 0, labelled = 0;
  Spread tokens;                  ///< of the captions, start and end token counted
  double share_truncated = 0;     ///< of the captions longer than 77 tokens
  int64_t repeated_captions = 0;  ///< sampled captions that another sampled pair has too
  Spread width, height, bytes;
  std::map<std::string, int64_t> kinds;  ///< "JPEG RGB", "PNG palette", ...
  std::map<std::string, int64_t> bad;    ///< pictures that cannot be decoded, by reason
  std::vector<std::string> bad_keys;     ///< the first few of them

  Json to_json() const;
  /// Some lines for people.
  std::string describe() const;
};

/// Looks at every pair of a small source, or at `sample` pairs spread evenly over a large one;
/// pictures are decoded.
Inspection inspect(const source::Dataset& dataset, int64_t sample);

}  // namespace clipwright::data::tools
