// Which class of a set a word means: a folder's name, a label in a table.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "eval/sets/set_description.h"

namespace clipwright::eval::sets {

/// What two spellings of a name have in common: lower case, no apostrophes, every run of other
/// marks and blanks one blank, no zeros before a number. "Butcher's_Knife" is "butchers knife". A
/// number with a sign or a point keeps them.
std::string folded(std::string_view words);

class ClassLookup {
 public:
  explicit ClassLookup(const std::vector<SetClass>& classes);

  /// The class whose folder or else whose name has this spelling; -1 for none. Throws Error(kInput)
  /// for a name that several classes have and no folder.
  int find(std::string_view words) const;
  /// The name or folder that is spelt most alike, for "did you mean"; empty when none is near.
  std::string nearest_to(std::string_view words) const;

 private:
  static constexpr int kSeveral = -2;
  std::map<std::string, int, std::less<>> folders_, names_;  // by folded spelling
  std::vector<std::string> spellings_;
};

}  // namespace clipwright::eval::sets
