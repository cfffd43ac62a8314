// The texts that a training step wants of a pair, and how each is made.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/captions/caption_table.h"
#include "lexicon/thesaurus.h"

namespace clipwright::data::captions {

enum class TextSource {
  kOriginal,
  kUniform,   ///< original or rewrite, all equally likely (LaCLIP)
  kEda,       ///< the original after one of DeCLIP's three operations (lexicon/eda.h)
  kSentence,  ///< one sentence of the original, or a span of up to three (DreamLIP)
  kRewrite,   ///< a rewrite, all equally likely; the original where there is none
};

struct TextSlot {
  TextSource source = TextSource::kOriginal;
  std::string mode;     ///< of kRewrite: only rewrites of this slot name ("rewrite:chatgpt" without
                        ///< its prefix); empty: any
  bool masked = false;  ///< some words are hidden for the model to guess

  bool operator==(const TextSlot&) const = default;
};

/// "original", "uniform", "eda", "sentence", "rewrite", "rewrite:MODE", each with or without
/// "+masked". Throws Error(kUsage) naming the nearest.
TextSlot parse_text_slot(std::string_view name);

/// Makes the text of a slot for one step. Draws are keyed by (seed, purpose and slot, epoch, key):
/// slot 0's choice among rewrites by "caption" as `choose_texts` does it.
class TextMaker {
 public:
  /// `thesaurus` may be null where no slot is kEda. All must outlive this. Throws Error(kUsage) for
  /// a mode that the table does not have, naming those it has.
  TextMaker(std::vector<TextSlot> slots, const CaptionTable& table,
            const lexicon::Thesaurus* thesaurus, uint64_t seed);

  /// One text a slot.
  std::vector<std::string> make(int64_t index, uint64_t epoch, std::string_view key) const;

 private:
  std::vector<TextSlot> slots_;
  const CaptionTable& table_;
  const lexicon::Thesaurus* thesaurus_;
  uint64_t seed_;
};

/// How words are hidden (Devlin et al. 2019, as DeCLIP does it): each token but the first (start)
/// and the last (end) is picked with `chance`; of the picked 80 % become `mask`, 10 % a word drawn
/// from the whole vocabulary without start and end, 10 % stay.
struct Masking {
  double chance = 0.15, masked = 0.8, drawn = 0.1;
  int32_t mask = 49408;        ///< the id that stands for a hidden word
  int32_t vocabulary = 49406;  ///< ids below it may be drawn: all words, neither start nor end

  bool operator==(const Masking&) const = default;
};

/// Hides words of `ids`, a text from start to end token; `targets` gets the word that was there at
/// each picked place and -1 elsewhere. Keyed by (seed, "mask" and slot, epoch, key).
void hide_words(const Masking& masking, uint64_t seed, size_t slot, uint64_t epoch,
                std::string_view key, std::vector<int32_t>& ids, std::vector<int32_t>& targets);

}  // namespace clipwright::data::captions
