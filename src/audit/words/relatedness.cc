#include "audit/words/relatedness.h"

#include <algorithm>
#include <array>

namespace clipwright::audit::words {
using lexicon::PartOfSpeech;
using lexicon::word_hash;
using lexicon::WordNet;
namespace {

// Strength by kind of relation, tuned on the table in docs/formats/audit.md.
constexpr float kSynonym = 0.95F, kDerivedForm = 0.9F, kSimilarTo = 0.8F, kNarrower = 0.85F,
                kMuchNarrower = 0.7F, kBroader = 0.7F, kMuchBroader = 0.5F, kVague = 0.5F,
                kInstance = 0.35F, kPartOf = 0.5F, kKindredTo = 0.7F, kVerbSister = 0.4F,
                kInGloss = 0.45F, kAssociated = 0.4F, kCompounds = 0.5F;

constexpr size_t kMostPairs = 48, kShortCaption = 3;

/// Green and red are near in WordNet; in a caption they contradict.
bool colours_differ(const ContentWord& a, const ContentWord& b) {
  return a.colour != 0 && b.colour != 0 && (a.colour & b.colour) == 0;
}

/// How strongly a rewrite's own sense carries the source word that marked it.
float own_strength(Mark mark) {
  switch (mark) {
    case Mark::kSame:
      return kSynonym;
    case Mark::kParent:
      return kBroader;
    case Mark::kTopParent:
      return kVague;
    case Mark::kNamedParent:
    case Mark::kGrandparent:
      return kMuchBroader;
    case Mark::kSimilar:
      return kSimilarTo;
    case Mark::kPart:
      return kPartOf;
    case Mark::kDerived:
      return kDerivedForm;
    case Mark::kKindred:
      return kKindredTo;
    case Mark::kOpposite:
      break;
  }
  return 0;
}

/// The same where a sense of the source itself is reached.
float reached_strength(Way way) {
  switch (way) {
    case Way::kHypernym:
    case Way::kVerbHypernym:
      return kNarrower;
    case Way::kInstanceOf:
      return kInstance;
    case Way::kSimilar:
      return kSimilarTo;
    case Way::kPart:
      return kPartOf;
    case Way::kDerived:
      return kDerivedForm;
    case Way::kKindred:
      return kKindredTo;
    case Way::kGrandparent:
      return kMuchNarrower;
    case Way::kOwn:
    case Way::kOpposite:
      break;
  }
  return 0;
}

float strength_of(Mark mark, Way way) {
  if (way == Way::kOwn) return own_strength(mark);
  if (mark == Mark::kSame) return reached_strength(way);
  if (mark == Mark::kParent && way == Way::kVerbHypernym) return kVerbSister;
  const bool hypernym = way == Way::kHypernym || way == Way::kVerbHypernym;
  if (mark == Mark::kDerived && (hypernym || way == Way::kDerived)) return kKindredTo;
  return 0;
}

bool means_opposite(Mark mark, Way way) {
  return (way == Way::kOwn && mark == Mark::kOpposite) ||
         (way == Way::kOpposite && mark == Mark::kSame);
}

}  // namespace

void Relatedness::Marks::clear() {
  used_ = 0;
  seen_.fill(0);
  if (++epoch_ == 0) {
    std::fill(slots_.begin(), slots_.end(), Slot{});
    epoch_ = 1;
  }
}

void Relatedness::Marks::put(uint64_t key, uint32_t value) {
  if (used_ >= kSlots / 2) return;
  const uint64_t place = key * kSpread;
  size_t at = (place >> 40) % kSlots;
  while (slots_[at].epoch == epoch_) {
    if (slots_[at].key == key) return;
    at = (at + 1) % kSlots;
  }
  slots_[at] = {key, epoch_, value};
  seen_[place >> 58] |= uint64_t{1} << (place >> 52 & 63);
  ++used_;
}

uint32_t Relatedness::Marks::find_slot(uint64_t key) const {
  size_t at = (key * kSpread >> 40) % kSlots;
  while (slots_[at].epoch == epoch_) {
    if (slots_[at].key == key) return slots_[at].value;
    at = (at + 1) % kSlots;
  }
  return kAbsent;
}

void Relatedness::compare(const Reading& source, const Reading& rewrite, const WordNet& wordnet,
                          const SenseReach& reach) {
  source_ = &source;
  rewrite_ = &rewrite;
  wordnet_ = &wordnet;
  reach_ = &reach;
  kept.assign(source.terms.size(), 0);
  ground.assign(rewrite.terms.size(), 0);
  same_as_.resize(source.terms.size());
  opposite_.assign(source.terms.size(), 0);
  hint_.assign(source.terms.size(), 0);
  opposed = false;
  match_words();
  const bool all_ground =
      std::all_of(ground.begin(), ground.end(), [](float value) { return value >= 1; });
  if (!wordnet.empty() && !all_ground) {
    senses_.clear();
    // The first mark of a sense stays, so what words mean is marked before what is near it.
    for (bool near : {false, true}) {
      for (uint32_t i = 0; i < source.terms.size(); ++i) {
        if (same_as_[i] == i) mark_senses(i, near);
      }
    }
    for (uint32_t i = 0; i < rewrite.terms.size(); ++i) {
      if (ground[i] < 1) look_up_senses(i);
    }
    look_up_glosses();
    associate();
  }
  for (size_t i = 0; i < kept.size(); ++i) {
    if (same_as_[i] != i) {
      kept[i] = kept[same_as_[i]];
    } else {
      kept[i] = std::max(kept[i], std::min(hint_[i], 0.75F));
      opposed |= opposite_[i] != 0 && kept[i] < kCarries;
    }
  }
}

/// Equal words, equal base forms, equal stems, equal colours.
void Relatedness::match_words() {
  words_.clear();
  const auto& source = source_->terms;
  for (uint32_t i = 0; i < source.size(); ++i) {
    const uint32_t earlier = words_.find(source[i].hash);
    same_as_[i] = earlier == Marks::kAbsent ? i : same_as_[earlier];
    words_.put(source[i].hash, i);
    words_.put(~source[i].stem, i);
    for (int f = 0; f < source[i].forms.count; ++f) words_.put(source[i].forms.word[f], i);
  }
  const auto& rewrite = rewrite_->terms;
  for (uint32_t i = 0; i < rewrite.size(); ++i) {
    uint32_t found = words_.find(rewrite[i].hash);
    if (found == Marks::kAbsent) found = words_.find(~rewrite[i].stem);
    for (int f = 0; found == Marks::kAbsent && f < rewrite[i].forms.count; ++f)
      found = words_.find(rewrite[i].forms.word[f]);
    if (found != Marks::kAbsent) {
      relate(found, i, 1);
    } else if (rewrite[i].colour != 0) {
      for (uint32_t s = 0; s < source.size(); ++s) {
        if ((source[s].colour & rewrite[i].colour) != 0) relate(s, i, kSynonym);
      }
    }
  }
}

void Relatedness::relate(uint32_t source_term, uint32_t rewrite_term, float strength) {
  if (colours_differ(source_->terms[source_term], rewrite_->terms[rewrite_term])) return;
  const uint32_t first = same_as_[source_term];
  kept[first] = std::max(kept[first], strength);
  ground[rewrite_term] = std::max(ground[rewrite_term], strength);
}

void Relatedness::mark(uint32_t sense, uint32_t term, Mark mark) {
  senses_.put(uint64_t{sense} + 1,
              term | static_cast<uint32_t>(mark) << 16 | (by_compound_ ? kByCompound : 0));
}

void Relatedness::mark_senses(uint32_t term, bool near) {
  const ContentWord& word = source_->terms[term];
  if (word.compound != WordNet::kNone) {
    by_compound_ = true;
    mark_word(term, word.compound, near);
    by_compound_ = false;
  }
  for (int f = 0; f < word.forms.count; ++f) mark_word(term, word.forms.word[f], near);
}

void Relatedness::mark_word(uint32_t term, uint32_t word, bool near) {
  if (near) {
    // A word that was found again only has to give others ground: its usual meanings do.
    for (const SenseReach::Step step : reach_->around(word, kept[term] >= 1))
      mark(step.sense, term, static_cast<Mark>(step.how));
    return;
  }
  for (int part = 0; part < 4; ++part) {
    const auto senses = wordnet_->senses(word, static_cast<PartOfSpeech>(part));
    const size_t count = std::min(senses.size(), SenseReach::kMostSenses[part]);
    for (size_t rank = 0; rank < count; ++rank) mark(senses[rank], term, Mark::kSame);
  }
}

void Relatedness::look_up_senses(uint32_t term) {
  const ContentWord& word = rewrite_->terms[term];
  if (word.compound != WordNet::kNone) look_up_word(term, word.compound);
  for (int f = 0; f < word.forms.count; ++f) look_up_word(term, word.forms.word[f]);
}

void Relatedness::look_up_word(uint32_t term, uint32_t word) {
  for (const SenseReach::Step step : reach_->looked_at(word)) {
    const uint32_t value = senses_.find(uint64_t{step.sense} + 1);
    if (value == Marks::kAbsent) continue;
    const uint32_t from = value & 0xffff;
    const auto mark = static_cast<Mark>(value >> 16 & 0xff);
    const auto way = static_cast<Way>(step.how);
    if (means_opposite(mark, way)) {
      opposite_[same_as_[from]] = 1;
      continue;
    }
    const float strength = strength_of(mark, way);
    if (strength == 0) continue;
    relate(from, term, strength);
    // A meaning of "ice cream" is a meaning of both its words.
    const uint32_t next = from + 1;
    if ((value & kByCompound) != 0 && next < source_->terms.size() &&
        source_->terms[next].compound == source_->terms[from].compound) {
      relate(next, term, strength);
    }
  }
}

/// A word that defines another, or is defined by it, has ground ("hammer": "a hand tool with a
/// heavy rigid head ..."), but alone does not say the same.
void Relatedness::look_up_glosses() {
  const auto each_gloss_word = [&](const ContentWord& term, auto use) {
    for (int f = 0; f < term.forms.count; ++f) {
      for (const uint32_t word : reach_->gloss(term.forms.word[f])) use(word);
    }
  };
  bool wanting = false;
  for (float value : ground) wanting |= value < kGround;
  if (!wanting) return;
  const auto& source = source_->terms;
  glosses_.clear();
  for (uint32_t s = 0; s < source.size(); ++s) {
    if (same_as_[s] != s || !source[s].noun) continue;
    each_gloss_word(source[s], [&](uint32_t word) { glosses_.put(uint64_t{word} + 1, s); });
  }
  for (uint32_t t = 0; t < rewrite_->terms.size(); ++t) {
    if (ground[t] >= kGround) continue;
    const ContentWord& term = rewrite_->terms[t];
    for (int f = 0; f < term.forms.count; ++f) {
      if (const uint32_t from = glosses_.find(uint64_t{term.forms.word[f]} + 1);
          from != Marks::kAbsent)
        relate(from, t, kInGloss);
    }
    if (ground[t] >= kGround || !term.noun) continue;
    each_gloss_word(term, [&](uint32_t word) {
      if (const uint32_t from = words_.find(word); from != Marks::kAbsent)
        relate(from, t, kInGloss);
    });
  }
}

/// "sun" or "brush" as half of "sunset" or "toothbrush".
bool Relatedness::joined(uint32_t source_term, uint32_t rewrite_term) const {
  const auto text = [](const Reading& reading, uint32_t term) {
    return reading.words.text(reading.words.list[reading.terms[term].place]);
  };
  std::string_view whole = text(*source_, source_term), half = text(*rewrite_, rewrite_term);
  if (whole.size() < half.size()) std::swap(whole, half);
  if (half.size() < 3 || whole.size() < half.size() + 3) return false;
  if (!whole.starts_with(half) && !whole.ends_with(half)) return false;
  const std::string_view rest = whole.starts_with(half)
                                    ? whole.substr(half.size())
                                    : whole.substr(0, whole.size() - half.size());
  return wordnet_->find(word_hash(rest)) != WordNet::kNone;
}

/// Words that WordNet's glosses mention together far more often than chance, and words that form a
/// compound ("candle flame").
void Relatedness::associate() {
  size_t pairs = 0;
  const auto& source = source_->terms;
  const auto& rewrite = rewrite_->terms;
  for (uint32_t t = 0; t < rewrite.size(); ++t) {
    if (rewrite[t].forms.count == 0) continue;
    for (uint32_t s = 0; s < source.size(); ++s) {
      if (source[s].forms.count == 0 || same_as_[s] != s || colours_differ(source[s], rewrite[t]))
        continue;
      // In a long caption a loose association of an added word proves nothing, and looking for it
      // costs most.
      const bool source_wants = kept[s] < kCarries && source[s].weight >= 0.6F;
      const bool rewrite_wants = ground[t] < kGround && source.size() <= kShortCaption;
      if ((!source_wants && !rewrite_wants) || ground[t] >= 1) continue;
      if (++pairs > kMostPairs) return;
      const float together = association(source[s].forms.base(), rewrite[t].forms.base());
      float strength = together;
      if (source[s].noun && rewrite[t].noun &&
          (forms_compound(source[s], rewrite[t]) || joined(s, t))) {
        strength = kCompounds + (1 - kCompounds) * together;
      }
      if (strength == 0) continue;
      ground[t] = std::max(ground[t], strength);
      hint_[s] = std::max(hint_[s], strength);
    }
  }
}

float Relatedness::association(uint32_t a, uint32_t b) const {
  constexpr size_t kMostFew = 80;
  constexpr double kFarAboveChance = 0.003;
  auto few = wordnet_->mentions(a), many = wordnet_->mentions(b);
  if (few.size() > many.size()) std::swap(few, many);
  if (few.size() < 2 || few.size() > kMostFew) return 0;
  size_t both = 0;
  auto at = many.begin();
  for (uint32_t sense : few) {
    at = std::lower_bound(at, many.end(), sense);
    if (at == many.end()) break;
    both += *at == sense;
  }
  const double product = static_cast<double>(few.size()) * static_cast<double>(many.size());
  return both >= 2 && static_cast<double>(both * both) >= kFarAboveChance * product ? kAssociated
                                                                                    : 0;
}

bool Relatedness::forms_compound(const ContentWord& a, const ContentWord& b) const {
  const uint64_t first = wordnet_->hash(a.forms.base()), second = wordnet_->hash(b.forms.base());
  return wordnet_->find_compound(first, second) != WordNet::kNone ||
         wordnet_->find_compound(second, first) != WordNet::kNone;
}

}  // namespace clipwright::audit::words
