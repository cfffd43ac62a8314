#include "data/files/tar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

#include "core/error.h"

namespace clipwright::data::files {
namespace {

constexpr uint64_t kBlock = 512;
// Longer names and pax headers do not occur; a larger one is damage and must not become an
// allocation.
constexpr uint64_t kMostHeaderBytes = 1 << 20;

struct Header {
  std::string_view block;
  std::string_view field(size_t offset, size_t size) const {
    const std::string_view whole = block.substr(offset, size);
    return whole.substr(0, whole.find('\0'));
  }
  char type() const { return block[156]; }
  bool ustar() const { return block.substr(257, 5) == "ustar"; }
};

/// Octal text, or GNU's base-256 when the first bit is set.
std::optional<uint64_t> number(std::string_view field) {
  const auto first = static_cast<unsigned char>(field[0]);
  uint64_t value = 0;
  if (first & 0x80) {
    if (first & 0x40) return std::nullopt;  // negative
    value = first & 0x3F;
    for (const char c : field.substr(1)) {
      if (value >> 55) return std::nullopt;
      value = value << 8 | static_cast<unsigned char>(c);
    }
    return value;
  }
  bool any = false;
  for (const char c : field) {
    if (c == ' ' && !any) continue;
    if (c < '0' || c > '7') {
      if (c == '\0' || c == ' ') break;
      return std::nullopt;
    }
    value = value << 3 | static_cast<uint64_t>(c - '0');
    any = true;
  }
  return value;
}

bool checksum_holds(std::string_view block) {
  const auto stored = number(block.substr(148, 8));
  uint64_t plain = 8 * ' ';
  int64_t with_signs = 8 * ' ';  // some old programs summed signed bytes
  for (size_t i = 0; i < kBlock; ++i) {
    if (i >= 148 && i < 156) continue;
    plain += static_cast<unsigned char>(block[i]);
    with_signs += static_cast<signed char>(block[i]);
  }
  return stored && (*stored == plain || static_cast<int64_t>(*stored) == with_signs);
}

/// What headers say of the member that follows them, where its own header cannot.
struct Announced {
  std::string name;
  std::optional<uint64_t> size;
  bool sparse = false;
};

/// Reads the "length key=value\n" records of a pax header that matter here.
void read_pax(std::string_view records, Announced& next) {
  while (!records.empty()) {
    uint64_t length = 0;
    const auto [end, error] =
        std::from_chars(records.data(), records.data() + records.size(), length);
    const auto digits = static_cast<uint64_t>(end - records.data());
    if (error != std::errc() || length > records.size() || length < digits + 2 || *end != ' ')
      return;
    const std::string_view record = records.substr(digits + 1, length - digits - 2);
    const size_t equals = record.find('=');
    if (equals != std::string_view::npos) {
      const std::string_view key = record.substr(0, equals), value = record.substr(equals + 1);
      // GNU tar's name of a sparse file; its header names a folder that does not exist.
      if (key == "path" ? !next.sparse : key == "GNU.sparse.name") next.name = std::string(value);
      if (key.starts_with("GNU.sparse.")) next.sparse = true;
      uint64_t bytes = 0;
      if (key == "size" &&
          std::from_chars(value.data(), value.data() + value.size(), bytes).ec == std::errc())
        next.size = bytes;
    }
    records.remove_prefix(length);
  }
}

/// The blocks of an old GNU sparse map that did not fit into the header, from `at` on; nothing when
/// the archive ends among them. Source: GNU tar's manual, "Old GNU Format".
std::optional<uint64_t> sparse_map_bytes(std::string_view archive, uint64_t at) {
  constexpr size_t kHeaderContinues = 482, kBlockContinues = 504;
  bool continues = archive[at - kBlock + kHeaderContinues] != 0;
  uint64_t bytes = 0;
  while (continues) {
    if (bytes + kBlock > archive.size() - at) return std::nullopt;
    continues = archive[at + bytes + kBlockContinues] != 0;
    bytes += kBlock;
  }
  return bytes;
}

/// What follows the end mark: nothing to say of zeros and rubbish, but members that are not read.
std::string behind_end(std::string_view archive, uint64_t at) {
  constexpr uint64_t kFar = uint64_t{1} << 20;  // the padding of any program is shorter
  for (const uint64_t begin = at; at + kBlock <= archive.size() && at - begin < kFar;
       at += kBlock) {
    const std::string_view block = archive.substr(at, kBlock);
    if (block.find_first_not_of('\0') == std::string_view::npos) continue;
    if (!checksum_holds(block)) return {};
    return "goes on behind its end mark, at byte " + std::to_string(at) +
           ", as after 'cat a.tar b.tar'; tar -i reads what follows, here it is not read";
  }
  return {};
}

/// The program that a file which is no tar was packed with.
std::string_view packed_with(std::string_view file) {
  using namespace std::string_view_literals;
  static constexpr std::pair<std::string_view, std::string_view> kMagic[] = {
      {"\x1f\x8b"sv, "gzipped"},
      {"\x28\xb5\x2f\xfd"sv, "compressed with zstd"},
      {"BZh"sv, "compressed with bzip2"},
      {"\xfd"
       "7zXZ"sv,
       "compressed with xz"},
      {"\x04\x22\x4d\x18"sv, "compressed with lz4"},
      {"PK\x03\x04"sv, "a ZIP archive"}};
  for (const auto& [magic, name] : kMagic) {
    if (file.starts_with(magic)) return name;
  }
  return {};
}

}  // namespace

std::string walk_tar(std::string_view archive, const std::function<void(const TarMember&)>& use) {
  if (archive.empty()) return "is empty";
  uint64_t at = 0;
  TarMember member;
  Announced next;
  while (at + kBlock <= archive.size()) {
    const Header header{archive.substr(at, kBlock)};
    if (header.block.find_first_not_of('\0') == std::string_view::npos)
      return behind_end(archive, at);
    const std::string place = "at byte " + std::to_string(at);
    if (!checksum_holds(header.block)) {
      if (const std::string_view packed = packed_with(archive); at == 0 && !packed.empty())
        return "is " + std::string(packed) + ", not a plain tar";
      return "is damaged " + place + " (no valid tar header)";
    }
    const auto stated = number(header.block.substr(124, 12));
    if (!stated) return "is damaged " + place + " (no valid size)";
    const char type = header.type();
    const bool describes_next = type == 'L' || type == 'K' || type == 'x' || type == 'g';
    const uint64_t size = describes_next ? *stated : next.size.value_or(*stated);
    uint64_t begin = at + kBlock;
    if (type == 'S') {
      const std::optional<uint64_t> map = sparse_map_bytes(archive, begin);
      if (!map) return "is cut off " + place + " (in the map of a sparse file)";
      begin += *map;
    }
    if (size > archive.size() - begin) {
      return "is cut off " + place + " (a member of " + std::to_string(size) + " bytes, " +
             std::to_string(archive.size() - begin) + " left)";
    }
    const std::string_view body = archive.substr(begin, size);
    if (describes_next) {
      if (size > kMostHeaderBytes)
        return "is damaged " + place + " (an extended header of " + std::to_string(size) +
               " bytes)";
      if (type == 'L') next.name = std::string(body.substr(0, body.find('\0')));
      if (type == 'x') read_pax(body, next);
    } else {
      if (type == '0' || type == '\0' || type == '7' || type == 'S') {
        member = {.name = std::move(next.name),
                  .offset = begin,
                  .size = size,
                  .sparse = next.sparse || type == 'S'};
        if (member.name.empty()) {
          // GNU archives keep times where ustar keeps the prefix; only ustar says "ustar\0".
          if (header.ustar() && header.block[262] == '\0') member.name = header.field(345, 155);
          if (!member.name.empty()) member.name += '/';
          member.name += header.field(0, 100);
        }
        if (!(type == '\0' && member.name.ends_with('/'))) use(member);
      }
      next = {};
    }
    at = begin + (size + kBlock - 1) / kBlock * kBlock;
  }
  if (at < archive.size()) return "is cut off at byte " + std::to_string(at);
  if (at > archive.size())
    return "is cut off at byte " + std::to_string(archive.size()) + ", in the padding of a member";
  return "has no end mark (blocks of zeros) and may be cut off behind its last member";
}

TarIndex index_tar(const MappedFile& archive) {
  TarIndex index;
  index.damage =
      walk_tar(archive.text(), [&](const TarMember& member) { index.members.push_back(member); });
  return index;
}

namespace {

/// Times, owners and modes are fixed, so equal members give equal archives.
std::array<char, kBlock> header_block(std::string_view name, std::string_view prefix, uint64_t size,
                                      char type) {
  std::array<char, kBlock> block{};
  const auto put = [&](size_t offset, std::string_view text) {
    std::copy(text.begin(), text.end(), block.begin() + static_cast<long>(offset));
  };
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  char octal[24];
  std::snprintf(octal, sizeof octal, "%011llo", static_cast<unsigned long long>(size));
  put(124, octal);
  put(136, "00000000000");
  put(148, "        ");
  block[156] = type;
  put(257, std::string_view("ustar\0"
                            "00",
                            8));
  put(345, prefix);
  uint32_t sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  std::snprintf(octal, sizeof octal, "%06o", sum);
  put(148, std::string_view(octal, 7));
  return block;
}

std::string_view zeros(uint64_t size) {
  static constexpr std::array<char, 2 * kBlock> kZeros{};
  return {kZeros.data(), (kBlock - size % kBlock) % kBlock};
}

}  // namespace

TarWriter::TarWriter(const std::filesystem::path& path) : file_(path) {}

void TarWriter::add(std::string_view name, std::string_view bytes) {
  constexpr uint64_t kMostOctal = (uint64_t{1} << 33) - 1;
  if (bytes.size() > kMostOctal)
    fail_input(std::string(name) + ": is larger than 8 GiB, which a tar member cannot be");
  const auto write_block = [&](const std::array<char, kBlock>& block) {
    file_.write(std::string_view(block.data(), kBlock));
  };
  std::string_view base = name, prefix;
  if (name.size() > 100) {
    const size_t slash = name.rfind('/', 155);
    if (slash != std::string_view::npos && slash > 0 && name.size() - slash - 1 <= 100 &&
        slash + 1 < name.size()) {
      prefix = name.substr(0, slash);
      base = name.substr(slash + 1);
    } else {
      write_block(header_block("././@LongLink", {}, name.size() + 1, 'L'));
      file_.write(name);
      file_.write(std::string_view("\0", 1));
      file_.write(zeros(name.size() + 1));
      base = name.substr(0, 100);
    }
  }
  write_block(header_block(base, prefix, bytes.size(), '0'));
  file_.write(bytes);
  file_.write(zeros(bytes.size()));
}

AtomicFile& TarWriter::close() {
  for (int i = 0; i < 2; ++i) file_.write(std::string(kBlock, '\0'));
  file_.finish();
  return file_;
}

}  // namespace clipwright::data::files
