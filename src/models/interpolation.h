// Weights between those of two models of one architecture, as WiSE-FT takes them (arXiv 2109.01903,
// section 3): what fine-tuning gained on its own data, kept with less of what it lost elsewhere.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/clip.h"

namespace clipwright::models {

/// What makes two models of which no weights between can be taken, as "vision.width (768 and
/// 1024)": settings of the towers, vocabularies, preprocessing. Empty where they fit.
std::vector<std::string> architecture_differences(const ModelConfig& a, const ModelConfig& b);

/// (1 - alpha) A + alpha B of every tensor, running statistics and the scale's logarithm included,
/// in float64, rounded once; counts of steps to the nearest whole number. At 0 and 1 the models
/// themselves, bit for bit. In evaluation mode.
///
/// Throws Error(kUsage) for an alpha outside [0, 1] (beyond the ends a running variance may fall
/// below zero) and for models that differ in anything but their weights, with what they differ in;
/// Error(kInput) for weights that are not finite. `name_a` and `name_b` are for messages.
std::shared_ptr<Clip> interpolate(const Clip& a, const Clip& b, double alpha,
                                  const std::string& name_a, const std::string& name_b);

}  // namespace clipwright::models
