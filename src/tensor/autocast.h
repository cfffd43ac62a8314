// Mixed precision: matrix products in bfloat16, parameters and sums in float32.
#pragma once

#include <ATen/autocast_mode.h>

#include "tensor/tensor.h"

namespace clipwright::tensor {

/// While it lives, operations of this thread on `device` run in bfloat16 where that is sound.
/// Backward passes belong outside.
class Bfloat16Autocast {
 public:
  Bfloat16Autocast(torch::DeviceType device, bool enabled)
      : device_(device),
        was_enabled_(at::autocast::is_autocast_enabled(device)),
        type_before_(at::autocast::get_autocast_dtype(device)) {
    at::autocast::set_autocast_enabled(device, enabled);
    at::autocast::set_autocast_dtype(device, torch::kBFloat16);
    at::autocast::increment_nesting();
  }
  Bfloat16Autocast(const Bfloat16Autocast&) = delete;
  Bfloat16Autocast& operator=(const Bfloat16Autocast&) = delete;
  ~Bfloat16Autocast() {
    // The outermost guard drops the casts of weights that an optimiser is about to change.
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, was_enabled_);
    at::autocast::set_autocast_dtype(device_, type_before_);
  }

 private:
  torch::DeviceType device_;
  bool was_enabled_;
  at::ScalarType type_before_;
};

}  // namespace clipwright::tensor
