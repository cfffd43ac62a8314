// WordNet 3.0's files (Debian's wordnet-base) as flat arrays: words, senses, pointers and glosses
// by number, nothing allocated after loading. Format: wndb(5WN).
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "lexicon/word_table.h"

namespace clipwright::lexicon {

enum class PartOfSpeech : uint8_t { kNoun, kVerb, kAdjective, kAdverb };

/// What one sense is to another: WordNet's pointers, those alike in a caption taken together.
enum class PointerKind : uint8_t {
  kHypernym,
  kInstanceOf,
  kSimilar,
  kOpposite,
  kPart,
  kDerived,
  kKindred
};

class WordNet {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Pointer {
    uint32_t target : 28;
    uint32_t relation : 4;
    PointerKind kind() const { return static_cast<PointerKind>(relation); }
  };
  /// The senses of a word in one part of speech, most frequent first.
  struct Senses {
    uint32_t begin[4] = {};
    uint8_t count[4] = {};
    bool proper = true;  ///< every sense writes it with a capital
    bool has(PartOfSpeech part) const { return count[static_cast<int>(part)] != 0; }
  };
  struct Sense {
    PartOfSpeech part;
    uint8_t topic;  ///< lexicographer file: 5 animal, 6 artifact, 13 food, 18 person, 20 plant, ...
    bool proper;    ///< an instance: a named person, place or thing
  };

  enum class Glosses { kRead, kLeave };

  /// Empty when the folder holds no WordNet: everything then works without it. Throws Error(kInput)
  /// on damaged files. Without its glosses it loads in half the time and a third of the memory.
  explicit WordNet(const std::filesystem::path& folder, Glosses glosses = Glosses::kRead);

  bool empty() const { return words_.empty(); }
  size_t word_count() const { return words_.size(); }
  size_t sense_count() const { return senses_.size(); }

  /// Number of a lower-case word or compound ("hot_dog"), by its hash.
  uint32_t find(uint64_t hash) const { return index_.find(hash); }
  /// Number of the compound "first_second" (or "first-second") of two words given by their hashes.
  uint32_t find_compound(uint64_t first, uint64_t second) const {
    return compounds_.find(pair_hash(first, second));
  }
  uint64_t hash(uint32_t word) const { return hashes_[word]; }
  /// The word as the indices write it: lower case, "_" between the words of a compound.
  std::string_view name(uint32_t word) const {
    return {names_.data() + name_begin_[word], name_begin_[word + 1] - name_begin_[word]};
  }
  const Senses& word(uint32_t word) const { return words_[word]; }
  std::span<const uint32_t> senses(uint32_t word, PartOfSpeech part) const {
    const int p = static_cast<int>(part);
    return {sense_lists_.data() + words_[word].begin[p], words_[word].count[p]};
  }
  const Sense& sense(uint32_t sense) const { return senses_[sense]; }
  /// The words that share the sense, as its line lists them.
  std::span<const uint32_t> members(uint32_t sense) const {
    return {members_.data() + member_begin_[sense],
            member_begin_[sense + 1] - member_begin_[sense]};
  }
  std::span<const Pointer> pointers(uint32_t sense) const {
    return {pointers_.data() + pointer_begin_[sense],
            pointer_begin_[sense + 1] - pointer_begin_[sense]};
  }
  /// Words of the definition and examples, and the parts of the sense's own compounds; function
  /// words left out.
  std::span<const uint32_t> gloss(uint32_t sense) const {
    return {gloss_.data() + gloss_begin_[sense], gloss_begin_[sense + 1] - gloss_begin_[sense]};
  }
  /// Senses whose gloss holds the word, ascending.
  std::span<const uint32_t> mentions(uint32_t word) const {
    return {mentions_.data() + mention_begin_[word],
            mention_begin_[word + 1] - mention_begin_[word]};
  }

  /// An irregular form (mice -> mouse).
  struct Irregular {
    uint32_t base[2] = {kNone, kNone};  ///< the likeliest words, whatever their part of speech
    uint32_t begin[4] = {};
    uint8_t count[4] = {};
    bool listed[4] = {};  ///< the part's exceptions hold the form, be its bases known or not
  };
  /// By the hash of the form; null when no exception names it.
  const Irregular* irregular(uint64_t hash) const {
    const uint32_t at = irregular_index_.find(hash);
    return at == kNone ? nullptr : &irregular_[at];
  }
  /// Words of the part of speech that the form belongs to.
  std::span<const uint32_t> bases(const Irregular& form, PartOfSpeech part) const {
    const int p = static_cast<int>(part);
    return {bases_.data() + form.begin[p], form.count[p]};
  }

 private:
  static uint64_t pair_hash(uint64_t first, uint64_t second) {
    return (first * 0xff51afd7ed558ccdULL) ^ (second + 0x632be59bd9b4e019ULL);
  }
  uint32_t canonical(std::string_view lower, uint64_t hash, WordTable& memory) const;
  void read_index(const std::filesystem::path& folder);
  void read_data(const std::filesystem::path& folder, Glosses glosses);
  void read_exceptions(const std::filesystem::path& folder);
  void add_bases(std::string_view form, std::string_view bases, size_t part, Irregular& forms);
  void invert_glosses();

  WordTable index_, compounds_, irregular_index_;
  std::vector<uint64_t> hashes_;
  std::vector<char> names_;
  std::vector<uint32_t> name_begin_;
  std::vector<Senses> words_;
  std::vector<uint32_t> sense_lists_;
  std::vector<Sense> senses_;
  std::vector<uint32_t> pointer_begin_, gloss_begin_, mention_begin_, member_begin_;
  std::vector<Pointer> pointers_;
  std::vector<uint32_t> gloss_, mentions_, members_, bases_;
  std::vector<Irregular> irregular_;
};

}  // namespace clipwright::lexicon
