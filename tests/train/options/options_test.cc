#include "train/options/options.h"

#include <gtest/gtest.h>
#include <cmath>

#include "core/config/toml_parser.h"
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
      {{.max_bad_share = 1.5}, "--max-bad-share is 1.5"},
      {{.loader_memory = 0}, "--loader-memory is 0"},
      {{.augment = "lacilp"}, "Did you mean 'laclip'?"},
      {{.keep_if = "score > 1"}, "audit.score"},
      {{.caption_policy = "unifrom"}, "Did you mean 'uniform'?"},
      {{.decay_rule = "laclp"}, "Did you mean 'laclip'?"},
      {{.multi_text_constant = ""}, "paper or mean"},
      {{.workers = 0}, "--workers is 0"},
      {{.lr = std::nan("")}, "--lr is not a number"},
      {{.eps = 0}, "--eps is 0"},
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

TEST(TrainOptions, TomlReadsBackWhatUsersPutIntoPaths) {
  const std::string text = options_to_toml({.train_data = "a\"b\\c\n.tsv",
                                            .csv_separator = "\t",
                                            .rewrites = {"x y.txt", "z'.txt"},
                                            .shuffle = false,
                                            .terms = {{"contrastive", 0.1}},
                                            .lr = 5e-4,
                                            .wd = 1,
                                            .seed = UINT64_MAX});
  const toml::table read = toml::parse(text);
  EXPECT_EQ(read["data"]["train-data"].value<std::string>(), "a\"b\\c\n.tsv");
  EXPECT_EQ(read["data"]["csv-separator"].value<std::string>(), "\t");
  EXPECT_EQ(read["data"]["shuffle"].value<std::string>(), "off");
  EXPECT_EQ(read["captions"]["rewrites"][0].value<std::string>(), "x y.txt");
  EXPECT_EQ(read["captions"]["rewrites"][1].value<std::string>(), "z'.txt");
  EXPECT_EQ(read["objective"]["term"][0].value<std::string>(), "contrastive=0.1");
  EXPECT_EQ(read["optim"]["lr"].value_exact<double>(), 5e-4);
  EXPECT_EQ(read["optim"]["wd"].value_exact<double>(), 1);
  EXPECT_EQ(read["machine"]["seed"].value<std::string>(), "18446744073709551615");
  EXPECT_FALSE(read["data"]["val-data"]) << "unset keys are left out";
  EXPECT_NE(options_to_toml({.seed = 7}).find("\nseed = 7\n"), std::string::npos);
  EXPECT_NE(text.find("\n[optim]\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace clipwright::train::options
