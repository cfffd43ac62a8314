// The flags of a training run, as its one table has them.
#pragma once

#include "flags/cli11.h"
#include "train/options/options.h"

namespace clipwright::cli {

/// What `options` hold are the defaults that --help shows.
void add_run_options(CLI::App& command, train::options::TrainOptions& options);

}  // namespace clipwright::cli
