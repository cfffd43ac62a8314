// What every program of the house settles before its libraries start: how OpenMP waits, how memory
// is kept, with whom it ends. An object of its own, linked into each program.
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

#include "core/process/child_environment.h"

namespace {

/// A child of this program ends with it: see core/process/child_environment.h.
void follow_parent(char** environment) {
  constexpr size_t kLength = sizeof(clipwright::kParentVariable) - 1;
  for (char** entry = environment; *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, clipwright::kParentVariable, kLength) == 0 &&
        (*entry)[kLength] == '=' && std::atol(*entry + kLength + 1) == getppid())
      ::prctl(PR_SET_PDEATHSIG, SIGINT);
  }
}

/// libgomp's threads spin at barriers for milliseconds before they sleep, which beside any other
/// busy process costs a multiple of a training step. It reads its settings before main, so the
/// program sets them and starts itself again, once, before any library has run code.
void set_patient_openmp(char** argv, char** environment) {
  size_t count = 0;
  for (; environment[count] != nullptr; ++count) {
    if (std::strncmp(environment[count], "GOMP_SPINCOUNT=", 15) == 0 ||
        std::strncmp(environment[count], "OMP_WAIT_POLICY=", 16) == 0)
      return;
  }
  constexpr size_t kMost = 4096;
  if (count + 2 > kMost) return;
  static char setting[] = "GOMP_SPINCOUNT=1000";
  static char* more[kMost];
  std::memcpy(more, environment, count * sizeof(char*));
  more[count] = setting;
  more[count + 1] = nullptr;
  execve("/proc/self/exe", argv, more);
}

void settle(int /*argc*/, char** argv, char** environment) {
  set_patient_openmp(argv, environment);
  follow_parent(environment);
}

__attribute__((section(".preinit_array"), used)) void (*const before_libraries)(int, char**,
                                                                                char**) = settle;

}  // namespace

// Read by jemalloc before main. Every step allocates and frees activations whose sizes follow the
// captions drawn. Pages are given back after two minutes without use: after ten seconds, jemalloc's
// default, they went and came between the steps of a large model, which made them a third slower;
// kept for good, a program that trained one objective after another grew to ten times what each
// needs. glibc's heap either mapped and cleared 40 MB anew in every layer or, told to keep its
// pages, grew by a gigabyte in ten minutes of such sizes; jemalloc's size classes keep memory
// level.
extern "C" const char* malloc_conf;  // NOLINT(readability-identifier-naming)
const char* malloc_conf = "dirty_decay_ms:120000,thp:default,metadata_thp:auto";
