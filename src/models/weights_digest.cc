#include "models/weights_digest.h"

#include "core/hash.h"
#include "models/clip.h"

namespace clipwright::models {

namespace {

std::string digest_of(const std::vector<NamedTensor>& tensors) {
  Sha256Stream digest;
  for (const auto& [name, tensor] : tensors) {
    const Tensor plain = tensor.to(torch::kCPU).contiguous();
    // The line ends before the bytes begin, so no two models give the same stream.
    digest.add(name + " " + std::string(c10::toString(plain.scalar_type())) + " " +
               shape_text(plain) + "\n");
    digest.add({static_cast<const char*>(plain.const_data_ptr()), plain.nbytes()});
  }
  return hex(digest.finish());
}

}  // namespace

std::string weights_digest(const Clip& model) { return digest_of(model.table().file_tensors()); }

std::string weights_digest(const Clip& model, const std::vector<std::string>& names) {
  std::vector<NamedTensor> tensors;
  for (const std::string& name : names) {
    const tensor::TableEntry& entry = model.table().at(name);
    tensors.emplace_back(name, entry.in_file(entry.leaf));
  }
  return digest_of(tensors);
}

}  // namespace clipwright::models
