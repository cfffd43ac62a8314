// libtiff on bytes in memory, with its complaints kept instead of printed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <tiffio.h>

namespace clipwright::data::image {

/// What libtiff reads from, and what it first complained about.
struct TiffSource {
  std::span<const uint8_t> bytes;
  uint64_t at = 0;
  std::string complaint;
};

/// Opens the source, which must stay where it is until TIFFClose; nullptr when it is no TIFF.
TIFF* open_tiff(TiffSource& source);

/// While it lives, complaints about a source go to that source: libtiff's handlers belong to the
/// process, in which others may use it too.
class ReadingTiff {
 public:
  explicit ReadingTiff(TiffSource& source);
  ReadingTiff(const ReadingTiff&) = delete;
  ReadingTiff& operator=(const ReadingTiff&) = delete;
  ~ReadingTiff();
};

/// What the first directory of a file itself says under a tag of short numbers (the first of them);
/// nothing where it has no such tag. libtiff makes up what a file leaves out.
std::optional<uint16_t> stated(std::span<const uint8_t> file, uint32_t tag);

}  // namespace clipwright::data::image
