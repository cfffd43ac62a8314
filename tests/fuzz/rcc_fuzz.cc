// Qt resources.
#include "data/files/qt_resource.h"

#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clipwright;
  const std::string_view bytes = fuzz::text_of(data, size);
  fuzz::accepts([&] {
    constexpr size_t kMostUnpacked = 8;  // each may hold 64 MiB of zeros
    size_t unpacked = 0;
    for (const data::files::ResourceFile& file : data::files::index_qt_resource(bytes, "input")) {
      fuzz::require(file.offset <= bytes.size() && file.size <= bytes.size() - file.offset,
                    "a file lies in its resource");
      fuzz::require(file.path.starts_with('/'), "a path begins at the root");
      if (++unpacked <= kMostUnpacked)
        fuzz::accepts([&] { data::files::unpack(bytes, file, "input"); });
    }
  });
  return 0;
}
