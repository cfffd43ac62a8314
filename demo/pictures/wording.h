// How the demo puts things in a language: one language, one object. Names of what is shown come
// from CLDR.
#pragma once

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "demo/nouns/classes.h"
#include "demo/pictures/scene.h"

namespace clipwright::demo::pictures {

struct Wording {
  std::string language;                                  ///< CLDR's code
  std::array<std::string, kBackgrounds.size()> colours;  ///< in the order of kBackgrounds
  std::array<std::string, 3> alone;                      ///< with "{c}" for the name
  std::string short_colour, long_colour;                 ///< with "{c}" and "{colour}"
  std::array<std::string, 4> pairs;  ///< with "{a}" (first) and "{b}"; beside, above, beside, above
  std::vector<std::string> templates;  ///< zero-shot, with "{c}"
  /// Sentences that no training caption resembles: of one object with "{c}", "{colour}", "{size}"
  /// and "{place}"; of two side by side; of one above the other.
  std::vector<std::string> other_alone, other_beside, other_above;
  std::array<std::string, 3> sizes;   ///< small, medium-sized, large
  std::array<std::string, 5> places;  ///< middle, left, right, top, bottom
};

/// "en" or "de". Throws Error(kUsage) for others.
const Wording& wording_of(const std::string& language);
const std::vector<std::string>& wording_languages();

/// "{name}" replaced by each value, once each.
std::string fill(std::string text, const std::vector<std::pair<std::string, std::string>>& values);

/// The classes under another language's names; as synonym the first of its keywords that is neither
/// part of a name nor the other way round, nor another class's synonym. Throws Error(kInput) when a
/// character has no name there or two have the same.
std::vector<nouns::ObjectClass> translate(const std::vector<nouns::ObjectClass>& classes,
                                          const std::map<char32_t, nouns::Annotation>& annotations);

}  // namespace clipwright::demo::pictures
