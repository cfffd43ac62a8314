// The pictures in GCompris' resources that something is said about, with who made them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/files/qt_resource.h"
#include "data/gcompris/credits.h"

namespace clipwright::data::gcompris {

struct Picture {
  const files::QtResource* resource = nullptr;
  const files::ResourceFile* file = nullptr;
  std::string group;                   ///< "tools", "animals", "colour": within its list
  std::string name;                    ///< category, title or word, in one line
  std::vector<std::string> sentences;  ///< about it, each in one line; may be empty
  Credit credit;
  std::string stated;   ///< where the credit is said; empty: nowhere
  std::string package;  ///< what the package's copyright file says, if that is something else

  std::string extension() const;  ///< "webp"
};

/// Pictures in a fixed order: by path, or as the boards and word lists have them.
struct PictureLists {
  std::vector<std::unique_ptr<files::QtResource>> resources;
  std::vector<Picture> categories;  ///< photographs by what they show; `name` is the category
  std::vector<Picture> titled;      ///< photographs of boards; `name` is the title
  std::vector<Picture> drawings;    ///< of the word list; `name` is the word
  /// Of titles and sentences: "GPL-3.0-or-later, 2015 A <a@b.c>", sorted.
  std::vector<std::string> text_terms;
  int64_t left_out = 0;
  std::vector<std::string> notes;  ///< why something was left out, a sentence each
};

/// Reads the resources. A picture that is missing or no picture is left out and counted. Throws
/// Error(kInput) for a damaged resource, board or word list.
PictureLists find_pictures(const std::vector<std::filesystem::path>& resources,
                           const CopyrightFile& copyright);

}  // namespace clipwright::data::gcompris
