// SIGINT and SIGTERM as a flag that long loops look at, so that they can save and stop cleanly
// (exit code 130).
#pragma once

namespace clipwright {

/// From now on the first SIGINT or SIGTERM only sets the flag; another, half a second later or
/// more, ends the process at once.
void watch_interrupts();
bool interrupted();
/// Throws Error(kInterrupted) once the process was asked to stop.
void stop_if_interrupted();

}  // namespace clipwright
