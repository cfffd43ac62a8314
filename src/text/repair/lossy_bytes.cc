#include "text/repair/lossy_bytes.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace clipwright::text::repair {
namespace {

constexpr uint8_t kSubstitute = 0x1A;

/// Bytes from a position on; past the end there is '\n', which no rule accepts.
class Bytes {
 public:
  Bytes(std::string_view bytes, size_t position) : rest_(bytes.substr(position)) {}
  uint8_t operator[](size_t i) const {
    return i < rest_.size() ? static_cast<uint8_t>(rest_[i]) : '\n';
  }
  bool in(size_t i, uint8_t first, uint8_t last) const {
    return (*this)[i] >= first && (*this)[i] <= last;
  }
  bool is(size_t i, char byte) const { return (*this)[i] == static_cast<uint8_t>(byte); }
  bool continues(size_t i) const { return in(i, 0x80, 0xBF); }
  bool starts(size_t i, std::string_view word) const {
    return i <= rest_.size() && rest_.substr(i, word.size()) == word;
  }

 private:
  std::string_view rest_;
};

/// Length of a sequence at the start that would be UTF-8 if its space were 0xA0; 0 when there is
/// none.
size_t spaced_sequence(const Bytes& b) {
  // 0x85 is an ellipsis in Windows-1252 and 0xA0 itself needs no help.
  const auto telling = [&](size_t i) {
    return b.in(i, 0x80, 0x84) || b.in(i, 0x86, 0x9F) || b.in(i, 0xA1, 0xBF);
  };
  switch (b[0]) {
    case 0xC2:
    case 0xC3:
    case 0xC5:
    case 0xCE:
    case 0xD0:
    case 0xD9:
      return b.is(1, ' ') ? 2 : 0;
    case 0xE0:
    case 0xE1:
      return telling(1) && b.is(2, ' ') ? 3 : 0;
    case 0xE2:
    case 0xE3:
      return (b.is(1, ' ') && telling(2)) || (telling(1) && b.is(2, ' ')) ? 3 : 0;
    case 0xF0: {
      int spaces = 0;
      for (size_t i = 1; i <= 3; ++i) {
        if (b.is(i, ' ')) {
          ++spaces;
        } else if (!b.continues(i)) {
          return 0;
        }
      }
      return spaces == 1 ? 4 : 0;
    }
    default:
      return 0;
  }
}

/// "Ã " as a word of its own was "à " whose two spaces became one, except in Portuguese words that
/// begin with à.
bool is_lone_a_grave(const Bytes& b) {
  return b[0] == 0xC3 && b.is(1, ' ') && !b.is(2, ' ') && !b.starts(2, "quele") &&
         !b.starts(2, "quela") && !b.starts(2, "quilo") && !b.starts(2, "s ");
}

size_t lost_surrogate_pair(const Bytes& b) {
  const auto lost = [&](size_t i) { return b[i] == kSubstitute || b.is(i, '?'); };
  if (b[0] != 0xED || !b.in(1, 0xA0, 0xAF) || b[3] != 0xED || !b.in(4, 0xB0, 0xBF)) return 0;
  return (lost(2) && (lost(5) || b.continues(5))) || ((lost(2) || b.continues(2)) && lost(5)) ? 6
                                                                                              : 0;
}

/// Length of a sequence of `length` bytes with at least one lost, of which at most one as '?'; 0
/// otherwise.
size_t lost_sequence(const Bytes& b, size_t length) {
  int lost = 0, questions = 0;
  for (size_t i = 1; i < length; ++i) {
    if (b.is(i, '?')) {
      ++questions;
    } else if (b[i] == kSubstitute) {
      ++lost;
    } else if (!b.continues(i)) {
      return 0;
    }
  }
  return questions <= 1 && lost + questions >= 1 ? length : 0;
}

size_t lossy_sequence(const Bytes& b) {
  if (b[0] == kSubstitute) return 1;
  if (b.in(0, 0xC2, 0xDF)) return b[1] == kSubstitute || (b[0] <= 0xC3 && b.is(1, '?')) ? 2 : 0;
  if (b.in(0, 0xE0, 0xEF)) {
    const size_t pair = lost_surrogate_pair(b);
    return pair != 0 ? pair : lost_sequence(b, 3);
  }
  return b.in(0, 0xF0, 0xF4) ? lost_sequence(b, 4) : 0;
}

}  // namespace

void restore_no_break_spaces(std::string& bytes) {
  const auto any = [&] {
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (spaced_sequence(Bytes(bytes, i)) != 0) return true;
    }
    return false;
  };
  if (!any()) return;
  std::string widened;
  widened.reserve(bytes.size() + 8);
  for (size_t i = 0; i < bytes.size(); ++i) {
    widened.push_back(bytes[i]);
    if (is_lone_a_grave(Bytes(bytes, i))) widened.push_back('\xA0');
  }
  for (size_t i = 0; i < widened.size();) {
    const size_t length = spaced_sequence(Bytes(widened, i));
    std::replace(widened.begin() + static_cast<std::ptrdiff_t>(i),
                 widened.begin() + static_cast<std::ptrdiff_t>(i + length), ' ', '\xA0');
    i += std::max<size_t>(length, 1);
  }
  bytes = std::move(widened);
}

void replace_lost_sequences(std::string& bytes) {
  std::string result;
  result.reserve(bytes.size() + 8);
  for (size_t i = 0; i < bytes.size();) {
    const size_t length = lossy_sequence(Bytes(bytes, i));
    if (length == 0) {
      result.push_back(bytes[i++]);
    } else {
      result += "\xEF\xBF\xBD";
      i += length;
    }
  }
  bytes = std::move(result);
}

}  // namespace clipwright::text::repair
