// What a card says of how well a model does.
#pragma once

#include <string>
#include <vector>

#include "card/result_rows.h"
#include "core/json.h"

namespace clipwright::card {

/// `record` is a run's run.json, `best` its best.json, null where there is none. Empty where
/// nothing is known.
std::string result_section(const std::vector<ResultRow>& rows, const Json& record,
                           const Json& best);

}  // namespace clipwright::card
