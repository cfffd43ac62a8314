// JSON as Python writes and reads it, which is more than the standard allows.
#pragma once

#include <string_view>

#include "core/json.h"

namespace clipwright {

/// The value of a text as Python's json module reads it, for what Python wrote: bare NaN and
/// Infinity and numbers beyond a double's range (null here), and escapes of half a surrogate pair
/// (U+FFFD here) are no damage. A discarded value (`is_discarded`) for what is no JSON or nested
/// too deeply (core/json.h). Never throws. `callback`: as nlohmann's, to leave out what nobody
/// reads.
Json parse_loosely(std::string_view text, const Json::parser_callback_t& callback = nullptr);

}  // namespace clipwright
