#include "data/files/tar.h"

#include <gtest/gtest.h>

#include <cstdio>
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

TEST(Tar, ACutArchiveGivesTheMembersBeforeTheCut) {
  const TemporaryFolder folder;
  TarWriter writer(folder / "whole.tar");
  writer.add("1.jpg", std::string(700, '1'));
  writer.add("2.jpg", std::string(700, '2'));
  writer.finish();
  const std::string whole = read_file(folder / "whole.tar");
  for (size_t size = 0; size < 2 * 1536; size += 97) {
    const std::string path = folder.write("cut.tar", std::string_view(whole).substr(0, size));
    std::string damage;
    const auto contents = contents_of(path, &damage);
    const size_t first_ends = 512 + 700, second_ends = 1536 + first_ends;
    EXPECT_EQ(contents.size(), size >= second_ends ? 2u : size >= first_ends ? 1u : 0u) << size;
    // Cut between members, an archive looks like one without its end marker, which many programs
    // leave out.
    EXPECT_EQ(damage.empty(), (size >= first_ends && size <= 1536) || size >= second_ends)
        << size << " " << damage;
  }
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
    walk_tar(bytes, [&](std::string_view, uint64_t offset, uint64_t size) {
      ASSERT_LE(offset, bytes.size());
      ASSERT_LE(size, bytes.size() - offset);
    });
  }
}

TEST(Tar, WhatIsNoTarIsNamedSo) {
  EXPECT_NE(walk_tar(std::string(2000, 'x'), [](std::string_view, uint64_t, uint64_t) { FAIL(); }),
            "");
  EXPECT_NE(walk_tar("", [](std::string_view, uint64_t, uint64_t) { FAIL(); }), "");
}

}  // namespace
}  // namespace clipwright::data::files
