// NumPy's arrays.
#include "core/npy.h"

#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clipwright;
  const std::string_view bytes = fuzz::text_of(data, size);
  fuzz::accepts([&] {
    const NpyArray array = parse_npy(bytes, "input.npy");
    const MappedNpy mapped{std::filesystem::path(fuzz::file_of("input.npy", bytes))};
    fuzz::require(mapped.shape() == array.shape && mapped.type() == array.type &&
                      mapped.data().size() == array.bytes.size(),
                  "an array is read one way");
    std::string written = npy_header(array.type, array.shape);
    written.append(array.bytes.begin(), array.bytes.end());
    const NpyArray again = parse_npy(written, "again.npy");
    fuzz::require(again.shape == array.shape && again.bytes == array.bytes,
                  "a written array reads back");
  });
  return 0;
}
