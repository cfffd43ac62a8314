// Who made a picture and under which terms: from the README beside the pictures, and from the
// distribution's machine-readable copyright file.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::data::gcompris {

struct Credit {
  std::string author, licence;
  std::string source;  ///< address of the original; may be empty
};

/// A README of GCompris: paragraphs with "Copyright:", "License:", "Source:" and, after "Files:",
/// a file name a line. Lines of other kinds are passed over. By file name.
std::map<std::string, Credit> read_readme(std::string_view text);

/// A copyright file in Debian's format 1.0 (section "Files paragraph").
class CopyrightFile {
 public:
  CopyrightFile() = default;
  explicit CopyrightFile(std::string_view text);

  struct Answer {
    Credit credit;
    std::string pattern;  ///< that names the file; empty: none does
    /// The pattern names a file with the same name and another ending.
    bool other_ending = false;
  };
  /// The last paragraph that names `path`; where none names it, the last that names it with another
  /// ending, unless by a pattern with '*'. "*" alone names every file.
  Answer find(std::string_view path) const;

 private:
  struct Paragraph {
    std::vector<std::string> patterns;
    Credit credit;
  };
  std::vector<Paragraph> paragraphs_;
};

/// Whether a path fits a pattern in which '*' stands for any text, with '/', and '?' for a byte.
bool fits(std::string_view path, std::string_view pattern);

}  // namespace clipwright::data::gcompris
