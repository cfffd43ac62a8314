#include "demo/pictures/scene_captions.h"

#include <algorithm>

namespace clipwright::demo::pictures {
namespace {

constexpr int kColoursPerClass = 5;
constexpr int kPartners = 4;

std::string colour_name(int colour) {
  return std::string(kBackgrounds[static_cast<size_t>(colour)].name);
}

std::string with_colour(const std::string& name, int colour, bool short_form) {
  return name +
         (short_form ? ", " + colour_name(colour) : ' ' + colour_name(colour) + " background");
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

std::string place_word(const PlacedObject& object) {
  const int right = object.centre_x - kSceneSide / 2, down = object.centre_y - kSceneSide / 2;
  if (std::max(std::abs(right), std::abs(down)) < kSceneSide / 12) return "in the middle";
  if (std::abs(right) >= std::abs(down)) return right < 0 ? "on the left" : "on the right";
  return down < 0 ? "at the top" : "at the bottom";
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

RawCaptions raw_captions(const std::vector<nouns::ObjectClass>& classes) {
  const int count = static_cast<int>(classes.size());
  RawCaptions captions;
  for (int c = 0; c < count; ++c) {
    const std::string& name = classes[static_cast<size_t>(c)].name;
    std::vector<RawCaption> alone;
    for (const char* suffix : {"", " icon", ".png"}) alone.push_back({name + suffix, {.first = c}});
    const Permutation order(kBackgrounds.size(), 0, "demo colours", static_cast<uint64_t>(c));
    for (int i = 0; i < kColoursPerClass; ++i) {
      const int colour = static_cast<int>(order(static_cast<uint64_t>(i)));
      alone.push_back({with_colour(name, colour, i % 2 == 0), {.first = c, .colour = colour}});
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
      const std::string text = i == 0   ? a + " and " + b
                               : i == 1 ? a + " above " + b
                               : i == 2 ? a + " next to " + b
                                        : b + " under " + a;
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
                             const SceneFacts& facts) {
  const std::string& a = classes[static_cast<size_t>(facts.first)].name;
  if (facts.relation == Relation::kAlone) {
    return with_colour(a, facts.colour, (facts.first + facts.colour) % 2 == 0);
  }
  const std::string& b = classes[static_cast<size_t>(facts.second)].name;
  return a + (facts.relation == Relation::kBeside ? " and " : " above ") + b;
}

std::vector<std::string> other_wordings(const std::vector<nouns::ObjectClass>& classes,
                                        const Scene& scene) {
  const std::string a = "the " + classes[static_cast<size_t>(scene.facts.first)].name;
  const std::string colour = colour_name(scene.facts.colour);
  if (scene.facts.relation == Relation::kAlone) {
    const PlacedObject& object = scene.objects[0];
    const std::string size = object.side < 30   ? "small"
                             : object.side < 38 ? "medium-sized"
                                                : "large";
    return {"this picture shows " + a + " on a " + colour + " background",
            "everything behind " + a + " is " + colour,
            "a " + size + " drawing of " + a + ", " + place_word(object) + " of a " + colour +
                " square",
            a + " with nothing but " + colour + " around"};
  }
  const std::string b = "the " + classes[static_cast<size_t>(scene.facts.second)].name;
  if (scene.facts.relation == Relation::kBeside) {
    return {"this picture shows " + a + " on the left and " + b + " on the right",
            b + " stands to the right of " + a + ", on " + colour,
            "two things side by side, first " + a + ", then " + b,
            a + " with " + b + " at its right side"};
  }
  return {"this picture shows " + a + " at the top and " + b + " at the bottom",
          b + " lies below " + a + ", on " + colour, "two things, " + a + " higher up than " + b,
          "you can see " + a + " over " + b};
}

std::vector<std::string> scene_templates() {
  return {"a picture of a {c}.", "this is an image of the {c}.",
          "a small drawing that shows one {c}.", "there is a {c} here.",
          "we can see a {c} in this picture."};
}

}  // namespace clipwright::demo::pictures
