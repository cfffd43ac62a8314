#include "demo/pictures/scene.h"

#include <algorithm>

namespace clipwright::demo::pictures {
namespace {

int between(Random& random, int low, int high) {
  return low + static_cast<int>(random.below(static_cast<uint64_t>(high - low + 1)));
}

/// An object that lies wholly inside [left, right) x [top, bottom).
PlacedObject place(int object, int side, int left, int top, int right, int bottom, Random& random) {
  const int before = (side + 1) / 2;
  PlacedObject placed{.object = object, .side = side};
  placed.centre_x = between(random, left + before, right - before);
  placed.centre_y = between(random, top + before, bottom - before);
  placed.mirrored = random.below(2) == 1;
  return placed;
}

}  // namespace

std::string Scene::layout() const {
  std::string key = std::string(kBackgrounds[static_cast<size_t>(facts.colour)].name);
  for (const PlacedObject& object : objects) {
    key += ';' + std::to_string(object.object) + '@' + std::to_string(object.centre_x) + ',' +
           std::to_string(object.centre_y) + '/' + std::to_string(object.side) +
           (object.mirrored ? 'm' : '-');
  }
  return key;
}

Scene draw_scene(const SceneFacts& facts, Random& random) {
  Scene scene{.facts = facts};
  if (facts.colour < 0) scene.facts.colour = static_cast<int>(random.below(kBackgrounds.size()));
  constexpr int kMiddle = kSceneSide / 2;
  switch (facts.relation) {
    case Relation::kAlone:
      scene.objects = {
          place(facts.first, between(random, 22, 44), 0, 0, kSceneSide, kSceneSide, random)};
      break;
    case Relation::kBeside:
      scene.objects = {
          place(facts.first, between(random, 17, 23), 0, 0, kMiddle, kSceneSide, random),
          place(facts.second, between(random, 17, 23), kMiddle, 0, kSceneSide, kSceneSide, random)};
      break;
    case Relation::kAbove:
      scene.objects = {
          place(facts.first, between(random, 17, 23), 0, 0, kSceneSide, kMiddle, random),
          place(facts.second, between(random, 17, 23), 0, kMiddle, kSceneSide, kSceneSide, random)};
      break;
  }
  scene.background = kBackgrounds[static_cast<size_t>(scene.facts.colour)].rgb;
  for (uint8_t& value : scene.background) {
    value = static_cast<uint8_t>(std::clamp(value + between(random, -12, 12), 0, 255));
  }
  scene.slope_x = between(random, -14, 14);
  scene.slope_y = between(random, -14, 14);
  return scene;
}

Raster render(const Scene& scene, const std::vector<Raster>& sprites) {
  Raster canvas(kSceneSide, kSceneSide);
  constexpr int kMiddle = kSceneSide / 2;
  for (int y = 0; y < kSceneSide; ++y) {
    for (int x = 0; x < kSceneSide; ++x) {
      const int shade = ((x - kMiddle) * scene.slope_x + (y - kMiddle) * scene.slope_y) / kMiddle;
      uint8_t* pixel = canvas.at(x, y);
      for (size_t c = 0; c < 3; ++c) {
        pixel[c] = static_cast<uint8_t>(std::clamp(scene.background[c] + shade, 0, 255));
      }
      pixel[3] = 255;
    }
  }
  for (const PlacedObject& object : scene.objects) {
    Raster small = shrink_to(sprites[static_cast<size_t>(object.object)], object.side);
    if (object.mirrored) small = mirror(small);
    draw(small, object.centre_x - small.width / 2, object.centre_y - small.height / 2, canvas);
  }
  return canvas;
}

}  // namespace clipwright::demo::pictures
