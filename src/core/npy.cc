#include "core/npy.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "core/error.h"

namespace clipwright {
namespace {

constexpr std::string_view kMagic{"\x93NUMPY", 6};
// NumPy itself reads no header above 10,000 bytes.
constexpr size_t kLongestHeader = 1 << 16;
constexpr size_t kMostDimensions = 32;

void write_array(const std::filesystem::path& path, const char* type,
                 std::span<const std::byte> bytes, std::span<const int64_t> shape) {
  AtomicFile file(path);
  file.write(npy_header(type, shape));
  file.write(bytes);
  file.commit();
}

struct Header {
  std::string type;
  std::vector<int64_t> shape;
  bool fortran_order = false;
};

/// The header's text: a Python dictionary with the keys descr, fortran_order and shape.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  Header read() {
    Header header;
    bool seen[3] = {};
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr") {
        header.type = descriptor();
      } else if (key == "fortran_order") {
        header.fortran_order = truth();
      } else if (key == "shape") {
        header.shape = sizes();
      } else {
        refuse("has the unknown key '" + key.substr(0, 40) + "' in its header");
      }
      bool& was = seen[key == "descr" ? 0 : key == "shape" ? 1 : 2];
      if (was) refuse("names '" + key + "' twice in its header");
      was = true;
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (at_ != text_.size()) refuse("has something after its header's dictionary");
    if (!seen[0]) refuse("has no element type");
    if (!seen[1]) refuse("has no shape");
    if (!seen[2]) refuse("does not say its order");
    return header;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    fail_input(where_ + ": " + why, "an .npy file as NumPy writes it");
  }
  void skip_blanks() {
    while (at_ < text_.size() && std::strchr(" \t\r\n", text_[at_]) != nullptr && text_[at_] != 0)
      ++at_;
  }
  bool accept(char c) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) refuse("has a damaged header");
  }
  std::string quoted() {
    const char quote = accept('\'') ? '\'' : '"';
    if (quote == '"') expect('"');
    const size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) refuse("has a damaged header");
    std::string word(text_.substr(at_, end - at_));
    at_ = end + 1;
    return word;
  }
  std::string descriptor() {
    if (accept('[')) {
      fail_input(where_ + ": is an array of records", "one number an element",
                 "Save the columns one by one: np.save(file, array['name']).");
    }
    return quoted();
  }
  bool truth() {
    skip_blanks();
    for (const std::string_view word : {"True", "False"}) {
      if (text_.substr(at_, word.size()) != word) continue;
      at_ += word.size();
      return word == "True";
    }
    refuse("has a damaged header");
  }
  std::vector<int64_t> sizes() {
    std::vector<int64_t> shape;
    expect('(');
    while (!accept(')')) {
      if (shape.size() == kMostDimensions) refuse("has an impossible shape");
      shape.push_back(number());
      accept('L');  // Python 2
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return shape;
  }
  int64_t number() {
    skip_blanks();
    int64_t value = 0;
    size_t digits = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_, ++digits) {
      if (__builtin_mul_overflow(value, int64_t{10}, &value) ||
          __builtin_add_overflow(value, int64_t{text_[at_] - '0'}, &value))
        refuse("has an impossible shape");
    }
    if (digits == 0) refuse("has an impossible shape");
    return value;
  }

  std::string_view text_;
  const std::string& where_;
  size_t at_ = 0;
};

/// Bytes of an element; refuses what is no number of at most eight little-endian bytes.
size_t item_size_of(const std::string& type, const std::string& where) {
  if (type.size() >= 2 && type[1] == 'O') {
    fail_input(where + ": is an array of Python objects", "an array of numbers",
               "Reading it would run code. Save it with np.save(file, "
               "array.astype('float32')).");
  }
  if (!type.empty() && type[0] == '>') {
    fail_input(where + ": has big-endian elements (" + type.substr(0, 8) + ")", "little-endian",
               "Save array.astype(array.dtype.newbyteorder('<')).");
  }
  for (const std::string_view known :
       {"b1", "i1", "u1", "i2", "u2", "f2", "i4", "u4", "f4", "i8", "u8", "f8"}) {
    if (type.size() != 3 || std::string_view(type).substr(1) != known) continue;
    const bool one_byte = known[1] == '1';
    if (type[0] == '<' || (one_byte && type[0] == '|')) return static_cast<size_t>(known[1] - '0');
  }
  fail_input(where + ": has elements of type '" + type.substr(0, 40) + "'",
             "whole numbers, or real ones of 2, 4 or 8 bytes",
             "Save array.astype('float32'), or .astype('int64') for labels.");
}

/// From the first index changing fastest to the last one doing so.
std::vector<uint8_t> to_c_order(std::span<const std::byte> data, const std::vector<int64_t>& shape,
                                size_t item_size) {
  std::vector<uint8_t> out(data.size());
  std::vector<int64_t> stride(shape.size()), index(shape.size(), 0);
  int64_t step = 1;
  for (size_t d = 0; d < shape.size(); ++d) {
    stride[d] = step;
    step *= shape[d];
  }
  int64_t from = 0;
  for (size_t to = 0; to < out.size(); to += item_size) {
    std::memcpy(out.data() + to, data.data() + static_cast<size_t>(from) * item_size, item_size);
    for (size_t d = shape.size(); d-- > 0;) {
      from += stride[d];
      if (++index[d] < shape[d]) break;
      from -= stride[d] * shape[d];
      index[d] = 0;
    }
  }
  return out;
}

/// What a file's header says, checked against the file's length.
struct Layout {
  Header header;
  size_t item_size = 0, start = 0, bytes = 0;  // of an element; of the data; of all of them
};
Layout layout_of(std::string_view file, const std::string& where) {
  const auto refuse = [&](const std::string& why) {
    fail_input(where + ": " + why, "an .npy file as NumPy writes it");
  };
  if (file.substr(0, 2) == "PK") {
    fail_input(where + ": is a zip archive, as np.savez writes it", "an .npy file",
               "Save one array a file with np.save.");
  }
  if (file.size() < 10 || file.substr(0, kMagic.size()) != kMagic) refuse("is not an .npy file");
  const int version = static_cast<unsigned char>(file[6]);
  if (version < 1 || version > 3)
    refuse("is of version " + std::to_string(version) + " of the format, which is unknown");
  size_t start = 10, length = 0;
  if (version == 1) {
    uint16_t size = 0;
    std::memcpy(&size, file.data() + 8, sizeof size);
    length = size;
  } else {
    if (file.size() < 12) refuse("ends inside its header");
    uint32_t size = 0;
    std::memcpy(&size, file.data() + 8, sizeof size);
    start = 12;
    length = size;
  }
  if (length > kLongestHeader) refuse("has a header of " + std::to_string(length) + " bytes");
  if (file.size() - start < length) refuse("ends inside its header");
  Header header = HeaderReader(file.substr(start, length), where).read();
  const size_t item_size = item_size_of(header.type, where);
  uint64_t bytes = item_size;
  // A zero among the sizes must not hide that the others are impossible.
  for (const int64_t size : header.shape) {
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(std::max<int64_t>(size, 1)), &bytes) ||
        bytes > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
      refuse("has an impossible shape");
  }
  if (std::count(header.shape.begin(), header.shape.end(), 0) > 0) bytes = 0;
  const size_t there = file.size() - start - length;
  if (there != bytes) {
    refuse((there < bytes ? "is shorter" : "is longer") + std::string(" than its shape says (") +
           std::to_string(there) + " bytes of data instead of " + std::to_string(bytes) + ")");
  }
  return {std::move(header), item_size, start + length, bytes};
}

}  // namespace

std::string npy_header(std::string_view type, std::span<const int64_t> shape) {
  std::string text = "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (";
  for (const int64_t size : shape) text += std::to_string(size) + ",";
  text += "), }";
  const std::string start = std::string(kMagic) + std::string("\x01\x00", 2);
  // The data must start at a multiple of 64 bytes; the header ends in a newline.
  text.append(63 - (start.size() + 2 + text.size()) % 64, ' ');
  text += '\n';
  const auto length = static_cast<uint16_t>(text.size());
  return start + std::string(reinterpret_cast<const char*>(&length), 2) + text;
}

void write_npy(const std::filesystem::path& path, std::span<const float> values,
               std::span<const int64_t> shape) {
  write_array(path, "<f4", std::as_bytes(values), shape);
}

void write_npy(const std::filesystem::path& path, std::span<const uint8_t> values,
               std::span<const int64_t> shape) {
  write_array(path, "|u1", std::as_bytes(values), shape);
}

MappedNpy::MappedNpy(const std::filesystem::path& path) : file_(path) {
  Layout layout = layout_of(file_.text(), path.string());
  type_ = std::move(layout.header.type);
  shape_ = std::move(layout.header.shape);
  fortran_order_ = layout.header.fortran_order;
  item_size_ = layout.item_size;
  count_ = static_cast<int64_t>(layout.bytes / layout.item_size);
  data_ = file_.bytes().subspan(layout.start);
}

NpyArray read_npy(const std::filesystem::path& path) {
  const MappedFile file(path);
  return parse_npy(file.text(), path.string());
}

NpyArray parse_npy(std::string_view file, const std::string& name) {
  Layout layout = layout_of(file, name);
  const std::string_view data = file.substr(layout.start, layout.bytes);
  NpyArray array{std::move(layout.header.type), std::move(layout.header.shape), {}};
  if (layout.header.fortran_order && array.shape.size() > 1) {
    array.bytes = to_c_order(std::as_bytes(std::span(data)), array.shape, layout.item_size);
  } else {
    array.bytes.assign(data.begin(), data.end());
  }
  return array;
}

template <typename T>
std::span<const T> NpyArray::values() const {
  const std::string_view wanted = std::is_same_v<T, float>     ? "<f4"
                                  : std::is_same_v<T, double>  ? "<f8"
                                  : std::is_same_v<T, int32_t> ? "<i4"
                                  : std::is_same_v<T, int64_t> ? "<i8"
                                                               : "|u1";
  if (type != wanted) fail_input("an array of type " + type, std::string(wanted));
  return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}
template std::span<const float> NpyArray::values() const;
template std::span<const double> NpyArray::values() const;
template std::span<const int32_t> NpyArray::values() const;
template std::span<const int64_t> NpyArray::values() const;
template std::span<const uint8_t> NpyArray::values() const;

}  // namespace clipwright
