#include "cli/commands.h"

namespace clipwright {

void add_embed_command(CLI::App& program) {}

}  // namespace clipwright
