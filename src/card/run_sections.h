// What a card says of the run that made a model: a section each, with its heading.
#pragma once

#include <string>

#include "card/run_facts.h"

namespace clipwright::card {

std::string training_section(const RunFacts& run);
std::string captions_section(const RunFacts& run);
std::string recipe_section(const RunFacts& run);
/// Empty where nothing is known of it.
std::string machine_section(const RunFacts& run);

}  // namespace clipwright::card
