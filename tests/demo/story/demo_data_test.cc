#include "demo/story/demo_data.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <set>

#include "core/error.h"
#include "core/file.h"
#include "demo/pictures/raster.h"

namespace clipwright::demo::story {
namespace {

class OwnDataTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("clipwright_own_data_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void add_pictures(const std::string& below, int count, const std::string& after = "") {
    make_folder(folder_ / below);
    const std::string png = pictures::encode_png(pictures::plain(8, 8, {200, 30, 30}));
    for (int i = 0; i < count; ++i) {
      const std::string stem = "picture" + std::to_string(i);
      write_file(folder_ / below / (stem + ".png"), png);
      write_file(folder_ / below / (stem + ".txt"),
                 "A thing number " + std::to_string(i % 30) + ".\n" + after);
    }
  }

  fs::path folder_;
};

TEST_F(OwnDataTest, TenthIsHeldOutAndSearchedByItsFirstLine) {
  add_pictures("animals", 50, "de.utf8=Ein Ding.\n");
  add_pictures("big_cars", 50, "de.utf8=Ein Ding.\n");
  const DemoData data = open_own_data(folder_.string(), 3);
  ASSERT_EQ(data.tests.retrieval.size(), 1U);
  const data::source::Dataset& tested = *data.tests.retrieval[0].pairs;
  EXPECT_EQ(data.train->size(), 90);
  EXPECT_EQ(tested.size(), 10);
  std::set<std::string> keys;
  for (int64_t i = 0; i < data.train->size(); ++i) keys.insert(data.train->key(i));
  for (int64_t i = 0; i < tested.size(); ++i) {
    EXPECT_TRUE(keys.insert(tested.key(i)).second) << tested.key(i) << " is in both";
    ASSERT_EQ(tested.captions(i).size(), 1U);
    EXPECT_TRUE(tested.captions(i)[0].starts_with("A thing number "));
  }
}

TEST_F(OwnDataTest, FoldersAreClasses) {
  add_pictures("animals", 50);
  add_pictures("big_cars", 50);
  const DemoData data = open_own_data(folder_.string(), 3);
  ASSERT_EQ(data.tests.zeroshot.size(), 2U);
  const ZeroshotTest& test = data.tests.zeroshot[0];
  EXPECT_EQ(test.classnames, (std::vector<std::string>{"animals", "big cars"}));
  for (int64_t i = 0; i < test.pictures->size(); ++i) {
    EXPECT_EQ(test.pictures->label(i), test.pictures->key(i).starts_with("big_cars/"));
  }
}

TEST_F(OwnDataTest, PicturesInOnePlaceAreNotClassified) {
  add_pictures(".", 60);
  EXPECT_TRUE(open_own_data(folder_.string(), 3).tests.zeroshot.empty());
}

TEST_F(OwnDataTest, TooFewPairsAreRefusedWithTheirNumber) {
  add_pictures(".", 12);
  try {
    open_own_data(folder_.string(), 3);
    FAIL() << "twelve pairs are too few";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    EXPECT_NE(std::string(error.what()).find("has 12 pictures with captions"), std::string::npos)
        << error.what();
  }
}

TEST_F(OwnDataTest, DistinctCaptionsComeOnceInOrder) {
  add_pictures(".", 60);
  const DemoData data = open_own_data(folder_.string(), 3);
  const DistinctCaptions all(*data.train, 0), few(*data.train, 7);
  EXPECT_LE(all.size(), 30);
  EXPECT_EQ(few.size(), 7);
  std::set<std::string> texts;
  for (int64_t i = 0; i < all.size(); ++i) EXPECT_TRUE(texts.insert(all.caption(i)).second);
  for (int64_t i = 0; i < few.size(); ++i) EXPECT_EQ(few.caption(i), all.caption(i));
}

}  // namespace
}  // namespace clipwright::demo::story
