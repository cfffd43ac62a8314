// Captions themselves: repair, cleaning, tokens, sentences, augmentation, audit.
#include <string>

#include "audit/verdict/audit.h"
#include "tests/fuzz/input.h"
#include "text/bpe/tokenizer.h"
#include "text/repair/clean.h"
#include "text/unicode/utf8.h"

namespace clipwright::fuzz {
namespace {

void try_caption(std::string_view caption) {
  const std::string clean = text::repair::clean_text(caption);
  require(text::unicode::is_utf8(clean), "a clean caption is UTF-8");
  const text::bpe::Tokenizer& tokenizer = text::bpe::Tokenizer::standard();
  const std::vector<int32_t> ids = tokenizer.encode(caption);
  require(ids.size() >= 2 && ids.size() <= text::bpe::kContextLength &&
              ids.front() == text::bpe::kStartToken && ids.back() == text::bpe::kEndToken,
          "ids have a start, an end and a bound");
  for (const int32_t id : ids)
    require(id >= 0 && id < text::bpe::kVocabularySize, "ids are of the vocabulary");
  tokenizer.decode(ids);
  static const audit::verdict::Auditor auditor{std::filesystem::path()};
  const size_t middle = caption.size() / 2;
  for (const auto& [source, rewrite] :
       {std::pair{caption, std::string_view("a red dog on 2 boats")},
        std::pair{std::string_view("two red dogs"), caption},
        std::pair{caption.substr(0, middle), caption.substr(middle)}}) {
    const audit::verdict::AuditRecord record = auditor.audit(source, rewrite);
    require(record.score >= 0 && record.score <= 1, "a score lies between 0 and 1");
  }
}

}  // namespace
}  // namespace clipwright::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  clipwright::fuzz::try_caption(clipwright::fuzz::text_of(data, size));
  return 0;
}
