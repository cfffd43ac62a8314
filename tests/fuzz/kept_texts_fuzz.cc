// Texts kept for replay, plain and gzipped.
#include "records/kept_texts.h"

#include <map>
#include <vector>

#include "rewrite/archive/replay_texts.h"
#include "tests/fuzz/input.h"

namespace clipwright::fuzz {
namespace {

std::string line_of(const records::KeptText& kept) {
  return to_line(
      {kept.source, kept.mode, hex(kept.recipe), kept.text, kept.attempt, kept.occurrence});
}

void try_kept_texts(const std::string& path) {
  std::vector<records::KeptText> texts;
  std::map<Sha256, Json> recipes;
  const bool whole = accepts([&] {
    records::each_kept_text(
        path, [&](const Sha256& recipe, const Json& what) { recipes[recipe] = what; },
        [&](const records::KeptText& kept) { texts.push_back(kept); });
  });
  accepts([&] { rewrite::archive::ReplayTexts::read(path); });
  if (!whole) return;
  const std::string again = folder() / "again.jsonl.gz";
  std::vector<std::string> written, read;
  {
    records::KeptTextWriter writer{std::filesystem::path(again)};
    for (const auto& [recipe, what] : recipes) writer.add_recipe(recipe, what);
    for (const records::KeptText& kept : texts) {
      writer.add(kept);
      const std::string line = line_of(kept);
      if (std::find(written.begin(), written.end(), line) == written.end()) written.push_back(line);
    }
    writer.commit();
  }
  records::each_kept_text(
      again, [](const Sha256&, const Json&) {},
      [&](const records::KeptText& kept) { read.push_back(line_of(kept)); });
  require(read.size() <= written.size(), "texts are written once");
  for (const std::string& line : read) {
    require(std::find(written.begin(), written.end(), line) != written.end(),
            "a written text reads back");
  }
}

}  // namespace
}  // namespace clipwright::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = clipwright::fuzz::text_of(data, size);
  const bool packed = bytes.starts_with("\x1f\x8b");
  clipwright::fuzz::try_kept_texts(
      clipwright::fuzz::file_of(packed ? "input.jsonl.gz" : "input.jsonl", bytes));
  return 0;
}
