// Windows of one picture, resized as Pillow resizes and converted to RGB; the picture is decoded
// once for all of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/preprocessing.h"
#include "data/image/crop.h"
#include "data/image/image_decoder.h"
#include "data/transform/resample_axis.h"
#include "data/transform/resize.h"

namespace clipwright::data::transform {

/// A part of a resize: of `source` (in pixels of the file), resized to width x height, only
/// `window` is wanted.
struct Resize {
  image::Crop source;
  int width, height;
  image::Crop window;
  Interpolation interpolation;
};

/// Keeps its scratch memory from picture to picture.
class WindowResizer {
 public:
  /// Every window is `size` x `size`.
  explicit WindowResizer(int size) : size_(size), kernels_(resize_kernels()) {}

  /// Decodes the smallest rectangle that holds what all windows are made from, then makes each:
  /// `chw` is (windows, 3, size, size). Returns an empty string, or why the picture is damaged.
  std::string operator()(image::ImageDecoder& decoder, std::span<const Resize> resizes,
                         std::span<uint8_t> chw);

 private:
  /// What a window is made from: `region` of the file, through weights along both axes, or the
  /// nearest of its pixels.
  struct Plan {
    image::Crop region;
    ResampleAxis across, down;
    std::vector<int> columns, rows;
  };
  /// Pixels of another picture.
  struct Part;

  void plan(const Resize& resize, bool indexed, Plan& plan) const;
  void nearest(const Plan& plan, std::span<uint8_t> chw);
  void resample(const Resize& resize, const Plan& plan, std::span<uint8_t> chw);
  Part part_of_decoded(const image::Crop& region) const;
  void pass_across(const Part& from, const ResampleAxis& across, image::Image& to) const;
  void pass_down(const Part& from, const ResampleAxis& down, image::Image& to) const;
  void store(const image::Image& image, bool premultiplied, std::span<uint8_t> chw) const;

  int size_;
  const ResizeKernels& kernels_;
  std::vector<Plan> plans_;
  image::Crop region_{};
  image::Image decoded_, premultiplied_, between_, resized_;
};

}  // namespace clipwright::data::transform
