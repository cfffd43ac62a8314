// The texts of a batch: those of the slots that were asked for, whatever makes them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "data/loader/loader.h"
#include "lexicon/wordnet_files.h"
#include "tests/data/loader/numbered_pairs.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::loader {
namespace {

using captions::TextSlot;
using captions::TextSource;
using testing::HasSubstr;

constexpr int64_t kPairs = 24;
constexpr uint64_t kSeed = 3;

class LoaderTexts : public testing::Test {
 protected:
  static std::shared_ptr<const lexicon::Thesaurus> thesaurus() {
    static const auto thesaurus =
        std::make_shared<const lexicon::Thesaurus>(lexicon::default_wordnet_folder());
    return thesaurus;
  }

  std::shared_ptr<const captions::CaptionTable> table(const source::Dataset& dataset) {
    return std::make_shared<const captions::CaptionTable>(captions::CaptionTable::build(
        dataset, {folder_.write("bard.txt", rewrite_lines(dataset.size(), "bard")),
                  folder_.write("human.txt", rewrite_lines(dataset.size(), "human"))}));
  }

  static LoaderOptions options(int workers, std::vector<TextSlot> texts) {
    LoaderOptions options;
    options.batch_size = 8;
    options.seed = kSeed;
    options.workers = workers;
    options.image_size = 8;
    options.texts = std::move(texts);
    options.thesaurus = thesaurus();
    return options;
  }

  static std::span<const int32_t> row_of(const std::vector<int32_t>& values,
                                         const text::bpe::PackedTexts& texts, size_t row) {
    return std::span(values).subspan(
        static_cast<size_t>(texts.offsets[row]),
        static_cast<size_t>(texts.offsets[row + 1] - texts.offsets[row]));
  }
  static std::vector<int32_t> ids_of(const Batch& batch, size_t k, size_t row) {
    const auto ids = row_of(batch.texts.at(k).ids, batch.texts[k], row);
    return {ids.begin(), ids.end()};
  }
  static std::vector<int32_t> targets_of(const Batch& batch, size_t k, size_t row) {
    if (batch.targets.at(k).empty()) return {};
    const auto targets = row_of(batch.targets[k], batch.texts[k], row);
    return {targets.begin(), targets.end()};
  }

  TemporaryFolder folder_;
};

TEST_F(LoaderTexts, SlotsOfEverySourceWithAndWithoutAMaskHoldWhatTheirKeysDraw) {
  const auto dataset = std::make_shared<const NumberedPairs>(kPairs);
  const auto captions = table(*dataset);
  for (const TextSource source : {TextSource::kOriginal, TextSource::kUniform, TextSource::kEda,
                                  TextSource::kSentence, TextSource::kRewrite}) {
    // The source as first slot and behind others, plain and masked.
    const std::vector<TextSlot> slots = {
        {source, "", true}, {TextSource::kOriginal}, {source}, {source, "", true}};
    const captions::TextMaker maker(slots, true, *captions, thesaurus().get(), kSeed);
    LoaderOptions one = options(1, slots), three = options(3, slots);
    one.all_rewrites = three.all_rewrites = true;
    one.context_length = three.context_length = 24;  // cuts the longer ones
    three.micro_batch = 3;
    Loader alone(dataset, captions, one), shared(dataset, captions, three);
    int64_t hidden = 0;
    for (int step = 0; step < 7; ++step) {  // into the third epoch
      const auto whole = alone.next();
      ASSERT_EQ(whole->texts.size(), slots.size() + 2);
      ASSERT_EQ(whole->targets.size(), slots.size() + 2);
      for (size_t k = 0; k < whole->texts.size(); ++k) {
        const bool masked = k < slots.size() && slots[k].masked;
        EXPECT_EQ(whole->targets[k].size(), masked ? whole->texts[k].ids.size() : 0) << k;
      }
      const auto epoch = static_cast<uint64_t>(whole->epoch);
      size_t row = 0;
      for (int64_t part = 0; part < shared.parts(); ++part) {
        auto piece = shared.next();
        for (size_t i = 0; i < static_cast<size_t>(piece->size); ++i, ++row) {
          const int64_t sample = whole->samples[row];
          ASSERT_EQ(piece->samples[i], sample);
          const std::string key = dataset->key(sample);
          const std::vector<std::string> texts = maker.make(sample, epoch, key);
          for (size_t k = 0; k < texts.size(); ++k) {
            std::vector<int32_t> ids = text::bpe::Tokenizer::standard().encode(texts[k], 24);
            std::vector<int32_t> targets;
            if (k < slots.size() && slots[k].masked) {
              targets.resize(ids.size());
              Random random = captions::slot_draws(kSeed, "mask", k, epoch, key);
              captions::hide_words({}, random, ids, targets);
              for (const int32_t target : targets) hidden += target != captions::kNotHidden;
            }
            ASSERT_EQ(ids_of(*whole, k, row), ids) << k;
            ASSERT_EQ(targets_of(*whole, k, row), targets) << k;
            ASSERT_EQ(ids_of(*piece, k, i), ids) << k;
            ASSERT_EQ(targets_of(*piece, k, i), targets) << k;
          }
        }
        shared.recycle(std::move(piece));
      }
      EXPECT_EQ(row, 8u);
    }
    EXPECT_GT(hidden, 50) << static_cast<int>(source);
  }
}

TEST_F(LoaderTexts, OneUniformSlotGivesTheTextsOfEarlierRuns) {
  const auto dataset = std::make_shared<const NumberedPairs>(kPairs);
  const auto captions = table(*dataset);
  Loader loader(dataset, captions, options(2, {{TextSource::kUniform}}));
  int rewrites = 0;
  for (int step = 0; step < 12; ++step) {
    const auto batch = loader.next();
    ASSERT_EQ(batch->texts.size(), 1u);
    EXPECT_TRUE(batch->targets.at(0).empty());
    for (size_t row = 0; row < 8; ++row) {
      const int64_t sample = batch->samples[row];
      const auto slot = Random(kSeed, "caption", static_cast<uint64_t>(batch->epoch),
                               "pair " + std::to_string(sample))
                            .below(3);
      std::string text = captions->text(sample, static_cast<int>(slot));
      if (text.empty()) text = dataset->caption(sample);
      EXPECT_EQ(ids_of(*batch, 0, row), text::bpe::Tokenizer::standard().encode(text));
      rewrites += text != dataset->caption(sample);
    }
  }
  EXPECT_GT(rewrites, 30);
}

TEST_F(LoaderTexts, MasksAndTextsChangeWithTheEpochAndTheSeed) {
  const auto dataset = std::make_shared<const NumberedPairs>(8);
  const auto captions = table(*dataset);
  LoaderOptions in_order = options(2, {{TextSource::kOriginal, "", true}});
  in_order.shuffle = false;
  LoaderOptions other = in_order;
  other.seed = 4;
  Loader a(dataset, captions, in_order), b(dataset, captions, other);
  const auto first = a.next(), second = a.next(), seeded = b.next();
  EXPECT_EQ(first->samples, second->samples);
  EXPECT_NE(first->targets, second->targets);
  EXPECT_NE(first->targets, seeded->targets);
}

TEST_F(LoaderTexts, TheMaskingThatWasAskedForIsUsed) {
  const auto dataset = std::make_shared<const NumberedPairs>(8);
  LoaderOptions all = options(1, {{TextSource::kOriginal, "", true}});
  all.masking = {.chance = 1, .masked = 1, .drawn = 0, .mask = 50'000};
  Loader loader(dataset, table(*dataset), all);
  const auto batch = loader.next();
  for (size_t row = 0; row < 8; ++row) {
    std::vector<int32_t> expected =
        text::bpe::Tokenizer::standard().encode(dataset->caption(batch->samples[row]));
    std::vector<int32_t> targets = expected;
    targets.front() = targets.back() = captions::kNotHidden;
    std::fill(expected.begin() + 1, expected.end() - 1, 50'000);
    EXPECT_EQ(ids_of(*batch, 0, row), expected);
    EXPECT_EQ(targets_of(*batch, 0, row), targets);
  }
}

TEST_F(LoaderTexts, PairsWithoutAnyTextAreReplaced) {
  const std::set<int64_t> silent = {3, 5, 7};  // of these only 5 has rewrites
  const auto dataset = std::make_shared<const NumberedPairs>(kPairs, std::set<int64_t>{}, silent);
  const auto captions = table(*dataset);
  LoaderOptions lenient = options(2, {{TextSource::kEda, "", true}, {TextSource::kRewrite}});
  lenient.max_bad_share = 1;
  Loader loader(dataset, captions, lenient);
  bool rewrites_alone = false;
  for (int step = 0; step < 9; ++step) {
    const auto batch = loader.next();
    for (size_t row = 0; row < 8; ++row) {
      const int64_t sample = batch->samples[row];
      EXPECT_TRUE(sample != 3 && sample != 7) << sample;
      if (sample != 5) continue;
      rewrites_alone = true;
      EXPECT_EQ(ids_of(*batch, 0, row).size(), 2u) << "start and end";
      EXPECT_GT(ids_of(*batch, 1, row).size(), 5u);
    }
  }
  EXPECT_TRUE(rewrites_alone);
  EXPECT_EQ(loader.bad_samples().by_reason.at("has no caption"), loader.bad_samples().bad);
}

TEST_F(LoaderTexts, ASlotThatTheDataCannotServeIsRefusedBeforeAnythingIsRead) {
  const auto dataset = std::make_shared<const NumberedPairs>(kPairs);
  const auto captions = table(*dataset);
  const int64_t keys = dataset->keys;
  try {
    Loader(dataset, captions, options(2, {{}, {TextSource::kRewrite, "humna"}}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("Did you mean 'rewrite:human'?"));
  }
  EXPECT_EQ(dataset->keys, keys);
}

}  // namespace
}  // namespace clipwright::data::loader
