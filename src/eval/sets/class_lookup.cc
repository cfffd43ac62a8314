#include "eval/sets/class_lookup.h"

#include <algorithm>

#include "core/error.h"
#include "core/whole_number.h"
#include "core/words.h"

namespace clipwright::eval::sets {

std::string folded(std::string_view words) {
  // "-1" is not "1", nor "2.5" "25" or "2 5".
  if (is_number(words) && words.find_first_not_of("0123456789") != std::string_view::npos)
    return ascii_lower(words);
  std::string plain;
  bool number = true;
  for (const char c : words) {
    const bool digit = c >= '0' && c <= '9', small = c >= 'a' && c <= 'z',
               capital = c >= 'A' && c <= 'Z', other = static_cast<unsigned char>(c) >= 0x80;
    if (c == '\'') continue;
    number &= digit;
    if (digit || small || other) {
      plain += c;
    } else if (capital) {
      plain += static_cast<char>(c + ('a' - 'A'));
    } else if (!plain.empty() && plain.back() != ' ') {
      plain += ' ';
    }
  }
  if (!plain.empty() && plain.back() == ' ') plain.pop_back();
  if (number) plain.erase(0, std::min(plain.find_first_not_of('0'), plain.size() - 1));
  return plain;
}

ClassLookup::ClassLookup(const std::vector<SetClass>& classes) {
  const auto add = [](auto& map, const std::string& words, int index) {
    const std::string spelling = folded(words);
    if (spelling.empty()) return;
    const auto [place, added] = map.try_emplace(spelling, index);
    if (!added && place->second != index) place->second = kSeveral;
  };
  for (size_t i = 0; i < classes.size(); ++i) {
    add(folders_, classes[i].folder, static_cast<int>(i));
    add(names_, classes[i].name, static_cast<int>(i));
    spellings_.push_back(classes[i].name);
    if (classes[i].folder != classes[i].name) spellings_.push_back(classes[i].folder);
  }
}

int ClassLookup::find(std::string_view words) const {
  const std::string spelling = folded(words);
  int found = -1;
  for (const auto* map : {&folders_, &names_}) {
    const auto place = map->find(spelling);
    if (place == map->end()) continue;
    if (place->second >= 0) return place->second;
    found = place->second;
  }
  if (found == kSeveral) {
    fail_input("'" + std::string(words) + "' is the name of several classes",
               "a name that means one class", "Say which by its number.");
  }
  return -1;
}

std::string ClassLookup::nearest_to(std::string_view words) const {
  return nearest(words, spellings_);
}

}  // namespace clipwright::eval::sets
