#include "eval/suite/set_places.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "tests/temporary_folder.h"

namespace clipwright::eval::suite {
namespace {

TEST(SetFiles, FindsWhatCopiesAreCalled) {
  TemporaryFolder root;
  const auto found = [&](const SuiteSet& set) {
    return fs::path(find_set_data(root.path(), set)).filename().string();
  };
  for (const char* folder : {"wds_cifar10", "cifar10", "wds_vtab-pets", "Caltech_101",
                             "wds_food101_test", "wds_fgvc-aircraft"})
    fs::create_directories(root.path() / folder);
  write_file(root / "a.csv", "x\n");
  write_file(root / "t0.tar", "x");
  write_file(root / "t1.tar", "x");
  EXPECT_EQ(found({.name = "cifar10"}), "cifar10");
  EXPECT_EQ(found({.name = "cifar10", .data = {"missing", "wds_cifar10"}}), "wds_cifar10");
  EXPECT_EQ(found({.name = "pets"}), "wds_vtab-pets");
  EXPECT_EQ(found({.name = "caltech101"}), "Caltech_101");
  EXPECT_EQ(found({.name = "food101"}), "wds_food101_test");
  EXPECT_EQ(found({.name = "fgvc_aircraft"}), "wds_fgvc-aircraft");
  EXPECT_EQ(found({.name = "food10"}), "");
  EXPECT_EQ(found({.name = "x", .data = {"a.csv"}}), "a.csv");
  EXPECT_EQ(find_set_data(root.path(), {.name = "x", .data = {"t{0..1}.tar"}}),
            root / "t{0..1}.tar");
  EXPECT_EQ(find_set_data(root.path(), {.name = "x", .data = {"t{0..2}.tar"}}), "");
  EXPECT_EQ(find_set_data(root.path(), {.name = "x", .data = {root / "a.csv"}}), root / "a.csv");
  SuiteSet probe{.name = "probe", .train = "cifar10", .test = "wds_cifar10"};
  EXPECT_TRUE(find_set(root.path(), probe));
  EXPECT_EQ(probe.train, root / "cifar10");
  SuiteSet lacking{.name = "probe", .train = "cifar10", .test = "nothing"};
  EXPECT_FALSE(find_set(root.path(), lacking));
}

TEST(SetFiles, TheDigestIsOfContentsAndNames) {
  TemporaryFolder root;
  const fs::path memory = root.path() / "features/sets.json";
  fs::create_directories(root.path() / "set/inner");
  write_file(root / "set/a.png", "one");
  write_file(root / "set/inner/b.png", "two");
  const SuiteSet set{.name = "set", .data = {root / "set"}};
  const DataDigest digest = digest_set(set, memory);
  EXPECT_EQ(digest.bytes, 6);
  EXPECT_EQ(digest_set(set, memory).sha256, digest.sha256);
  EXPECT_EQ(digest_set(set, root.path() / "other.json").sha256, digest.sha256)
      << "the memory decides nothing";
  fs::create_directories(root.path() / "elsewhere");
  fs::copy(root.path() / "set", root.path() / "elsewhere/set", fs::copy_options::recursive);
  EXPECT_EQ(digest_set({.name = "set", .data = {root / "elsewhere/set"}}, memory).sha256,
            digest.sha256);
  write_file(root / "set/a.png", "One");
  const std::string changed = digest_set(set, memory).sha256;
  EXPECT_NE(changed, digest.sha256);
  fs::rename(root.path() / "set/a.png", root.path() / "set/c.png");
  EXPECT_NE(digest_set(set, memory).sha256, changed);
  for (const char* damage : {"", "[]", "{\"", "{\"x\": 3}"}) {
    write_file(memory, damage);
    EXPECT_EQ(digest_set({.name = "set", .data = {root / "elsewhere/set"}}, memory).sha256,
              digest.sha256);
  }
}

TEST(SetFiles, PicturesOfATableCount) {
  TemporaryFolder root;
  const fs::path memory = root.path() / "sets.json";
  write_file(root / "pairs.csv", "filepath,title\na.png,a cat\n");
  write_file(root / "a.png", "one");
  const SuiteSet set{.name = "set", .task = "retrieval", .data = {root / "pairs.csv"}};
  const std::string before = digest_set(set, memory).sha256;
  write_file(root / "a.png", "two");
  EXPECT_NE(digest_set(set, memory).sha256, before);
}

TEST(SetFiles, PicturesOfEveryKindOfTableCount) {
  TemporaryFolder root;
  const fs::path memory = root.path() / "sets.json";
  fs::create_directories(root.path() / "train");
  write_file(root / "train/b.png", "one");
  write_file(root / "a.png", "one");
  write_file(root / "labels.csv", "filepath,label\na.png,1\n");
  write_file(root / "flickr.txt", "image,caption\na.png,a cat\n");
  write_file(root / "lines.jsonl", "{\"image\": \"a.png\", \"caption\": \"a cat\"}\n");
  write_file(root / "swap_att.json",
             R"({"0": {"filename": "a.png", "caption": "a cat", "negative_caption": "a dog"}})");
  const std::string table = root / "labels.csv", train = root / "train";
  const std::vector<SuiteSet> sets = {
      {.name = "labels", .data = {table}},
      {.name = "flickr", .task = "retrieval", .data = {root / "flickr.txt"}},
      {.name = "lines", .task = "retrieval", .data = {root / "lines.jsonl"}},
      {.name = "cases", .task = "selection", .data = {root / "swap_att.json"}},
      {.name = "probe", .task = "probe", .train = train, .test = table},
  };
  std::vector<std::string> before;
  for (const SuiteSet& set : sets) {
    before.push_back(digest_set(set, memory).sha256);
    EXPECT_EQ(digest_set(set, memory).sha256, before.back()) << set.name;
  }
  write_file(root / "a.png", "two");
  for (size_t i = 0; i < sets.size(); ++i)
    EXPECT_NE(digest_set(sets[i], memory).sha256, before[i]) << sets[i].name;
}

TEST(SetFiles, WhatTheProgramSaysOfASetCounts) {
  TemporaryFolder root;
  const fs::path memory = root.path() / "sets.json";
  fs::create_directories(root.path() / "set");
  write_file(root / "set/a.png", "one");
  const auto digest = [&](const std::string& description) {
    return digest_set({.name = "set", .data = {root / "set"}, .description = description}, memory)
        .sha256;
  };
  EXPECT_NE(digest("pets"), digest(""));
  EXPECT_NE(digest("pets"), digest("cars"));
  EXPECT_EQ(digest("wds/vtab/pets"), digest("pets"));
  EXPECT_EQ(digest("no such set"), digest("")) << "the task tells";
}

TEST(SetFiles, ASetThatNobodyKnowsHasAPageToLookAt) {
  EXPECT_NE(where_set_comes_from("no such set").find("docs/datasets.md"), std::string::npos);
}

}  // namespace
}  // namespace clipwright::eval::suite
