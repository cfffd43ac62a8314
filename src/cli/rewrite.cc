#include "cli/commands.h"

namespace clipwright {

void add_rewrite_command(CLI::App& program) {}

}  // namespace clipwright
