// Asks a data set for everything it can be asked for.
#pragma once

#include <algorithm>
#include <string>

#include "data/source/dataset.h"
#include "tests/fuzz/input.h"
#include "text/unicode/utf8.h"

namespace clipwright::fuzz {

enum class Blanks { kNoneAround, kAsTheFileHasThem };

inline void read_dataset(const data::source::Dataset& dataset, Blanks blanks) {
  require(!dataset.describe().empty(), "a data set describes itself");
  const int64_t rows = std::min<int64_t>(dataset.size(), 64);
  for (int64_t i = 0; i < rows; ++i) {
    require(!dataset.key(i).empty(), "a pair has a key");
    const std::string caption = dataset.caption(i);
    require(blanks == Blanks::kAsTheFileHasThem || text::unicode::trimmed(caption) == caption,
            "a caption has no blanks around it");
    require(!dataset.captions(i).empty(), "captions give at least the caption");
    const data::source::ImageBytes image = dataset.image(i);
    require(image.error.empty() || image.view.empty(), "a picture has bytes or a reason");
    dataset.label(i);
    dataset.class_name(i);
    accepts([&] { dataset.label_vector(i); });
  }
}

/// Opens and reads; a refusal is an answer.
inline bool try_dataset(const data::source::DataOptions& options,
                        Blanks blanks = Blanks::kNoneAround) {
  return accepts([&] { read_dataset(*data::source::open_dataset(options), blanks); });
}

}  // namespace clipwright::fuzz
