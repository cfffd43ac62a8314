#include "data/files/tar.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>

#include "core/error.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::files {
namespace {

std::string output_of(const std::string& command) {
  std::string output;
  FILE* pipe = ::popen(command.c_str(), "r");
  char buffer[4096];
  while (const size_t count = std::fread(buffer, 1, sizeof buffer, pipe))
    output.append(buffer, count);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return output;
}

std::map<std::string, std::string> contents_of(const std::string& path,
                                               std::string* damage = nullptr) {
  const MappedFile file(path);
  const TarIndex index = index_tar(file);
  std::map<std::string, std::string> contents;
  for (const TarMember& member : index.members)
    contents[member.name] = file.text().substr(member.offset, member.size);
  if (damage != nullptr) {
    *damage = index.damage;
  } else {
    EXPECT_EQ(index.damage, "");
  }
  return contents;
}

const std::string kLongName = "deep/" + std::string(60, 'x') + "/" + std::string(80, 'y') + ".jpg";
const std::string kVeryLongName = std::string(120, 'a') + "/" + std::string(180, 'b') + ".txt";

TEST(Tar, ReadsWhatGnuTarWritesInEveryFormat) {
  const TemporaryFolder folder;
  std::map<std::string, std::string> expected = {
      {"000001.jpg", std::string(1500, 'j')}, {"000001.txt", "a dog"}, {"sub/empty.txt", ""}};
  for (const char* const format : {"v7", "ustar", "gnu", "pax", "oldgnu"}) {
    const std::string name = format;
    auto members = expected;
    if (name != "v7") members[kLongName] = "long";
    if (name == "gnu" || name == "pax") members[kVeryLongName] = "very long";
    const TemporaryFolder in;
    for (const auto& [path, text] : members) in.write(path, text);
    const std::string tar = folder / (name + ".tar");
    output_of("tar --format=" + name + " -C " + in.path().string() + " -cf " + tar + " $(ls " +
              in.path().string() + ") 2>&1");
    EXPECT_EQ(contents_of(tar), members) << name;
  }
}

TEST(Tar, GnuTarReadsWhatTheWriterWrites) {
  const TemporaryFolder folder;
  const std::map<std::string, std::string> members = {{"1.png", std::string(512, 'p')},
                                                      {"1.txt", "Zwei Hunde, süß"},
                                                      {kLongName, "long"},
                                                      {kVeryLongName, "very"}};
  {
    TarWriter writer(folder / "out.tar");
    for (const auto& [name, text] : members) writer.add(name, text);
    writer.finish();
  }
  EXPECT_EQ(contents_of(folder / "out.tar"), members);
  output_of("tar -C " + folder.path().string() + " -xf " + (folder / "out.tar"));
  for (const auto& [name, text] : members) EXPECT_EQ(read_file(folder / name), text);
}

TEST(Tar, AnUnfinishedArchiveLeavesNothing) {
  const TemporaryFolder folder;
  { TarWriter(folder / "out.tar").add("a.txt", "x"); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

/// Every length an archive can be cut to: whatever is missing is said.
TEST(Tar, ACutArchiveGivesTheMembersBeforeTheCutAndSaysSo) {
  const TemporaryFolder folder;
  TarWriter writer(folder / "whole.tar");
  writer.add("1.jpg", std::string(700, '1'));
  writer.add("2.jpg", std::string(700, '2'));
  writer.add(kVeryLongName, "3");
  writer.finish();
  const std::string whole = read_file(folder / "whole.tar");
  const size_t first_ends = 512 + 700, second_ends = 1536 + first_ends;
  const size_t third_ends = 2 * 1536 + 512 + 512 + 512 + 1, marks = 2 * 1536 + 3 * 512 + 512;
  ASSERT_EQ(whole.size(), marks + 2 * 512);
  for (size_t size = 0; size <= whole.size(); ++size) {
    int members = 0;
    const std::string damage =
        walk_tar(std::string_view(whole).substr(0, size), [&](const TarMember&) { ++members; });
    EXPECT_EQ(members, (size >= first_ends) + (size >= second_ends) + (size >= third_ends)) << size;
    // One block of zeros is enough of a mark, as for Python's tarfile.
    EXPECT_EQ(damage.empty(), size >= marks + 512) << size << " " << damage;
  }
  const auto none = [](const TarMember&) {};
  EXPECT_NE(walk_tar(whole.substr(0, 1536), none).find("has no end mark"), std::string::npos);
  EXPECT_NE(walk_tar(whole.substr(0, 1300), none).find("in the padding"), std::string::npos);
}

TEST(Tar, WhatFollowsTheEndMarkIsSaidWhenItIsAnArchive) {
  const TemporaryFolder folder;
  TarWriter writer(folder / "0.tar");
  writer.add("1.jpg", "1");
  writer.finish();
  const std::string one = read_file(folder / "0.tar");
  const auto damage = [](const std::string& bytes) {
    return walk_tar(bytes, [](const TarMember&) {});
  };
  EXPECT_NE(damage(one + one).find("goes on behind its end mark"), std::string::npos);
  EXPECT_NE(damage(one + std::string(20 * 512, '\0') + one).find("goes on"), std::string::npos);
  EXPECT_EQ(damage(one + std::string(20 * 512, '\0')), "") << "padding of GNU tar";
  EXPECT_EQ(damage(one + std::string(2000, 'x')), "") << "rubbish";
}

TEST(Tar, SparseFilesAreMarkedWhateverWroteThem) {
  const TemporaryFolder folder;
  const std::string holes = folder.write("holes.jpg", "begins");
  std::filesystem::resize_file(holes, 1 << 20);
  folder.write("plain.txt", "a dog");
  for (const std::string format :
       {"--format=gnu", "--format=oldgnu", "--format=pax --sparse-version=0.0",
        "--format=pax --sparse-version=0.1", "--format=pax --sparse-version=1.0"}) {
    const std::string tar = folder / "s.tar";
    output_of("tar --sparse " + format + " -C " + folder.path().string() + " -cf " + tar +
              " holes.jpg plain.txt");
    const MappedFile file(tar);
    const TarIndex index = index_tar(file);
    EXPECT_EQ(index.damage, "") << format;
    ASSERT_EQ(index.members.size(), 2u) << format;
    EXPECT_EQ(index.members[0].name, "holes.jpg") << format;
    EXPECT_TRUE(index.members[0].sparse) << format;
    EXPECT_EQ(index.members[1].name, "plain.txt") << format;
    EXPECT_FALSE(index.members[1].sparse) << format;
  }
}

TEST(Tar, ASparseFileOfManyPiecesIsPassedOverWhole) {
  const TemporaryFolder folder;
  {
    std::ofstream holes(folder / "holes.bin", std::ios::binary);
    for (int i = 0; i < 60; ++i) {  // more pieces than fit into the header
      holes.seekp(i * 65536L);
      holes << "piece";
    }
  }
  folder.write("z.txt", "a dog");
  output_of("tar --sparse --format=gnu -C " + folder.path().string() + " -cf " +
            (folder / "s.tar") + " holes.bin z.txt");
  const auto contents = contents_of(folder / "s.tar");
  EXPECT_EQ(contents.at("z.txt"), "a dog");
}

TEST(Tar, FlippedBytesNeverBreakTheWalk) {
  const TemporaryFolder folder;
  TarWriter writer(folder / "whole.tar");
  for (int i = 0; i < 5; ++i) writer.add(std::to_string(i) + ".txt", std::string(600, 'x'));
  writer.add(kVeryLongName, "long");
  writer.finish();
  const std::string whole = read_file(folder / "whole.tar");
  uint64_t state = 1;
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = whole;
    for (int flips = 0; flips < 3; ++flips) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      bytes[(state >> 20) % bytes.size()] = static_cast<char>(state >> 56);
    }
    walk_tar(bytes, [&](const TarMember& member) {
      ASSERT_LE(member.offset, bytes.size());
      ASSERT_LE(member.size, bytes.size() - member.offset);
    });
  }
}

TEST(Tar, WhatIsNoTarIsNamedSo) {
  const auto damage = [](std::string_view bytes) {
    return walk_tar(bytes, [](const TarMember&) { FAIL(); });
  };
  EXPECT_NE(damage(std::string(2000, 'x')).find("no valid tar header"), std::string::npos);
  EXPECT_EQ(damage(""), "is empty");
  const std::string rest(2000, 'x');
  const std::pair<std::string, const char*> kPacked[] = {
      {"\x1f\x8b", "gzipped"}, {"\x28\xb5\x2f\xfd", "zstd"}, {"BZh9", "bzip2"},
      {"\xfd\x37zXZ", "xz"},   {"\x04\x22\x4d\x18", "lz4"},  {"PK\x03\x04", "ZIP"}};
  for (const auto& [magic, name] : kPacked) {
    EXPECT_NE(damage(magic + rest).find(name), std::string::npos) << damage(magic + rest);
    EXPECT_NE(damage(magic + rest).find("not a plain tar"), std::string::npos);
  }
}

}  // namespace
}  // namespace clipwright::data::files
