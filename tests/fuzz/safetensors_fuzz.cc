// Files of weights.
#include "tensor/safetensors.h"

#include <cstring>

#include "tests/fuzz/input.h"

namespace clipwright::fuzz {
namespace {

void try_safetensors(std::string_view bytes) {
  const std::string path = file_of("input.safetensors", bytes), again = folder() / "again";
  accepts([&] {
    const tensor::Safetensors read = tensor::read_safetensors(path);
    tensor::write_safetensors(again, read.tensors, read.metadata);
    const tensor::Safetensors copy = tensor::read_safetensors(again);
    require(copy.tensors.size() == read.tensors.size() && copy.metadata == read.metadata,
            "written weights are all there");
    for (const auto& [name, value] : read.tensors) {
      const Tensor* found = copy.find(name);
      require(found != nullptr && found->sizes() == value.sizes() &&
                  found->scalar_type() == value.scalar_type() &&
                  (value.nbytes() == 0 ||
                   std::memcmp(found->data_ptr(), value.data_ptr(), value.nbytes()) == 0),
              "a written tensor reads back");
    }
  });
}

}  // namespace
}  // namespace clipwright::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  clipwright::fuzz::try_safetensors(clipwright::fuzz::text_of(data, size));
  return 0;
}
