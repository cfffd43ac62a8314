#include "demo/pictures/emoji_font.h"

#include <ft2build.h>

#include <cstdio>
#include <string>
#include FT_FREETYPE_H

#include "core/error.h"

namespace clipwright::demo::pictures {
namespace {

std::string name_of(char32_t code_point) {
  char text[16];
  std::snprintf(text, sizeof text, "U+%04X", static_cast<unsigned>(code_point));
  return text;
}

}  // namespace

struct EmojiFont::State {
  std::string path;
  FT_Library library = nullptr;
  FT_Face face = nullptr;
  ~State() {
    if (face != nullptr) FT_Done_Face(face);
    if (library != nullptr) FT_Done_FreeType(library);
  }
};

EmojiFont::EmojiFont(const std::filesystem::path& path) : state_(std::make_unique<State>()) {
  state_->path = path.string();
  if (FT_Init_FreeType(&state_->library) != 0) fail_running("FreeType could not be started");
  if (FT_New_Face(state_->library, path.c_str(), 0, &state_->face) != 0) {
    fail_input(state_->path + ": cannot be opened as a font", "Noto Color Emoji",
               "Install the package fonts-noto-color-emoji.");
  }
  const FT_Face face = state_->face;
  int largest = 0;
  for (int i = 1; i < face->num_fixed_sizes; ++i) {
    if (face->available_sizes[i].y_ppem > face->available_sizes[largest].y_ppem) largest = i;
  }
  if (!FT_HAS_COLOR(face) || face->num_fixed_sizes == 0 || FT_Select_Size(face, largest) != 0) {
    fail_input(state_->path + ": a font without colour bitmaps", "Noto Color Emoji",
               "Install the package fonts-noto-color-emoji.");
  }
}

EmojiFont::EmojiFont(EmojiFont&&) noexcept = default;
EmojiFont::~EmojiFont() = default;

Raster EmojiFont::sprite(char32_t code_point) const {
  const FT_Face face = state_->face;
  const FT_UInt glyph = FT_Get_Char_Index(face, code_point);
  if (glyph == 0 || FT_Load_Glyph(face, glyph, FT_LOAD_COLOR) != 0 ||
      face->glyph->bitmap.pixel_mode != FT_PIXEL_MODE_BGRA) {
    fail_input(state_->path + ": no colour picture for " + name_of(code_point));
  }
  const FT_Bitmap& bitmap = face->glyph->bitmap;
  Raster picture(static_cast<int>(bitmap.width), static_cast<int>(bitmap.rows));
  for (int y = 0; y < picture.height; ++y) {
    const uint8_t* row = bitmap.buffer + static_cast<std::ptrdiff_t>(y) * bitmap.pitch;
    for (int x = 0; x < picture.width; ++x) {
      const uint8_t* bgra = row + static_cast<std::ptrdiff_t>(x) * 4;
      uint8_t* rgba = picture.at(x, y);
      rgba[0] = bgra[2], rgba[1] = bgra[1], rgba[2] = bgra[0], rgba[3] = bgra[3];
    }
  }
  picture = trim(picture);
  if (picture.width == 0) fail_input(state_->path + ": " + name_of(code_point) + " is blank");
  return picture;
}

}  // namespace clipwright::demo::pictures
