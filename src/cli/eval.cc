#include "cli/commands.h"

namespace clipwright {

void add_eval_command(CLI::App& program) {}

}  // namespace clipwright
