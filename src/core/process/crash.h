// A last sentence on stderr when a signal ends the program: what happened in which command, what to
// try and where to report it.
#pragma once

namespace clipwright {

/// From now on SIGILL, SIGSEGV, SIGBUS, SIGFPE and SIGABRT leave their sentence and then end the
/// process as they would have: same exit status, same core file. `program` is the name that users
/// know, the arguments are those of main; of them only command words are repeated, no path or key.
/// Does nothing in builds with sanitizers, which report crashes in their own way.
void watch_crashes(const char* program, int argc, const char* const* argv);

}  // namespace clipwright
