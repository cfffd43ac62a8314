#include "train/options/options.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace clipwright::train::options {
namespace {

std::string usage_error(const TrainOptions& options) {
  try {
    check_options(options);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    return error.what();
  }
  return "";
}

TEST(TrainOptions, TheDefaultsAreSound) { EXPECT_EQ(usage_error({}), ""); }

TEST(TrainOptions, EachImpossibleValueIsNamed) {
  const std::vector<std::pair<TrainOptions, std::string>> cases = {
      {{.batch_size = 0}, "--batch-size is 0"},
      {{.batch_size = 1}, "no negatives"},
      {{.accum_freq = 0}, "--accum-freq is 0"},
      {{.epochs = 0}, "no steps"},
      {{.lr = -1}, "--lr"},
      {{.beta2 = 1}, "--beta2"},
      {{.warmup = "soon"}, "--warmup 'soon'"},
      {{.lr_scheduler = "cosin"}, "Did you mean 'cosine'?"},
      {{.precision = "fp8"}, "fp32, amp_bf16 or bf16"},
      {{.precision = "amp_bf16"}, "on --device cpu"},
      {{.name = "a/b"}, "is a path"},
  };
  for (const auto& [options, expected] : cases) {
    EXPECT_NE(usage_error(options).find(expected), std::string::npos)
        << expected << " <- " << usage_error(options);
  }
  EXPECT_EQ(usage_error({.precision = "amp_bf16", .device = "cuda:1"}), "");
}

TEST(TrainOptions, WarmUpInStepsEpochsOrAutomatic) {
  EXPECT_EQ(warmup_steps("2000", 10, 100), 2000);
  EXPECT_EQ(warmup_steps("0", 10, 100), 0);
  EXPECT_EQ(warmup_steps("1 epoch", 1338, 46830), 1338);
  EXPECT_EQ(warmup_steps("0.5 epochs", 100, 1000), 50);
  EXPECT_EQ(warmup_steps("auto", 10, 400), 40);
  EXPECT_EQ(warmup_steps("auto", 10, 1'000'000), 10'000);
  for (const char* wrong : {"", "-1", "1.5", "epoch", "1 week", "1 epochsx"})
    EXPECT_THROW(warmup_steps(wrong, 10, 100), Error) << wrong;
}

TEST(TrainOptions, Terms) {
  EXPECT_EQ(parse_term("contrastive=0.5"), (std::pair<std::string, double>("contrastive", 0.5)));
  for (const char* wrong : {"contrastive", "=1", "contrastive=", "contrastive=x", "contrastive=1x",
                            "contrastive=nan"}) {
    EXPECT_THROW(parse_term(wrong), Error) << wrong;
  }
}

TEST(TrainOptions, TomlEscapesWhatUsersPutIntoPaths) {
  const std::string toml = options_to_toml({.train_data = "a\"b\\c.tsv",
                                            .csv_separator = "\t",
                                            .rewrites = {"x y.txt", "z.txt"},
                                            .shuffle = false,
                                            .lr = 5e-4});
  for (const char* line : {"train-data = \"a\\\"b\\\\c.tsv\"\n", "csv-separator = \"\\u0009\"\n",
                           "rewrites = [\"x y.txt\", \"z.txt\"]\n", "shuffle = \"off\"\n",
                           "lr = 0.0005\n", "seed = 0\n"}) {
    EXPECT_NE(toml.find(line), std::string::npos) << line << toml;
  }
  EXPECT_EQ(toml.find("val-data"), std::string::npos) << "unset keys are left out";
}

}  // namespace
}  // namespace clipwright::train::options
