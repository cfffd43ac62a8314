// The entries of a test's file, whatever JSON holds them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"

namespace clipwright::eval::selection {

struct Entry {
  std::string key;    ///< of an object of objects; else the entry's number from 0
  std::string place;  ///< for messages: "x.json: entry 7"
  Json object;        ///< discarded where it is no object
};

/// A list of objects, an object of objects (SugarCrepe), or an object a line. Throws Error(kInput)
/// when the file is none of these or empty, and with the byte at which a list or an object of
/// objects stops being JSON.
std::vector<Entry> read_entries(const std::filesystem::path& path);

}  // namespace clipwright::eval::selection
