// Words of a text that are hidden from the model for it to guess.
#pragma once

#include <cstdint>
#include <span>

#include "core/random.h"

namespace clipwright::data::captions {

/// How words are hidden (Devlin et al. 2019, as DeCLIP does it): each token between the first
/// (start) and the last (end) is picked with `chance`; of the picked a share of `masked` becomes
/// `mask`, a share of `drawn` a word drawn from the whole vocabulary, the others stay.
struct Masking {
  double chance = 0.15, masked = 0.8, drawn = 0.1;
  int32_t mask = 49408;        ///< the id that stands for a hidden word
  int32_t vocabulary = 49406;  ///< ids below it are words: they may be picked and drawn, start and
                               ///< end are neither

  bool operator==(const Masking&) const = default;
};

/// What `targets` holds where no word is to be guessed.
constexpr int32_t kNotHidden = -1;

/// Hides words of one text, `ids` from start to end token. `targets`, of the same length, gets the
/// word that was there at each picked place and kNotHidden elsewhere. A text of which no word is
/// picked is left as it is.
void hide_words(const Masking& masking, Random& random, std::span<int32_t> ids,
                std::span<int32_t> targets);

}  // namespace clipwright::data::captions
