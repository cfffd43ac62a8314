// Rewrites as line-aligned text.
#include "records/lines.h"

#include "tests/fuzz/records.h"

namespace clipwright::fuzz {
namespace {

void check_lines(const std::string& path) {
  const records::Lines lines{std::filesystem::path(path)};
  require(records::count_lines(path) == lines.size(), "lines are counted one way");
  records::LineReader reader{std::filesystem::path(path)};
  int64_t at = 0;
  for (std::string_view line; reader.next(line); ++at)
    require(at < lines.size() && lines[at] == line, "lines are read one way");
  require(at == lines.size(), "every line is read");
  records::LineWriter writer(folder() / "again.txt");
  for (int64_t i = 0; i < lines.size(); ++i) writer.add(lines[i]);
  writer.commit();
  require(records::count_lines(folder() / "again.txt") == lines.size(),
          "written lines stay beside their captions");
}

void try_lines(std::string_view text) {
  const std::string path = file_of("input.txt", text);
  accepts([&] { check_lines(path); });
  try_caption_table(path);
  try_caption_table(path, "audit.score >= 0.6");
}

}  // namespace
}  // namespace clipwright::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  clipwright::fuzz::try_lines(clipwright::fuzz::text_of(data, size));
  return 0;
}
