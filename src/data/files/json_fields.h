// What the objects of metadata files say, flat or nested: one reading for lines of JSON, the .json
// beside a picture and files of annotations.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace clipwright::data::files {

/// The field of that name, or for "a.b", where there is none, the field b of the object a; else the
/// first whose name is spelt so in other letters ("TEXT"). Null when there is none.
const Json* find_field(const Json& object, std::string_view name);

/// A text without blanks around it, a whole number as one, or of an object what its `path`,
/// `file_name` or `filename` says; of a list with one entry that entry. Empty for all else.
std::string text_of(const Json& value);

/// Adds what a field of captions holds: a text, a whole number as one, an object that has the text
/// as `raw`, `caption` or `text`, or a list of texts and such objects. Blanks around each are taken
/// off; what says nothing is left out.
void add_captions(const Json& value, std::vector<std::string>& captions);

/// Where a field of one of these names stands deeper in an object, e.g. "meta.caption"; empty when
/// it is nowhere.
std::string nested_place(const Json& object, const std::vector<std::string>& names);

}  // namespace clipwright::data::files
