#include "language/sequence_cache.h"

#include <gtest/gtest.h>
#include <llama.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "core/error.h"
#include "tests/temporary_folder.h"

namespace clipwright::language {
namespace {

namespace fs = std::filesystem;

const char* const kModel = CLIPWRIGHT_DEFAULT_LANGUAGE_MODEL;
const char* const kPrefix =
    "Each caption below is rewritten with the same meaning.\n\nCaption: a red boat\nRewritten: a "
    "boat painted red";

/// Feeds `bodies` side by side and returns the logits after the last token of the text in place
/// `watched`.
std::vector<float> logits_of(SequenceCache& cache, const std::vector<std::vector<int32_t>>& bodies,
                             int watched) {
  std::vector<float> logits;
  for (size_t at = 0; logits.empty(); ++at) {
    std::vector<SequenceCache::Column> columns;
    int mine = -1;
    for (size_t text = 0; text < bodies.size(); ++text) {
      if (at >= bodies[text].size()) continue;
      const bool last = at + 1 == bodies[text].size();
      if (static_cast<int>(text) == watched && last) mine = static_cast<int>(columns.size());
      columns.push_back({static_cast<int>(text), bodies[text][at], last});
    }
    cache.step(columns);
    if (mine >= 0) logits.assign(cache.logits(mine).begin(), cache.logits(mine).end());
  }
  return logits;
}

void expect_same_in_any_company(const fs::path& path) {
  const LanguageModel model(path);
  const std::vector<int32_t> prefix = model.tokenize(kPrefix, true);
  const auto body = [&](const std::string& caption) {
    return model.tokenize("\n\nCaption: " + caption + "\nRewritten:", false);
  };
  const std::vector<int32_t> watched = body("two dogs playing in the snow");

  SequenceCache alone(model, 4, 200, 1);
  alone.set_prefix(prefix);
  alone.fork(0);
  const std::vector<float> reference = logits_of(alone, {watched}, 0);

  // The same place again after another text used it, and after another prefix was computed in
  // between.
  alone.fork(0);
  logits_of(alone, {body("something else entirely, and longer than the text that is watched")}, 0);
  alone.set_prefix(model.tokenize("Another beginning", true));
  alone.fork(0);
  logits_of(alone, {body("a cat")}, 0);
  alone.set_prefix(prefix);
  alone.fork(0);
  EXPECT_EQ(std::memcmp(reference.data(), logits_of(alone, {watched}, 0).data(),
                        reference.size() * sizeof(float)),
            0)
      << "after other texts";

  // Other texts of other lengths around it, more cells, gaps where texts have ended.
  SequenceCache crowd(model, 12, 400, 1);
  crowd.set_prefix(prefix);
  const std::vector<std::vector<int32_t>> bodies = {
      body("a"),       body("an old map of the world with a compass"),
      body("flame"),   body("b"),
      body("penguin"), body("c"),
      watched,         body("3 red apples on white")};
  for (int place = 0; place < static_cast<int>(bodies.size()); ++place) crowd.fork(place);
  EXPECT_EQ(std::memcmp(reference.data(), logits_of(crowd, bodies, 6).data(),
                        reference.size() * sizeof(float)),
            0)
      << "in a crowd";
}

/// The default model in another number format, made on the spot.
class Requantized {
 public:
  Requantized(const char* name, llama_ftype type)
      : path_(fs::temp_directory_path() /
              ("clipwright-" + std::to_string(getpid()) + "-" + name + ".gguf")) {
    llama_model_quantize_params parameters = llama_model_quantize_default_params();
    parameters.ftype = type;
    parameters.allow_requantize = true;
    EXPECT_EQ(llama_model_quantize(kModel, path_.c_str(), &parameters), 0u);
  }
  ~Requantized() { fs::remove(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// Each format runs through other kernels: plain dot products, tiles, weights packed for wide
// instructions.
TEST(SequenceCache, LogitsDoNotDependOnCompany) { expect_same_in_any_company(kModel); }
TEST(SequenceCache, LogitsDoNotDependOnCompanyWithTiledKernels) {
  expect_same_in_any_company(Requantized("q8_0", LLAMA_FTYPE_MOSTLY_Q8_0).path());
}
TEST(SequenceCache, LogitsDoNotDependOnCompanyWithWeightsOfSixteenBits) {
  expect_same_in_any_company(Requantized("bf16", LLAMA_FTYPE_MOSTLY_BF16).path());
  expect_same_in_any_company(Requantized("f16", LLAMA_FTYPE_MOSTLY_F16).path());
}
TEST(SequenceCache, LogitsDoNotDependOnCompanyWithRepackedWeights) {
  expect_same_in_any_company(Requantized("q4_0", LLAMA_FTYPE_MOSTLY_Q4_0).path());
}
TEST(SequenceCache, LogitsDoNotDependOnThreads) {
  const LanguageModel model(kModel);
  std::vector<std::vector<float>> logits;
  for (const int threads : {1, 2}) {
    SequenceCache cache(model, 4, 100, threads);
    cache.set_prefix(model.tokenize("Caption:", true));
    cache.fork(0);
    cache.fork(1);
    logits.push_back(
        logits_of(cache, {model.tokenize(" a cat", false), model.tokenize(" two dogs", false)}, 1));
  }
  EXPECT_EQ(std::memcmp(logits[0].data(), logits[1].data(), logits[0].size() * sizeof(float)), 0);
}

// In a process of its own: what became shorter is remembered for good.
TEST(SequenceCache, AModelThatBecomesShorterIsAnError) {
  const TemporaryFolder folder;
  const fs::path path = folder / "model.gguf";
  fs::copy_file(kModel, path);
  EXPECT_EXIT(
      {
        const LanguageModel model(path);
        SequenceCache cache(model, 4, 100, 2);
        cache.set_prefix(model.tokenize("Caption:", true));
        cache.fork(0);
        fs::resize_file(path, fs::file_size(path) / 2);
        try {
          logits_of(cache, {model.tokenize(" a cat on a mat", false)}, 0);
        } catch (const Error& error) {
          std::fprintf(stderr, "%s\n", error.what());
          ::_exit(static_cast<int>(error.code()));
        }
        ::_exit(0);
      },
      testing::ExitedWithCode(3), "model.gguf: became shorter while it was read");
}

TEST(SequenceCache, ForkedPrefixGivesTheSameLogitsAsTheWholePromptUpToRounding) {
  const LanguageModel model(kModel);
  const std::vector<int32_t> prefix = model.tokenize(kPrefix, true);
  std::vector<int32_t> body = model.tokenize("\n\nCaption: two dogs\nRewritten:", false);
  SequenceCache shared(model, 4, 200, 1);
  shared.set_prefix(prefix);
  shared.fork(2);
  const std::vector<float> forked = logits_of(shared, {{}, {}, body}, 2);
  SequenceCache whole(model, 4, 200, 1);
  whole.set_prefix(std::vector<int32_t>{prefix[0]});
  whole.fork(0);
  body.insert(body.begin(), prefix.begin() + 1, prefix.end());
  const std::vector<float> fed = logits_of(whole, {body}, 0);
  double difference = 0, scale = 0;
  for (size_t i = 0; i < forked.size(); ++i) {
    difference += (forked[i] - fed[i]) * (forked[i] - fed[i]);
    scale += fed[i] * fed[i];
  }
  // Activations are rounded to 8 bits in every product, so another order of sums shows in the
  // logits of this model.
  EXPECT_LT(difference / scale, 0.02);
  EXPECT_EQ(std::max_element(forked.begin(), forked.end()) - forked.begin(),
            std::max_element(fed.begin(), fed.end()) - fed.begin());
}

}  // namespace
}  // namespace clipwright::language
