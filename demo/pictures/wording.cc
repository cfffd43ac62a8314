#include "demo/pictures/wording.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/words.h"

namespace clipwright::demo::pictures {
namespace {

const Wording& english() {
  static const Wording wording{
      .language = "en",
      .colours = {"white", "gray", "red", "yellow", "green", "blue", "purple", "pink"},
      .alone = {"{c}", "{c} icon", "{c}.png"},
      .short_colour = "{c}, {colour}",
      .long_colour = "{c} {colour} background",
      .pairs = {"{a} and {b}", "{a} above {b}", "{a} next to {b}", "{b} under {a}"},
      .templates = {"a picture of a {c}.", "this is an image of the {c}.",
                    "a small drawing that shows one {c}.", "there is a {c} here.",
                    "we can see a {c} in this picture."},
      .other_alone = {"this picture shows the {c} on a {colour} background",
                      "everything behind the {c} is {colour}",
                      "a {size} drawing of the {c}, {place} of a {colour} square",
                      "the {c} with nothing but {colour} around"},
      .other_beside = {"this picture shows the {a} on the left and the {b} on the right",
                       "the {b} stands to the right of the {a}, on {colour}",
                       "two things side by side, first the {a}, then the {b}",
                       "the {a} with the {b} at its right side"},
      .other_above = {"this picture shows the {a} at the top and the {b} at the bottom",
                      "the {b} lies below the {a}, on {colour}",
                      "two things, the {a} higher up than the {b}",
                      "you can see the {a} over the {b}"},
      .sizes = {"small", "medium-sized", "large"},
      .places = {"in the middle", "on the left", "on the right", "at the top", "at the bottom"}};
  return wording;
}

/// Without articles, whose gender the names do not tell.
const Wording& german() {
  static const Wording wording{
      .language = "de",
      .colours = {"weiß", "grau", "rot", "gelb", "grün", "blau", "lila", "rosa"},
      .alone = {"{c}", "{c} Symbol", "{c}.png"},
      .short_colour = "{c}, {colour}",
      .long_colour = "{c} Hintergrund {colour}",
      .pairs = {"{a} und {b}", "{a} über {b}", "{a} neben {b}", "{b} unter {a}"},
      .templates = {"ein Bild von {c}.", "das hier ist als Zeichnung: {c}.",
                    "eine kleine Zeichnung, auf der man {c} sieht.", "hier ist {c}.",
                    "auf diesem Bild sehen wir {c}."},
      .other_alone = {"dieses Bild zeigt {c} vor einem Hintergrund, der {colour} ist",
                      "alles hinter {c} ist {colour}",
                      "eine {size} Zeichnung von {c}, {place} in einem Quadrat, das {colour} ist",
                      "{c} und ringsum nichts als {colour}"},
      .other_beside = {"dieses Bild zeigt links {a} und rechts {b}",
                       "{b} steht rechts von {a}, der Grund ist {colour}",
                       "zwei Dinge nebeneinander, zuerst {a}, dann {b}",
                       "{a} mit {b} auf der rechten Seite"},
      .other_above = {"dieses Bild zeigt oben {a} und unten {b}",
                      "{b} liegt unterhalb von {a}, der Grund ist {colour}",
                      "zwei Dinge, {a} weiter oben als {b}", "man sieht {a}, darunter {b}"},
      .sizes = {"kleine", "mittelgroße", "große"},
      .places = {"in der Mitte", "links", "rechts", "oben", "unten"}};
  return wording;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

const std::vector<std::string>& wording_languages() {
  static const std::vector<std::string> languages = {"en", "de"};
  return languages;
}

const Wording& wording_of(const std::string& language) {
  if (language == "en") return english();
  if (language == "de") return german();
  fail_usage("--language " + language + " is not among the demo's", listed(wording_languages()));
}

std::string fill(std::string text, const std::vector<std::pair<std::string, std::string>>& values) {
  for (const auto& [name, value] : values) {
    const std::string place = "{" + name + "}";
    if (const size_t at = text.find(place); at != std::string::npos)
      text.replace(at, place.size(), value);
  }
  return text;
}

std::vector<nouns::ObjectClass> translate(
    const std::vector<nouns::ObjectClass>& classes,
    const std::map<char32_t, nouns::Annotation>& annotations) {
  std::vector<nouns::ObjectClass> translated;
  std::set<std::string> names, synonyms;
  for (const nouns::ObjectClass& object : classes) {
    const auto found = annotations.find(object.code_point);
    if (found == annotations.end() || found->second.name.empty())
      fail_input("CLDR has no name for '" + object.name + "' in this language");
    if (!names.insert(found->second.name).second)
      fail_input("CLDR calls two of the demo's classes '" + found->second.name +
                 "' in this language");
    translated.push_back({object.code_point, found->second.name, {}});
  }
  for (nouns::ObjectClass& object : translated) {
    for (const std::string& keyword : annotations.at(object.code_point).keywords) {
      const bool taken = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return holds(name, keyword) || holds(keyword, name);
      });
      if (taken || !synonyms.insert(keyword).second) continue;
      object.synonym = keyword;
      break;
    }
  }
  return translated;
}

}  // namespace clipwright::demo::pictures
