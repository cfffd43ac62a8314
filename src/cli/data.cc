#include "cli/commands.h"

namespace clipwright {

void add_data_command(CLI::App& program) {}

}  // namespace clipwright
