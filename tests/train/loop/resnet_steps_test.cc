// Training a ResNet: three steps of open_clip 3.3.0 in float64
// (tests/golden/make_resnet_training.py), and what accumulation and evaluation do to the running
// statistics.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/npy.h"
#include "losses/presets.h"
#include "models/open_clip_config.h"
#include "models/open_clip_directory.h"
#include "optim/adamw.h"
#include "tensor/safetensors.h"
#include "train/loop/step.h"

namespace clipwright::train {
namespace {

const std::filesystem::path kGolden =
    std::filesystem::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/resnet_training";

bool is_statistic(const std::string& name) {
  return name.find(".running_") != std::string::npos ||
         name.find(".num_batches_tracked") != std::string::npos;
}

class ResnetSteps : public testing::Test {
 protected:
  ResnetSteps() {
    const NpyArray pixels = read_npy(kGolden / "pixels.npy"),
                   tokens = read_npy(kGolden / "tokens.npy");
    input_.views = {torch::empty(pixels.shape, torch::kUInt8)};
    std::copy_n(pixels.values<uint8_t>().begin(), input_.views[0].numel(),
                input_.views[0].data_ptr<uint8_t>());
    text::bpe::PackedTexts texts;
    const auto ids = tokens.values<int32_t>();
    for (int64_t n = 0; n < tokens.shape[0]; ++n) {
      for (int64_t t = 0; t < tokens.shape[1]; ++t) {
        const int32_t id = ids[static_cast<size_t>(n * tokens.shape[1] + t)];
        if (id != 0) texts.ids.push_back(id);
      }
      texts.offsets.push_back(static_cast<int32_t>(texts.ids.size()));
    }
    input_.texts = {std::move(texts)};
    model_ = fresh();
  }

  /// The golden start, in float64 and training mode.
  static std::shared_ptr<models::Clip> fresh() {
    const auto config =
        models::parse_open_clip_config(read_json(kGolden / "open_clip_config.json"), "golden");
    auto model = std::make_shared<models::Clip>(config);
    model->load_state(tensor::read_safetensors(kGolden / "initial.safetensors").tensors, "initial");
    model->to(torch::kDouble);
    model->train();
    return model;
  }
  static std::vector<NamedTensor> copies(const models::Clip& model) {
    std::vector<NamedTensor> list;
    for (const auto& [name, tensor] : model.table().file_tensors())
      list.emplace_back(name, tensor.clone());
    return list;
  }
  /// The largest difference, as a share of the larger tensor's largest number.
  static double difference(const Tensor& ours, const Tensor& theirs) {
    const Tensor a = ours.to(torch::kDouble), b = theirs.to(torch::kDouble);
    return (a - b).abs().max().item<double>() / std::max(1e-3, b.abs().max().item<double>());
  }

  loop::StepInput input_;
  std::shared_ptr<models::Clip> model_;
  losses::Objective objective_{losses::find_preset("clip"), models::ModelConfig{}};
};

TEST_F(ResnetSteps, LossesGradientsStatisticsAndWeightsEqualOpenClips) {
  const Json golden = read_json(kGolden / "steps.json");
  const tensor::Safetensors gradients = tensor::read_safetensors(kGolden / "gradients.safetensors"),
                            statistics =
                                tensor::read_safetensors(kGolden / "statistics.safetensors"),
                            last = tensor::read_safetensors(kGolden / "final.safetensors");
  optim::AdamW optimizer(model_->table(), {.weight_decay = golden["settings"]["wd"]});
  for (size_t step = 0; step < golden["losses"].size(); ++step) {
    const loop::StepLoss loss = loop::forward_backward(*model_, objective_, input_, {});
    EXPECT_NEAR(loss.loss, golden["losses"][step].get<double>(), 1e-9) << "step " << step;
    if (step == 0) {
      for (const tensor::TableEntry& entry : model_->table().entries()) {
        if (entry.kind == tensor::TensorKind::kParameter) {
          const Tensor* expected = gradients.find(entry.name);
          ASSERT_NE(expected, nullptr) << entry.name;
          EXPECT_LT(difference(entry.in_file(entry.leaf.grad()), *expected), 1e-6) << entry.name;
        } else {
          const Tensor* expected = statistics.find(entry.name);
          ASSERT_NE(expected, nullptr) << entry.name;
          EXPECT_LT(difference(entry.leaf, *expected), 1e-6) << entry.name;
        }
      }
    }
    optimizer.step(golden["settings"]["lr"]);
    optimizer.clear_gradients();
  }
  for (const auto& [name, tensor] : model_->table().file_tensors()) {
    const Tensor* expected = last.find(name);
    ASSERT_NE(expected, nullptr) << name;
    EXPECT_LT(difference(tensor, *expected), 1e-6) << name;
  }
  // What was gathered is what evaluation goes by.
  EXPECT_NEAR(loop::evaluate_step(*model_, objective_, input_, {}).loss,
              golden["evaluated"].get<double>(), 1e-9);
}

TEST_F(ResnetSteps, MicroBatchesAreNormalisedByThemselvesAndTheGradientIsExactForThat) {
  const loop::StepLoss parts =
      loop::forward_backward(*model_, objective_, input_, {.micro_batch = 2});

  // The same written as one graph: each two pictures through the tower, then one loss over all six.
  const std::shared_ptr<models::Clip> plain = fresh();
  std::vector<Tensor> rows;
  for (int64_t first = 0; first < 6; first += 2) {
    rows.push_back(plain->encode_image(
        models::normalize_pixels(input_.views[0].narrow(0, first, 2), plain->config().preprocess)
            .to(torch::kDouble)));
  }
  const auto unit = [](const Tensor& x) { return x / x.norm(2, {1}, /*keepdim=*/true); };
  const Tensor images = unit(torch::cat(rows)),
               texts = unit(plain->encode_text(models::to_text_batch(input_.texts)));
  const Tensor logits = plain->logit_scale().exp() * images.mm(texts.t());
  const Tensor loss =
      -(logits.log_softmax(1).diagonal().mean() + logits.log_softmax(0).diagonal().mean()) / 2;
  loss.backward();
  EXPECT_NEAR(parts.loss, loss.item<double>(), 1e-12);
  for (size_t i = 0; i < plain->table().size(); ++i) {
    const tensor::TableEntry &ours = model_->table().entries()[i],
                             &other = plain->table().entries()[i];
    if (ours.kind != tensor::TensorKind::kParameter) continue;
    EXPECT_LT(difference(ours.leaf.grad(), other.leaf.grad()), 1e-9) << ours.name;
  }
  // And it is another step than that of six pictures at once.
  EXPECT_GT(std::abs(loop::forward_backward(*fresh(), objective_, input_, {}).loss - parts.loss),
            1e-3);
}

TEST_F(ResnetSteps, RunningStatisticsMoveOnceAStepHoweverItIsCut) {
  const std::shared_ptr<models::Clip> whole = fresh();
  loop::forward_backward(*whole, objective_, input_, {});
  loop::forward_backward(*model_, objective_, input_, {.micro_batch = 2});
  for (const tensor::TableEntry& entry : model_->table().entries()) {
    if (entry.name.find("num_batches_tracked") != std::string::npos) {
      EXPECT_EQ(entry.leaf.item<int64_t>(), 8) << entry.name;  // it was 7
    }
  }
  // No normalisation comes before the first layer's, so its statistics do not depend on the cut.
  for (const char* name : {"visual.bn1.running_mean", "visual.bn1.running_var"}) {
    EXPECT_LT(difference(model_->table().at(name).leaf, whole->table().at(name).leaf), 1e-12)
        << name;
  }
}

TEST_F(ResnetSteps, EvaluationChangesNothingAndLeavesTheModelTraining) {
  const auto before = copies(*model_);
  const double first = loop::evaluate_step(*model_, objective_, input_, {.micro_batch = 4}).loss;
  EXPECT_NEAR(loop::evaluate_step(*model_, objective_, input_, {}).loss, first, 1e-12);
  const auto after = model_->table().file_tensors();
  for (size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(torch::equal(before[i].second, after[i].second)) << before[i].first;
  EXPECT_TRUE(model_->is_training());
  loop::forward_backward(*model_, objective_, input_, {});
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(torch::equal(before[i].second, after[i].second), !is_statistic(before[i].first))
        << before[i].first;
  }
}

TEST_F(ResnetSteps, OneValueAChannelIsASentence) {
  models::ModelConfig config = model_->config();
  config.vision.image_size = 32;
  models::Clip small(config);
  loop::StepInput one{{torch::zeros({1, 3, 32, 32}, torch::kUInt8)},
                      {loop::slice_texts(input_.texts[0], 0, 1)}};
  try {
    loop::forward_backward(small, objective_, one, {});
    ADD_FAILURE() << "normalised one value";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_THAT(error.what(), testing::HasSubstr("--batch-size"));
  }
}

}  // namespace
}  // namespace clipwright::train
