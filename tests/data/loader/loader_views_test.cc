// The views of a batch: each picture is read once and seen as often as was asked for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "data/loader/loader.h"
#include "data/transform/transform.h"
#include "tests/data/loader/numbered_pairs.h"

namespace clipwright::data::loader {
namespace {

constexpr int64_t kPairs = 24;
constexpr uint64_t kSeed = 3;
constexpr int kSize = 20;
constexpr size_t kPixels = size_t{3} * kSize * kSize;

std::shared_ptr<const captions::CaptionTable> table(const source::Dataset& dataset) {
  return std::make_shared<const captions::CaptionTable>(captions::CaptionTable::build(dataset, {}));
}

LoaderOptions options(int workers = 2) {
  LoaderOptions options;
  options.batch_size = 8;
  options.seed = kSeed;
  options.workers = workers;
  options.image_size = kSize;
  options.recipe = find_recipe("laclip");
  options.views = {transform::plain_view(find_recipe("laclip")),
                   transform::plain_view(find_recipe("openai")),
                   transform::find_view_recipe("mocov2")};
  return options;
}

/// View `view` of row `row` of a micro-batch.
std::vector<uint8_t> pixels_of(const Batch& batch, size_t view, size_t row) {
  const auto begin = batch.images.begin() +
                     static_cast<long>((view * static_cast<size_t>(batch.size) + row) * kPixels);
  return {begin, begin + static_cast<long>(kPixels)};
}

/// The crop of a preprocessing by the pipeline's own path for one picture.
std::vector<uint8_t> cropped(const NumberedPairs& dataset, int64_t sample,
                             const std::string& recipe, const std::string& purpose, int64_t epoch) {
  transform::ImagePipeline pipeline(find_recipe(recipe), kSize);
  Random random(kSeed, purpose, static_cast<uint64_t>(epoch), dataset.key(sample));
  std::vector<uint8_t> chw(kPixels);
  EXPECT_EQ(pipeline.train(dataset.image(sample).view, random, chw), "");
  return chw;
}

TEST(LoaderViews, EveryViewIsDrawnOnItsOwnKey) {
  const auto dataset = std::make_shared<const NumberedPairs>(kPairs);
  Loader loader(dataset, nullptr, options());
  transform::ImagePipeline pipeline(find_recipe("laclip"), kSize);
  for (int step = 0; step < 5; ++step) {
    const auto batch = loader.next();
    EXPECT_EQ(batch->views, 3);
    ASSERT_EQ(batch->images.size(), 3 * 8 * kPixels);
    for (size_t row = 0; row < 8; ++row) {
      const int64_t sample = batch->samples[row];
      EXPECT_EQ(pixels_of(*batch, 0, row),
                cropped(*dataset, sample, "laclip", "crop", batch->epoch));
      EXPECT_EQ(pixels_of(*batch, 1, row),
                cropped(*dataset, sample, "openai", "view 1", batch->epoch));
      std::vector<Random> random = {
          {kSeed, "view 2", static_cast<uint64_t>(batch->epoch), dataset->key(sample)}};
      std::vector<uint8_t> third(kPixels);
      const std::vector<transform::ViewRecipe> recipe = {transform::find_view_recipe("mocov2")};
      ASSERT_EQ(pipeline.views(dataset->image(sample).view, recipe, random, third), "");
      EXPECT_EQ(pixels_of(*batch, 2, row), third);
    }
  }
}

TEST(LoaderViews, EqualRecipesGiveDifferentViews) {
  const auto dataset = std::make_shared<const NumberedPairs>(kPairs);
  LoaderOptions twice = options();
  twice.views = {transform::find_view_recipe("slip"), transform::find_view_recipe("slip")};
  Loader loader(dataset, nullptr, twice);
  const auto batch = loader.next();
  for (size_t row = 0; row < 8; ++row)
    EXPECT_NE(pixels_of(*batch, 0, row), pixels_of(*batch, 1, row));
}

TEST(LoaderViews, APictureIsReadOnceForAllItsViews) {
  const auto dataset = std::make_shared<const NumberedPairs>(kPairs);
  {
    Loader loader(dataset, nullptr, options());
    for (int step = 0; step < 6; ++step) loader.next();
  }
  EXPECT_GE(dataset->images, 48);
  EXPECT_EQ(dataset->images, dataset->keys) << "one reading for each row that was begun";
}

TEST(LoaderViews, AnyThreadsAnyPiecesAnyWorldGiveTheSameViewsAndTexts) {
  const auto dataset = std::make_shared<const NumberedPairs>(kPairs, std::set<int64_t>{4, 9});
  const auto captions = table(*dataset);
  LoaderOptions whole = options(1);
  whole.max_bad_share = 1;
  whole.texts = {{captions::TextSource::kOriginal, "", true}, {captions::TextSource::kSentence}};
  LoaderOptions pieces = whole;
  pieces.workers = 3;
  pieces.micro_batch = 3;
  Loader joined(dataset, captions, whole), split(dataset, captions, pieces);
  std::vector<std::unique_ptr<Loader>> ranks;
  for (int rank = 0; rank < 2; ++rank) {
    LoaderOptions part = whole;
    part.batch_size = 4;
    part.rank = rank;
    part.world_size = 2;
    ranks.push_back(std::make_unique<Loader>(dataset, captions, part));
  }
  const auto expect_row = [](const Batch& a, size_t i, const Batch& b, size_t j) {
    ASSERT_EQ(a.samples.at(i), b.samples.at(j));
    for (size_t v = 0; v < 3; ++v) EXPECT_EQ(pixels_of(a, v, i), pixels_of(b, v, j)) << v;
    for (size_t k = 0; k < 2; ++k) {
      const auto row = [k](const Batch& batch, const std::vector<int32_t>& values, size_t at) {
        const auto& offsets = batch.texts.at(k).offsets;
        return std::vector(values.begin() + offsets.at(at), values.begin() + offsets.at(at + 1));
      };
      EXPECT_EQ(row(a, a.texts[k].ids, i), row(b, b.texts[k].ids, j));
    }
    const auto targets = [](const Batch& batch, size_t at) {
      const auto& offsets = batch.texts[0].offsets;
      return std::vector(batch.targets[0].begin() + offsets.at(at),
                         batch.targets[0].begin() + offsets.at(at + 1));
    };
    EXPECT_EQ(targets(a, i), targets(b, j));
  };
  for (int step = 0; step < 7; ++step) {
    const auto batch = joined.next();
    size_t row = 0;
    for (int64_t part = 0; part < split.parts(); ++part) {
      auto piece = split.next();
      ASSERT_EQ(piece->images.size(), 3 * static_cast<size_t>(piece->size) * kPixels);
      for (size_t i = 0; i < static_cast<size_t>(piece->size); ++i)
        expect_row(*piece, i, *batch, row++);
      split.recycle(std::move(piece));
    }
    EXPECT_EQ(row, 8u);
    for (size_t rank = 0; rank < 2; ++rank) {
      const auto part = ranks[rank]->next();
      for (size_t i = 0; i < 4; ++i) expect_row(*part, i, *batch, 2 * i + rank);
    }
  }
}

TEST(LoaderViews, ABadPairIsReplacedWithAllItsViewsAndTexts) {
  const std::set<int64_t> broken = {0, 4, 9, 17};
  const auto dataset = std::make_shared<const NumberedPairs>(kPairs, broken);
  LoaderOptions lenient = options(3);
  lenient.max_bad_share = 1;
  lenient.texts = {{captions::TextSource::kOriginal}, {captions::TextSource::kOriginal, "", true}};
  lenient.masking.chance = 0;
  Loader loader(dataset, table(*dataset), lenient);
  for (int step = 0; step < 9; ++step) {
    const auto batch = loader.next();
    for (size_t row = 0; row < 8; ++row) {
      const int64_t sample = batch->samples[row];
      ASSERT_FALSE(broken.contains(sample));
      EXPECT_EQ(pixels_of(*batch, 0, row),
                cropped(*dataset, sample, "laclip", "crop", batch->epoch));
      EXPECT_EQ(pixels_of(*batch, 1, row),
                cropped(*dataset, sample, "openai", "view 1", batch->epoch));
      const auto ids = text::bpe::Tokenizer::standard().encode(dataset->caption(sample));
      for (const text::bpe::PackedTexts& texts : batch->texts) {
        EXPECT_EQ(std::vector(texts.ids.begin() + texts.offsets[row],
                              texts.ids.begin() + texts.offsets[row + 1]),
                  ids);
      }
    }
  }
  EXPECT_GE(loader.bad_samples().bad, 12) << "four in each of three epochs";
}

TEST(LoaderViews, EvaluationViewsAreEqual) {
  const auto dataset = std::make_shared<const NumberedPairs>(kPairs);
  LoaderOptions plain = options();
  plain.views.clear();
  plain.evaluation_views = 3;
  plain.shuffle = false;
  Loader loader(dataset, nullptr, plain);
  loader.next();
  const auto batch = loader.next();
  EXPECT_EQ(batch->views, 3);
  ASSERT_EQ(batch->images.size(), 3 * 8 * kPixels);
  transform::ImagePipeline pipeline(find_recipe("laclip"), kSize);
  for (size_t row = 0; row < 8; ++row) {
    std::vector<uint8_t> expected(kPixels);
    ASSERT_EQ(pipeline.evaluate(dataset->image(8 + static_cast<int64_t>(row)).view, expected), "");
    for (size_t v = 0; v < 3; ++v) EXPECT_EQ(pixels_of(*batch, v, row), expected);
  }
}

}  // namespace
}  // namespace clipwright::data::loader
