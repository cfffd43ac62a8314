// Set-up's own step: makes the language model that clipwright uses when none is named, from the
// file that was fetched. Its weights get a type for which llama.cpp has fast kernels on every
// processor.
#include <cstdio>
#include <string>

#include "core/error.h"
#include "language/quantized_copy.h"

int main(int count, char** arguments) {
  if (count != 4) {
    std::fprintf(stderr, "usage: clipwright-default-model IN.gguf TYPE OUT.gguf\n");
    return 2;
  }
  try {
    clipwright::language::write_quantized(arguments[1], arguments[2], 0, arguments[3]);
  } catch (const clipwright::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
