// Where the demo's pictures and words come from: files of distribution packages.
#pragma once

#include <filesystem>

namespace clipwright::demo::pictures {

struct DemoSources {
  std::filesystem::path font = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf";
  std::filesystem::path annotations = "/usr/share/unicode/cldr/common/annotations/en.xml";
  std::filesystem::path clip_art = "/usr/share/openclipart/svg";
  std::filesystem::path stamps = "/usr/share/tuxpaint/stamps";
  /// Below which the package gcompris-qt-data lies. The demo tells its story without it, too.
  std::filesystem::path photographs = "/";
};

/// Throws Error(kFailed) naming the package of the first source that is missing.
void check_sources(const DemoSources& sources);

}  // namespace clipwright::demo::pictures
