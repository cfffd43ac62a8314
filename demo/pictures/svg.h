// SVG clip art: pictures through librsvg, titles and keywords from the RDF inside.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "demo/pictures/raster.h"

namespace clipwright::demo::pictures {

/// Dublin Core title and subject of a work.
struct SvgMetadata {
  std::string title;
  std::vector<std::string> keywords;
};

/// Nothing when the file has no <metadata> with a title.
std::optional<SvgMetadata> read_svg_metadata(std::string_view file);

/// The picture fitted into side x side, trimmed. A file that cannot be drawn gives an empty picture
/// and a reason in `error`.
Raster render_svg(std::string_view file, int side, std::string* error);

}  // namespace clipwright::demo::pictures
