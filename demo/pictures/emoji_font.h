// Sprites out of a colour bitmap font (Noto Color Emoji).
#pragma once

#include <filesystem>
#include <memory>

#include "demo/pictures/raster.h"

namespace clipwright::demo::pictures {

class EmojiFont {
 public:
  /// Throws Error(kInput) when the file is not a font with colour bitmaps.
  explicit EmojiFont(const std::filesystem::path& path);
  EmojiFont(EmojiFont&&) noexcept;
  ~EmojiFont();

  /// The largest bitmap of one code point, trimmed. Throws Error(kInput) when the font has none.
  Raster sprite(char32_t code_point) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clipwright::demo::pictures
