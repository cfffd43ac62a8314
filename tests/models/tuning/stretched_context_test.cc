#include "models/tuning/stretched_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/log.h"
#include "tests/models/architecture_kinds.h"

namespace clipwright::models::tuning {
namespace {

// From 77 to 248 the published way has a new row at every quarter: three between two known ones,
// and behind the last one three more, by the difference of the last two.
TEST(StretchedContext, From77To248IsLongClips) {
  torch::manual_seed(5);
  const Tensor known = torch::randn({77, 6}, torch::kDouble),
               stretched = stretched_positions(known, 248);
  ASSERT_EQ(stretched.size(0), 248);
  EXPECT_TRUE(torch::equal(stretched.narrow(0, 0, 20), known.narrow(0, 0, 20)));
  for (int64_t i = 20; i < 77; ++i) {
    for (int64_t quarter = 0; quarter < 4; ++quarter) {
      const Tensor difference = i < 76 ? known[i + 1] - known[i] : known[76] - known[75],
                   expected = known[i] + difference * (static_cast<double>(quarter) / 4);
      EXPECT_LT((stretched[20 + 4 * (i - 20) + quarter] - expected).abs().max().item<double>(),
                1e-12)
          << i << " + " << quarter << "/4";
    }
  }
}

TEST(StretchedContext, AnyLengthLiesOnTheSameLine) {
  const Tensor known = torch::arange(77, torch::kDouble).unsqueeze(1);  // position p is p
  for (const int64_t length : {78, 90, 128, 1000}) {
    const Tensor stretched = stretched_positions(known, length);
    for (int64_t p = 20; p < length; ++p) {
      EXPECT_NEAR(stretched[p].item<double>(),
                  20 + static_cast<double>(p - 20) * 57 / static_cast<double>(length - 20), 1e-9);
    }
  }
}

class EveryKindStretched : public testing::TestWithParam<ArchitectureKind> {
 protected:
  static void SetUpTestSuite() { configure_log({.quiet = true}); }
};

// Short texts are read as before, to the bit; long ones are read at all.
TEST_P(EveryKindStretched, ReadsShortTextsAsBeforeAndLongOnesToo) {
  ModelConfig config = GetParam().config;
  config.text.context_length = 24;
  Clip model(config, 1);
  perturb(model);
  const auto stretched = with_context_length(model, 60);
  EXPECT_EQ(stretched->config().text.context_length, 60);
  EXPECT_EQ(stretched->table().at("positional_embedding").leaf.sizes(),
            (std::vector<int64_t>{60, config.text.width}));
  const auto text = [&](int64_t words) {
    TextBatch batch{torch::arange(1, words + 1),
                    torch::tensor({0, static_cast<int>(words)}, torch::kInt32)};
    return batch;
  };
  EXPECT_TRUE(torch::equal(model.encode_text(text(20)), stretched->encode_text(text(20))));
  EXPECT_FALSE(torch::equal(model.encode_text(text(24)), stretched->encode_text(text(24))));
  EXPECT_TRUE(torch::isfinite(stretched->encode_text(text(60))).all().item<bool>());
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryKindStretched, testing::ValuesIn(architecture_kinds()),
                         [](const auto& info) { return info.param.name; });

TEST(StretchedContext, WhatIsNoStretchIsRefused) {
  configure_log({.quiet = true});
  const auto refusal = [](int context, int64_t length) -> std::string {
    ModelConfig config = reduced(find_model_config("tiny-32"));
    config.text.context_length = context;
    try {
      with_context_length(Clip(config), length);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage);
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(refusal(77, 77), testing::HasSubstr("77 tokens already"));
  EXPECT_THAT(refusal(77, 32), testing::HasSubstr("a longer context"));
  EXPECT_THAT(refusal(16, 32), testing::HasSubstr("the model has 16"));
  EXPECT_EQ(refusal(22, 32), "");
}

}  // namespace
}  // namespace clipwright::models::tuning
