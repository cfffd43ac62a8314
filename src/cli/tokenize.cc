#include "cli/commands.h"

namespace clipwright {

void add_tokenize_command(CLI::App& program) {}

}  // namespace clipwright
