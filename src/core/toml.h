// toml++ as every part of the program includes it, so that its inline code is the same everywhere.
#pragma once

// Numbers are written with as few digits as read back to the same bits: 0.1, not
// 0.10000000000000001.
#define TOML_FLOAT_CHARCONV 1
#include <toml++/toml.h>
