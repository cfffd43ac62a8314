// How a picture becomes what a model sees: the one description that model files, the loader,
// `preprocess`, evaluation and training share (docs/formats/preprocessing.md).
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright {

enum class Interpolation { kBilinear, kBicubic };
/// Evaluation: the shorter side is resized, then the centre is cut out; or both sides are resized.
enum class ResizeMode { kShortest, kSquash };

/// Values as they are written in files, so that equal ones are equal exactly. The default is
/// OpenAI's, which open_clip takes where a configuration says nothing.
struct Preprocessing {
  std::array<double, 3> mean{0.48145466, 0.4578275, 0.40821073};  ///< of RGB in [0, 1]
  std::array<double, 3> std{0.26862954, 0.26130258, 0.27577711};
  Interpolation interpolation = Interpolation::kBicubic;
  ResizeMode resize_mode = ResizeMode::kShortest;
  double resize_ratio = 1;      ///< evaluation: the shorter side goes to round(size * resize_ratio)
                                ///< before the centre crop
  double crop_scale_min = 0.9;  ///< training: smallest area share of the random crop
  double crop_scale_max = 1;

  bool operator==(const Preprocessing&) const = default;
};

/// `openai`, `laclip`, `declip` or `imagenet`. Throws Error(kUsage) naming the nearest.
const Preprocessing& find_recipe(std::string_view name);
std::vector<std::string> recipe_names();
/// The recipe that is `preprocessing`; empty when none is.
std::string recipe_name(const Preprocessing& preprocessing);

/// What a model's file says (statistics, interpolation, resize mode), with what it leaves open as
/// the recipe of these values has it; open_clip's random crop where no recipe has them.
Preprocessing complete_preprocessing(const Preprocessing& written);

/// "bicubic" or "bilinear", "shortest" or "squash". Parsing returns false for anything else.
std::string_view name_of(Interpolation interpolation);
std::string_view name_of(ResizeMode mode);
bool parse_interpolation(std::string_view name, Interpolation& interpolation);
bool parse_resize_mode(std::string_view name, ResizeMode& mode);

}  // namespace clipwright
