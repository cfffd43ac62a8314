// Settings of a command (--config .toml).
#include "flags/config_file.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clipwright;
  const std::string path = fuzz::file_of("input.toml", fuzz::text_of(data, size));
  fuzz::accepts([&] {
    for (const auto& [key, values] : flags::read_config_file(path).values)
      fuzz::require(!values.empty(), "a setting has a value");
  });
  return 0;
}
