#include "demo/pictures/scene_captions.h"

#include <algorithm>

namespace clipwright::demo::pictures {
namespace {

constexpr int kColoursPerClass = 5;
constexpr int kPartners = 4;

std::string with_colour(const std::string& name, int colour, bool short_form,
                        const Wording& wording) {
  return fill(short_form ? wording.short_colour : wording.long_colour,
              {{"c", name}, {"colour", wording.colours[static_cast<size_t>(colour)]}});
}

/// Distinct distances in [1, n / 2): class a is captioned together with class a + distance, so no
/// two classes meet twice.
std::vector<int> partner_distances(int classes) {
  const uint64_t most = static_cast<uint64_t>((classes - 1) / 2);
  const Permutation order(most, 0, "demo partners", 0);
  std::vector<int> distances;
  for (uint64_t i = 0; i < std::min<uint64_t>(kPartners, most); ++i) {
    distances.push_back(1 + static_cast<int>(order(i)));
  }
  return distances;
}

/// Which of Wording::places.
size_t place_of(const PlacedObject& object) {
  const int right = object.centre_x - kSceneSide / 2, down = object.centre_y - kSceneSide / 2;
  if (std::max(std::abs(right), std::abs(down)) < kSceneSide / 12) return 0;
  if (std::abs(right) >= std::abs(down)) return right < 0 ? 1 : 2;
  return down < 0 ? 3 : 4;
}

}  // namespace

std::vector<std::string> RawCaptions::texts() const {
  std::vector<std::string> all;
  for (const auto& captions : alone) {
    for (const RawCaption& caption : captions) all.push_back(caption.text);
  }
  for (const RawCaption& caption : pairs) all.push_back(caption.text);
  return all;
}

RawCaptions raw_captions(const std::vector<nouns::ObjectClass>& classes, const Wording& wording) {
  const int count = static_cast<int>(classes.size());
  RawCaptions captions;
  for (int c = 0; c < count; ++c) {
    const std::string& name = classes[static_cast<size_t>(c)].name;
    std::vector<RawCaption> alone;
    for (const std::string& text : wording.alone)
      alone.push_back({fill(text, {{"c", name}}), {.first = c}});
    const Permutation order(kBackgrounds.size(), 0, "demo colours", static_cast<uint64_t>(c));
    for (int i = 0; i < kColoursPerClass; ++i) {
      const int colour = static_cast<int>(order(static_cast<uint64_t>(i)));
      alone.push_back(
          {with_colour(name, colour, i % 2 == 0, wording), {.first = c, .colour = colour}});
    }
    captions.alone.push_back(std::move(alone));
  }
  const std::vector<int> distances = partner_distances(count);
  for (int c = 0; c < count; ++c) {
    for (size_t i = 0; i < distances.size(); ++i) {
      const int other = (c + distances[i]) % count;
      const std::string& a = classes[static_cast<size_t>(c)].name;
      const std::string& b = classes[static_cast<size_t>(other)].name;
      const bool beside = i % 2 == 0;
      const std::string text = fill(wording.pairs[i], {{"a", a}, {"b", b}});
      captions.pairs.push_back(
          {text, {c, other, beside ? Relation::kBeside : Relation::kAbove, -1}});
    }
  }
  return captions;
}

const RawCaption& draw_caption(const std::vector<RawCaption>& alone, Random& random) {
  const uint64_t draw = random.below(25);
  return alone[draw < 15 ? draw / 5 : 3 + (draw - 15) / 2];
}

std::string training_wording(const std::vector<nouns::ObjectClass>& classes,
                             const SceneFacts& facts, const Wording& wording) {
  const std::string& a = classes[static_cast<size_t>(facts.first)].name;
  if (facts.relation == Relation::kAlone) {
    return with_colour(a, facts.colour, (facts.first + facts.colour) % 2 == 0, wording);
  }
  const std::string& b = classes[static_cast<size_t>(facts.second)].name;
  return fill(wording.pairs[facts.relation == Relation::kBeside ? 0 : 1], {{"a", a}, {"b", b}});
}

std::vector<std::string> other_wordings(const std::vector<nouns::ObjectClass>& classes,
                                        const Scene& scene, const Wording& wording) {
  const bool alone = scene.facts.relation == Relation::kAlone;
  std::vector<std::pair<std::string, std::string>> values = {
      {"colour", wording.colours[static_cast<size_t>(scene.facts.colour)]}};
  const std::string& a = classes[static_cast<size_t>(scene.facts.first)].name;
  if (alone) {
    const PlacedObject& object = scene.objects[0];
    values.emplace_back("c", a);
    values.emplace_back("size", wording.sizes[object.side < 30 ? 0 : object.side < 38 ? 1 : 2]);
    values.emplace_back("place", wording.places[place_of(object)]);
  } else {
    values.emplace_back("a", a);
    values.emplace_back("b", classes[static_cast<size_t>(scene.facts.second)].name);
  }
  std::vector<std::string> sentences = alone ? wording.other_alone
                                       : scene.facts.relation == Relation::kBeside
                                           ? wording.other_beside
                                           : wording.other_above;
  for (std::string& sentence : sentences) sentence = fill(sentence, values);
  return sentences;
}

}  // namespace clipwright::demo::pictures
