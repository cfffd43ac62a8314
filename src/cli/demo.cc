#include "cli/commands.h"

namespace clipwright {

void add_demo_command(CLI::App& program) {}

}  // namespace clipwright
