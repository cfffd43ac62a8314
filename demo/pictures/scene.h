// One composed picture: one or two sprites on a coloured background.
#pragma once

#include <array>
#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "demo/pictures/raster.h"

namespace clipwright::demo::pictures {

constexpr int kSceneSide = 48;  ///< pixels

struct NamedColour {
  std::string_view name;
  Rgb rgb;
};
constexpr std::array<NamedColour, 8> kBackgrounds{{{"white", {245, 245, 245}},
                                                   {"gray", {140, 142, 145}},
                                                   {"red", {205, 52, 48}},
                                                   {"yellow", {246, 214, 66}},
                                                   {"green", {80, 165, 82}},
                                                   {"blue", {66, 118, 208}},
                                                   {"purple", {132, 78, 168}},
                                                   {"pink", {246, 168, 196}}}};

enum class Relation { kAlone, kBeside, kAbove };

/// What a caption can say about a scene. `first` is left of or above `second`.
struct SceneFacts {
  int first = 0;    ///< class of the object
  int second = -1;  ///< class of the other object, or -1
  Relation relation = Relation::kAlone;
  int colour = -1;  ///< index into kBackgrounds; -1: not said
  auto operator<=>(const SceneFacts&) const = default;
};

struct PlacedObject {
  int object = 0;  ///< class
  int side = 0;    ///< pixels of the longer side
  int centre_x = 0, centre_y = 0;
  bool mirrored = false;
};

struct Scene {
  SceneFacts facts;  ///< colour always known
  std::vector<PlacedObject> objects;
  Rgb background{};  ///< near the named colour
  int slope_x = 0,
      slope_y = 0;  ///< brightness change from the centre to the right and bottom edges

  /// Objects, places, sizes and colour as a key: two scenes with the same key look the same.
  std::string layout() const;
};

/// Fills in what the facts leave open: places, sizes, shades, and the colour when it is -1.
Scene draw_scene(const SceneFacts& facts, Random& random);

/// A kSceneSide x kSceneSide opaque picture; `sprites` by class.
Raster render(const Scene& scene, const std::vector<Raster>& sprites);

}  // namespace clipwright::demo::pictures
