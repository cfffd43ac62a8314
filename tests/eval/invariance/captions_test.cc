#include "eval/invariance/captions.h"

#include <gtest/gtest.h>

#include <optional>

#include "core/error.h"
#include "tests/eval/tiny_set.h"

namespace clipwright::eval::invariance {
namespace {

using audit::calibration::Corruption;
using audit::calibration::Damage;

/// Four rows, three pictures: the first and the third are one.
class CaptionInvariance : public testing::Test {
 protected:
  CaptionInvariance() {
    const std::string pictures = (kGoldenEval / "pictures").string() + "/";
    std::string csv = "filepath,title\n";
    for (size_t i = 0; i < 4; ++i) csv += pictures + files_[i] + "," + captions_[i] + "\n";
    write_file(folder_ / "set.csv", csv);
    pairs_ = data::source::open_dataset(
        {.source = folder_ / "set.csv", .type = "csv", .csv_separator = ","});
  }
  /// Features of unit length, of a text and of the picture of a row.
  Tensor text(const std::string& caption) { return unit_rows(embed_texts(*model_, {caption}))[0]; }
  Tensor picture(int64_t row) { return unit_rows(embed_images(*model_, *pairs_).rows)[row]; }
  /// Place among the three pictures.
  int64_t best_picture(const std::string& caption) {
    const Tensor all = torch::stack({picture(0), picture(1), picture(3)});
    return all.mv(text(caption)).argmax().item<int64_t>();
  }

  const std::vector<std::string> files_ = {"2_0.png", "10_0.png", "2_0.png", "green_pear_0.png"};
  const std::vector<std::string> captions_ = {"a red wall with two windows", "a green wall",
                                              "some bricks", "three blue pears"};
  const std::vector<std::string> reworded_ = {"a wall that is red and has two windows",
                                              "the wall is green", "", "Three  BLUE pears"};
  const std::vector<int64_t> owner_ = {0, 1, 0, 2};
  TemporaryFolder folder_;
  std::unique_ptr<data::source::Dataset> pairs_;
  std::shared_ptr<models::Clip> model_ = tiny_clip();
  const lexicon::WordNet no_wordnet_{folder_.path()};
  const Corruption corruption_{no_wordnet_, 1};
};

TEST_F(CaptionInvariance, EqualsTheDefinitionOnFeatures) {
  const InvarianceOutcome outcome =
      caption_invariance(*model_, *pairs_, {{"rewrite:hand", reworded_}}, corruption_);
  EXPECT_EQ(outcome.pictures, 3);
  EXPECT_EQ(outcome.texts, 4);
  ASSERT_EQ(outcome.rewordings.size(), 1U);
  const RewordingOutcome& rewording = outcome.rewordings[0];
  EXPECT_EQ(rewording.name, "rewrite:hand");
  // The third caption has no rewording, the fourth's is the same tokens.
  EXPECT_EQ(rewording.texts, 2);
  ASSERT_EQ(rewording.directions.size(), 2U);
  const Agreement& image = rewording.directions[0].agreement;
  int64_t same = 0, right = 0, right_reworded = 0;
  for (const size_t i : {0, 1}) {
    const int64_t before = best_picture(captions_[i]), after = best_picture(reworded_[i]);
    same += before == after;
    right += before == owner_[i];
    right_reworded += after == owner_[i];
  }
  EXPECT_EQ(image.queries, 2);
  EXPECT_EQ(image.same, same);
  EXPECT_EQ(image.right, right);
  EXPECT_EQ(image.right_reworded, right_reworded);
  const Agreement& back = rewording.directions[1].agreement;
  same = right = right_reworded = 0;
  for (const int64_t i : {0, 1}) {
    const auto best = [&](const std::vector<std::string>& texts) {
      return torch::stack({text(texts[0]), text(texts[1])}).mv(picture(i)).argmax().item<int64_t>();
    };
    same += best(captions_) == best(reworded_);
    right += best(captions_) == i;
    right_reworded += best(reworded_) == i;
  }
  EXPECT_EQ(back.queries, 2);
  EXPECT_EQ(back.same, same);
  EXPECT_EQ(back.right, right);
  EXPECT_EQ(back.right_reworded, right_reworded);
}

TEST_F(CaptionInvariance, DamagesWhatCanBeDamaged) {
  const InvarianceOutcome outcome =
      caption_invariance(*model_, *pairs_, {{"rewrite:hand", reworded_}}, corruption_);
  // Without WordNet no object is known.
  EXPECT_FALSE(outcome.damages.contains(Damage::kSwapObject));
  EXPECT_FALSE(outcome.damages.contains(Damage::kDropObject));
  EXPECT_FALSE(outcome.damages.contains(Damage::kNone));
  for (const Damage damage :
       {Damage::kSwapColour, Damage::kSwapNumber, Damage::kNegate, Damage::kAddObject}) {
    int64_t pairs = 0, prefer = 0, both = 0, with_rewording = 0, right = 0;
    for (size_t i = 0; i < 4; ++i) {
      const std::optional<std::string> negative = corruption_.damage(captions_[i], damage);
      if (!negative) continue;
      ++pairs;
      const Tensor row = picture(static_cast<int64_t>(i));
      const auto nearer = [&](const std::string& one) {
        return row.dot(text(one)).item<double>() >
               row.dot(text(*negative)).item<double>() + kRounding;
      };
      prefer += nearer(captions_[i]);
      right += best_picture(*negative) == owner_[i];
      if (i > 1) continue;
      ++with_rewording;
      both += nearer(captions_[i]) && nearer(reworded_[i]);
    }
    ASSERT_TRUE(outcome.damages.contains(damage)) << name_of(damage);
    const DamageOutcome& found = outcome.damages.at(damage);
    EXPECT_EQ(found.preferences.pairs, pairs) << name_of(damage);
    EXPECT_EQ(found.preferences.prefer_original, prefer) << name_of(damage);
    EXPECT_EQ(found.preferences.reworded_pairs, with_rewording) << name_of(damage);
    EXPECT_EQ(found.preferences.prefer_both, both) << name_of(damage);
    EXPECT_EQ(found.queries, pairs) << name_of(damage);
    EXPECT_EQ(found.right_damaged, right) << name_of(damage);
  }
  EXPECT_EQ(outcome.damages.at(Damage::kSwapColour).preferences.pairs, 3);
  EXPECT_EQ(outcome.damages.at(Damage::kSwapNumber).preferences.pairs, 2);
}

TEST_F(CaptionInvariance, DoesNotDependOnBatchesOrThreads) {
  const auto run = [&](const EvalOptions& options) {
    const InvarianceOutcome outcome =
        caption_invariance(*model_, *pairs_, {{"hand", reworded_}}, corruption_, options);
    Json metrics = outcome.metrics();
    metrics.erase("spread_over_texts");
    metrics.erase("spread_over_pictures");
    return std::pair(metrics, outcome.tables());
  };
  const auto one = run({.batch_size = 1, .workers = 1});
  for (const int64_t batch : {2, 7, 64}) EXPECT_EQ(run({.batch_size = batch, .workers = 3}), one);
}

// A damage behind the last token that the model reads cannot be preferred by anybody.
TEST_F(CaptionInvariance, LeavesDamageOutThatTheModelCannotSee) {
  std::string long_caption;
  for (int i = 0; i < 90; ++i) long_caption += "very ";
  long_caption += "green wall";
  write_file(folder_ / "long.csv",
             "filepath,title\n" + (kGoldenEval / "pictures/2_0.png").string() + "," + long_caption +
                 "\n" + (kGoldenEval / "pictures/10_0.png").string() + ",a wall\n");
  const auto pairs = data::source::open_dataset(
      {.source = folder_ / "long.csv", .type = "csv", .csv_separator = ","});
  const InvarianceOutcome outcome = caption_invariance(*model_, *pairs, {}, corruption_);
  EXPECT_EQ(outcome.damages.at(Damage::kSwapColour).unseen, 1);
  EXPECT_EQ(outcome.damages.at(Damage::kSwapColour).preferences.pairs, 0);
  const Json metrics = outcome.metrics();
  EXPECT_TRUE(metrics["sensitivity_swap-colour"].is_null());
  EXPECT_TRUE(metrics["invariance"].is_null());
}

TEST_F(CaptionInvariance, ABadPictureTakesItsCaptionsWithIt) {
  fs::create_directories(folder_.path() / "broken");
  std::string csv = "filepath,title\n";
  for (const char* name : {"2_0.png", "10_0.png", "green_pear_0.png"}) {
    fs::copy_file(kGoldenEval / "pictures" / name, folder_.path() / "broken" / name);
    csv += std::string(name) + ",a red thing called " + name + "\n";
  }
  write_file(folder_.path() / "broken/10_0.png", "not a picture");
  write_file(folder_.path() / "broken/set.csv", csv);
  const auto pairs = data::source::open_dataset(
      {.source = folder_ / "broken/set.csv", .type = "csv", .csv_separator = ","});
  const InvarianceOutcome outcome = caption_invariance(
      *model_, *pairs, {{"hand", {"one", "two", "three"}}}, corruption_, {.max_bad_share = 0.5});
  EXPECT_EQ(outcome.pictures, 2);
  EXPECT_EQ(outcome.bad, 1);
  EXPECT_EQ(outcome.texts, 2);
  EXPECT_EQ(outcome.rewordings[0].texts, 2);
  EXPECT_EQ(outcome.damages.at(Damage::kSwapColour).preferences.pairs, 2);
}

TEST_F(CaptionInvariance, RefusesASetWithNothingToChooseFrom) {
  write_file(folder_ / "one.csv",
             "filepath,title\n" + (kGoldenEval / "pictures/2_0.png").string() + ",a wall\n");
  const auto pairs = data::source::open_dataset(
      {.source = folder_ / "one.csv", .type = "csv", .csv_separator = ","});
  EXPECT_THROW(caption_invariance(*model_, *pairs, {}, corruption_), Error);
}

// A text tower that gives every text one feature keeps every answer. It must not look good.
TEST_F(CaptionInvariance, AModelThatIgnoresTextsIsToldAsCollapsed) {
  {
    torch::NoGradGuard no_grad;
    for (auto [name, tensor] : model_->table().file_tensors()) {
      const bool block_bias = name.starts_with("transformer.") && name.ends_with("bias");
      if (name == "token_embedding.weight" || name == "positional_embedding" || block_bias)
        tensor.zero_();
      // What is left of every text is the first row of the projection, bit for bit.
      if (name == "ln_final.bias") tensor.zero_()[0] = 1;
    }
  }
  const InvarianceOutcome outcome =
      caption_invariance(*model_, *pairs_, {{"hand", reworded_}}, corruption_);
  // Captions ask for one picture whatever they say, which is "the same answer" ...
  EXPECT_EQ(outcome.rewordings[0].directions[0].agreement.same, 2);
  // ... and pictures cannot choose between captions.
  EXPECT_EQ(outcome.rewordings[0].directions[1].agreement.undecided, 2);
  EXPECT_TRUE(outcome.spread.collapsed());
  const Json metrics = outcome.metrics();
  EXPECT_EQ(metrics["collapsed"], true);
  EXPECT_TRUE(metrics["invariance"].is_null());
  EXPECT_TRUE(metrics["kappa"].is_null());
  EXPECT_TRUE(metrics["image_retrieval_invariance"].is_null());
  EXPECT_EQ(metrics["sensitivity"], 0);
  EXPECT_EQ(metrics["sensitivity_reworded"], 0);
  EXPECT_EQ(metrics["text_sensitivity"], 0);
}

}  // namespace
}  // namespace clipwright::eval::invariance
