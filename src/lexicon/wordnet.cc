#include "lexicon/wordnet.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "core/error.h"
#include "core/file.h"
#include "lexicon/morphology.h"
#include "lexicon/word_class.h"
#include "lexicon/wordnet_files.h"
#include "lexicon/words.h"

namespace clipwright::lexicon {
namespace {

// Words in more glosses than this ("made", "person") say nothing about what belongs together.
constexpr uint32_t kMostMentions = 1200;

std::optional<PointerKind> kind_of(std::string_view symbol) {
  switch (symbol[0]) {
    case '@':
      return symbol.size() > 1 ? PointerKind::kInstanceOf : PointerKind::kHypernym;
    case '&':
      return PointerKind::kSimilar;
    case '!':
      return PointerKind::kOpposite;
    case '%':
    case '#':
      return PointerKind::kPart;
    case '+':
    case '\\':
    case '<':
      return PointerKind::kDerived;
    case '$':
    case '*':
    case '>':
    case '=':
    case '^':
      return PointerKind::kKindred;
    default:
      return std::nullopt;  // hyponyms are read from below; topics and usages say nothing about
                            // meaning
  }
}

int part_of(char type) {
  return type == 'n' ? 0 : type == 'v' ? 1 : type == 'a' || type == 's' ? 2 : type == 'r' ? 3 : -1;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Offsets in one data file to sense numbers: senses are found through the 64-byte block their line
/// starts in.
class Offsets {
 public:
  Offsets(std::string_view text, uint32_t first)
      : blocks_(text.size() / 64 + 1, WordNet::kNone), first_(first) {
    each_wordnet_line(text, [&](std::string_view, size_t offset, size_t) {
      uint32_t& block = blocks_[offset / 64];
      if (block == WordNet::kNone) block = static_cast<uint32_t>(offsets_.size());
      offsets_.push_back(static_cast<uint32_t>(offset));
    });
  }
  uint32_t count() const { return static_cast<uint32_t>(offsets_.size()); }
  uint32_t find(uint32_t offset) const {
    if (offset / 64 >= blocks_.size()) return WordNet::kNone;
    for (uint32_t i = blocks_[offset / 64]; i < offsets_.size() && offsets_[i] <= offset; ++i) {
      if (offsets_[i] == offset) return first_ + i;
    }
    return WordNet::kNone;
  }

 private:
  std::vector<uint32_t> blocks_, offsets_;
  uint32_t first_;
};

}  // namespace

WordNet::WordNet(const fs::path& folder, Glosses glosses)
    : index_(1 << 17), compounds_(1 << 16), irregular_index_(1 << 13) {
  std::error_code error;
  for (const char* name : kPartNames) {
    if (!fs::exists(folder / (std::string("data.") + name), error) ||
        !fs::exists(folder / (std::string("index.") + name), error))
      return;
  }
  read_index(folder);
  read_exceptions(folder);
  read_data(folder, glosses);
  invert_glosses();
}

/// Words and, for now, the byte offsets of their senses; `read_data` turns them into numbers.
void WordNet::read_index(const fs::path& folder) {
  words_.reserve(150000);
  hashes_.reserve(150000);
  sense_lists_.reserve(210000);
  names_.reserve(2000000);
  name_begin_.reserve(150001);
  name_begin_.push_back(0);
  for (int part = 0; part < 4; ++part) {
    const MappedFile file(folder / (std::string("index.") + kPartNames[static_cast<size_t>(part)]));
    each_wordnet_line(file.text(), [&](std::string_view text, size_t, size_t number) {
      WordNetLine line(text, file.path(), number);
      const std::string_view name = line.field();
      const uint64_t hash = word_hash(name);
      const uint32_t id = index_.insert(hash, static_cast<uint32_t>(words_.size()));
      if (id == words_.size()) {
        words_.emplace_back();
        hashes_.push_back(hash);
        names_.insert(names_.end(), name.begin(), name.end());
        name_begin_.push_back(static_cast<uint32_t>(names_.size()));
        const size_t cut = name.find_first_of("_-");
        if (cut != std::string_view::npos &&
            name.find_first_of("_-", cut + 1) == std::string_view::npos) {
          compounds_.insert(
              pair_hash(word_hash(name.substr(0, cut)), word_hash(name.substr(cut + 1))), id);
        }
      }
      line.field();
      const uint32_t senses = line.number();
      line.skip(line.number() + 2);  // kinds of pointers, and two counts of senses
      Senses& word = words_[id];
      word.begin[part] = static_cast<uint32_t>(sense_lists_.size());
      word.count[part] = static_cast<uint8_t>(std::min(senses, 255u));
      for (uint32_t i = 0; i < word.count[part]; ++i) sense_lists_.push_back(line.number());
    });
  }
}

void WordNet::read_data(const fs::path& folder, Glosses glosses) {
  std::vector<MappedFile> files;
  std::vector<Offsets> offsets;
  uint32_t total = 0;
  for (const char* name : kPartNames) {
    files.emplace_back(folder / (std::string("data.") + name));
    offsets.emplace_back(files.back().text(), total);
    total += offsets.back().count();
  }
  for (Senses& word : words_) {
    for (int part = 0; part < 4; ++part) {
      for (uint32_t i = 0; i < word.count[part]; ++i) {
        uint32_t& sense = sense_lists_[word.begin[part] + i];
        sense = offsets[static_cast<size_t>(part)].find(sense);
        if (sense == kNone) {
          fail_input(folder.string() + ": an index names a place in data." +
                         kPartNames[static_cast<size_t>(part)] + " where no line starts",
                     "index and data files of one WordNet", "Reinstall wordnet-base.");
        }
      }
    }
  }
  senses_.reserve(total);
  pointers_.reserve(220000);
  if (glosses == Glosses::kRead) gloss_.reserve(1000000);
  members_.reserve(210000);
  WordTable memory(1 << 16);
  std::string text;
  std::vector<bool> named;  // members written with a capital
  for (const MappedFile& file : files) {
    each_wordnet_line(file.text(), [&](std::string_view whole, size_t, size_t number) {
      WordNetLine line(whole, file.path(), number);
      pointer_begin_.push_back(static_cast<uint32_t>(pointers_.size()));
      gloss_begin_.push_back(static_cast<uint32_t>(gloss_.size()));
      member_begin_.push_back(static_cast<uint32_t>(members_.size()));
      line.field();
      Sense sense{};
      sense.topic = static_cast<uint8_t>(line.number());
      const int part = part_of(line.field()[0]);
      if (part < 0) line.damaged();
      sense.part = static_cast<PartOfSpeech>(part);
      const auto add_gloss_word = [&](std::string_view lower_case) {
        const uint64_t hash = word_hash(lower_case);
        if (is_function_word(hash)) return;
        if (const uint32_t id = canonical(lower_case, hash, memory); id != kNone)
          gloss_.push_back(id);
      };
      named.clear();
      for (uint32_t left = line.number(16); left > 0; --left) {
        std::string_view name = line.field();
        line.field();
        name = name.substr(0, name.find('('));
        text.assign(name);
        bool any_lower = false;
        for (char& c : text) {
          any_lower |= c >= 'a' && c <= 'z';
          c = lower(c);
        }
        const uint32_t id = index_.find(word_hash(text));
        if (id != kNone) {
          named.push_back(!name.empty() && name[0] >= 'A' && name[0] <= 'Z' && any_lower);
          members_.push_back(id);
        }
        if (glosses == Glosses::kRead && text.find('_') != std::string::npos) {
          for (size_t at = 0; at < text.size();) {
            const size_t end = std::min(text.find('_', at), text.size());
            add_gloss_word(std::string_view(text).substr(at, end - at));
            at = end + 1;
          }
        }
      }
      for (uint32_t left = line.number(); left > 0; --left) {
        const std::string_view symbol = line.field();
        const uint32_t offset = line.number();
        const int target_part = part_of(line.field()[0]);
        line.field();
        if (symbol.empty() || target_part < 0) line.damaged();
        const std::optional<PointerKind> relation = kind_of(symbol);
        if (!relation) continue;
        const uint32_t target = offsets[static_cast<size_t>(target_part)].find(offset);
        if (target == kNone) line.damaged();
        if (*relation == PointerKind::kInstanceOf) sense.proper = true;
        pointers_.push_back({target, static_cast<uint32_t>(*relation)});
      }
      for (size_t i = 0; i < named.size(); ++i)
        words_[members_[member_begin_.back() + i]].proper &= named[i] || sense.proper;
      senses_.push_back(sense);
      if (glosses == Glosses::kLeave) return;
      const std::string_view rest = line.rest();
      const size_t bar = rest.find('|');
      for (size_t at = bar == std::string_view::npos ? rest.size() : bar + 1; at < rest.size();) {
        if (!is_letter(rest[at])) {
          ++at;
          continue;
        }
        text.clear();
        for (; at < rest.size() && is_letter(rest[at]); ++at) text.push_back(lower(rest[at]));
        if (text.size() > 2) add_gloss_word(text);
      }
    });
  }
  pointer_begin_.push_back(static_cast<uint32_t>(pointers_.size()));
  gloss_begin_.push_back(static_cast<uint32_t>(gloss_.size()));
  member_begin_.push_back(static_cast<uint32_t>(members_.size()));
}

/// The word a gloss means: as written if WordNet has it, else its base form.
uint32_t WordNet::canonical(std::string_view lower_case, uint64_t hash, WordTable& memory) const {
  // The memory holds number + 1, so that 0 can say "no such word".
  if (const uint32_t known = memory.find(hash); known != WordTable::kAbsent) return known - 1;
  uint32_t id = index_.find(hash);
  if (id == kNone) {
    BaseForms bases;
    find_base_forms(*this, lower_case, hash, bases);
    if (bases.count > 0) id = bases.word[0];
  }
  memory.insert(hash, id + 1);
  return id;
}

void WordNet::read_exceptions(const fs::path& folder) {
  for (size_t part = 0; part < kPartNames.size(); ++part) {
    std::error_code error;
    const fs::path path = folder / (std::string(kPartNames[part]) + ".exc");
    if (!fs::exists(path, error)) continue;
    const MappedFile file(path);
    each_wordnet_line(file.text(), [&](std::string_view text, size_t, size_t) {
      const size_t cut = text.find(' ');
      if (cut == std::string_view::npos) return;
      const uint32_t at = irregular_index_.insert(word_hash(text.substr(0, cut)),
                                                  static_cast<uint32_t>(irregular_.size()));
      if (at == irregular_.size()) irregular_.emplace_back();
      irregular_[at].listed[part] = true;
      add_bases(text.substr(0, cut), text.substr(cut + 1), part, irregular_[at]);
    });
  }
}

/// One line's bases, blank-separated.
void WordNet::add_bases(std::string_view form, std::string_view bases, size_t part,
                        Irregular& forms) {
  const auto begin = static_cast<uint32_t>(bases_.size());
  const bool own_base = bases == form;
  for (bool first = true; !bases.empty(); first = false) {
    const size_t end = std::min(bases.find(' '), bases.size());
    const uint32_t id = index_.find(word_hash(bases.substr(0, end)));
    bases.remove_prefix(std::min(end + 1, bases.size()));
    if (id == kNone) continue;
    if (words_[id].has(static_cast<PartOfSpeech>(part))) bases_.push_back(id);
    if (!first) continue;
    if (forms.base[0] == kNone) {
      forms.base[0] = id;
    } else if (forms.base[0] != id && forms.base[1] == kNone) {
      forms.base[1] = id;
    }
  }
  // Of several lines for a form the last that leads to a word counts; one that names the form
  // itself says that it is a word of its own ("offer off", "offer offer").
  const size_t count = bases_.size() - begin;
  if (count == 0 && !own_base) return;
  forms.begin[part] = begin;
  forms.count[part] = static_cast<uint8_t>(count);
}

/// Word -> senses whose gloss mentions it, by counting sort; words mentioned everywhere get an
/// empty list.
void WordNet::invert_glosses() {
  std::vector<uint32_t> counts(words_.size(), 0);
  for (uint32_t word : gloss_) ++counts[word];
  mention_begin_.assign(words_.size() + 1, 0);
  for (size_t i = 0; i < counts.size(); ++i)
    mention_begin_[i + 1] = mention_begin_[i] + (counts[i] > kMostMentions ? 0 : counts[i]);
  mentions_.resize(mention_begin_.back());
  std::vector<uint32_t> next(mention_begin_.begin(), mention_begin_.end() - 1);
  for (uint32_t sense = 0; sense < senses_.size(); ++sense) {
    for (uint32_t word : gloss(sense)) {
      if (counts[word] <= kMostMentions) mentions_[next[word]++] = sense;
    }
  }
}

}  // namespace clipwright::lexicon
