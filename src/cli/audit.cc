#include "cli/commands.h"

namespace clipwright {

void add_audit_command(CLI::App& program) {}

}  // namespace clipwright
