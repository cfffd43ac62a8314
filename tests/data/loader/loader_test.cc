#include "data/loader/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/error.h"
#include "data/transform/transform.h"
#include "tests/data/test_pictures.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::loader {
namespace {

using testing::HasSubstr;

/// Forty pictures with captions; `broken` ones hold junk.
class LoaderTest : public testing::Test {
 protected:
  std::shared_ptr<const source::Dataset> data(int size = 40, const std::set<int>& broken = {}) {
    for (int i = 0; i < size; ++i) {
      const std::string name = std::to_string(1000 + i);
      folder_.write(name + ".png", broken.contains(i) ? "this is no picture" : test_png(i));
      folder_.write(name + ".txt", "picture number " + std::to_string(i) + "\n");
    }
    return source::open_dataset({.source = folder_.path()});
  }

  static LoaderOptions options(int workers = 2) {
    LoaderOptions options;
    options.batch_size = 8;
    options.seed = 3;
    options.workers = workers;
    options.image_size = 32;
    options.recipe = find_recipe("laclip");
    options.views = {transform::plain_view(options.recipe)};
    return options;
  }

  static std::shared_ptr<const captions::CaptionTable> table(
      const source::Dataset& dataset, const std::vector<std::string>& rewrites = {}) {
    return std::make_shared<const captions::CaptionTable>(
        captions::CaptionTable::build(dataset, rewrites));
  }

  static void expect_equal(const Batch& a, const Batch& b) {
    EXPECT_EQ(a.epoch, b.epoch);
    EXPECT_EQ(a.index, b.index);
    EXPECT_EQ(a.samples, b.samples);
    EXPECT_EQ(a.images, b.images);
    ASSERT_EQ(a.texts.size(), b.texts.size());
    for (size_t k = 0; k < a.texts.size(); ++k) {
      EXPECT_EQ(a.texts[k].ids, b.texts[k].ids);
      EXPECT_EQ(a.texts[k].offsets, b.texts[k].offsets);
    }
  }

  static std::vector<int32_t> ids_of(const Batch& batch, int64_t row) {
    const auto& texts = batch.texts.at(0);
    return {texts.ids.begin() + texts.offsets[static_cast<size_t>(row)],
            texts.ids.begin() + texts.offsets[static_cast<size_t>(row) + 1]};
  }

  TemporaryFolder folder_;
};

TEST_F(LoaderTest, OneThreadAndThreeGiveTheSameBytes) {
  const auto dataset = data(40, {5, 17});
  std::string rewrites;
  for (int i = 0; i < 40; ++i) rewrites += "the rewritten picture " + std::to_string(i) + "\n";
  const TemporaryFolder other;
  const auto captions = table(*dataset, {other.write("a.txt", rewrites)});
  LoaderOptions one = options(1), three = options(3);
  one.texts = three.texts = {{captions::TextSource::kUniform}};
  one.max_bad_share = three.max_bad_share = 0.5;
  Loader a(dataset, captions, one), b(dataset, captions, three);
  for (int i = 0; i < 14; ++i) {  // nearly three epochs of five batches
    auto x = a.next(), y = b.next();
    expect_equal(*x, *y);
    a.recycle(std::move(x));
    if (i % 2 == 0) b.recycle(std::move(y));
  }
  EXPECT_EQ(a.bad_samples().describe(), b.bad_samples().describe());
}

TEST_F(LoaderTest, SeekingIntoAnEpochGivesWhatTheUninterruptedRunGives) {
  const auto dataset = data(40, {5});
  LoaderOptions lenient = options();
  lenient.max_bad_share = 0.5;
  Loader through(dataset, table(*dataset), lenient), resumed(dataset, table(*dataset), lenient);
  for (int i = 0; i < 8; ++i) through.next();
  resumed.seek(1, 3);
  for (int i = 0; i < 4; ++i) expect_equal(*through.next(), *resumed.next());
}

TEST_F(LoaderTest, AnEpochShowsEveryPairOnceInANewOrder) {
  const auto dataset = data();
  Loader loader(dataset, table(*dataset), options());
  EXPECT_EQ(loader.batches_per_epoch(), 5);
  std::vector<std::vector<int64_t>> orders;
  for (int epoch = 0; epoch < 3; ++epoch) {
    orders.emplace_back();
    for (int i = 0; i < 5; ++i) {
      const auto batch = loader.next();
      EXPECT_EQ(batch->epoch, epoch);
      EXPECT_EQ(batch->index, i);
      orders.back().insert(orders.back().end(), batch->samples.begin(), batch->samples.end());
    }
    EXPECT_EQ(std::set<int64_t>(orders.back().begin(), orders.back().end()).size(), 40u);
  }
  EXPECT_NE(orders[0], orders[1]);
  EXPECT_NE(orders[1], orders[2]);
}

TEST_F(LoaderTest, RowsHoldTheCropAndTheTokensOfTheirSample) {
  const auto dataset = data();
  Loader loader(dataset, table(*dataset), options());
  transform::ImagePipeline pipeline(find_recipe("laclip"), 32);
  for (int step = 0; step < 6; ++step) {
    const auto batch = loader.next();
    ASSERT_EQ(batch->texts.size(), 1u);
    for (int64_t row = 0; row < 8; ++row) {
      const int64_t sample = batch->samples[static_cast<size_t>(row)];
      std::vector<uint8_t> expected(3 * 32 * 32);
      Random crop(3, "crop", static_cast<uint64_t>(batch->epoch), dataset->key(sample));
      ASSERT_EQ(pipeline.train(dataset->image(sample).view, crop, expected), "");
      const auto* begin = batch->images.data() + row * 3 * 32 * 32;
      EXPECT_EQ(std::vector<uint8_t>(begin, begin + 3 * 32 * 32), expected);
      const auto& texts = batch->texts[0];
      const std::vector<int32_t> ids(
          texts.ids.begin() + texts.offsets[static_cast<size_t>(row)],
          texts.ids.begin() + texts.offsets[static_cast<size_t>(row) + 1]);
      EXPECT_EQ(ids, text::bpe::Tokenizer::standard().encode(dataset->caption(sample)));
    }
  }
}

TEST_F(LoaderTest, UnshuffledEvaluationFollowsTheData) {
  const auto dataset = data();
  LoaderOptions plain = options();
  plain.shuffle = false;
  plain.views.clear();
  Loader loader(dataset, nullptr, plain);
  loader.next();
  const auto batch = loader.next();
  EXPECT_THAT(batch->samples, testing::ElementsAre(8, 9, 10, 11, 12, 13, 14, 15));
  EXPECT_TRUE(batch->texts.empty());
  std::vector<uint8_t> expected(3 * 32 * 32);
  transform::ImagePipeline pipeline(find_recipe("laclip"), 32);
  ASSERT_EQ(pipeline.evaluate(dataset->image(8).view, expected), "");
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), batch->images.begin()));
}

TEST_F(LoaderTest, RanksShareTheJoinedBatch) {
  const auto dataset = data();
  LoaderOptions whole = options();
  Loader joined(dataset, table(*dataset), whole);
  std::vector<std::unique_ptr<Loader>> ranks;
  for (int rank = 0; rank < 2; ++rank) {
    LoaderOptions part = whole;
    part.batch_size = 4;
    part.rank = rank;
    part.world_size = 2;
    ranks.push_back(std::make_unique<Loader>(dataset, table(*dataset), part));
  }
  for (int step = 0; step < 7; ++step) {
    const auto batch = joined.next();
    for (int rank = 0; rank < 2; ++rank) {
      const auto part = ranks[static_cast<size_t>(rank)]->next();
      for (int row = 0; row < 4; ++row) {
        EXPECT_EQ(part->samples[static_cast<size_t>(row)],
                  batch->samples[static_cast<size_t>(2 * row + rank)]);
      }
    }
  }
}

TEST_F(LoaderTest, AllTextsOfASampleComeInTheirSlots) {
  const auto dataset = data();
  std::string rewrites;
  for (int i = 0; i < 40; ++i) rewrites += "rewritten picture " + std::to_string(i) + "\n";
  const TemporaryFolder other;
  const auto captions =
      table(*dataset, {other.write("a.txt", rewrites), other.write("b.txt", rewrites)});
  LoaderOptions all = options();
  all.all_rewrites = true;
  Loader loader(dataset, captions, all);
  const auto batch = loader.next();
  ASSERT_EQ(batch->texts.size(), 3u);
  const std::string number = std::to_string(batch->samples[7]);
  const auto text = [&](size_t slot) {
    const auto& texts = batch->texts[slot];
    return text::bpe::Tokenizer::standard().decode(
        {texts.ids.begin() + texts.offsets[7], texts.ids.begin() + texts.offsets[8]});
  };
  std::string digits;  // the tokenizer splits digits
  for (const char c : number) digits += (digits.empty() ? "" : " ") + std::string(1, c);
  EXPECT_THAT(text(0), HasSubstr("picture number " + digits));
  EXPECT_THAT(text(1), HasSubstr("rewritten picture " + digits));
}

TEST_F(LoaderTest, BadPicturesAreReplacedCountedAndNeverDelivered) {
  const std::set<int> broken = {3, 21};
  const auto dataset = data(40, broken);
  LoaderOptions lenient = options();
  lenient.max_bad_share = 0.2;
  Loader loader(dataset, table(*dataset), lenient);
  for (int i = 0; i < 50; ++i) {
    const auto batch = loader.next();
    for (const int64_t sample : batch->samples)
      EXPECT_FALSE(broken.contains(static_cast<int>(sample)));
  }
  const BadSamples bad = loader.bad_samples();
  EXPECT_EQ(bad.seen, 400);
  EXPECT_GE(bad.bad, 20) << "two of forty in each of ten epochs, and some of their replacements";
  EXPECT_LE(bad.bad, 30);
  EXPECT_EQ(bad.by_reason.size(), 1u);
}

TEST_F(LoaderTest, TooManyBadPicturesStopTheRunAfterTwoHundredSamples) {
  const auto dataset = data(40, {1, 2, 3, 4});
  Loader loader(dataset, table(*dataset), options());
  int delivered = 0;
  try {
    for (; delivered < 100; ++delivered) loader.next();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    EXPECT_THAT(error.what(), HasSubstr("of 200 samples could not be used"));
    EXPECT_THAT(error.what(), HasSubstr("expected at most 5 %"));
  }
  EXPECT_EQ(delivered, 24) << "the batch with the two-hundredth sample is not delivered";
}

TEST_F(LoaderTest, DataWithoutOneGoodPairEndsWithAnError) {
  std::set<int> broken;
  for (int i = 0; i < 40; ++i) broken.insert(i);
  const auto dataset = data(40, broken);
  Loader loader(dataset, table(*dataset), options());
  EXPECT_THROW(loader.next(), Error);
}

TEST_F(LoaderTest, FewerPairsThanABatchAreAnError) {
  const auto dataset = data(7);
  EXPECT_THROW(Loader(dataset, table(*dataset), options()), Error);
}

TEST_F(LoaderTest, MicroBatchesAreTheRowsOfTheirBatchInPieces) {
  const auto dataset = data(40, {5, 17});
  LoaderOptions whole = options(), pieces = options(3);
  whole.max_bad_share = pieces.max_bad_share = 0.5;
  for (const int64_t micro_batch : {1, 3, 4, 8}) {
    pieces.micro_batch = micro_batch;
    Loader a(dataset, table(*dataset), whole), b(dataset, table(*dataset), pieces);
    EXPECT_EQ(a.parts(), 1);
    EXPECT_EQ(b.parts(), (8 + micro_batch - 1) / micro_batch);
    a.seek(1, 2);
    b.seek(1, 2);
    for (int step = 0; step < 6; ++step) {  // into the next epoch
      const auto batch = a.next();
      int64_t row = 0;
      for (int64_t part = 0; part < b.parts(); ++part) {
        auto piece = b.next();
        EXPECT_EQ(piece->part, part);
        EXPECT_EQ(piece->epoch, batch->epoch);
        EXPECT_EQ(piece->index, batch->index);
        EXPECT_EQ(piece->size, std::min(micro_batch, 8 - row));
        const auto bytes = 3 * 32 * 32 * row;
        EXPECT_TRUE(
            std::equal(piece->images.begin(), piece->images.end(), batch->images.begin() + bytes));
        for (int64_t i = 0; i < piece->size; ++i, ++row) {
          EXPECT_EQ(piece->samples[static_cast<size_t>(i)],
                    batch->samples[static_cast<size_t>(row)]);
          EXPECT_EQ(ids_of(*piece, i), ids_of(*batch, row));
        }
        b.recycle(std::move(piece));
      }
      EXPECT_EQ(row, 8);
    }
  }
}

TEST_F(LoaderTest, ALoaderThatIsDroppedEarlyStopsItsThreads) {
  const auto dataset = data();
  for (int i = 0; i < 20; ++i) {
    Loader loader(dataset, table(*dataset), options(3));
    if (i % 2 == 0) loader.next();
  }
}

TEST_F(LoaderTest, PicturesOfWhichNothingIsSaidAreRefusedForThat) {
  for (int i = 0; i < 24; ++i) folder_.write("c/" + std::to_string(i) + ".png", test_png(i));
  for (int i = 0; i < 24; ++i)
    folder_.write("classes/k" + std::to_string(i % 3) + "/" + std::to_string(i) + ".png",
                  test_png(i));
  for (const char* name : {"c", "classes"}) {
    const std::shared_ptr<const source::Dataset> dataset =
        source::open_dataset({.source = folder_ / name});
    LoaderOptions with_texts = options();
    with_texts.texts = {{captions::TextSource::kOriginal}};
    try {
      const Loader loader(dataset, table(*dataset), with_texts);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      EXPECT_THAT(error.what(), HasSubstr("none of its pictures has a caption"));
      EXPECT_EQ(std::string(error.what()).find("eval zeroshot") != std::string::npos,
                std::string(name) == "classes");
    }
    EXPECT_NO_THROW(Loader(dataset, nullptr, options())) << "evaluation needs no captions";
  }
}

}  // namespace
}  // namespace clipwright::data::loader
