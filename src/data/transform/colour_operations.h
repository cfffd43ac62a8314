// The colour operations of training views, bit-equal to what torchvision makes of a Pillow picture
// with the same parameters. All work in place.
#pragma once

#include "data/transform/rgb_planes.h"

namespace clipwright::data::transform {

/// A blend of black (factor 0) with the picture (factor 1); factors above 1 go on in that direction
/// and are clamped. Factors are >= 0.
void adjust_brightness(const RgbPlanes& picture, double factor);
/// The same from the mean of the picture's grey, rounded to a whole value.
void adjust_contrast(const RgbPlanes& picture, double factor);
/// The same from the picture's grey.
void adjust_saturation(const RgbPlanes& picture, double factor);
/// Turns the circle of hues by `shift` rounds, -0.5 to 0.5, in steps of 1 / 255 rounded toward
/// zero. The picture goes through bytes of hue, saturation and value, so a shift of 0 changes it
/// too.
void shift_hue(const RgbPlanes& picture, double shift);
/// ITU-R 601-2 luma in all three planes.
void make_grey(const RgbPlanes& picture);
/// Left and right change places.
void mirror(const RgbPlanes& picture);

}  // namespace clipwright::data::transform
