// Where to cut a picture: the random crop of training and the centred window of evaluation.
#pragma once

#include <cstdint>

#include "core/random.h"

namespace clipwright::data::image {

/// A rectangle in pixels, inside the picture it was made for.
struct Crop {
  int x, y, width, height;
};

/// A random crop drawn as torchvision's RandomResizedCrop does: a share of the area between
/// `scale_min` and `scale_max`, an aspect ratio log-uniform in [3/4, 4/3]; ten tries to fit, then
/// the largest centred crop within those ratios.
Crop draw_crop(int width, int height, double scale_min, double scale_max, Random& random);

/// The size x size window in the middle of a picture, offsets rounded half to even as Python does.
/// Both sides must be >= size.
Crop center_window(int width, int height, int size);

/// Side lengths after the shorter side of width x height became `size`; the longer one is
/// truncated, as torchvision does.
struct Extent {
  int64_t width, height;
};
Extent scale_shorter_side(int width, int height, int size);

}  // namespace clipwright::data::image
