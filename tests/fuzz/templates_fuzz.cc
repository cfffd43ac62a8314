// Templates of class names: a text of lines, and JSON.
#include "text/templates/templates.h"

#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clipwright;
  for (const char* name : {"input.txt", "input.json"}) {
    const std::string path = fuzz::file_of(name, fuzz::text_of(data, size));
    fuzz::accepts([&] {
      const std::vector<std::string> templates = text::templates::load_templates(path);
      fuzz::require(!templates.empty(), "templates are some");
      for (const std::string& one : templates) {
        const std::string filled = text::templates::fill_template(one, "dog");
        fuzz::require(filled.find("dog") != std::string::npos, "a filled template has the name");
      }
    });
  }
  return 0;
}
