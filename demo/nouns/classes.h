// The objects that the demo's pictures show (data/demo/classes.txt).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "demo/nouns/cldr_annotations.h"

namespace clipwright::demo::nouns {

struct ObjectClass {
  char32_t code_point = 0;
  std::string name;     ///< CLDR's short name: the word of the training captions
  std::string synonym;  ///< a CLDR keyword that no training caption holds; may be empty
};

/// Reads the list and checks every name and synonym against CLDR. Throws Error(kInput) naming the
/// line that disagrees.
std::vector<ObjectClass> read_classes(const std::filesystem::path& path,
                                      const std::map<char32_t, Annotation>& annotations);

}  // namespace clipwright::demo::nouns
