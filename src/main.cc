#include "cli/commands.h"

int main(int argc, char** argv) { return clipwright::cli::run_program(argc, argv); }
