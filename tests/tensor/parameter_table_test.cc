#include "tensor/parameter_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"

namespace clipwright::tensor {
namespace {

Tensor leaf(torch::IntArrayRef shape) { return torch::randn(shape).requires_grad_(); }

/// A row that its file holds as (1, 1, 4), a matrix that its file holds transposed, a plain matrix
/// and a count.
ParameterTable four_tensors() {
  ParameterTable table;
  table.add(
      {.name = "token", .leaf = leaf({4}), .layout = FileLayout::kReshaped, .shape = {1, 1, 4}});
  table.add({.name = "head", .leaf = leaf({4, 3}), .layout = FileLayout::kTransposed});
  table.add("plain", leaf({2, 4}));
  table.add(
      {.name = "count", .leaf = torch::zeros({}, torch::kInt64), .kind = TensorKind::kBuffer});
  return table;
}

TEST(ParameterTable, FilesHoldTheirOwnShapes) {
  const ParameterTable table = four_tensors();
  const auto files = table.file_tensors();
  EXPECT_EQ(files[0].second.sizes(), (std::vector<int64_t>{1, 1, 4}));
  EXPECT_EQ(files[1].second.sizes(), (std::vector<int64_t>{3, 4}));
  EXPECT_EQ(files[1].second[2][1].item<float>(), table.at("head").leaf[1][2].item<float>());
  EXPECT_FALSE(files[2].second.requires_grad());
  EXPECT_EQ(table.parameter_count(), 4 + 12 + 8);
}

TEST(ParameterTable, LoadingFillsTheLeavesThatComputationReads) {
  const ParameterTable table = four_tensors();
  const Tensor head = table.at("head").leaf, token = table.at("token").leaf;
  table.load({{"count", torch::tensor(7)},
              {"head", torch::arange(12).to(torch::kHalf).reshape({3, 4})},
              {"plain", torch::ones({2, 4})},
              {"token", torch::full({1, 1, 4}, 2.0)}},
             "file", "the model");
  EXPECT_EQ(head[1][2].item<float>(), 9);  // row 2, column 1 of the file
  EXPECT_EQ(token[3].item<float>(), 2);
  EXPECT_EQ(table.at("count").leaf.item<int64_t>(), 7);
  EXPECT_TRUE(head.requires_grad() && head.is_leaf());
  head.sum().backward();
  EXPECT_TRUE(table.at("head").leaf.grad().defined());
}

TEST(ParameterTable, EveryDifferenceIsNamedAtOnceAndNothingIsChanged) {
  const ParameterTable table = four_tensors();
  const Tensor before = table.at("plain").leaf.detach().clone();
  try {
    table.load({{"plain", torch::ones({2, 4})},
                {"token", torch::ones({4})},
                {"head", torch::ones({3, 4}, torch::kInt32)},
                {"stranger", torch::ones({1})}},
               "weights.safetensors", "the model small");
    FAIL() << "loaded";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    EXPECT_THAT(
        error.what(),
        testing::AllOf(testing::HasSubstr("weights.safetensors: does not fit the model small"),
                       testing::HasSubstr("missing: count"),
                       testing::HasSubstr("unexpected: stranger"),
                       testing::HasSubstr("token is (4) and should be (1, 1, 4)"),
                       testing::HasSubstr("head does not hold floating-point numbers")));
  }
  EXPECT_TRUE(torch::equal(table.at("plain").leaf, before));
}

TEST(ParameterTable, ABufferThatTrainingCannotHaveLeftIsNamedAndNothingIsChanged) {
  ParameterTable table;
  table.add("plain", leaf({2}));
  table.add({.name = "variance",
             .leaf = torch::ones({3}),
             .kind = TensorKind::kBuffer,
             .find_flaw = numbers_below_zero});
  table.add({.name = "position",
             .leaf = torch::zeros({}, torch::kInt64),
             .kind = TensorKind::kBuffer,
             .find_flaw = number_outside(0, 9)});
  const Tensor plain = table.at("plain").leaf.detach().clone();
  const auto complaint = [&](const Tensor& variance, const Tensor& position) {
    try {
      table.load({{"plain", torch::zeros({2})}, {"variance", variance}, {"position", position}},
                 "objective.safetensors", "the objective");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      EXPECT_TRUE(torch::equal(table.at("plain").leaf, plain));
      return std::string(error.what());
    }
    return std::string("loaded");
  };
  EXPECT_THAT(complaint(torch::tensor({1.0F, -1.0F, 1.0F}), torch::tensor(10)),
              testing::AllOf(testing::StartsWith("objective.safetensors: "),
                             testing::HasSubstr("variance holds numbers below zero, "
                                                "position is 10 and not within 0 and 9"),
                             testing::HasSubstr("earlier step_<N>")));
  EXPECT_THAT(complaint(torch::tensor({1.0F, NAN, 1.0F}), torch::tensor(1)),
              testing::HasSubstr("variance holds numbers that are not finite"));
  EXPECT_THAT(complaint(torch::ones({3}), torch::tensor(1.5)),
              testing::HasSubstr("position does not hold whole numbers"));
  EXPECT_EQ(complaint(torch::zeros({3}), torch::tensor(9)), "loaded");
}

TEST(ParameterTable, TablesJoinBehindAPrefixAndShareTheirLeaves) {
  ParameterTable all = four_tensors();
  const ParameterTable head = four_tensors();
  all.append(head, "term.");
  EXPECT_EQ(all.size(), 8U);
  EXPECT_TRUE(all.at("term.head").leaf.is_same(head.at("head").leaf));
}

TEST(ParameterTable, WhatIsTrainedIsEveryParameterThatIsNotFrozen) {
  ParameterTable table = four_tensors();
  EXPECT_EQ(table.trainable().size(), 3U);
  table.freeze("head");
  EXPECT_EQ(table.trainable().size(), 2U);
  EXPECT_FALSE(table.at("head").leaf.requires_grad());
  EXPECT_EQ(table.parameter_count(), 4 + 12 + 8);
}

// A view of a leaf gets no gradient: an optimiser that holds one trains nothing and says nothing.
TEST(ParameterTableDeathTest, AViewOrATwiceNamedTensorIsOurMistake) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const Tensor matrix = leaf({4, 3});
  ParameterTable table;
  const auto view = [&] {
    const torch::NoGradGuard no_grad;
    return matrix.t();
  };
  EXPECT_DEATH(table.add("head", view()), "head is a parameter that gradients do not reach");
  EXPECT_DEATH(table.add("head", matrix.t()), "gradients do not reach");
  EXPECT_DEATH(table.add("statistic", torch::zeros({2})), "gradients do not reach");
  table.add("head", matrix);
  EXPECT_DEATH(table.add("head", leaf({2})), "head is there twice");
  EXPECT_DEATH(table.freeze("tail"), "there is no tensor tail");
}

}  // namespace
}  // namespace clipwright::tensor
