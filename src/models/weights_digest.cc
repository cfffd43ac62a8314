#include "models/weights_digest.h"

#include "core/hash.h"
#include "models/clip.h"

namespace clipwright::models {

std::string weights_digest(const Clip& model) {
  Sha256Stream digest;
  for (const auto& [name, tensor] : model.table().file_tensors()) {
    const Tensor plain = tensor.to(torch::kCPU).contiguous();
    // The line ends before the bytes begin, so no two models give the same stream.
    digest.add(name + " " + std::string(c10::toString(plain.scalar_type())) + " " +
               shape_text(plain) + "\n");
    digest.add({static_cast<const char*>(plain.const_data_ptr()), plain.nbytes()});
  }
  return hex(digest.finish());
}

}  // namespace clipwright::models
