#include "data/files/qt_resource.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <functional>
#include <map>

#include "core/error.h"
#include "core/json.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::files {
namespace {

using testing::HasSubstr;

std::string golden(const std::string& name) {
  return std::string(CLIPWRIGHT_SOURCE_DIR "/tests/golden/qt_resource/") + name;
}

std::string base64(std::string_view text) {
  std::string bytes;
  uint32_t bits = 0, held = 0;
  for (const char c : text) {
    const size_t value =
        std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
            .find(c);
    if (value == std::string_view::npos) break;
    bits = bits << 6 | static_cast<uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xFF);
  }
  return bytes;
}

TEST(QtResource, EveryVersionAndQtsOwnProgramGiveTheSameFiles) {
  const Json expected = read_json(golden("files.json"));
  for (const char* name : {"version1.rcc", "version2.rcc", "version3.rcc", "rcc.rcc"}) {
    const QtResource resource(golden(name));
    EXPECT_EQ(resource.files().size(), expected.size()) << name;
    for (const auto& [path, contents] : expected.items()) {
      const ResourceFile* file = resource.find(path);
      ASSERT_NE(file, nullptr) << name << " " << path;
      EXPECT_EQ(resource.read(*file), base64(contents.get<std::string>())) << name << " " << path;
      EXPECT_EQ(file->language, 1);
    }
    EXPECT_EQ(resource.find("/gcompris"), nullptr) << "folders are no files";
    EXPECT_EQ(resource.find("/nothing"), nullptr);
  }
}

// --- files that no rcc writes -----------------------------------------------------------------

std::string big(uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes; i-- > 0;) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

std::string name_of(std::u16string_view units) {
  uint32_t hash = 0;
  std::string text;
  for (const char16_t unit : units) {
    hash = (hash << 4) + unit;
    hash ^= (hash & 0xF0000000) >> 23;
    hash &= 0x0FFFFFFF;
    text += big(unit, 2);
  }
  return big(units.size(), 2) + big(hash, 4) + text;
}

std::string zlib_of(std::string_view plain) {
  uLongf size = ::compressBound(plain.size());
  std::string packed(size, '\0');
  ::compress(reinterpret_cast<Bytef*>(packed.data()), &size,
             reinterpret_cast<const Bytef*>(plain.data()), plain.size());
  return packed.substr(0, size);
}

/// A resource of version 3 from its parts; the root and one file "a" unless a test says otherwise.
struct Parts {
  uint64_t version = 3, tree_shift = 0, data_place = 24, names_shift = 0;
  std::string data = big(3, 4) + "abc";
  std::string names = name_of(u"a");
  std::vector<std::string> entries = {folder(0, 1, 1), file(0, 0, 0)};

  static std::string folder(uint64_t name, uint64_t count, uint64_t first) {
    return big(name, 4) + big(2, 2) + big(count, 4) + big(first, 4) + big(0, 8);
  }
  static std::string file(uint64_t name, uint64_t flags, uint64_t at) {
    return big(name, 4) + big(flags, 2) + big(0, 2) + big(1, 2) + big(at, 4) + big(0, 8);
  }
  std::string bytes() const {
    std::string tree;
    for (const std::string& entry : entries) tree += entry;
    const uint64_t names_at = 24 + data.size(), tree_at = names_at + names.size();
    return "qres" + big(version, 4) + big(tree_at + tree_shift, 4) + big(data_place, 4) +
           big(names_at + names_shift, 4) + big(0, 4) + data + names + tree;
  }
};

/// Why a resource, or a file in it, is refused; empty when all can be read.
std::string refusal(std::string_view bytes) {
  try {
    for (const ResourceFile& file : index_qt_resource(bytes, "x.rcc")) unpack(bytes, file, "x.rcc");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    return error.what();
  }
  return {};
}

TEST(QtResource, ThePartsOfTheHostileFilesMakeAGoodOne) {
  const std::string bytes = Parts().bytes();
  const std::vector<ResourceFile> files = index_qt_resource(bytes, "x.rcc");
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].path, "/a");
  EXPECT_EQ(unpack(bytes, files[0], "x.rcc"), "abc");
}

TEST(QtResource, RefusesHostileFilesInWords) {
  const auto made = [](const std::function<void(Parts&)>& change) {
    Parts parts;
    change(parts);
    return parts.bytes();
  };
  const auto chain = [&](int depth) {
    return made([&](Parts& parts) {
      parts.entries.clear();
      for (int i = 0; i < depth; ++i)
        parts.entries.push_back(Parts::folder(0, 1, static_cast<uint64_t>(i) + 1));
      parts.entries.push_back(Parts::file(0, 0, 0));
    });
  };
  const auto packed = [&](uint64_t stated, const std::string& stream, uint64_t flags = 1) {
    return made([&](Parts& parts) {
      parts.data = big(4 + stream.size(), 4) + big(stated, 4) + stream;
      parts.entries[1] = Parts::file(0, flags, 0);
    });
  };
  const auto named = [&](const std::string& names) {
    return made([&](Parts& parts) { parts.names = names; });
  };
  const std::string long_text(5000, 'x');
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "does not begin with the letters qres"},
      {"qres", "does not begin with the letters qres"},
      {"PK\x03\x04" + std::string(60, 'z'), "does not begin with the letters qres"},
      {made([](Parts& p) { p.version = 0; }), "is of version 0"},
      {made([](Parts& p) { p.version = 4; }), "is of version 4"},
      {made([](Parts& p) { p.version = 0xFFFFFFFF; }), "is of version 4294967295"},
      {made([](Parts& p) { p.tree_shift = 1 << 30; }), "says that the entries come at byte "},
      {made([](Parts& p) { p.tree_shift = 40; }), "has no entries"},
      {made([](Parts& p) { p.data_place = 0xFFFFFFFF; }),
       "says that the data come at byte 4294967295, which is beyond its end at byte "},
      {made([](Parts& p) { p.data_place = 3; }),
       "says that the data come at byte 3, which is inside the header itself"},
      {made([](Parts& p) { p.names_shift = 1 << 30; }), "says that the names come at byte "},
      {made([](Parts& p) { p.entries = {Parts::file(0, 0, 0)}; }), "first entry is no folder"},
      {made([](Parts& p) { p.entries[0] = Parts::folder(0, 2, 1); }), "there is room for 2"},
      {made([](Parts& p) { p.entries[0] = Parts::folder(0, 0xFFFFFFFF, 1); }), "there is room for"},
      {made([](Parts& p) { p.entries[0] = Parts::folder(0, 1, 0xFFFFFFFF); }), "there is room for"},
      {made([](Parts& p) { p.entries[0] = Parts::folder(0, 1, 0); }), "entry 0 is in two folders"},
      {made([](Parts& p) { p.entries[1] = Parts::folder(0, 1, 1); }), "entry 1 is in two folders"},
      {made([](Parts& p) {
         p.entries = {Parts::folder(0, 2, 1), Parts::folder(0, 1, 3), Parts::folder(0, 1, 3),
                      Parts::file(0, 0, 0)};
       }),
       "entry 3 is in two folders"},
      {chain(34), "more than 32 folders in one another"},
      {made([](Parts& p) { p.entries[1] = Parts::file(0, 8, 0); }), "flags 8, which mean nothing"},
      {made([](Parts& p) { p.entries[1] = Parts::file(0, 3, 0); }), "flags 3, which mean nothing"},
      {made([](Parts& p) { p.entries[1] = Parts::file(0, 5, 0); }), "flags 5, which mean nothing"},
      {made([](Parts& p) { p.entries[1] = Parts::file(0, 0, 0xFFFFFFFF); }), "its data at byte"},
      {made([](Parts& p) { p.data = big(0xFFFFFFFF, 4) + "abc"; }), "its /a at byte 28 is outside"},
      {made([](Parts& p) { p.data = big(1000, 4) + "abc"; }), "its /a at byte 28 is outside"},
      {made([](Parts& p) { p.entries[1] = Parts::file(0xFFFFFFF0, 0, 0); }), "its name at byte"},
      {named(big(0, 2) + big(0, 4)), "has 0 letters"},
      {named(big(256, 2) + big(0, 4) + std::string(512, 'a')), "has 256 letters"},
      {named(big(0xFFFF, 2) + big(0, 4)), "has 65535 letters"},
      {named(big(200, 2) + big(0, 4) + "ab"), "its name at byte"},
      {named(big(1, 2) + big(5, 4) + big('a', 2)), "does not have the hash"},
      {named(name_of(u"a/b")), "is no file name"},
      {named(name_of(u"..")), "is no file name"},
      {named(name_of(u".")), "is no file name"},
      {named(name_of(std::u16string_view(u"a\0b", 3))), "is no file name"},
      {named(name_of(u"a\nb")), "is no file name"},
      {named(name_of(std::u16string(1, 0xD800))), "is no file name"},
      {named(name_of(std::u16string{0xD800, u'a'})), "is no file name"},
      {named(name_of(std::u16string(1, 0xDC00))), "is no file name"},
      {packed(0, "", 1), "does not unpack"},
      {packed(3, "not zlib at all"), "does not unpack"},
      {packed(4999, zlib_of(long_text)), "does not unpack"},
      {packed(5001, zlib_of(long_text)), "unpacks to 5000 bytes instead of 5001"},
      {packed(5000, zlib_of(long_text).substr(0, 20)), "does not unpack"},
      {packed(5000, zlib_of(long_text) + "more"), "has 4 bytes behind its end"},
      {packed(0xFFFFFFFF, zlib_of(long_text)), "at most 64 MiB are read"},
      {packed(60'000'000, zlib_of(long_text)), "which zlib cannot do"},
      {made([](Parts& p) {
         p.data = big(2, 4) + "ab";
         p.entries[1] = Parts::file(0, 1, 0);
       }),
       "too short to say how large it is"},
      {packed(3, "(\xB5/\xFD", 4), "is packed with Zstandard"},
  };
  EXPECT_GE(cases.size(), 20u);
  for (size_t i = 0; i < cases.size(); ++i)
    EXPECT_THAT(refusal(cases[i].first), HasSubstr(cases[i].second)) << "case " << i;
  EXPECT_EQ(refusal(chain(32)), "") << "32 folders in one another are allowed";
  EXPECT_EQ(refusal(packed(5000, zlib_of(long_text))), "");
}

// One name is used by all entries: 9 MB of entries would become gigabytes of paths.
TEST(QtResource, PathsAreBounded) {
  Parts parts;
  const std::u16string long_name(255, u'\u4e00');
  parts.names = name_of(long_name);
  parts.entries.clear();
  for (uint64_t i = 0; i < 30; ++i) parts.entries.push_back(Parts::folder(0, 1, i + 1));
  parts.entries.push_back(Parts::folder(0, 50'000, 31));
  for (int i = 0; i < 50'000; ++i) parts.entries.push_back(Parts::file(0, 0, 0));
  EXPECT_THAT(refusal(parts.bytes()), HasSubstr("longer than 64 MiB in all"));
  parts.entries = {Parts::folder(0, 140'000, 1)};
  for (int i = 0; i < 140'000; ++i) parts.entries.push_back(Parts::file(0, 0, 0));
  EXPECT_THAT(refusal(parts.bytes()), HasSubstr("more than 131072 entries"));
}

// Whatever the bytes are, the answer is files or a sentence (sanitizer builds look for the rest).
TEST(QtResource, EveryTruncationAndEveryChangedByteIsReadOrRefused) {
  for (const char* name : {"version1.rcc", "version3.rcc", "rcc.rcc"}) {
    const std::string whole = read_file(golden(name));
    for (size_t size = 0; size < whole.size(); ++size) {
      const std::string refused = refusal(whole.substr(0, size));
      EXPECT_FALSE(refused.empty()) << name << " cut at " << size;
    }
    int survived = 0;
    for (size_t at = 0; at < whole.size(); ++at) {
      for (const unsigned char flip : {0x01, 0x80, 0xFF}) {
        std::string changed = whole;
        changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ flip);
        survived += refusal(changed).empty();
      }
    }
    EXPECT_GT(survived, 0) << "plain contents may change";
  }
}

TEST(QtResource, AMissingFileIsNamed) {
  const TemporaryFolder folder;
  EXPECT_THROW(QtResource(folder / "none.rcc"), Error);
  try {
    const QtResource resource(folder.write("empty.rcc", ""));
    FAIL() << "an empty file was read";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("empty.rcc: does not begin"));
  }
}

}  // namespace
}  // namespace clipwright::data::files
