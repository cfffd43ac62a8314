// How the sanitizers behave in the programs and tests of the presets asan, ubsan and tsan.
// Suppressions are for libraries that come as binaries, each with its reason.

extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  // Tests load libraries of their own before the program's.
  return "verify_asan_link_order=0:detect_stack_use_after_return=1";
}

extern "C" const char* __ubsan_default_options();
extern "C" const char* __ubsan_default_options() { return "print_stacktrace=1"; }

extern "C" const char* __lsan_default_options();
extern "C" const char* __lsan_default_options() { return "print_suppressions=0"; }

extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libtorch_cpu.so\n"  // registries and thread pools that live until the process ends
         "leak:libc10.so\n"
         "leak:libgomp\n"       // threads of its pool
         "leak:libarrow.so\n";  // registries
}

extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() {
  // Libraries that are not instrumented synchronise in ways that the sanitizer does not see.
  return "ignore_noninstrumented_modules=1:history_size=4:second_deadlock_stack=1";
}

extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:libtorch_cpu.so\n"
         "race:libgomp\n"  // barriers of futexes
         "race:libarrow.so\n";
}
