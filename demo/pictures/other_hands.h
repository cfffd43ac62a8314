// Pictures of the demo's nouns drawn by people: Open Clip Art and Tux Paint stamps. Does a model
// know the thing or the sprite?
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "demo/nouns/classes.h"
#include "demo/pictures/raster.h"
#include "demo/pictures/sources.h"

namespace clipwright::demo::pictures {

constexpr int kHandDrawnSide = 64;  ///< pixels

struct HandDrawn {
  int object = 0;
  std::string source;  ///< file, relative to its collection
  std::string title;   ///< what the person wrote
  Raster picture;      ///< kHandDrawnSide square, on white
};

struct HandDrawnCounts {
  int clip_art_files = 0, clip_art_titled = 0, clip_art_taken = 0;
  int stamp_files = 0, stamp_sentences = 0, stamps_taken = 0;
  int doubtful = 0;  ///< the title names a class, file name and keywords do not agree
  int copies = 0;    ///< same picture again in another file
  int surplus = 0;   ///< beyond the most of one class
  int unreadable = 0;
  int classes = 0;  ///< with at least one picture
  std::string describe() const;
};

/// Clip art whose title is exactly a class's noun and whose file name or keywords say so too, and
/// stamps whose sentence ends its first noun phrase in one; at most `most_per_class` of each
/// collection.
std::vector<HandDrawn> collect_hand_drawn(const std::vector<nouns::ObjectClass>& classes,
                                          const DemoSources& sources, int most_per_class,
                                          HandDrawnCounts* counts);

}  // namespace clipwright::demo::pictures
