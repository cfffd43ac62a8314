#include "demo/pictures/svg.h"

#include <cairo.h>
#include <librsvg/rsvg.h>

#include <algorithm>
#include <memory>
#include <pugixml.hpp>

namespace clipwright::demo::pictures {
namespace {

/// Files write prefixes as they like: "cc:Work", "Work".
std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node find_local(const pugi::xml_node& from, std::string_view name) {
  return from.find_node([&](const pugi::xml_node& node) { return local_name(node) == name; });
}

pugi::xml_node child_local(const pugi::xml_node& parent, std::string_view name) {
  for (const pugi::xml_node child : parent.children()) {
    if (local_name(child) == name) return child;
  }
  return {};
}

struct Unref {
  void operator()(RsvgHandle* handle) const { g_object_unref(handle); }
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};

std::string take_message(GError* error) {
  std::string message = error != nullptr ? error->message : "unknown reason";
  if (error != nullptr) g_error_free(error);
  return message;
}

}  // namespace

std::optional<SvgMetadata> read_svg_metadata(std::string_view file) {
  constexpr std::string_view kEnd = "</metadata>";
  const size_t start = file.find("<metadata"), end = file.find(kEnd, start);
  if (start == std::string_view::npos || end == std::string_view::npos) return std::nullopt;
  const std::string_view block = file.substr(start, end + kEnd.size() - start);
  pugi::xml_document document;
  if (!document.load_buffer(block.data(), block.size(), pugi::parse_default, pugi::encoding_utf8)) {
    return std::nullopt;
  }
  const pugi::xml_node work = find_local(document, "Work");
  SvgMetadata metadata{child_local(work, "title").text().get(), {}};
  if (metadata.title.empty()) return std::nullopt;
  const pugi::xml_node bag = child_local(child_local(work, "subject"), "Bag");
  for (const pugi::xml_node item : bag.children())
    metadata.keywords.emplace_back(item.text().get());
  return metadata;
}

Raster render_svg(std::string_view file, int side, std::string* error) {
  GError* problem = nullptr;
  const std::unique_ptr<RsvgHandle, Unref> handle(rsvg_handle_new_from_data(
      reinterpret_cast<const guint8*>(file.data()), file.size(), &problem));
  if (!handle) {
    *error = take_message(problem);
    return {};
  }
  const std::unique_ptr<cairo_surface_t, Unref> surface(
      cairo_image_surface_create(CAIRO_FORMAT_ARGB32, side, side));
  const std::unique_ptr<cairo_t, Unref> context(cairo_create(surface.get()));
  // Without a viewBox librsvg does not scale; the file's own size in pixels tells by how much to.
  RsvgRectangle viewport{0, 0, static_cast<double>(side), static_cast<double>(side)}, box;
  gboolean has_width, has_height, has_box;
  RsvgLength width, height;
  rsvg_handle_get_intrinsic_dimensions(handle.get(), &has_width, &width, &has_height, &height,
                                       &has_box, &box);
  double pixel_width = 0, pixel_height = 0;
  if (has_box == 0 &&
      rsvg_handle_get_intrinsic_size_in_pixels(handle.get(), &pixel_width, &pixel_height) != 0 &&
      pixel_width > 0 && pixel_height > 0) {
    const double scale = side / std::max(pixel_width, pixel_height);
    cairo_scale(context.get(), scale, scale);
    viewport = {0, 0, pixel_width, pixel_height};
  }
  if (rsvg_handle_render_document(handle.get(), context.get(), &viewport, &problem) == 0) {
    *error = take_message(problem);
    return {};
  }
  cairo_surface_flush(surface.get());
  const unsigned char* data = cairo_image_surface_get_data(surface.get());
  const int stride = cairo_image_surface_get_stride(surface.get());
  Raster picture(side, side);
  for (int y = 0; y < side; ++y) {
    const auto* row =
        reinterpret_cast<const uint32_t*>(data + static_cast<std::ptrdiff_t>(y) * stride);
    for (int x = 0; x < side; ++x) {
      uint8_t* rgba = picture.at(x, y);
      for (int c = 0; c < 3; ++c) rgba[c] = static_cast<uint8_t>(row[x] >> (16 - 8 * c));
      rgba[3] = static_cast<uint8_t>(row[x] >> 24);
    }
  }
  picture = trim(picture);
  if (picture.width == 0) *error = "nothing is drawn";
  return picture;
}

}  // namespace clipwright::demo::pictures
