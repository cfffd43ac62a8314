// toml++, included everywhere by this header.
#pragma once

// It asserts of some inputs what an error behind the assertion would tell ("[" at the end of a
// line): without NDEBUG a file could end the program.
#define TOML_ASSERT(expr) static_cast<void>(0)

// Whether a letter outside ASCII is a blank it asks a table that holds letters which it calls
// unreachable: a file that has one of them (U+00E9, say) in no quotes would be undefined behaviour.
// They are no blanks.
#include <toml++/impl/forward_declarations.h>
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE return false
#include <toml++/impl/unicode.h>
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE __builtin_unreachable()

#include <toml++/toml.h>
