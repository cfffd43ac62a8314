#include "data/files/qt_resource.h"

#include <zlib.h>

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace clipwright::data::files {
namespace {

constexpr uint64_t kMostEntries = 1 << 17;
constexpr int kDeepest = 32;
constexpr uint64_t kLongestName = 255;                   // UTF-16 units
constexpr uint64_t kMostPathBytes = uint64_t{64} << 20;  // of all paths together
constexpr uint64_t kMostUnpacked = uint64_t{64} << 20;   // of one file
constexpr uint64_t kMostRatio = 1032, kRatioSlack = 64;  // of deflate, by its format
constexpr uint16_t kZlibFlag = 1, kFolderFlag = 2, kZstandardFlag = 4;

/// Big-endian numbers at places that need not be inside of the file.
class Bytes {
 public:
  Bytes(std::string_view all, std::string_view where) : all_(all), where_(where) {}

  [[noreturn]] void fail(const std::string& what) const {
    fail_input(std::string(where_) + ": " + what, "a whole Qt resource file (.rcc)",
               "Install or copy it again.");
  }
  std::string_view take(uint64_t at, uint64_t size, const std::string& what) const {
    if (at > all_.size() || size > all_.size() - at) {
      fail("its " + what + " at byte " + std::to_string(at) + " is outside of the file of " +
           std::to_string(all_.size()) + " bytes");
    }
    return all_.substr(at, size);
  }
  uint64_t number(uint64_t at, int bytes, const std::string& what) const {
    uint64_t value = 0;
    for (const char c : take(at, static_cast<uint64_t>(bytes), what))
      value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  uint64_t size() const { return all_.size(); }

 private:
  std::string_view all_, where_;
};

struct Header {
  uint64_t version, tree, data, names, entry_bytes, entries;
};

Header read_header(const Bytes& bytes) {
  if (bytes.size() < 20 || bytes.take(0, 4, "first bytes") != "qres")
    bytes.fail("does not begin with the letters qres and four numbers");
  Header header{.version = bytes.number(4, 4, "version"),
                .tree = bytes.number(8, 4, "place of the tree"),
                .data = bytes.number(12, 4, "place of the data"),
                .names = bytes.number(16, 4, "place of the names"),
                .entry_bytes = 22,
                .entries = 0};
  if (header.version < 1 || header.version > 3)
    bytes.fail("is of version " + std::to_string(header.version) + " (1 to 3 are known)");
  if (header.version == 1) header.entry_bytes = 14;  // without the time of change
  for (const auto& [place, what] :
       {std::pair(header.tree, "entries"), std::pair(header.data, "data"),
        std::pair(header.names, "names")}) {
    if (place >= 20 && place <= bytes.size()) continue;
    bytes.fail("its header says that the " + std::string(what) + " come at byte " +
               std::to_string(place) + ", which is " +
               (place < 20 ? "inside the header itself"
                           : "beyond its end at byte " + std::to_string(bytes.size())));
  }
  header.entries = (bytes.size() - header.tree) / header.entry_bytes;
  return header;
}

void append_utf8(std::string& text, uint32_t c) {
  const auto put = [&](uint32_t byte) { text += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

/// Names are UTF-16 behind their length and the hash by which Qt looks them up.
std::string read_name(const Bytes& bytes, uint64_t at) {
  const std::string where = "the name at byte " + std::to_string(at);
  const uint64_t length = bytes.number(at, 2, "name");
  const uint64_t stated = bytes.number(at + 2, 4, "name");
  if (length == 0 || length > kLongestName)
    bytes.fail(where + " has " + std::to_string(length) + " letters (1 to 255 are allowed)");
  const std::string_view units = bytes.take(at + 6, 2 * length, "name");
  std::string name;
  uint32_t hash = 0, high = 0;
  for (size_t i = 0; i < units.size(); i += 2) {
    const uint32_t unit = static_cast<uint32_t>(static_cast<unsigned char>(units[i])) << 8 |
                          static_cast<unsigned char>(units[i + 1]);
    hash = (hash << 4) + unit;
    hash ^= (hash & 0xF0000000) >> 23;
    hash &= 0x0FFFFFFF;
    const bool is_low = unit >= 0xDC00 && unit < 0xE000;
    if (is_low != (high != 0) || unit < 0x20 || unit == '/')
      bytes.fail(where + " is no file name in UTF-16");
    if (is_low) {
      append_utf8(name, 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
      high = 0;
    } else if (unit >= 0xD800 && unit < 0xDC00) {
      high = unit;
    } else {
      append_utf8(name, unit);
    }
  }
  if (high != 0 || name == "." || name == "..") bytes.fail(where + " is no file name in UTF-16");
  if (hash != stated) bytes.fail(where + " does not have the hash that stands before it");
  return name;
}

struct Entry {
  uint64_t name, flags;
  uint64_t count, first_child;             // of a folder
  uint64_t territory, language, data = 0;  // of a file
};

Entry read_entry(const Bytes& bytes, const Header& header, uint64_t index) {
  const uint64_t at = header.tree + index * header.entry_bytes;
  Entry entry{.name = bytes.number(at, 4, "entry"),
              .flags = bytes.number(at + 4, 2, "entry"),
              .count = bytes.number(at + 6, 4, "entry"),
              .first_child = bytes.number(at + 10, 4, "entry"),
              .territory = bytes.number(at + 6, 2, "entry"),
              .language = bytes.number(at + 8, 2, "entry"),
              .data = bytes.number(at + 10, 4, "entry")};
  const std::string where = "entry " + std::to_string(index);
  constexpr uint64_t kKnown = kZlibFlag | kFolderFlag | kZstandardFlag;
  if ((entry.flags & ~kKnown) != 0 || (entry.flags & kFolderFlag && entry.flags != kFolderFlag) ||
      entry.flags == (kZlibFlag | kZstandardFlag))
    bytes.fail(where + " has the flags " + std::to_string(entry.flags) + ", which mean nothing");
  if (entry.flags == kFolderFlag &&
      (entry.first_child > header.entries || entry.count > header.entries - entry.first_child)) {
    bytes.fail(where + " is a folder of " + std::to_string(entry.count) + " from entry " +
               std::to_string(entry.first_child) + " on, but there is room for " +
               std::to_string(header.entries));
  }
  return entry;
}

ResourceFile read_file_entry(const Bytes& bytes, const Header& header, const Entry& entry,
                             std::string path) {
  const uint64_t at = header.data + entry.data;
  ResourceFile file{.path = std::move(path),
                    .offset = at + 4,
                    .size = bytes.number(at, 4, "data"),
                    .packing = entry.flags == kZlibFlag        ? ResourcePacking::kZlib
                               : entry.flags == kZstandardFlag ? ResourcePacking::kZstandard
                                                               : ResourcePacking::kPlain,
                    .territory = static_cast<uint16_t>(entry.territory),
                    .language = static_cast<uint16_t>(entry.language)};
  bytes.take(file.offset, file.size, file.path);
  return file;
}

/// Why zlib's bytes do not give `size` bytes; empty when they did.
std::string inflate_exactly(std::string_view packed, std::string& unpacked) {
  uLongf size = unpacked.size();
  uLong used = packed.size();
  const int code = ::uncompress2(reinterpret_cast<Bytef*>(unpacked.data()), &size,
                                 reinterpret_cast<const Bytef*>(packed.data()), &used);
  if (code != Z_OK) return "does not unpack (zlib says " + std::to_string(code) + ")";
  if (size != unpacked.size())
    return "unpacks to " + std::to_string(size) + " bytes instead of " +
           std::to_string(unpacked.size());
  if (used != packed.size())
    return "has " + std::to_string(packed.size() - used) + " bytes behind its end";
  return {};
}

}  // namespace

std::vector<ResourceFile> index_qt_resource(std::string_view resource, std::string_view where) {
  const Bytes bytes(resource, where);
  const Header header = read_header(bytes);
  if (header.entries == 0) bytes.fail("has no entries");
  if (read_entry(bytes, header, 0).flags != kFolderFlag) bytes.fail("its first entry is no folder");

  struct Waiting {
    uint64_t index;
    int depth;
    std::string folder;
  };
  std::vector<Waiting> waiting = {{0, 0, ""}};
  std::vector<bool> reached(std::min(header.entries, kMostEntries));
  reached[0] = true;
  std::vector<ResourceFile> files;
  uint64_t path_bytes = 0;
  while (!waiting.empty()) {
    const Waiting here = std::move(waiting.back());
    waiting.pop_back();
    const Entry entry = read_entry(bytes, header, here.index);
    std::string path;
    if (here.index > 0) path = here.folder + "/" + read_name(bytes, header.names + entry.name);
    path_bytes += path.size();
    if (path_bytes > kMostPathBytes) bytes.fail("its paths are longer than 64 MiB in all");
    if (entry.flags != kFolderFlag) {
      files.push_back(read_file_entry(bytes, header, entry, std::move(path)));
      continue;
    }
    if (here.depth >= kDeepest)
      bytes.fail("has more than " + std::to_string(kDeepest) + " folders in one another");
    if (entry.first_child + entry.count > kMostEntries)
      bytes.fail("has more than " + std::to_string(kMostEntries) + " entries");
    path_bytes += entry.count * path.size();
    if (path_bytes > kMostPathBytes) bytes.fail("its paths are longer than 64 MiB in all");
    // Last first, so that they are taken in order.
    for (uint64_t i = entry.first_child + entry.count; i-- > entry.first_child;) {
      if (reached[i]) bytes.fail("entry " + std::to_string(i) + " is in two folders");
      reached[i] = true;
      waiting.push_back({i, here.depth + 1, path});
    }
  }
  return files;
}

std::string unpack(std::string_view resource, const ResourceFile& file, std::string_view where) {
  const Bytes bytes(resource, where);
  const std::string_view packed = bytes.take(file.offset, file.size, file.path);
  if (file.packing == ResourcePacking::kZstandard) {
    fail_input(
        std::string(where) + ": " + file.path + " is packed with Zstandard",
        "plain or zlib-packed files",
        "Make it again with rcc --compress-algo zlib, or use the package that Debian ships.");
  }
  if (packed.size() > kMostUnpacked) bytes.fail(file.path + " is larger than 64 MiB");
  if (file.packing == ResourcePacking::kPlain) return std::string(packed);
  if (packed.size() < 4) bytes.fail(file.path + " is too short to say how large it is");
  const uint64_t size = Bytes(packed, where).number(0, 4, "size");
  const std::string_view stream = packed.substr(4);
  if (size > kMostUnpacked)
    bytes.fail(file.path + " says that it is " + std::to_string(size) +
               " bytes (at most 64 MiB are read)");
  if (size > kMostRatio * stream.size() + kRatioSlack) {
    bytes.fail(file.path + " says that " + std::to_string(stream.size()) + " bytes unpack to " +
               std::to_string(size) + ", which zlib cannot do");
  }
  std::string unpacked(size, '\0');
  const std::string problem = inflate_exactly(stream, unpacked);
  if (!problem.empty()) bytes.fail(file.path + " " + problem);
  return unpacked;
}

QtResource::QtResource(const std::filesystem::path& path)
    : map_(path), files_(index_qt_resource(map_.text(), path.string())) {}

const ResourceFile* QtResource::find(std::string_view path) const {
  const auto found = std::find_if(files_.begin(), files_.end(),
                                  [&](const ResourceFile& file) { return file.path == path; });
  return found == files_.end() ? nullptr : &*found;
}

std::string QtResource::read(const ResourceFile& file) const {
  return unpack(map_.text(), file, path().string());
}

}  // namespace clipwright::data::files
