#include "rewrite/engine/eda_engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>

#include "core/error.h"
#include "rewrite/job/engines.h"

namespace clipwright::rewrite::engine {
namespace {

using lexicon::EdaOptions;
using lexicon::EdaRecipe;

/// A list of captions as requests.
struct Captions final : RequestQueue, ReplySink {
  std::vector<Request> requests;
  size_t at = 0;
  std::vector<std::string> texts;
  std::optional<Request> next() override {
    return at < requests.size() ? std::optional(requests[at++]) : std::nullopt;
  }
  void put(const Request&, Reply reply) override { texts.push_back(reply.text); }
};

TEST(EdaEngine, DependsOnSourceAndSeedOnly) {
  const auto texts = [](bool reverse) {
    const auto engine = job::make_engine({.name = "eda"});
    EXPECT_FALSE(engine->uses_examples());
    Captions captions;
    for (int i = 0; i < 50; ++i) {
      const int number = reverse ? 49 - i : i;
      captions.requests.push_back({.id = number,
                                   .seed = static_cast<uint64_t>(number),
                                   .source = "a small dog runs over the green grass"});
    }
    engine->run(captions, {}, captions);
    if (reverse) std::reverse(captions.texts.begin(), captions.texts.end());
    return captions.texts;
  };
  const auto forwards = texts(false);
  EXPECT_EQ(forwards, texts(true));
  EXPECT_GT(std::set<std::string>(forwards.begin(), forwards.end()).size(), 30u);
}

TEST(EdaEngine, IdentityNamesWhatChangesTexts) {
  const auto identity = [](EdaOptions options) {
    return job::make_engine({.name = "eda", .eda = options})->identity();
  };
  EXPECT_EQ(identity({}), identity({}));
  EXPECT_NE(identity({}), identity({.alpha = 0.2}));
  EXPECT_NE(identity({}), identity({.recipe = EdaRecipe::kDeclip}));
  EXPECT_EQ(identity({})["algorithm"], "eda/1");
  EXPECT_THROW(identity({.alpha = 0}), Error);
  EXPECT_THROW(identity({.alpha = 1}), Error);
  // A flag that the engine would ignore is a mistake.
  try {
    job::make_engine({.name = "replay", .replay = "none", .eda = {.alpha = 0.2}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("--eda-alpha"), std::string::npos);
  }
}

}  // namespace
}  // namespace clipwright::rewrite::engine
