#include "eval/paired/labels.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace clipwright::eval::paired {
namespace {

std::vector<std::string> names_of(const std::vector<std::string>& arguments) {
  std::vector<std::string> names;
  for (const auto& [name, path] : labelled(arguments)) names.push_back(name);
  return names;
}
using Names = std::vector<std::string>;

TEST(Labels, AreTheLastPartsThatTellModelsApart) {
  EXPECT_EQ(names_of({"logs/clip/model", "logs/laclip"}), (Names{"clip", "laclip"}));
  EXPECT_EQ(names_of({"a/clip", "b/clip", "b/slip/"}), (Names{"a-clip", "b-clip", "slip"}));
  EXPECT_EQ(names_of({"logs/run/checkpoints/step_10", "logs/run/checkpoints/step_20"}),
            (Names{"run-step_10", "run-step_20"}));
  EXPECT_EQ(names_of({"ViT-B-32", "out/r.json"}), (Names{"ViT-B-32", "r"}));
  EXPECT_EQ(names_of({"x/my model (2)"}), (Names{"my_model__2_"}));
}

TEST(Labels, ANameCanBeGiven) {
  const auto named = labelled({"base=logs/a/model", "logs/b"});
  EXPECT_EQ(named[0], (std::pair<std::string, std::string>("base", "logs/a/model")));
  EXPECT_EQ(named[1].first, "b");
  EXPECT_EQ(names_of({"b=logs/a", "logs/b"}), (Names{"b", "logs-b"}));
}

TEST(Labels, DifferInMoreThanCase) {
  EXPECT_EQ(names_of({"x/Clip", "y/clip"}), (Names{"x-Clip", "y-clip"}));
  EXPECT_THROW(labelled({"a=logs/x", "A=logs/y"}), Error);
  EXPECT_THROW(labelled({"logs/a", "logs/A"}), Error);
}

TEST(Labels, RefuseTheSameTwice) {
  EXPECT_THROW(labelled({"logs/a", "logs/a"}), Error);
  EXPECT_THROW(labelled({"x=logs/a", "x=logs/b"}), Error);
}

}  // namespace
}  // namespace clipwright::eval::paired
