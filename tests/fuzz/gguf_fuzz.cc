// Language models as GGUF: what llama.cpp makes of a file that the product hands to it.
#include "language/chat_template.h"
#include "language/language_model.h"
#include "tests/fuzz/input.h"

namespace clipwright::fuzz {
namespace {

void try_model(std::string_view bytes) {
  const std::string path = file_of("input.gguf", bytes);
  accepts([&] {
    const language::LanguageModel model{std::filesystem::path(path)};
    require(model.vocabulary_size() > 0, "a model has words");
    const std::vector<int32_t> ids = model.tokenize("a red dog\n", true);
    for (const int32_t id : ids) {
      require(id >= 0 && id < model.vocabulary_size(), "a token is of the vocabulary");
      model.piece(id);
      model.ends_text(id);
    }
    model.longest_context();
    model.metadata("general.name");
    accepts([&] { language::chat_frame(model); });
  });
}

}  // namespace
}  // namespace clipwright::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  clipwright::fuzz::try_model(clipwright::fuzz::text_of(data, size));
  return 0;
}
