// The texts that a training step wants of a pair, and how each is made.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "data/captions/caption_table.h"
#include "lexicon/thesaurus.h"

namespace clipwright::data::captions {

enum class TextSource {
  kOriginal,
  kUniform,   ///< original or rewrite, all equally likely; the original where the draw has fewer
              ///< than two pieces when split on a single space (LaCLIP)
  kEda,       ///< the original after one of DeCLIP's three operations (lexicon/eda.h)
  kSentence,  ///< one sentence of the original, or two or three in a row (DreamLIP, Zheng et al.
              ///< 2024): how many first, then where, each equally likely
  kRewrite,   ///< one of the pair's rewrites of at least two pieces, all equally likely; the
              ///< original where there is none
};

struct TextSlot {
  TextSource source = TextSource::kOriginal;
  std::string mode = {};  ///< of kRewrite: only the rewrites of this name, with or without
                          ///< "rewrite:" before it; empty: any
  bool masked = false;    ///< some words are hidden for the model to guess (hidden_words.h)

  bool operator==(const TextSlot&) const = default;
};

/// "original", "uniform", "eda", "sentence", "rewrite", "rewrite:MODE", each with or without
/// "+masked". Throws Error(kUsage) naming the nearest.
TextSlot parse_text_slot(std::string_view name);
/// What `parse_text_slot` reads as this slot.
std::string name_of(const TextSlot& slot);

/// What is drawn for a slot of a pair: keyed by (seed, purpose, epoch, key), where every slot but
/// the first adds its number to the purpose ("caption", "caption 1", ...).
Random slot_draws(uint64_t seed, std::string_view purpose, size_t slot, uint64_t epoch,
                  std::string_view key);

/// Makes the texts of a pair for one step: one a slot and, where all rewrites are wanted, the M
/// rewrites behind them. Only read once it is made: threads may share it. The purposes of its draws
/// are "caption" (kUniform), "eda", "sentence" and "rewrite".
class TextMaker {
 public:
  /// `thesaurus` may be null where no slot is kEda. Table and thesaurus must outlive this. Throws
  /// Error(kUsage) for a slot of rewrites that the table does not have, naming those it has.
  TextMaker(std::vector<TextSlot> slots, bool all_rewrites, const CaptionTable& table,
            const lexicon::Thesaurus* thesaurus, uint64_t seed);

  const std::vector<TextSlot>& slots() const { return slots_; }
  /// Texts a pair: the slots, then M where all rewrites are wanted.
  size_t texts() const;

  /// The texts of pair `index`, whose key is `key`. In place of a rewrite that is missing or has
  /// fewer than two pieces stands the original.
  std::vector<std::string> make(int64_t index, uint64_t epoch, std::string_view key) const;

 private:
  std::string text_of(size_t slot, const std::string& original, int64_t index, uint64_t epoch,
                      std::string_view key) const;

  std::vector<TextSlot> slots_;
  std::vector<std::vector<int>> rewrites_;  // for each slot: what it may draw from, of the table's
  bool all_rewrites_;
  const CaptionTable& table_;
  const lexicon::Thesaurus* thesaurus_;
  uint64_t seed_;
};

}  // namespace clipwright::data::captions
