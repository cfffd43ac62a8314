#include "eval/zeroshot.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"
#include "data/image/image_decoder.h"
#include "data/image/png_encoder.h"
#include "data/transform/transform.h"
#include "eval/sets/evaluation_data.h"
#include "tests/eval/tiny_set.h"
#include "text/templates/templates.h"

namespace clipwright::eval {
namespace {

class GoldenZeroshot : public testing::TestWithParam<std::string> {};

TEST_P(GoldenZeroshot, MetricsEqualTheDefinitions) {
  const std::string prefix = "zeroshot_" + GetParam() + "_";
  const Tensor prompts = golden_floats(prefix + "prompts.npy");  // (C, T, E)
  const auto wide = golden_integers(prefix + "labels.npy");
  const std::vector<int> labels(wide.begin(), wide.end());
  const ZeroshotResult result =
      score_zeroshot(unit_rows(golden_floats(prefix + "images.npy")),
                     average_prompts(prompts.flatten(0, 1), prompts.size(0)), labels);
  const Json expected = read_json(kGoldenEval / "expected.json")["zeroshot"][GetParam()];
  EXPECT_DOUBLE_EQ(result.acc1, expected["acc1"].get<double>());
  EXPECT_EQ(result.acc5.has_value(), !expected["acc5"].is_null());
  if (result.acc5) {
    EXPECT_DOUBLE_EQ(*result.acc5, expected["acc5"].get<double>());
  }
  EXPECT_NEAR(result.mean_per_class_recall, expected["mean_per_class_recall"].get<double>(), 1e-12);
  EXPECT_EQ(result.metrics()["acc5"].is_null(), expected["acc5"].is_null());
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenZeroshot, testing::Values("absent", "four", "ties"));

TEST(Zeroshot, OfEqualScoresTheLowestClassWins) {
  const Tensor picture = torch::tensor({{1.0F, 0.0F}}),
               classifier = torch::tensor({{0.0F, 1.0F}, {1.0F, 0.0F}, {1.0F, 0.0F}});
  EXPECT_EQ(score_zeroshot(picture, classifier, {2}).predicted, std::vector<int>{1});
  EXPECT_EQ(score_zeroshot(picture, classifier, {2}).rank, std::vector<int>{1});
  EXPECT_EQ(score_zeroshot(picture, classifier, {1}).rank, std::vector<int>{0});
}

class ZeroshotSet : public testing::Test {
 protected:
  ZeroshotSet() { make_class_folders(folder_.path()); }
  sets::ClassificationData open(const std::string& classnames = {},
                                const std::string& templates = {}) const {
    return sets::open_classification({.source = folder_.path().string()}, classnames, templates);
  }
  TemporaryFolder folder_;
  TemporaryFolder beside_;
  std::shared_ptr<models::Clip> model_ = tiny_clip();
};

TEST_F(ZeroshotSet, NamesClassesAfterTheirFolders) {
  const sets::ClassificationData data = open();
  EXPECT_EQ(data.classnames, (std::vector<std::string>{"10", "2", "green pear"}));
  EXPECT_EQ(data.templates.size(), 7U);
  EXPECT_EQ(data.pictures->size(), 9);
}

TEST_F(ZeroshotSet, OrdersFoldersThatAreNumbersByValue) {
  fs::remove_all(folder_.path() / "green_pear");
  write_file(beside_ / "names.txt", "two\nten\n");
  const sets::ClassificationData data = open(beside_ / "names.txt");
  for (int64_t i = 0; i < data.pictures->size(); ++i) {
    const bool two = data.pictures->key(i).rfind("2/", 0) == 0;
    EXPECT_EQ(data.classnames[static_cast<size_t>(data.pictures->label(i))], two ? "two" : "ten");
  }
}

TEST_F(ZeroshotSet, RefusesNamesThatDoNotFitTheFolders) {
  write_file(beside_ / "names.txt", "two\nten\n");
  try {
    open(beside_ / "names.txt");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    EXPECT_NE(std::string(error.what()).find("has 2 names; expected 3"), std::string::npos)
        << error.what();
  }
}

TEST_F(ZeroshotSet, DoesNotDependOnBatchesOrThreads) {
  const sets::ClassificationData data = open({}, "80");
  const ZeroshotResult one = evaluate_zeroshot(*model_, *data.pictures, data.classnames,
                                               data.templates, {.batch_size = 1, .workers = 1});
  for (const int64_t batch : {2, 7, 64}) {
    const EvalOptions options{.batch_size = batch, .workers = 3};
    const ZeroshotResult other =
        evaluate_zeroshot(*model_, *data.pictures, data.classnames, data.templates, options);
    EXPECT_EQ(other.predicted, one.predicted);
    EXPECT_EQ(other.metrics(), one.metrics());
    const Tensor a =
        zeroshot_classifier(*model_, data.classnames, data.templates, {.batch_size = 1});
    EXPECT_LT((a - zeroshot_classifier(*model_, data.classnames, data.templates, options))
                  .abs()
                  .max()
                  .item<float>(),
              1e-6F);
  }
}

TEST_F(ZeroshotSet, EqualsTheFormulaOnFeatures) {
  const sets::ClassificationData data = open({}, "plain");
  const ZeroshotResult result =
      evaluate_zeroshot(*model_, *data.pictures, data.classnames, data.templates);
  const Tensor images = embed_images(*model_, *data.pictures).rows,
               texts = embed_texts(*model_, data.classnames);
  const Tensor best =
      torch::cosine_similarity(images.unsqueeze(1), texts.unsqueeze(0), 2).argmax(1);
  int hits = 0;
  for (int64_t i = 0; i < 9; ++i) {
    EXPECT_EQ(result.predicted[static_cast<size_t>(i)], best[i].item<int>());
    hits += best[i].item<int>() == data.pictures->label(i);
  }
  EXPECT_DOUBLE_EQ(result.acc1, hits / 9.0);
}

TEST_F(ZeroshotSet, LeavesBadPicturesOutAndCountsThem) {
  write_file(folder_.path() / "2/broken.png", "not a picture");
  const sets::ClassificationData data = open();
  const ZeroshotResult result = evaluate_zeroshot(*model_, *data.pictures, data.classnames,
                                                  data.templates, {.max_bad_share = 0.5});
  EXPECT_EQ(result.pictures, 9);
  EXPECT_EQ(result.bad, 1);
  EXPECT_EQ(std::count(result.predicted.begin(), result.predicted.end(), -1), 1);
  EXPECT_THROW(evaluate_zeroshot(*model_, *data.pictures, data.classnames, data.templates,
                                 {.max_bad_share = 0.05}),
               Error);
}

// Grey pictures are read as pictures whose three channels are the same.
TEST_F(ZeroshotSet, GreyPicturesAnswerAsTheirCopiesInColour) {
  const fs::path images = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/images";
  const TemporaryFolder grey, colour;
  for (const char* name : {"png_grey.png", "jpeg_grey.jpg"}) {
    const std::string file = read_file(images / name);
    data::image::ImageReader reader;
    std::string problem;
    data::image::ImageDecoder* decoder =
        reader.open(std::as_bytes(std::span(file.data(), file.size())), problem);
    ASSERT_NE(decoder, nullptr) << problem;
    const int width = decoder->width(), height = decoder->height();
    data::image::Image image;
    ASSERT_EQ(decoder->decode({0, 0, width, height}, image), "");
    std::vector<uint8_t> rgb;
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) rgb.insert(rgb.end(), 3, image.row(y)[4 * x]);
    }
    const std::vector<std::byte> png = data::image::encode_png(rgb, width, height);
    grey.write(std::string(name) + "_class/0" + fs::path(name).extension().string(), file);
    colour.write(std::string(name) + "_class/0.png",
                 {reinterpret_cast<const char*>(png.data()), png.size()});
  }
  const auto rows_and_answers = [&](const TemporaryFolder& folder) {
    const sets::ClassificationData data =
        sets::open_classification({.source = folder.path().string()}, {}, "plain");
    return std::pair(embed_images(*model_, *data.pictures).rows,
                     evaluate_zeroshot(*model_, *data.pictures, data.classnames, data.templates));
  };
  const auto [grey_rows, of_grey] = rows_and_answers(grey);
  const auto [colour_rows, of_colour] = rows_and_answers(colour);
  EXPECT_EQ(of_grey.pictures, 2);
  EXPECT_TRUE(grey_rows.equal(colour_rows));
  EXPECT_EQ(of_grey.predicted, of_colour.predicted);
  EXPECT_EQ(of_grey.metrics(), of_colour.metrics());
}

TEST_F(ZeroshotSet, RefusesALabelWithoutAName) {
  const sets::ClassificationData data = open();
  EXPECT_THROW(evaluate_zeroshot(*model_, *data.pictures, {"only one"}, data.templates), Error);
  EXPECT_THROW(evaluate_zeroshot(*model_, *data.pictures, data.classnames, {}), Error);
}

losses::FilipHeads random_heads(const models::ModelConfig& config) {
  torch::manual_seed(8);
  return {.image_weight = torch::randn({6, config.vision.width}),
          .image_bias = torch::randn({6}),
          .text_weight = torch::randn({6, config.text.width}),
          .text_bias = torch::randn({6})};
}

// FILIP's comparison written out: patches of one picture, words of one class, one product at a
// time.
TEST_F(ZeroshotSet, ByPatchesAndWordsEqualsTheDefinition) {
  for (const bool padding : {false, true}) {
    const sets::ClassificationData data = open();
    losses::FilipHeads heads = random_heads(model_->config());
    heads.padding = padding;
    const std::vector<std::string> templates = {"a photo of a {c}.", "{c}", "the {c} in a room"};
    const ZeroshotResult result = evaluate_zeroshot(*model_, *data.pictures, data.classnames,
                                                    templates, {.batch_size = 2}, &heads);
    const models::Evaluating evaluating(*model_);
    const auto head = [](const Tensor& row, const Tensor& weight, const Tensor& bias) {
      const Tensor mapped = weight.to(torch::kDouble).mv(row.to(torch::kDouble)) + bias;
      return mapped / mapped.norm();
    };
    std::vector<std::vector<Tensor>> words;  // by class and place
    for (const std::string& name : data.classnames) {
      std::vector<Tensor> sums;
      for (const std::string& prompt : templates) {
        text::bpe::PackedTexts packed;
        text::bpe::Tokenizer::standard().append(text::templates::fill_template(prompt, name),
                                                packed);
        const Tensor tokens =
            model_
                ->encode_text(models::to_text_batch(packed),
                              models::TextRequest{.tokens = true, .padding = padding})
                .tokens;
        ASSERT_EQ(tokens.size(0), padding ? model_->config().text.context_length
                                          : static_cast<int64_t>(packed.ids.size()));
        for (int64_t place = 0; place < tokens.size(0); ++place) {
          const Tensor row = head(tokens[place], heads.text_weight, heads.text_bias);
          if (place < static_cast<int64_t>(sums.size())) {
            sums[static_cast<size_t>(place)] = sums[static_cast<size_t>(place)] + row;
          } else {
            sums.push_back(row);
          }
        }
      }
      for (Tensor& row : sums) row = row / row.norm();
      words.push_back(sums);
    }
    data::transform::ImagePipeline pipeline(model_->config().preprocess,
                                            model_->config().vision.image_size);
    const int64_t side = model_->config().vision.image_size;
    ASSERT_EQ(result.pictures, 9);
    for (int64_t i = 0; i < data.pictures->size(); ++i) {
      Tensor pixels = torch::empty({1, 3, side, side}, torch::kUInt8);
      const data::source::ImageBytes file = data.pictures->image(i);
      ASSERT_EQ(pipeline.evaluate(
                    file.view, {pixels.data_ptr<uint8_t>(), static_cast<size_t>(pixels.numel())}),
                "");
      const Tensor patches =
          model_
              ->encode_image(models::normalize_pixels(pixels, model_->config().preprocess),
                             models::ImageRequest{.patches = true})
              .patches[0];
      std::vector<double> scores;
      for (const std::vector<Tensor>& own : words) {
        double sum = 0;
        for (int64_t p = 0; p < patches.size(0); ++p) {
          const Tensor patch = head(patches[p], heads.image_weight, heads.image_bias);
          double best = -2;
          for (const Tensor& word : own) best = std::max(best, patch.dot(word).item<double>());
          sum += best;
        }
        scores.push_back(sum / static_cast<double>(patches.size(0)));
      }
      const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
      EXPECT_EQ(result.predicted[static_cast<size_t>(i)], best) << i;
    }
  }
}

}  // namespace
}  // namespace clipwright::eval
