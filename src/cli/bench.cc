#include "cli/commands.h"

namespace clipwright {

void add_bench_command(CLI::App& program) {}

}  // namespace clipwright
