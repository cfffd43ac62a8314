#include "demo/pictures/other_hands.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "core/file.h"
#include "core/hash.h"
#include "core/log.h"
#include "demo/nouns/noun_index.h"
#include "demo/pictures/svg.h"

namespace clipwright::demo::pictures {
namespace {

constexpr int kRenderSide = 256;
constexpr uintmax_t kLargestSvg = 1'000'000;

std::vector<fs::path> files_below(const fs::path& folder, const std::set<std::string>& endings) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && endings.contains(entry.path().extension().string())) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// In the middle of a white square, with a little room around.
Raster on_white(const Raster& picture) {
  Raster canvas = plain(kHandDrawnSide, kHandDrawnSide, {255, 255, 255});
  const int side = std::min(kHandDrawnSide - 6, std::max(picture.width, picture.height));
  const Raster small = shrink_to(picture, side);
  draw(small, (kHandDrawnSide - small.width) / 2, (kHandDrawnSide - small.height) / 2, canvas);
  return canvas;
}

/// Adds pictures of one collection, without copies and beyond the most of a class.
class Collection {
 public:
  Collection(const fs::path& folder, int most, HandDrawnCounts* counts,
             std::vector<HandDrawn>* drawn)
      : folder_(folder), most_(most), counts_(counts), drawn_(drawn) {}

  /// Returns whether the picture was taken.
  bool add(int object, const fs::path& path, const std::string& title, const std::string& file) {
    if (taken_[object] == most_) return ++counts_->surplus, false;
    std::string error;
    const Raster picture = path.extension() == ".svg"
                               ? render_svg(file, kRenderSide, &error)
                               : trim(decode_png(std::as_bytes(std::span(file)), &error));
    if (picture.width == 0) return ++counts_->unreadable, false;
    HandDrawn one{object, path.lexically_relative(folder_).string(), title, on_white(picture)};
    const auto& pixels = one.picture.pixels;
    if (!seen_.insert(sha256({reinterpret_cast<const char*>(pixels.data()), pixels.size()}))
             .second) {
      return ++counts_->copies, false;
    }
    ++taken_[object];
    drawn_->push_back(std::move(one));
    return true;
  }

 private:
  const fs::path& folder_;
  const int most_;
  HandDrawnCounts* counts_;
  std::vector<HandDrawn>* drawn_;
  std::set<Sha256> seen_;
  std::map<int, int> taken_;
};

void collect_clip_art(const nouns::NounIndex& nouns, const fs::path& folder, Collection& collection,
                      HandDrawnCounts& counts) {
  for (const fs::path& path : files_below(folder, {".svg"})) {
    ++counts.clip_art_files;
    if (fs::file_size(path) > kLargestSvg) continue;
    const std::string file = read_file(path);
    const auto metadata = read_svg_metadata(file);
    if (!metadata) continue;
    ++counts.clip_art_titled;
    const int object = nouns.exact(metadata->title);
    if (object < 0) continue;
    bool agrees = nouns.mentions(path.stem().string(), object);
    for (const std::string& keyword : metadata->keywords) agrees |= nouns.mentions(keyword, object);
    if (!agrees) {
      ++counts.doubtful;
    } else if (collection.add(object, path, metadata->title, file)) {
      ++counts.clip_art_taken;
    }
  }
}

void collect_stamps(const nouns::NounIndex& nouns, const fs::path& folder, Collection& collection,
                    HandDrawnCounts& counts) {
  for (const fs::path& path : files_below(folder, {".png", ".svg"})) {
    // Letters, coins and road signs name things that they do not show.
    const std::string place = path.lexically_relative(folder).string();
    if (place.starts_with("symbols/") || place.starts_with("town/roadsigns/")) continue;
    // Many stamps lie there twice, as a drawing and as pixels.
    fs::path pixels = path;
    if (path.extension() == ".svg" && fs::exists(pixels.replace_extension(".png"))) continue;
    ++counts.stamp_files;
    fs::path text = path;
    text.replace_extension(".txt");
    if (!fs::exists(text)) continue;
    ++counts.stamp_sentences;
    const std::string lines = read_file(text);
    const std::string sentence = lines.substr(0, lines.find('\n'));
    const int object = nouns.head(sentence);
    if (object >= 0 && collection.add(object, path, sentence, read_file(path)))
      ++counts.stamps_taken;
  }
}

}  // namespace

std::string HandDrawnCounts::describe() const {
  return with_commas(clip_art_taken) + " of " + with_commas(clip_art_files) +
         " clip-art pictures and " + with_commas(stamps_taken) + " of " + with_commas(stamp_files) +
         " stamps name one of " + with_commas(classes) + " classes (" + with_commas(copies) +
         " copies, " + with_commas(surplus) + " beyond the most of a class, " +
         with_commas(doubtful) + " doubtful titles, " + with_commas(unreadable) +
         " unreadable left out)";
}

std::vector<HandDrawn> collect_hand_drawn(const std::vector<nouns::ObjectClass>& classes,
                                          const DemoSources& sources, int most_per_class,
                                          HandDrawnCounts* counts) {
  const nouns::NounIndex nouns(classes);
  std::vector<HandDrawn> drawn;
  Collection clip_art(sources.clip_art, most_per_class, counts, &drawn);
  collect_clip_art(nouns, sources.clip_art, clip_art, *counts);
  Collection stamps(sources.stamps, most_per_class, counts, &drawn);
  collect_stamps(nouns, sources.stamps, stamps, *counts);
  std::set<int> found;
  for (const HandDrawn& one : drawn) found.insert(one.object);
  counts->classes = static_cast<int>(found.size());
  return drawn;
}

}  // namespace clipwright::demo::pictures
