#include "cli/commands.h"

int main(int argc, char** argv) { return clipwright::run_program(argc, argv); }
