// What each word reaches in WordNet, laid out word by word: following senses, pointers and pointers
// of pointers through WordNet's own arrays costs the audit most of its time in cache misses.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lexicon/wordnet.h"

namespace clipwright::audit::words {

/// How a source word's sense is marked.
enum class Mark : uint8_t {
  kSame,
  kParent,
  kTopParent,
  kNamedParent,
  kGrandparent,
  kSimilar,
  kOpposite,
  kPart,
  kDerived,
  kKindred
};

/// By which way a word of the rewrite came to a sense.
enum class Way : uint8_t {
  kOwn,
  kHypernym,
  kInstanceOf,
  kSimilar,
  kOpposite,
  kPart,
  kDerived,
  kKindred,
  kVerbHypernym,
  kGrandparent  ///< hypernym of a noun's hypernym
};

class SenseReach {
 public:
  /// A sense and how it was reached: a `Mark` or a `Way`.
  struct Step {
    uint32_t sense : 24;
    uint32_t how : 8;
  };

  explicit SenseReach(const lexicon::WordNet& wordnet);

  /// Senses to mark around a source word, in the order in which the first mark of a sense stays:
  /// `usual` for its commonest senses only.
  std::span<const Step> around(uint32_t word, bool usual) const {
    return (usual ? usual_ : around_).of(word);
  }
  /// Senses at which a rewrite's word looks for marks.
  std::span<const Step> looked_at(uint32_t word) const { return looked_at_.of(word); }
  /// Words of the glosses of a word's first two senses in each part of speech.
  std::span<const uint32_t> gloss(uint32_t word) const { return gloss_.of(word); }

  /// How many senses of a word count, by part of speech; rarer ones relate anything to anything.
  static constexpr size_t kMostSenses[4] = {10, 5, 6, 3};
  static constexpr size_t kUsualSenses[4] = {3, 2, 2, 1};

 private:
  template <typename Item>
  struct Lists {
    std::vector<uint32_t> begin{0};
    std::vector<Item> items;
    std::span<const Item> of(uint32_t word) const {
      return {items.data() + begin[word], begin[word + 1] - begin[word]};
    }
    void close() { begin.push_back(static_cast<uint32_t>(items.size())); }
  };
  Lists<Step> around_, usual_, looked_at_;
  Lists<uint32_t> gloss_;
};

}  // namespace clipwright::audit::words
