#include "core/process/crash.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace clipwright {
namespace {

// A handler may use nothing that allocates, locks or formats: the sentence is put together from
// these, in a buffer of its own.
std::array<char, 160> command_words{};
bool as_record = false;

struct Crash {
  int number;
  std::string_view what, advice;
};

constexpr std::array<Crash, 5> kCrashes = {{
    {SIGILL, "SIGILL (illegal instruction): code was run that this processor cannot run",
     "'clipwright doctor --kernels' finds the kernels at fault and keeps the program from using "
     "them; CLIPWRIGHT_LLAMA_KERNELS=avx2, CLIPWRIGHT_RESIZE=avx2, CLIPWRIGHT_GEMM=mkl and "
     "ATEN_CPU_CAPABILITY=avx2 choose plain ones by hand."},
    {SIGSEGV, "SIGSEGV (invalid memory access)",
     "Check for a full stack or a killed memory limit (ulimit -a), and whether "
     "'clipwright doctor --kernels' finds a kernel at fault."},
    {SIGBUS, "SIGBUS (memory that could not be read)",
     "A damaged disk, or a full one under a shared memory segment, does this too."},
    {SIGFPE, "SIGFPE (arithmetic error)", "Try the same command on fewer inputs to find the one."},
    {SIGABRT, "SIGABRT (a broken promise inside the program or one of its libraries)",
     "The lines above say which, if it said so."},
}};

constexpr std::string_view kShrunk =
    "SIGBUS: a file became shorter while it was being read, or its disk could not deliver it";
constexpr std::string_view kShrunkAdvice =
    "Do not change or move the files of a data set or a model while a command reads them; write "
    "new "
    "ones under other names. Check the disk if nobody did.";

class Line {
 public:
  void add(std::string_view text) {
    const size_t count =
        text.size() < text_.size() - length_ ? text.size() : text_.size() - length_;
    std::memcpy(text_.data() + length_, text.data(), count);
    length_ += count;
  }
  void write() const {
    size_t done = 0;
    while (done < length_) {
      const ssize_t count = ::write(STDERR_FILENO, text_.data() + done, length_ - done);
      if (count <= 0) return;
      done += static_cast<size_t>(count);
    }
  }

 private:
  std::array<char, 1024> text_;
  size_t length_ = 0;
};

void on_crash(int number, siginfo_t* info, void*) {
  for (const Crash& crash : kCrashes) {
    if (crash.number != number) continue;
    // The kernel's code for an address that lies in a mapping but behind the end of its file.
    const bool shrunk = number == SIGBUS && info->si_code == BUS_ADRERR;
    Line line;
    line.add(as_record ? R"({"level":"critical","message":")" : "\nerror: ");
    line.add(command_words.data());
    line.add(" was ended by ");
    line.add(shrunk ? kShrunk : crash.what);
    line.add(". ");
    line.add(shrunk ? kShrunkAdvice : crash.advice);
    line.add(
        " If it comes back, please report it in the project's issue tracker with the command "
        "and what 'clipwright doctor' prints.");
    line.add(as_record ? "\"}\n" : "\n");
    line.write();
    break;
  }
  // SA_RESETHAND has put the default back; the signal is blocked until this function returns, then
  // it ends the process whether an instruction or another process sent it.
  ::raise(number);
}

/// Command words begin with a letter and hold letters and dashes; the first that does not ends
/// them.
void keep_command_words(std::string_view program, int argc, const char* const* argv) {
  size_t length = std::min<size_t>(program.size(), 40);
  std::memcpy(command_words.data(), program.data(), length);
  for (int i = 1; i < argc && i < 3; ++i) {
    const std::string_view word = argv[i];
    if (word.empty() || word.size() > 40 ||
        word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") != std::string_view::npos ||
        word.front() == '-')
      break;
    command_words[length++] = ' ';
    std::memcpy(command_words.data() + length, word.data(), word.size());
    length += word.size();
  }
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

}  // namespace

void watch_crashes(const char* program, int argc, const char* const* argv) {
  if (kSanitized) return;
  keep_command_words(program, argc, argv);
  for (int i = 1; i < argc; ++i) as_record = as_record || std::strcmp(argv[i], "--log-json") == 0;
  // A stack that is full cannot hold the handler's frame.
  static std::array<std::byte, 64 * 1024> stack;
  stack_t place{};
  place.ss_sp = stack.data();
  place.ss_size = stack.size();
  ::sigaltstack(&place, nullptr);
  struct sigaction action {};
  action.sa_sigaction = on_crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | static_cast<int>(SA_RESETHAND);
  for (const Crash& crash : kCrashes) ::sigaction(crash.number, &action, nullptr);
}

}  // namespace clipwright
