// Which words of a rewrite say what a word of its source said, and which have any ground in the
// source at all.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "audit/words/reading.h"
#include "audit/words/sense_reach.h"
#include "lexicon/wordnet.h"

namespace clipwright::audit::words {

/// How well a word carries another's meaning, in [0, 1]. From `kGround` on it has ground in the
/// source, from `kCarries` on it says the same.
constexpr float kGround = 0.35F, kCarries = 0.6F;

/// Compares two readings. Work is linear in the number of words: senses of the source are marked,
/// those of the rewrite look the marks up. Holds only buffers; one object a thread.
class Relatedness {
 public:
  /// Fills `kept` (a value a source term: how well any word of the rewrite carries it), `ground` (a
  /// value a rewrite term: its best support in the source) and `opposed`.
  void compare(const Reading& source, const Reading& rewrite, const lexicon::WordNet& wordnet,
               const SenseReach& reach);

  std::vector<float> kept, ground;
  bool opposed = false;  ///< a lost source word has its antonym in the rewrite

 private:
  /// Numbers to marks, emptied by counting up an epoch.
  class Marks {
   public:
    void clear();
    /// Keeps the first mark of a number; further ones are dropped once the table is half full.
    void put(uint64_t key, uint32_t value);
    uint32_t find(uint64_t key) const {
      const uint64_t place = key * kSpread;
      // Most keys are absent, and these 512 bytes stay in the first cache.
      return (seen_[place >> 58] >> (place >> 52 & 63) & 1) != 0 ? find_slot(key) : kAbsent;
    }
    static constexpr uint32_t kAbsent = UINT32_MAX;

   private:
    uint32_t find_slot(uint64_t key) const;
    static constexpr uint64_t kSpread = 0x9e3779b97f4a7c15ULL;
    static constexpr size_t kSlots = 4096;
    struct Slot {
      uint64_t key = 0;
      uint32_t epoch = 0, value = 0;
    };
    std::vector<Slot> slots_ = std::vector<Slot>(kSlots);
    std::array<uint64_t, 64> seen_{};  ///< a bit for the high bits of each key
    uint32_t epoch_ = 0, used_ = 0;
  };

  void match_words();
  void mark_senses(uint32_t term, bool near);
  void mark_word(uint32_t term, uint32_t word, bool near);
  void mark(uint32_t sense, uint32_t term, Mark mark);
  void look_up_senses(uint32_t term);
  void look_up_word(uint32_t term, uint32_t word);
  void relate(uint32_t source_term, uint32_t rewrite_term, float strength);
  void look_up_glosses();
  void associate();
  float association(uint32_t a, uint32_t b) const;
  bool forms_compound(const ContentWord& a, const ContentWord& b) const;
  bool joined(uint32_t source_term, uint32_t rewrite_term) const;

  static constexpr uint32_t kByCompound = 1U << 24;

  const Reading* source_ = nullptr;
  const Reading* rewrite_ = nullptr;
  const lexicon::WordNet* wordnet_ = nullptr;
  const SenseReach* reach_ = nullptr;
  bool by_compound_ = false;
  Marks words_, senses_, glosses_;
  std::vector<uint32_t> same_as_;  // source term -> earlier source term of the same word
  std::vector<uint8_t> opposite_;  // source terms whose antonym was seen
  std::vector<float> hint_;        // source terms: support from neighbours of meaning
};

}  // namespace clipwright::audit::words
