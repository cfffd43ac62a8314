// toml++, included everywhere by this header.
#pragma once

// It asserts of some inputs what an error behind the assertion would tell ("[" at the end of a
// line): without NDEBUG a file could end the program.
#define TOML_ASSERT(expr) static_cast<void>(0)
#include <toml++/toml.h>
