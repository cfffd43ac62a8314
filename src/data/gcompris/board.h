// A board of a GCompris activity: QML whose list `tab` says of pictures what they show.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clipwright::data::gcompris {

struct BoardEntry {
  std::string title;     ///< "Great Stupa"; empty when there is none
  std::string text;      ///< what it is, in sentences; may be empty
  std::string question;  ///< the words by which it is asked for: the title or a sentence
  std::string picture;   ///< path in the resource, of the photograph rather than the map's symbol
};

struct Board {
  std::vector<BoardEntry> entries;
  std::string licence;               ///< of the words, as SPDX names it; empty when not said
  std::vector<std::string> authors;  ///< years, names and addresses, as the file has them
};

/// Reads the objects of the list `tab`: their keys "title", "text", "text2" and "image2", whose
/// values are strings or qsTr("..."); all other QML is passed over. No list is a board without
/// entries. Throws Error(kInput), naming `where` and the line, when the list does not end or a
/// string is no string.
Board read_board(std::string_view qml, std::string_view where);

}  // namespace clipwright::data::gcompris
