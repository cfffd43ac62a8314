// What is written under the demo's pictures: a fixed list of terse training captions, and the
// wordings of the tests.
#pragma once

#include <string>
#include <vector>

#include "demo/nouns/classes.h"
#include "demo/pictures/scene.h"
#include "demo/pictures/wording.h"

namespace clipwright::demo::pictures {

/// A training caption and the facts it states (colour -1 when it says none).
struct RawCaption {
  std::string text;
  SceneFacts facts;
};

/// The training captions, all different and the same for every seed: recorded rewrites belong to
/// them. `alone[c]` belongs to class c: name, "name icon", "name.png", then five that name a
/// colour.
struct RawCaptions {
  std::vector<std::vector<RawCaption>> alone;
  std::vector<RawCaption> pairs;  ///< two objects, four partners for each class
  std::vector<std::string> texts() const;
};
RawCaptions raw_captions(const std::vector<nouns::ObjectClass>& classes,
                         const Wording& wording = wording_of("en"));

/// Draws one of a class's captions: 20 % each for the three without colour, 40 % for one with.
const RawCaption& draw_caption(const std::vector<RawCaption>& alone, Random& random);

/// How the training captions would put these facts.
std::string training_wording(const std::vector<nouns::ObjectClass>& classes,
                             const SceneFacts& facts, const Wording& wording = wording_of("en"));
/// Four sentences that no training caption resembles; each tells a retrieval test's facts apart.
std::vector<std::string> other_wordings(const std::vector<nouns::ObjectClass>& classes,
                                        const Scene& scene,
                                        const Wording& wording = wording_of("en"));

}  // namespace clipwright::demo::pictures
