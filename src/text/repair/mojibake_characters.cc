#include "text/repair/mojibake_characters.h"

namespace clipwright::text::repair {
namespace {

struct CodePointMask {
  char32_t code_point;
  uint32_t mask;
};

#include "text/tables/mojibake_characters.inc"

}  // namespace

MojibakeTraits::MojibakeTraits() {
  for (const CodePointMask& entry : kMojibakeCharacters) masks_[entry.code_point] = entry.mask;
}

const MojibakeTraits& MojibakeTraits::standard() {
  static const MojibakeTraits traits;
  return traits;
}

}  // namespace clipwright::text::repair
