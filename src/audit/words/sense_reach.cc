#include "audit/words/sense_reach.h"

#include <algorithm>

#include "core/error.h"

namespace clipwright::audit::words {
using lexicon::PartOfSpeech;
using lexicon::PointerKind;
using lexicon::WordNet;
namespace {

using Steps = std::vector<SenseReach::Step>;

constexpr uint8_t kTops =
    3;  // noun.Tops: entity, object, person, animal, ... too broad to carry a meaning
constexpr size_t kGlossSenses = 2;

template <typename How>
void add(uint32_t sense, How how, Steps& steps) {
  steps.push_back({.sense = sense, .how = static_cast<uint32_t>(how)});
}

void mark_around(const WordNet& wordnet, uint32_t sense, Steps& steps) {
  for (const WordNet::Pointer pointer : wordnet.pointers(sense)) {
    const uint32_t target = pointer.target;
    switch (pointer.kind()) {
      case PointerKind::kHypernym:
        add(target, wordnet.sense(target).topic == kTops ? Mark::kTopParent : Mark::kParent, steps);
        for (const WordNet::Pointer above : wordnet.pointers(target)) {
          if (above.kind() != PointerKind::kHypernym) continue;
          add(above.target,
              wordnet.sense(above.target).topic == kTops ? Mark::kTopParent : Mark::kGrandparent,
              steps);
        }
        break;
      case PointerKind::kInstanceOf:
        add(target, Mark::kNamedParent, steps);
        break;
      case PointerKind::kSimilar:
        add(target, Mark::kSimilar, steps);
        for (const WordNet::Pointer head : wordnet.pointers(target)) {
          if (head.kind() == PointerKind::kOpposite) add(head.target, Mark::kOpposite, steps);
        }
        break;
      case PointerKind::kOpposite:
        add(target, Mark::kOpposite, steps);
        break;
      case PointerKind::kPart:
        add(target, Mark::kPart, steps);
        break;
      case PointerKind::kDerived:
        add(target, Mark::kDerived, steps);
        break;
      case PointerKind::kKindred:
        add(target, Mark::kKindred, steps);
        break;
    }
  }
}

Way way_of(PointerKind kind, PartOfSpeech part) {
  switch (kind) {
    case PointerKind::kHypernym:
      return part == PartOfSpeech::kVerb ? Way::kVerbHypernym : Way::kHypernym;
    case PointerKind::kInstanceOf:
      return Way::kInstanceOf;
    case PointerKind::kSimilar:
      return Way::kSimilar;
    case PointerKind::kOpposite:
      return Way::kOpposite;
    case PointerKind::kPart:
      return Way::kPart;
    case PointerKind::kDerived:
      return Way::kDerived;
    case PointerKind::kKindred:
      return Way::kKindred;
  }
  return Way::kOwn;
}

void look_from(const WordNet& wordnet, uint32_t sense, PartOfSpeech part, Steps& steps) {
  add(sense, Way::kOwn, steps);
  for (const WordNet::Pointer pointer : wordnet.pointers(sense)) {
    add(pointer.target, way_of(pointer.kind(), part), steps);
    if (pointer.kind() != PointerKind::kHypernym || part != PartOfSpeech::kNoun) continue;
    for (const WordNet::Pointer above : wordnet.pointers(pointer.target)) {
      if (above.kind() == PointerKind::kHypernym) add(above.target, Way::kGrandparent, steps);
    }
  }
}

}  // namespace

SenseReach::SenseReach(const WordNet& wordnet) {
  CW_CHECK(wordnet.sense_count() < (size_t{1} << 24), "a sense's number has 24 bits");
  for (uint32_t word = 0; word < wordnet.word_count(); ++word) {
    for (int p = 0; p < 4; ++p) {
      const auto part = static_cast<PartOfSpeech>(p);
      const auto senses = wordnet.senses(word, part);
      for (size_t rank = 0; rank < std::min(senses.size(), kMostSenses[p]); ++rank) {
        mark_around(wordnet, senses[rank], around_.items);
        if (rank < kUsualSenses[p]) mark_around(wordnet, senses[rank], usual_.items);
        look_from(wordnet, senses[rank], part, looked_at_.items);
        if (rank >= kGlossSenses) continue;
        const auto gloss = wordnet.gloss(senses[rank]);
        gloss_.items.insert(gloss_.items.end(), gloss.begin(), gloss.end());
      }
    }
    around_.close();
    usual_.close();
    looked_at_.close();
    gloss_.close();
  }
}

}  // namespace clipwright::audit::words
