#include "eval/evaluate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "data/files/tar.h"
#include "eval/embed_files.h"
#include "eval/sets/evaluation_data.h"
#include "eval/zeroshot.h"
#include "losses/class_tokens.h"
#include "losses/filip_heads.h"
#include "models/clip.h"
#include "models/load_model.h"
#include "models/open_clip_directory.h"
#include "tensor/safetensors.h"
#include "tests/eval/tiny_set.h"

namespace clipwright::eval {
namespace {

/// A model directory and both kinds of CLIP_benchmark folders.
class Evaluate : public testing::Test {
 protected:
  void SetUp() override {
    models::write_open_clip_directory(*tiny_clip(), folder_.path() / "model");
    make_set("labels", [](int picture) { return std::pair("cls", std::to_string(picture / 3)); });
    write_file(folder_.path() / "labels/classnames.txt", "red wall\ngreen wall\nblue wall\n");
    write_file(folder_.path() / "labels/zeroshot_classification_templates.txt",
               "a photo of a {c}.\nthe {c}\n");
    make_set("captions", [](int picture) {
      return std::pair(
          "txt", "picture " + std::to_string(picture) + "\nwall number " + std::to_string(picture));
    });
    write_file(folder_.path() / "captions/dataset_type.txt", "retrieval\n");
  }

  template <typename Describe>
  void make_set(const std::string& name, const Describe& describe) {
    fs::create_directories(folder_.path() / name / "test");
    data::files::TarWriter tar(folder_.path() / name / "test/0.tar");
    int picture = 0;
    for (const std::string colour : {"2", "10", "green_pear"}) {
      for (int number = 0; number < 3; ++number, ++picture) {
        char key[16];
        std::snprintf(key, sizeof key, "s%07d", picture);
        const auto [extension, text] = describe(picture);
        tar.add(std::string(key) + "." + extension, text);
        tar.add(
            std::string(key) + ".png",
            read_file(kGoldenEval / "pictures" / (colour + "_" + std::to_string(number) + ".png")));
      }
    }
    tar.finish();
    write_file(folder_.path() / name / "test/nshards.txt", "1\n");
  }

  EvaluationRequest request(const std::string& set) const {
    EvaluationRequest request;
    request.model = folder_ / "model";
    request.data.source = folder_ / set;
    return request;
  }

  TemporaryFolder folder_;
};

TEST_F(Evaluate, ReadsNamesAndTemplatesOfClipBenchmarksFolder) {
  const EvaluationRecord record = run_zeroshot(request("labels"));
  EXPECT_EQ(record.dataset, folder_ / "labels");
  EXPECT_EQ(record.model, "custom");
  EXPECT_EQ(record.pretrained, folder_ / "model");
  EXPECT_EQ(record.task, "zeroshot_classification");
  EXPECT_TRUE(record.metrics["acc5"].is_null());

  // The same with the names and templates given from outside, and on the split itself.
  EvaluationRequest again = request("labels/test");
  again.classnames = folder_ / "labels/classnames.txt";
  again.templates = folder_ / "labels/zeroshot_classification_templates.txt";
  EXPECT_EQ(run_zeroshot(again).metrics, record.metrics);
  EXPECT_EQ(run_zeroshot(request("labels/test")).metrics, record.metrics);
}

TEST_F(Evaluate, RetrievesWithSeveralCaptions) {
  EvaluationRequest wanted = request("captions");
  wanted.recall_k = {1, 9};
  const EvaluationRecord record = run_retrieval(wanted);
  EXPECT_EQ(record.task, "zeroshot_retrieval");
  EXPECT_EQ(record.metrics.size(), 4U);
  EXPECT_EQ(record.metrics["image_retrieval_recall@9"], 1.0);
  EXPECT_EQ(record.samples.rows(), 27);
  wanted.options.batch_size = 2;
  EXPECT_EQ(run_retrieval(wanted).metrics, record.metrics);
  EXPECT_FALSE(record.metrics.contains("prompt"));
  wanted.retrieval = {.folds = 3, .prompt = "a photo of "};
  const EvaluationRecord folds = run_retrieval(wanted);
  EXPECT_EQ(folds.metrics["prompt"], "a photo of ");
  EXPECT_EQ(folds.metrics["folds"], 3);
  EXPECT_EQ(folds.metrics["image_retrieval_recall@9"], 1.0);
}

TEST_F(Evaluate, RefusesMeaninglessNumbers) {
  EvaluationRequest wanted = request("captions");
  wanted.recall_k = {0};
  EXPECT_THROW(run_retrieval(wanted), Error);
  wanted = request("labels");
  wanted.options.batch_size = 0;
  EXPECT_THROW(run_zeroshot(wanted), Error);
}

class EmbedFiles : public Evaluate {
 protected:
  EmbedRequest embed_request() const {
    EmbedRequest request;
    request.model = folder_ / "model";
    request.output = folder_ / "features.npy";
    return request;
  }
};

TEST_F(EmbedFiles, WritesARowForEveryText) {
  write_file(folder_ / "texts.txt", "a dog\n\na cat\r\na dog");
  EmbedRequest request = embed_request();
  request.texts = folder_ / "texts.txt";
  EXPECT_EQ(embed_files(request).rows, 4);
  const NpyArray unit = read_npy(request.output);
  EXPECT_EQ(unit.shape, (std::vector<int64_t>{4, 8}));
  const auto values = unit.values<float>();
  for (size_t row = 0; row < 4; ++row) {
    double length = 0;
    for (size_t i = 0; i < 8; ++i) length += values[row * 8 + i] * values[row * 8 + i];
    EXPECT_NEAR(length, 1, 1e-6);
  }
  request.raw = true;
  embed_files(request);
  const NpyArray raw = read_npy(request.output);
  const Tensor expected =
      embed_texts(*models::load_model(request.model), {"a dog", "", "a cat", "a dog"}).contiguous();
  EXPECT_EQ(0, std::memcmp(raw.bytes.data(), expected.data_ptr(), raw.bytes.size()));
}

TEST_F(EmbedFiles, TakesFilesFoldersAndLists) {
  const std::string pictures = (kGoldenEval / "pictures").string();
  fs::copy_file(pictures + "/2_0.png", folder_ / "beside.png");
  write_file(folder_ / "list.txt", pictures + "/10_1.png\nbeside.png\n");
  EmbedRequest request = embed_request();
  request.images = {pictures + "/2_0.png", pictures, folder_ / "list.txt"};
  EXPECT_EQ(embed_files(request).rows, 12);
  const NpyArray array = read_npy(request.output);
  const auto row = [&](size_t i) { return array.values<float>().subspan(i * 8, 8); };
  const auto near = [&](size_t a, size_t b) {
    return std::equal(row(a).begin(), row(a).end(), row(b).begin(),
                      [](float x, float y) { return std::abs(x - y) < 1e-5F; });
  };
  EXPECT_TRUE(near(0, 11));  // 2_0.png and its copy beside the list
  EXPECT_TRUE(near(0, 4));   // sorted: 10_0, 10_1, 10_2, 2_0
  EXPECT_TRUE(near(2, 10));
  EXPECT_FALSE(near(0, 2));
}

TEST_F(EmbedFiles, AnUnreadablePictureIsAnErrorOrZeros) {
  write_file(folder_ / "broken.jpg", "\xFF\xD8\xFF nothing follows");
  EmbedRequest request = embed_request();
  request.images = {(kGoldenEval / "pictures/2_0.png").string(), folder_ / "broken.jpg",
                    folder_ / "missing.png"};
  try {
    embed_files(request);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    EXPECT_NE(std::string(error.what()).find("broken.jpg"), std::string::npos) << error.what();
  }
  EXPECT_FALSE(fs::exists(request.output));
  request.skip_bad = true;
  const EmbedSummary summary = embed_files(request);
  EXPECT_EQ(summary.rows, 3);
  EXPECT_EQ(summary.bad, 2);
  const NpyArray array = read_npy(request.output);
  for (size_t i = 8; i < 24; ++i) EXPECT_EQ(array.values<float>()[i], 0.0F);
}

TEST_F(EmbedFiles, RefusesNothingAndBoth) {
  EXPECT_THROW(embed_files(embed_request()), Error);
  EmbedRequest request = embed_request();
  request.images = {"a.png"};
  request.texts = "b.txt";
  EXPECT_THROW(embed_files(request), Error);
  request = embed_request();
  write_file(folder_ / "texts.txt", "a dog\n");
  request.texts = folder_ / "texts.txt";
  request.output = folder_ / "no/such/folder.npy";
  EXPECT_THROW(embed_files(request), Error);
}

TEST_F(Evaluate, PatchesAndWordsNeedTheHeadsThatComparedThem) {
  EvaluationRequest tokens = request("labels");
  tokens.tokens = true;
  const auto refusal = [&] {
    try {
      run_zeroshot(tokens);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing was thrown");
  };
  EXPECT_NE(refusal().find("has no heads"), std::string::npos) << refusal();
  const fs::path model = folder_.path() / "model";
  losses::write_filip_heads(model, {.image_weight = torch::randn({4, 16}),
                                    .image_bias = torch::randn({4}),
                                    .text_weight = torch::randn({4, 16}),
                                    .text_bias = torch::randn({4})});
  const EvaluationRecord record = run_zeroshot(tokens);
  EXPECT_GE(record.metrics["acc1"].get<double>(), 0);
  EXPECT_LE(record.metrics["acc1"].get<double>(), 1);
  // A checkpoint has them among what its objective owns.
  fs::rename(model / losses::kFilipHeadsName, model / "objective.safetensors");
  EXPECT_EQ(run_zeroshot(tokens).metrics, record.metrics);
  // Heads of another model, and heads that are not whole.
  losses::write_filip_heads(model, {.image_weight = torch::randn({4, 12}),
                                    .image_bias = torch::randn({4}),
                                    .text_weight = torch::randn({4, 16}),
                                    .text_bias = torch::randn({4})});
  EXPECT_NE(refusal().find("read rows of 12 and 16"), std::string::npos) << refusal();
  tensor::write_safetensors(model / losses::kFilipHeadsName,
                            {{"filip.image.weight", torch::randn({4, 16})}});
  EXPECT_NE(refusal().find("holds 1 of FILIP's tensors"), std::string::npos) << refusal();
}

/// Two further class tokens for `tiny_clip`.
Tensor further_tokens() {
  torch::manual_seed(3);
  return torch::randn({2, 16});
}

/// Features of a set by the definition: each branch by itself, at unit length, then their mean.
Tensor mean_by_branches(models::Clip& model, const data::source::Dataset& pictures) {
  Tensor sum = unit_rows(embed_images(model, pictures).rows);
  for (const Tensor& token : further_tokens().unbind()) {
    sum = sum +
          unit_rows(
              encode_pictures(model, pictures, model.config().embed_dim, [&](const Tensor& pixels) {
                return model
                    .encode_image(pixels, models::ImageRequest{.class_tokens = token.unsqueeze(0)})
                    .branches.select(1, 0);
              }).rows);
  }
  return sum / 3;
}

TEST_F(Evaluate, ZeroShotByTheMeanOfAllClassTokens) {
  const fs::path model = folder_.path() / "model";
  const EvaluationRecord first = run_zeroshot(request("labels"));
  losses::write_class_tokens(model, further_tokens());
  EXPECT_EQ(run_zeroshot(request("labels")).metrics, first.metrics) << "the default is the first";
  EXPECT_FALSE(first.metrics.contains("class_tokens"));

  EvaluationRequest average = request("labels");
  average.class_tokens = "average";
  const EvaluationRecord record = run_zeroshot(average);
  const sets::ClassificationData data = sets::open_classification(average.data, {}, {}, {});
  const auto clip = tiny_clip();
  std::vector<int> labels;
  for (int64_t i = 0; i < data.pictures->size(); ++i) labels.push_back(data.pictures->label(i));
  Json expected =
      score_zeroshot(unit_rows(mean_by_branches(*clip, *data.pictures)),
                     zeroshot_classifier(*clip, data.classnames, data.templates), labels)
          .metrics();
  expected["class_tokens"] = "average";
  EXPECT_EQ(record.metrics, expected);
  // A checkpoint has them among what its objective owns, in the tower's shape.
  fs::remove(model / losses::kClassTokensName);
  const Tensor tokens = further_tokens();
  tensor::write_safetensors(model / "objective.safetensors",
                            {{"multi-text.branch.2.class_embedding", tokens[1].view({1, 1, 16})},
                             {"multi-text.branch.1.class_embedding", tokens[0].view({1, 1, 16})}});
  EXPECT_EQ(run_zeroshot(average).metrics, record.metrics);
}

TEST_F(Evaluate, FeaturesByAllClassTokensAreTheMeanOfUnitOnes) {
  const sets::ClassificationData data =
      sets::open_classification(request("labels").data, {}, {}, {});
  const auto clip = tiny_clip();
  EvalOptions options;
  options.class_tokens = further_tokens();
  const Tensor expected = mean_by_branches(*clip, *data.pictures);
  for (const int64_t batch : {1, 4, 64}) {
    options.batch_size = batch;
    const Tensor found = embed_images(*clip, *data.pictures, options).rows;
    EXPECT_LT((found - expected).abs().max().item<double>(), 1e-6) << batch;
  }
  EXPECT_GT(
      (expected - unit_rows(embed_images(*clip, *data.pictures).rows)).abs().max().item<double>(),
      0.01);

  losses::write_class_tokens(folder_.path() / "model", further_tokens());
  EmbedRequest embed;
  embed.model = folder_ / "model";
  embed.output = folder_ / "out.npy";
  embed.class_tokens = "average";
  for (const std::string colour : {"10", "2", "green_pear"}) {
    for (const char* number : {"0", "1", "2"})
      embed.images.push_back(
          (kGoldenEval / "pictures" / (colour + "_" + number + ".png")).string());
  }
  EXPECT_EQ(embed_files(embed).rows, 9);
  const NpyArray array = read_npy(embed.output);
  ASSERT_EQ(array.shape, (std::vector<int64_t>{9, 8}));
  for (size_t row = 0; row < 9; ++row) {
    double square = 0;
    for (size_t i = 0; i < 8; ++i) square += std::pow(array.values<float>()[8 * row + i], 2);
    EXPECT_NEAR(square, 1, 1e-5);
  }
}

TEST_F(Evaluate, AReadingOfClassTokensThatCannotBeIsASentence) {
  EvaluationRequest average = request("labels");
  const fs::path model = folder_.path() / "model";
  const auto refusal = [&](ExitCode code) {
    try {
      run_zeroshot(average);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return std::string(error.what());
    }
    return std::string("nothing was thrown");
  };
  const auto expect_refusal = [&](ExitCode code, const char* words) {
    EXPECT_NE(refusal(code).find(words), std::string::npos) << refusal(code);
  };
  average.class_tokens = "mean";
  expect_refusal(ExitCode::kUsage, "--class-tokens is 'mean'; expected first or average");
  average.class_tokens = "average";
  expect_refusal(ExitCode::kUsage, "has one class token");
  average.tokens = true;
  expect_refusal(ExitCode::kUsage, "--tokens compares patches");
  average.tokens = false;
  losses::write_class_tokens(model, torch::randn({2, 12}));
  expect_refusal(ExitCode::kInput, "(2, 12); expected the image tower's width, 16");
  losses::write_class_tokens(model, further_tokens() * NAN);
  expect_refusal(ExitCode::kInput, "not finite");
  losses::write_class_tokens(model, further_tokens().view({2, 4, 4}));
  expect_refusal(ExitCode::kInput, "(2, 4, 4)");
  tensor::write_safetensors(model / losses::kClassTokensName, {{"other", torch::ones({2, 16})}});
  expect_refusal(ExitCode::kInput, "class_tokens.safetensors: its class tokens are missing");
  fs::remove(model / losses::kClassTokensName);
  tensor::write_safetensors(model / "objective.safetensors",
                            {{"multi-text.branch.1.class_embedding", torch::ones({16})},
                             {"multi-text.branch.2.class_embedding", torch::ones({12})}});
  expect_refusal(ExitCode::kInput, "of several widths");

  EmbedRequest texts;
  write_file(folder_ / "texts.txt", "a dog\n");
  texts.model = model.string();
  texts.texts = folder_ / "texts.txt";
  texts.output = folder_ / "out.npy";
  texts.class_tokens = "average";
  EXPECT_THROW(embed_files(texts), Error);
}

}  // namespace
}  // namespace clipwright::eval
