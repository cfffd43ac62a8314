#include "cli/commands.h"

namespace clipwright {

void add_train_command(CLI::App& program) {}

}  // namespace clipwright
