#include "cli/commands.h"

namespace clipwright {

void add_doctor_command(CLI::App& program) {}

}  // namespace clipwright
