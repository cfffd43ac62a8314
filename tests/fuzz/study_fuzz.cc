// Studies (.toml).
#include "ablation/study.h"

#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string path =
      clipwright::fuzz::file_of("input.toml", clipwright::fuzz::text_of(data, size));
  clipwright::fuzz::accepts([&] {
    const clipwright::ablation::Study study = clipwright::ablation::read_study(path);
    clipwright::fuzz::require(!study.seeds.empty(), "a study has seeds");
  });
  return 0;
}
