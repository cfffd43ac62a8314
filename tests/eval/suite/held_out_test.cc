#include "eval/suite/held_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/log.h"
#include "eval/suite/tasks.h"
#include "tests/eval/tiny_set.h"

namespace clipwright::eval::suite {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// Sets of a few of nine pictures under several names and in several forms.
class HeldOut : public testing::Test {
 protected:
  void SetUp() override { configure_log({.quiet = true}); }

  void add_folder(const std::string& name, const std::vector<std::string>& pictures) const {
    for (const std::string& picture : pictures) {
      const std::string of_class = picture.substr(0, picture.rfind('_'));
      fs::create_directories(folder_.path() / "sets" / name / of_class);
      fs::copy_file(source(picture), folder_.path() / "sets" / name / of_class /
                                         ("other name of " + picture + ".png"));
    }
  }
  void add_table(const std::string& name, const std::vector<std::string>& pictures) const {
    std::string table = "filepath,title\n";
    for (const std::string& picture : pictures)
      table += source(picture).string() + ",a wall called " + picture + "\n";
    folder_.write("sets/" + name, table);
  }
  static fs::path source(const std::string& picture) {
    return kGoldenEval / "pictures" / (picture + ".png");
  }

  /// The complaint, "" for none, of one set that chooses and one that is reported.
  std::string complaint(const std::string& select, const std::string& report) const {
    folder_.write("suite.toml", "[[set]]\nname = \"select\"\nrole = \"select\"\n" + select +
                                    "[[set]]\nname = \"report\"\n" + report);
    try {
      require_held_out(read_suite(folder_ / "suite.toml"), folder_.path() / "sets");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage) << error.what();
      return error.what();
    }
    return "";
  }

  TemporaryFolder folder_;
};

TEST_F(HeldOut, EveryWayToTheSamePicturesIsRefusedWithASentence) {
  const std::vector<std::string> pictures = {"2_0", "10_0", "green_pear_0"};
  add_folder("walls", pictures);
  add_folder("copy", pictures);
  add_folder("splits/train", {"2_1", "10_1", "green_pear_1"});
  add_folder("splits/test", pictures);
  add_table("pairs.csv", pictures);
  const std::string folder = "data = \"walls\"\n", copy = "data = \"copy\"\n",
                    pairs = "task = \"retrieval\"\ndata = \"pairs.csv\"\n";
  EXPECT_THAT(complaint(folder, folder),
              AllOf(HasSubstr("3 of the 3 pictures of select, which chooses the checkpoint, are in "
                              "report, which is reported"),
                    HasSubstr("held-out")));
  EXPECT_THAT(complaint(folder, copy), HasSubstr("3 of the 3"));
  EXPECT_THAT(complaint(folder, pairs), HasSubstr("3 of the 3"));
  EXPECT_THAT(complaint(pairs, pairs), HasSubstr("3 of the 3"));
  // Of a task with splits the test split, of which a set is a part or that is a part of the set.
  for (const char* task : {"probe", "fewshot", "knn"}) {
    const std::string splits = "data = \"splits\"\ntask = \"" + std::string(task) + "\"\n";
    EXPECT_THAT(complaint(splits, copy), HasSubstr("3 of the 3")) << task;
    EXPECT_THAT(complaint(copy, splits), HasSubstr("3 of the 3")) << task;
    EXPECT_EQ(complaint("data = \"splits/train\"\n", splits), "") << task;
  }
}

TEST_F(HeldOut, HalfOfTheSmallerSetIsTooMuchAndLessIsAWarning) {
  add_folder("all", {"2_0", "2_1", "2_2", "10_0", "10_1", "10_2", "green_pear_0", "green_pear_1"});
  add_folder("two", {"2_0", "10_0"});
  add_folder("half", {"2_0", "green_pear_2"});
  add_folder("third", {"2_0", "green_pear_2", "10_2"});
  add_folder("none", {"green_pear_2"});
  const auto data = [](const std::string& name) { return "data = \"" + name + "\"\n"; };
  EXPECT_THAT(complaint(data("all"), data("two")), HasSubstr("2 of the 8"));
  EXPECT_THAT(complaint(data("two"), data("all")), HasSubstr("2 of the 2"));
  EXPECT_THAT(complaint(data("half"), data("two")), HasSubstr("1 of the 2"));
  add_folder("another third", {"2_0", "2_1", "10_1"});
  EXPECT_EQ(complaint(data("third"), data("another third")), "");
  EXPECT_EQ(complaint(data("none"), data("all")), "");
}

TEST_F(HeldOut, WhatIsNotThereIsNotHeldAgainstASuite) {
  add_folder("walls", {"2_0", "10_0"});
  EXPECT_EQ(complaint("data = \"walls\"\n", "data = \"nowhere\"\n"), "");
  // Its own task says what is wrong with it.
  folder_.write("sets/broken.csv", "no table");
  EXPECT_EQ(complaint("data = \"walls\"\n", "task = \"retrieval\"\ndata = \"broken.csv\"\n"), "");
  // Sets of one role alone may share pictures.
  folder_.write(
      "suite.toml",
      "[[set]]\nname = \"a\"\ndata = \"walls\"\n[[set]]\nname = \"b\"\ndata = \"walls\"\n");
  require_held_out(read_suite(folder_ / "suite.toml"), folder_.path() / "sets");
}

}  // namespace
}  // namespace clipwright::eval::suite
