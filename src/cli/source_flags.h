// Which pairs a command reads: the flags.
#pragma once

#include "data/source/dataset.h"
#include "flags/cli11.h"

namespace clipwright::cli {

/// `name`: "--data", or "--data,source" where the source may also stand without the flag.
void add_source_flags(CLI::App& app, data::source::DataOptions& source,
                      const char* name = "--data");

}  // namespace clipwright::cli
