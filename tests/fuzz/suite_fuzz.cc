// Suites of evaluation (.toml).
#include "eval/suite/suite_file.h"

#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using clipwright::fuzz::require;
  const std::string path =
      clipwright::fuzz::file_of("input.toml", clipwright::fuzz::text_of(data, size));
  clipwright::fuzz::accepts([&] {
    const clipwright::eval::suite::Suite suite = clipwright::eval::suite::read_suite(path);
    require(!suite.sets.empty(), "a suite has sets");
    for (const auto& set : suite.sets) require(!set.name.empty(), "a set has a name");
  });
  return 0;
}
