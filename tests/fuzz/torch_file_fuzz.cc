// Pickles and the files of torch.save.
#include "pickle/torch_file.h"

#include "pickle/unpickle.h"
#include "tests/fuzz/input.h"

namespace clipwright::fuzz {
namespace {

/// An archive's checksums keep changed pickles from being read, so that they are tried alone, too.
void try_pickle(std::string_view bytes) {
  accepts([&] {
    const pickle::Pickle read = pickle::read_pickle(bytes, "input");
    require(read.root != nullptr, "a pickle that was read has a root");
    require(read.size > 0 && read.size <= bytes.size(), "a pickle lies in its bytes");
  });
}

void try_file(std::string_view bytes) {
  const std::string path = file_of("input.pt", bytes);
  accepts([&] {
    pickle::TorchFile file(path);
    const auto* dict = file.root()->as<pickle::Dict>();
    if (dict == nullptr) return;
    size_t held = 0;
    for (const auto& [key, value] : dict->entries) {
      const auto* tensor = value->as<pickle::StridedTensor>();
      if (tensor == nullptr) continue;
      accepts([&] {
        for (const char byte : file.bytes(*tensor->storage)) held += byte == 'x' ? 1 : 0;
      });
    }
    require(held <= bytes.size() * dict->entries.size(), "no bytes but the file's");
  });
}

}  // namespace
}  // namespace clipwright::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = clipwright::fuzz::text_of(data, size);
  clipwright::fuzz::try_pickle(bytes);
  clipwright::fuzz::try_file(bytes);
  return 0;
}
