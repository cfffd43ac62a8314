#include "losses/filip_heads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "core/error.h"
#include "tests/temporary_folder.h"

namespace clipwright::losses {
namespace {

FilipHeads heads(int64_t dim) {
  return {.image_weight = torch::rand({dim, 6}),
          .image_bias = torch::rand({dim}),
          .text_weight = torch::rand({dim, 4}),
          .text_bias = torch::rand({dim})};
}

/// The sentence about a folder whose heads cannot be used.
std::string refusal(const std::filesystem::path& folder) {
  try {
    read_filip_heads(folder);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    return error.what();
  }
  return "no error";
}

TEST(FilipHeads, ComeBackAsTheyWereWritten) {
  TemporaryFolder folder;
  EXPECT_FALSE(read_filip_heads(folder.path()));
  const FilipHeads written = heads(3);
  write_filip_heads(folder.path(), written);
  const auto read = read_filip_heads(folder.path());
  ASSERT_TRUE(read);
  EXPECT_TRUE(torch::equal(read->image_weight, written.image_weight));
  EXPECT_TRUE(torch::equal(read->text_bias, written.text_bias));
}

TEST(FilipHeads, SayWhetherTheyWereTrainedWithPadding) {
  TemporaryFolder folder;
  for (const bool padding : {true, false}) {
    FilipHeads written = heads(3);
    written.padding = padding;
    write_filip_heads(folder.path(), written);
    EXPECT_EQ(read_filip_heads(folder.path())->padding, padding);
  }
}

/// Half precision is read as what the towers compute in.
TEST(FilipHeads, OfAnotherPrecisionAreConverted) {
  TemporaryFolder folder;
  for (const torch::ScalarType type : {torch::kFloat16, torch::kBFloat16, torch::kFloat64}) {
    const FilipHeads plain = heads(3);
    write_filip_heads(folder.path(), {.image_weight = plain.image_weight.to(type),
                                      .image_bias = plain.image_bias.to(type),
                                      .text_weight = plain.text_weight.to(type),
                                      .text_bias = plain.text_bias.to(type)});
    const auto read = read_filip_heads(folder.path());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->image_rows(torch::rand({2, 5, 6})).sizes(), (std::vector<int64_t>{2, 5, 3}));
    EXPECT_TRUE(torch::equal(read->text_weight, plain.text_weight.to(type).to(torch::kFloat32)));
  }
}

TEST(FilipHeads, RefusesWhatCannotCompare) {
  TemporaryFolder folder;
  FilipHeads damaged = heads(3);
  damaged.text_weight[1][2] = std::nan("");
  write_filip_heads(folder.path(), damaged);
  EXPECT_THAT(refusal(folder.path()),
              testing::HasSubstr("filip.text.weight holds numbers that are"));
  write_filip_heads(folder.path(), heads(0));
  EXPECT_THAT(refusal(folder.path()), testing::HasSubstr("FILIP's heads are (0, 6) and (0, 4)"));
  damaged = heads(3);
  damaged.image_bias = torch::zeros({3}, torch::kInt32);
  write_filip_heads(folder.path(), damaged);
  EXPECT_THAT(refusal(folder.path()), testing::HasSubstr("filip.image.bias holds whole numbers"));
  damaged = heads(3);
  damaged.text_bias = torch::zeros({2});
  write_filip_heads(folder.path(), damaged);
  EXPECT_THAT(refusal(folder.path()), testing::HasSubstr("with a bias (D) each"));
}

}  // namespace
}  // namespace clipwright::losses
