#include "demo/story/stage.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <stdexcept>

#include "core/file.h"

namespace clipwright::demo::story {
namespace {

class StagesTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("clipwright_stages_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// Runs the one stage in a new program, so to speak.
  Json run(const Json& inputs, const std::vector<fs::path>& products = {}) {
    Stages stages(folder_, {{"first", "the first stage", 1, ""}});
    const StageWork work{.inputs = inputs,
                         .products = products,
                         .work =
                             [&](StageProgress& progress) {
                               progress.update(0.5, "half");
                               ++runs_;
                               if (fails_) throw std::runtime_error("cut off");
                               return Json{{"run", runs_}};
                             },
                         .discard = [&] { ++discards_; }};
    const Json result = stages.run("first", work);
    reused_ = stages.reused();
    return result;
  }

  fs::path folder_;
  int runs_ = 0, discards_ = 0, reused_ = 0;
  bool fails_ = false;
};

TEST_F(StagesTest, FinishedStageIsReusedWithItsResult) {
  EXPECT_EQ(run({{"steps", 10}}), Json({{"run", 1}}));
  EXPECT_EQ(reused_, 0);
  EXPECT_EQ(run({{"steps", 10}}), Json({{"run", 1}}));
  EXPECT_EQ(reused_, 1);
  EXPECT_EQ(runs_, 1);
}

TEST_F(StagesTest, OtherInputsDiscardAndRunAgain) {
  run({{"steps", 10}, {"seed", 1}});
  EXPECT_EQ(run({{"steps", 20}, {"seed", 1}}), Json({{"run", 2}}));
  EXPECT_EQ(discards_, 1);
  run({{"steps", 20}, {"seed", 1}});
  EXPECT_EQ(runs_, 2);
}

TEST_F(StagesTest, CutOffStageGoesOnWithWhatItSaved) {
  fails_ = true;
  EXPECT_THROW(run({{"steps", 10}}), std::runtime_error);
  fails_ = false;
  EXPECT_EQ(run({{"steps", 10}}), Json({{"run", 2}}));
  EXPECT_EQ(discards_, 0);
  // Cut off and then wanted with other settings: what was saved is of no use.
  fails_ = true;
  EXPECT_THROW(run({{"steps", 11}}), std::runtime_error);
  fails_ = false;
  run({{"steps", 12}});
  EXPECT_EQ(discards_, 2);
}

TEST_F(StagesTest, DeletedProductRunsAgain) {
  const fs::path product = folder_ / "product";
  make_folder(folder_);
  write_file(product, "here");
  run({{"steps", 10}}, {product});
  run({{"steps", 10}}, {product});
  EXPECT_EQ(runs_, 1);
  fs::remove(product);
  run({{"steps", 10}}, {product});
  EXPECT_EQ(runs_, 2);
  EXPECT_EQ(discards_, 0);
}

TEST_F(StagesTest, DamagedMarkerRunsAgain) {
  run({{"steps", 10}});
  write_file(folder_ / "stages" / "first.json", "{\"state\": \"done\"");
  run({{"steps", 10}});
  EXPECT_EQ(runs_, 2);
}

}  // namespace
}  // namespace clipwright::demo::story
