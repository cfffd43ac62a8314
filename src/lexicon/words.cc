#include "lexicon/words.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <array>
#include <bit>

namespace clipwright::lexicon {
namespace {

enum Kind : uint8_t { kSeparator, kLower, kUpper, kDigit, kApostrophe, kSentenceEnd, kHigh };

constexpr std::array<Kind, 256> byte_kinds() {
  std::array<Kind, 256> kinds{};
  for (int c = 'a'; c <= 'z'; ++c) kinds[c] = kLower;
  for (int c = 'A'; c <= 'Z'; ++c) kinds[c] = kUpper;
  for (int c = '0'; c <= '9'; ++c) kinds[c] = kDigit;
  for (int c = 128; c < 256; ++c) kinds[c] = kHigh;
  kinds['\''] = kApostrophe;
  for (char c : {'.', '!', '?', ':', ';', '"', '(', '\n', '|'})
    kinds[static_cast<uint8_t>(c)] = kSentenceEnd;
  return kinds;
}
constexpr std::array<Kind, 256> kKinds = byte_kinds();

uint32_t script_of(UChar32 point) {
  UErrorCode error = U_ZERO_ERROR;
  switch (uscript_getScript(point, &error)) {
    case USCRIPT_LATIN:
      return kLatin;
    case USCRIPT_CYRILLIC:
      return kCyrillic;
    case USCRIPT_GREEK:
      return kGreek;
    case USCRIPT_ARABIC:
      return kArabic;
    case USCRIPT_HEBREW:
      return kHebrew;
    case USCRIPT_HAN:
      return kHan;
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
      return kKana;
    case USCRIPT_HANGUL:
      return kHangul;
    case USCRIPT_DEVANAGARI:
    case USCRIPT_BENGALI:
    case USCRIPT_TAMIL:
    case USCRIPT_TELUGU:
    case USCRIPT_GUJARATI:
    case USCRIPT_KANNADA:
    case USCRIPT_MALAYALAM:
    case USCRIPT_GURMUKHI:
      return kIndic;
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR:
      return kThai;
    default:
      return kOtherScript;
  }
}

class Splitter {
 public:
  Splitter(std::string_view text, Words& words) : text_(text), words_(words) {}

  void run() {
    while (at_ < text_.size()) {
      const uint8_t byte = static_cast<uint8_t>(text_[at_]);
      switch (kKinds[byte]) {
        case kLower:
          letter(static_cast<char>(byte), false);
          ++at_;
          break;
        case kUpper:
          letter(static_cast<char>(byte + 32), true);
          ++at_;
          break;
        case kDigit:
          digit();
          break;
        case kApostrophe:
          apostrophe(1);
          break;
        case kSentenceEnd:
          sentence_end(byte);
          break;
        case kSeparator:
          close();
          ++at_;
          break;
        case kHigh:
          code_point();
          break;
      }
    }
    close();
  }

 private:
  void open() {
    if (open_) return;
    open_ = true;
    word_ = Word{};
    word_.begin = static_cast<uint32_t>(words_.letters.size());
    word_.starts_sentence = sentence_starts_;
    upper_ = letters_ = 0;
  }

  void letter(char lower, bool upper) {
    open();
    if (letters_ == 0 && !word_.has_digit) word_.capitalised = upper;
    upper_ += upper;
    ++letters_;
    ++words_.letter_count[0];
    words_.letters.push_back(lower);
  }

  /// Commas and points between digits belong to the number: 1,000 and 3.5.
  void digit() {
    open();
    word_.has_digit = true;
    words_.letters.push_back(text_[at_++]);
    if (at_ + 1 < text_.size() && (text_[at_] == ',' || text_[at_] == '.') &&
        kKinds[static_cast<uint8_t>(text_[at_ + 1])] == kDigit) {
      if (text_[at_] == '.') words_.letters.push_back('.');
      ++at_;
    }
  }

  void apostrophe(size_t bytes) {
    const size_t next = at_ + bytes;
    const bool inside = open_ && next < text_.size() &&
                        (kKinds[static_cast<uint8_t>(text_[next])] == kLower ||
                         kKinds[static_cast<uint8_t>(text_[next])] == kUpper);
    if (inside) {
      words_.letters.push_back('\'');
    } else {
      close();
    }
    at_ = next;
  }

  void sentence_end(uint8_t byte) {
    close();
    sentence_starts_ = true;
    ++at_;
  }

  void code_point() {
    int32_t next = static_cast<int32_t>(at_);
    UChar32 point;
    const int32_t size = static_cast<int32_t>(text_.size());
    U8_NEXT(text_.data(), next, size, point);
    if (point == 0x2019 && open_) return apostrophe(static_cast<size_t>(next) - at_);
    at_ = static_cast<size_t>(next);
    const int8_t type = point < 0 ? 0 : u_charType(point);
    const bool mark = type == U_NON_SPACING_MARK || type == U_COMBINING_SPACING_MARK;
    if (point < 0 || !(u_isalpha(point) || (mark && open_))) return close();
    const uint32_t script = mark ? 0 : script_of(point);
    const bool alone = (script & (kHan | kKana)) != 0;
    if (alone) close();
    open();
    const bool upper = type == U_UPPERCASE_LETTER;
    if (letters_ == 0 && !word_.has_digit) word_.capitalised = upper;
    upper_ += upper;
    ++letters_;
    if (script != 0) ++words_.letter_count[std::countr_zero(script)];
    char encoded[4];
    int32_t length = 0;
    U8_APPEND_UNSAFE(encoded, length, u_tolower(point));
    words_.letters.append(encoded, static_cast<size_t>(length));
    if (alone) close();
  }

  void close() {
    if (!open_) return;
    open_ = false;
    sentence_starts_ = false;
    ++words_.count;
    std::string& letters = words_.letters;
    if (words_.list.size() >= Words::kMostWords) {
      letters.resize(word_.begin);
      return;
    }
    std::string_view lower = std::string_view(letters).substr(word_.begin);
    if (lower.ends_with("n't")) {
      word_.denied = true;
    } else if (lower.size() > 2 && lower.ends_with("'s")) {
      letters.resize(letters.size() - 2);
      lower = std::string_view(letters).substr(word_.begin);
    }
    word_.size = static_cast<uint32_t>(lower.size());
    word_.hash = word_hash(lower);
    word_.has_letter = letters_ > 0;
    word_.all_capitals = letters_ >= 2 && upper_ == letters_;
    words_.alphabetic += word_.has_letter;
    words_.capitalised += word_.capitalised;
    words_.list.push_back(word_);
  }

  std::string_view text_;
  Words& words_;
  size_t at_ = 0;
  bool open_ = false, sentence_starts_ = true;
  int upper_ = 0, letters_ = 0;
  Word word_;
};

}  // namespace

void split_words(std::string_view text, Words& words) {
  words.letters.clear();
  words.list.clear();
  words.count = words.capitalised = words.alphabetic = 0;
  for (int64_t& count : words.letter_count) count = 0;
  // Offsets are 32 bits wide; a "caption" beyond 256 MB is no caption.
  Splitter(text.substr(0, size_t{1} << 28), words).run();
}

}  // namespace clipwright::lexicon
