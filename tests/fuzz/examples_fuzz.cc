// Packs of in-context examples.
#include "rewrite/prompt/example_pack.h"
#include "rewrite/prompt/example_rows.h"
#include "tests/fuzz/input.h"

namespace clipwright::fuzz {
namespace {

using namespace rewrite;

void try_pack(std::string_view text) {
  const prompt::ExampleRows rows = prompt::parse_example_rows(text);
  for (const prompt::ExampleFinding& finding : rows.findings)
    require(!finding.sentence().empty(), "a finding has words");
  const std::string path = file_of("input.tsv", text);
  const bool taken = accepts([&] {
    const prompt::ExamplePack pack = prompt::ExamplePack::read(path, "input");
    require(pack.digest().size() == 64, "a pack has a digest");
    const prompt::ExampleTriple three =
        pack.examples(pack.example_key(1, "a red dog", /*triples=*/0));
    for (const auto layout : {prompt::PromptLayout::kClean, prompt::PromptLayout::kLaclip}) {
      const prompt::PromptText built = prompt::build_prompt(layout, three, "a red dog");
      require(built.body.find("a red dog") != std::string::npos, "a prompt holds its caption");
    }
  });
  require(taken == rows.findings.empty(), "a pack is taken when nothing is wrong with it");
}

}  // namespace
}  // namespace clipwright::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  clipwright::fuzz::try_pack(clipwright::fuzz::text_of(data, size));
  return 0;
}
