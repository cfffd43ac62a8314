#include "bench/doctor.h"

#include <cstdio>
#include <memory>

#include "bench/kernel_check.h"
#include "cli/commands.h"
#include "core/error.h"

namespace clipwright::cli {
namespace {

struct DoctorFlags {
  bool kernels = false;
  std::string probe;
};

/// The numbers of one part's kernels as raw floats, for the process that compares them.
void write_probe(const std::string& part) {
  const std::vector<float> numbers = bench::probe_kernels(part);
  std::fwrite(numbers.data(), sizeof(float), numbers.size(), stdout);
}

void run_doctor(const DoctorFlags& flags) {
  if (!flags.probe.empty()) {
    write_probe(flags.probe);
    return;
  }
  const std::vector<bench::KernelTrial> trials = bench::check_kernels();
  if (!flags.kernels) std::fputs(bench::examine_machine().c_str(), stdout);
  std::fputs(bench::describe_kernels(trials).c_str(), stdout);
  if (const std::string part = bench::part_without_kernels(trials); !part.empty()) {
    fail_running("no kernels for " + part + " work on this machine", {},
                 "Please report this in the project's issue tracker, with the lines above.");
  }
}

}  // namespace

void add_doctor_command(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("doctor", "what this machine has and what a run would miss");
  auto flags = std::make_shared<DoctorFlags>();
  app->add_flag("--kernels", flags->kernels)
      ->description(
          "only try the kernels that this processor can run, each in a process of its own, against "
          "plain code; those that fail are not used any more (docs/kernels.md)");
  app->add_option("--probe", flags->probe, "what the process of such a trial does")->group("");
  app->footer("Examples:\n  clipwright doctor\n  clipwright doctor --kernels");
  app->callback([flags] { run_doctor(*flags); });
}

}  // namespace clipwright::cli
