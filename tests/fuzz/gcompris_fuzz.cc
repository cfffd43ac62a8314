// Texts of GCompris: boards in QML, credits in READMEs and in Debian's copyright files.
#include "data/gcompris/board.h"
#include "data/gcompris/credits.h"
#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clipwright;
  const std::string_view text = fuzz::text_of(data, size);
  fuzz::accepts([&] { data::gcompris::read_board(text, "input.qml"); });
  fuzz::accepts([&] { data::gcompris::read_readme(text); });
  fuzz::accepts([&] {
    const data::gcompris::CopyrightFile file(text);
    for (const char* path : {"src/images/cat.webp", "", "a/b/c/d.png"}) file.find(path);
  });
  return 0;
}
