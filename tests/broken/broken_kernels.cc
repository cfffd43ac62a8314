// Loaded into a program under test before its libraries (LD_PRELOAD): what the program opens as
// oneDNN is this file, whose matrix product is an instruction that no processor knows, or, with
// CLIPWRIGHT_TEST_WRONG set, one that computes nothing.
#include <dlfcn.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" {

// NOLINTBEGIN(readability-identifier-naming): names of the functions that are replaced
int dnnl_sgemm(char, char, int64_t, int64_t, int64_t, float, const float*, int64_t, const float*,
               int64_t, float, float*, int64_t) {
  if (std::getenv("CLIPWRIGHT_TEST_WRONG") != nullptr) return 0;
  __builtin_trap();
}

void* dlopen(const char* name, int flags) {
  using Open = void* (*)(const char*, int);
  static const auto open = reinterpret_cast<Open>(dlsym(RTLD_NEXT, "dlopen"));
  Dl_info self{};
  if (name != nullptr && std::strstr(name, "libdnnl") != nullptr &&
      dladdr(reinterpret_cast<const void*>(&dnnl_sgemm), &self) != 0)
    return open(self.dli_fname, RTLD_NOW | RTLD_LOCAL);
  return open(name, flags);
}
// NOLINTEND(readability-identifier-naming)

}  // extern "C"
