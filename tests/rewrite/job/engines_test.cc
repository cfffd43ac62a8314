#include "rewrite/job/engines.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace clipwright::rewrite::job {
namespace {

std::string refusal(const EngineOptions& options) {
  try {
    make_engine(options);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage) << error.what();
    return error.what();
  }
  return {};
}

TEST(Engines, AnOptionThatWouldBeIgnoredIsRefused) {
  const std::vector<std::pair<EngineOptions, std::string>> cases = {
      {{.name = "llama", .base_url = "http://127.0.0.1:1"}, "--base-url"},
      {{.name = "llama", .model_name = "m"}, "--model-name"},
      {{.name = "llama", .concurrency = 4}, "--concurrency"},
      {{.name = "llama", .timeout = 4}, "--timeout"},
      {{.name = "llama", .batch_dir = "d"}, "--batch-dir"},
      {{.name = "llama", .pivot = "de"}, "--pivot"},
      {{.name = "openai", .model = "m.gguf", .base_url = "http://127.0.0.1:1"}, "--model"},
      {{.name = "openai", .parallel = 4, .base_url = "http://127.0.0.1:1"}, "--parallel"},
      {{.name = "openai", .chat = "on", .base_url = "http://127.0.0.1:1"}, "--chat"},
      {{.name = "openai", .base_url = "http://127.0.0.1:1", .replay = "r"}, "--replay"},
      {{.name = "openai", .quantize = "q4_0", .base_url = "http://127.0.0.1:1"}, "--quantize"},
      {{.name = "batch", .base_url = "http://127.0.0.1:1"}, "--base-url"},
      {{.name = "eda", .pivot = "de"}, "--pivot"},
      {{.name = "eda", .model = "m.gguf"}, "--model"},
      {{.name = "replay", .threads = 2, .replay = "r"}, "--threads"},
      {{.name = "back-translation", .model_name = "m"}, "--model-name"},
      {{.name = "back-translation", .model = "m", .base_url = "http://127.0.0.1:1"}, "--model"},
  };
  for (const auto& [options, flag] : cases) {
    const std::string words = refusal(options);
    EXPECT_EQ(words.rfind(flag + " says nothing to --engine " + options.name, 0), 0u) << words;
  }
}

TEST(Engines, WhatIsMissingOrWrongIsTold) {
  const std::vector<std::pair<EngineOptions, std::string>> cases = {
      {{.name = "lama"}, "Did you mean 'llama'?"},
      {{.name = "openai"}, "--base-url is missing"},
      {{.name = "openai", .base_url = "http://127.0.0.1:1", .api = "chatty"}, "--api chatty"},
      {{.name = "openai", .base_url = "http://127.0.0.1:1", .timeout = -1}, "--timeout"},
      {{.name = "batch", .model_name = "m"}, "--batch-dir"},
      {{.name = "batch", .batch_dir = "/tmp/x", .forecast = true}, "--dry-run"},
      {{.name = "replay"}, "--replay"},
      {{.name = "llama", .chat = "maybe"}, "--chat maybe"},
      {{.name = "llama", .quantize = "q3"}, "q4_0, iq4_nl, q8_0, bf16, f16"},
      {{.name = "back-translation", .pivot = "xx"}, "--pivot xx"},
  };
  for (const auto& [options, part] : cases)
    EXPECT_NE(refusal(options).find(part), std::string::npos) << refusal(options);
}

/// Has texts of some modes only.
class RecordedModes final : public engine::Engine {
 public:
  explicit RecordedModes(std::vector<std::string> modes) : modes_(std::move(modes)) {}
  Json identity() const override { return {}; }
  std::vector<std::string> modes() const override { return modes_; }
  void run(engine::RequestQueue&, const language::Sampling&, engine::ReplySink&) override {}

 private:
  std::vector<std::string> modes_;
};

std::vector<std::string> chosen(const std::vector<std::string>& named,
                                const engine::Engine& engine) {
  std::vector<std::string> modes;
  for (const prompt::ExamplePack& pack : choose_packs(named, engine)) modes.push_back(pack.mode());
  return modes;
}

TEST(ChoosePacks, TakesWhatIsNamedElseAllTheEngineHas) {
  using Modes = std::vector<std::string>;
  const RecordedModes any({}), recorded({"coco", "eda"});
  EXPECT_EQ(chosen({}, any), prompt::ExamplePack::shipped_modes());
  EXPECT_EQ(chosen({"human", "coco"}, any), (Modes{"human", "coco"}));
  EXPECT_EQ(chosen({}, recorded), (Modes{"coco", "eda"}));
  EXPECT_EQ(chosen({"eda"}, recorded), Modes{"eda"});
  EXPECT_TRUE(choose_packs({"coco"}, recorded)[0].rows().empty());  // its texts are made already
  EXPECT_FALSE(choose_packs({"coco"}, any)[0].rows().empty());
  try {
    choose_packs({"eda", "humen"}, recorded);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    EXPECT_NE(
        std::string(error.what()).find("no texts of the mode 'humen'; expected one of: coco, eda"),
        std::string::npos)
        << error.what();
  }
  EXPECT_THROW(choose_packs({"eda"}, any), Error);
}

}  // namespace
}  // namespace clipwright::rewrite::job
