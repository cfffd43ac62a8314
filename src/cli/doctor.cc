#include "bench/doctor.h"

#include <cstdio>

#include "cli/commands.h"

namespace clipwright::cli {

void add_doctor_command(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("doctor", "what this machine has and what a run would miss");
  app->footer("Example:\n  clipwright doctor");
  app->callback([] { std::fputs(bench::examine_machine().c_str(), stdout); });
}

}  // namespace clipwright::cli
