#include "data/tools/rewrite_tars.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "data/files/tar.h"
#include "data/source/dataset.h"
#include "tests/captured_log.h"
#include "tests/data/test_pictures.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Members = std::vector<std::pair<std::string, std::string>>;

void write_tar(const std::string& path, const Members& members) {
  files::TarWriter tar(path);
  for (const auto& [name, bytes] : members) tar.add(name, bytes);
  tar.finish();
}

Members read_tar(const std::string& path) {
  const MappedFile file{fs::path(path)};
  Members members;
  for (const files::TarMember& member : files::index_tar(file).members)
    members.emplace_back(member.name, file.text().substr(member.offset, member.size));
  return members;
}

class RewriteTars : public testing::Test {
 protected:
  RewriteTars() {
    folder_.write("in/note", "");
    write_tar(folder_ / "in/0.tar", {{"a.jpg", picture_},
                                     {"a.txt", "a dog"},
                                     {"a.json", R"({"width":7,"key":"its own"})"},
                                     {"b.txt", "no picture"},
                                     {"sub/c.png", picture_},
                                     {"sub/c.json", R"({"caption":"a cat"})"}});
    write_tar(folder_ / "in/1.tar", {{"README", "of no sample"},
                                     {"d.jpg", picture_},
                                     {"d.txt", "a bird"},
                                     {"d.seg.npy", "other bytes"},
                                     {"e.jpg", picture_},
                                     {"e.txt", "a fish"},
                                     {"e.json", "damaged"}});
    rewrites_ =
        folder_.write("r.jsonl",
                      "{\"key\":\"a\",\"mode\":\"human\",\"text\":\"one dog\"}\n"
                      "{\"key\":\"a\",\"mode\":\"coco\",\"text\":\"some dog\"}\n"
                      "{\"key\":\"sub/c\",\"mode\":\"human\",\"text\":\"one \\\"cat\\\"\"}\n"
                      "{\"key\":\"d\",\"mode\":\"human\",\"text\":\"one bird\"}\n"
                      "{\"key\":\"e\",\"mode\":\"human\",\"text\":\"one fish\"}\n");
  }
  RewriteTarsResult run(const std::string& target = "out") {
    return rewrite_tars(
        {.source = folder_ / "in", .rewrites = {rewrites_}, .folder = folder_ / target});
  }
  const std::string picture_ = test_png(1, 20);
  TemporaryFolder folder_;
  std::string rewrites_;
};

TEST_F(RewriteTars, CopiesEveryMemberAndAddsTheTexts) {
  const RewriteTarsResult done = run();
  EXPECT_EQ(done.tars, 2);
  EXPECT_EQ(done.samples, 5);
  EXPECT_EQ(done.rewritten, 3);
  EXPECT_EQ(done.without, 1);
  EXPECT_EQ(done.bad_json, 1);
  EXPECT_EQ(
      read_tar(folder_ / "out/0.tar"),
      (Members{
          {"a.jpg", picture_},
          {"a.txt", "a dog"},
          {"a.json", R"({"width":7,"key":"its own","caption":"a dog","rewrite:coco":"some dog",)"
                     R"("rewrite:human":"one dog"})"},
          {"b.txt", "no picture"},
          {"sub/c.png", picture_},
          {"sub/c.json", R"({"caption":"a cat","key":"sub/c","rewrite:human":"one \"cat\""})"}}));
  EXPECT_EQ(read_tar(folder_ / "out/1.tar"),
            (Members{{"README", "of no sample"},
                     {"d.jpg", picture_},
                     {"d.txt", "a bird"},
                     {"d.seg.npy", "other bytes"},
                     {"d.json", R"({"key":"d","caption":"a bird","rewrite:human":"one bird"})"},
                     {"e.jpg", picture_},
                     {"e.txt", "a fish"},
                     {"e.json", "damaged"}}));
  const Json sizes = read_json(folder_ / "out/sizes.json");
  EXPECT_EQ(sizes["0.tar"], 3);
  EXPECT_EQ(sizes["1.tar"], 2);
}

/// Of two samples with one key the first is of no use: its twin's texts are not given to it.
TEST_F(RewriteTars, TwinsKeepTheirOwnTexts) {
  const std::string other = test_png(2, 20);
  folder_.write("twins/note", "");
  write_tar(folder_ / "twins/0.tar", {{"a.jpg", other},
                                      {"a.JPG", picture_},
                                      {"a.txt", "a dog"},
                                      {"b.jpg", picture_},
                                      {"b.txt", "a cat"}});
  rewrite_tars({.source = folder_ / "twins", .rewrites = {rewrites_}, .folder = folder_ / "out"});
  EXPECT_EQ(read_tar(folder_ / "out/0.tar"),
            (Members{{"a.jpg", other},
                     {"a.JPG", picture_},
                     {"a.txt", "a dog"},
                     {"a.json", R"({"key":"a","caption":"a dog","rewrite:coco":"some dog",)"
                                R"("rewrite:human":"one dog"})"},
                     {"b.jpg", picture_},
                     {"b.txt", "a cat"}}));
}

TEST_F(RewriteTars, UnfinishedTarsOfAKilledRunAreTold) {
  folder_.write("out/0.tar.new.123.4", std::string(3 << 20, 'x'));
  folder_.write("out/1.tar.new", "somebody's own");
  CapturedLog log;
  run();
  EXPECT_THAT(log.told(), HasSubstr("holds 1 unfinished tars such as 0.tar.new.123.4, 3 MiB"));
}

TEST_F(RewriteTars, TheSameInputGivesTheSameBytesAndCanBeDoneAgain) {
  run("a");
  run("b");
  EXPECT_EQ(read_file(folder_ / "a/0.tar"), read_file(folder_ / "b/0.tar"));
  rewrite_tars({.source = folder_ / "a", .rewrites = {rewrites_}, .folder = folder_ / "c"});
  EXPECT_EQ(read_file(folder_ / "a/1.tar"), read_file(folder_ / "c/1.tar"));
}

TEST_F(RewriteTars, RefusesToOverwriteWhatItReads) {
  try {
    run("in");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("another folder"));
  }
  folder_.write("other/0.tar", read_file(folder_ / "in/0.tar"));
  EXPECT_THROW(rewrite_tars({.source = folder_ / "in" + "::" + (folder_ / "other/0.tar"),
                             .rewrites = {rewrites_},
                             .folder = folder_ / "out"}),
               Error);
}

TEST_F(RewriteTars, RefusesAFolderWithTarsOfAnotherRun) {
  folder_.write("out/2.tar", "of an earlier, longer run");
  folder_.write("out/10.tar", "of an earlier, longer run");
  try {
    run();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("out: holds 10.tar, which is none of the tars"));
  }
  EXPECT_FALSE(fs::exists(folder_ / "out/0.tar"));
  EXPECT_EQ(read_file(folder_ / "out/2.tar"), "of an earlier, longer run");
}

TEST_F(RewriteTars, AnInterruptedRunCanBeRepeatedInItsFolder) {
  run("whole");
  folder_.write("out/0.tar", "what a run before has left");
  run();
  EXPECT_EQ(read_file(folder_ / "out/0.tar"), read_file(folder_ / "whole/0.tar"));
  run();
  EXPECT_EQ(read_file(folder_ / "out/1.tar"), read_file(folder_ / "whole/1.tar"));
}

/// Packing and repacking divide a tar into the same samples.
TEST_F(RewriteTars, HiddenMembersPartNoSample) {
  const Members members = {{"a.jpg", picture_},     {"._a.jpg", "x"},        {"README", "x"},
                           {"a.txt", "a dog"},      {"__MACOSX/a.txt", "x"}, {"._a.txt", "x"},
                           {"a.json", "{\"w\":7}"}, {"d.jpg", picture_},     {"d.txt", "a bird"}};
  fs::create_directories(folder_ / "mac");
  write_tar(folder_ / "mac/0.tar", members);
  const auto dataset = source::open_dataset({.source = folder_ / "mac/0.tar"});
  EXPECT_EQ(dataset->size(), 2);
  const RewriteTarsResult done =
      rewrite_tars({.source = folder_ / "mac", .rewrites = {rewrites_}, .folder = folder_ / "out"});
  EXPECT_EQ(done.samples, 2);
  EXPECT_EQ(done.rewritten, 2);
  const Members written = read_tar(folder_ / "out/0.tar");
  ASSERT_EQ(written.size(), members.size() + 1);
  for (size_t i = 0; i < members.size(); ++i) EXPECT_EQ(written[i].first, members[i].first);
  EXPECT_THAT(written[6].second, HasSubstr(R"("rewrite:human":"one dog")"));
  EXPECT_EQ(written[9].first, "d.json");
}

TEST_F(RewriteTars, SparseMembersAreRefused) {
  folder_.write("s/z.jpg", "begins");
  fs::resize_file(folder_ / "s/z.jpg", 1 << 20);
  folder_.write("s/z.txt", "a hole");
  folder_.write("s/a.jpg", picture_);
  folder_.write("s/a.txt", "a dog");
  fs::create_directories(folder_ / "sparse");
  const std::string command = "tar --sparse --format=pax -C " + (folder_ / "s") + " -cf " +
                              (folder_ / "sparse/0.tar") + " a.jpg a.txt z.jpg z.txt";
  ASSERT_EQ(std::system(command.c_str()), 0);
  try {
    rewrite_tars({.source = folder_ / "sparse", .rewrites = {rewrites_}, .folder = folder_ / "o"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("z.jpg: is sparse"));
  }
  EXPECT_FALSE(fs::exists(folder_ / "o/0.tar"));
}

TEST_F(RewriteTars, PathsAreExpandedAndChecked) {
  EXPECT_THAT(tar_paths(folder_ / "in/*.tar"),
              ElementsAre(folder_ / "in/0.tar", folder_ / "in/1.tar"));
  folder_.write("gz/0.tar.gz", "x");
  for (const std::string& bad : {folder_ / "gz", folder_ / "gz/0.tar.gz", folder_ / "in/*.csv",
                                 std::string("s3://bucket/0.tar")})
    EXPECT_THROW(tar_paths(bad), Error) << bad;
  EXPECT_THAT(tar_paths(folder_ / "in"), ElementsAre(folder_ / "in/0.tar", folder_ / "in/1.tar"));
  EXPECT_THAT(tar_paths(folder_ / "in/{0..1}.tar"),
              ElementsAre(folder_ / "in/0.tar", folder_ / "in/1.tar"));
  EXPECT_THROW(tar_paths(folder_.write("t.csv", "filepath\ttitle\n")), Error);
  EXPECT_THROW(tar_paths(folder_.path()), Error);
}

}  // namespace
}  // namespace clipwright::data::tools
