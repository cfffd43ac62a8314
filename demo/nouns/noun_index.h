// Which class a human title or sentence names, strictly: a wrong picture under a name is worse than
// a missing one.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "demo/nouns/classes.h"

namespace clipwright::demo::nouns {

class NounIndex {
 public:
  explicit NounIndex(const std::vector<ObjectClass>& classes);

  /// The class whose name or synonym is all that the title says, apart from articles, colours and
  /// words such as "clipart" or "cartoon"; -1 when there is none.
  int exact(std::string_view title) const;
  /// The class that ends the sentence's first noun phrase ("A spiny lobster, from ..."); -1 when
  /// none.
  int head(std::string_view sentence) const;
  /// Whether the text holds the class's name or synonym as whole words.
  bool mentions(std::string_view text, int object) const;

 private:
  int find(const std::string& noun) const;
  std::map<std::string, int, std::less<>> nouns_;
};

}  // namespace clipwright::demo::nouns
