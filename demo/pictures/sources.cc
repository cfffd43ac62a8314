#include "demo/pictures/sources.h"

#include <string>
#include <utility>

#include "core/error.h"

namespace clipwright::demo::pictures {

void check_sources(const DemoSources& sources) {
  const std::pair<const std::filesystem::path&, const char*> needed[] = {
      {sources.font, "fonts-noto-color-emoji"},
      {sources.annotations, "unicode-cldr-core"},
      {sources.clip_art, "openclipart-svg"},
      {sources.stamps, "tuxpaint-stamps-default"}};
  for (const auto& [path, package] : needed) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) {
      fail_running(
          path.string() + ": not found", std::string("a file of the package ") + package,
          std::string(
              "Start the demo with ./run demo, which installs it, or run: apt-get install ") +
              package + ".");
    }
  }
}

}  // namespace clipwright::demo::pictures
