#include "cli/commands.h"

namespace clipwright {

void add_preprocess_command(CLI::App& program) {}

}  // namespace clipwright
