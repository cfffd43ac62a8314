#include "core/process/crash.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "core/file.h"
#include "tests/temporary_folder.h"

namespace clipwright {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CLIPWRIGHT_SKIP_UNDER_SANITIZERS GTEST_SKIP() << "sanitizers report crashes themselves"
#else
#define CLIPWRIGHT_SKIP_UNDER_SANITIZERS
#endif

void watch() {
  const char* const arguments[] = {"program", "eval", "zeroshot", "--model", "secret/path"};
  watch_crashes("clipwright", 5, arguments);
}

/// The whole range, as a user would meet them: sent by somebody, which says nothing of an address.
TEST(Crash, EverySignalLeavesItsSentenceAndEndsTheProcess) {
  CLIPWRIGHT_SKIP_UNDER_SANITIZERS;
  struct Case {
    int number;
    const char* sentence;
  };
  for (const Case& c : {Case{SIGILL,
                             "clipwright eval zeroshot was ended by SIGILL .*kernels.*"
                             "CLIPWRIGHT_LLAMA_KERNELS=avx2.*issue tracker"},
                        Case{SIGSEGV, "eval zeroshot was ended by SIGSEGV .*issue tracker"},
                        Case{SIGBUS, "eval zeroshot was ended by SIGBUS .*issue tracker"},
                        Case{SIGFPE, "eval zeroshot was ended by SIGFPE .*issue tracker"},
                        Case{SIGABRT, "eval zeroshot was ended by SIGABRT .*issue tracker"}}) {
    EXPECT_EXIT(
        {
          watch();
          ::kill(::getpid(), c.number);
          for (;;) ::pause();
        },
        testing::KilledBySignal(c.number), c.sentence);
  }
}

/// Of a mapping that is not ours (core/process/mapped_memory.h), such as a library's.
TEST(Crash, AFileThatShrankIsSaid) {
  CLIPWRIGHT_SKIP_UNDER_SANITIZERS;
  const TemporaryFolder folder;
  const std::string path = folder.write("model.gguf", std::string(1 << 20, 'x'));
  const MappedFile ours(folder.write("captions.txt", "a dog"));
  EXPECT_EXIT(
      {
        watch();
        const MappedFile another(folder / "captions.txt");  // its handler stands before the crash's
        const int descriptor = ::open(path.c_str(), O_RDONLY);
        const auto* bytes = static_cast<const volatile char*>(
            ::mmap(nullptr, 1 << 20, PROT_READ, MAP_PRIVATE, descriptor, 0));
        std::filesystem::resize_file(path, 0);
        ::_exit(bytes[5000]);
      },
      testing::KilledBySignal(SIGBUS), "a file became shorter while it was being read");
}

TEST(Crash, AFullStackStillHasRoomForTheSentence) {
  CLIPWRIGHT_SKIP_UNDER_SANITIZERS;
  struct Deep {
    static int call(int depth) {  // NOLINT(misc-no-recursion)
      if (depth < 0) return 0;
      volatile char frame[4096];
      frame[0] = static_cast<char>(depth);
      return call(depth + 1) + frame[0];
    }
  };
  EXPECT_EXIT(
      {
        watch();
        ::_exit(Deep::call(0));
      },
      testing::KilledBySignal(SIGSEGV), "was ended by SIGSEGV .*full stack");
}

TEST(Crash, LogsOfRecordsGetARecord) {
  CLIPWRIGHT_SKIP_UNDER_SANITIZERS;
  const char* const arguments[] = {"program", "train", "--log-json"};
  EXPECT_EXIT(
      {
        watch_crashes("clipwright", 3, arguments);
        ::raise(SIGILL);
      },
      testing::KilledBySignal(SIGILL),
      R"(^\{"level":"critical","message":"clipwright train was ended by SIGILL[^"]*"\})");
}

}  // namespace
}  // namespace clipwright
