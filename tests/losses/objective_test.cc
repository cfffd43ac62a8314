#include "losses/objective.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "core/error.h"
#include "losses/presets.h"

namespace clipwright::losses {
namespace {

models::ModelConfig transformer() {
  models::ModelConfig config;
  config.embed_dim = 16;
  config.vision.width = 24;
  config.text.width = 32;
  config.text.vocabulary_size = 64;
  return config;
}

models::ModelConfig resnet() {
  models::ModelConfig config = transformer();
  config.name = "RN50";
  config.vision.resnet_layers = {3, 4, 6, 3};
  return config;
}

std::string refusal(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    return error.what();
  }
  return "nothing was thrown";
}

std::string refusal(const ObjectiveConfig& config) {
  return refusal([&] { Objective(config, transformer()); });
}

double weight_of(const std::string& preset, const std::string& term) {
  for (const TermConfig& known : find_preset(preset).terms) {
    if (known.name == term) return known.weight;
  }
  return 0;
}

TEST(Presets, AreMadeAndSayWhatTheyAre) {
  EXPECT_EQ(preset_names().size(), 13U);
  for (const std::string& name : preset_names()) {
    const ObjectiveConfig& config = find_preset(name);
    EXPECT_EQ(config.preset, name);
    EXPECT_FALSE(config.summary.empty() || config.source.empty()) << name;
    EXPECT_NO_THROW(check_objective(config)) << name;
  }
}

// declip.md section 9: what the published code weighs, and what the paper does.
TEST(Presets, WeighTermsAsPublished) {
  for (const std::string preset : {"declip", "ladeclip", "defilip", "ladefilip"}) {
    EXPECT_EQ(weight_of(preset, "multi-view"), 0.4) << preset;
    EXPECT_EQ(weight_of(preset, "nearest-text"), 0.2) << preset;
    EXPECT_EQ(weight_of(preset, "simsiam"), 0.2) << preset;
  }
  EXPECT_EQ(weight_of("declip", "masked-lm"), 0.2);
  EXPECT_EQ(weight_of("defilip", "filip"), 0.2);
  EXPECT_EQ(weight_of("declip-paper", "contrastive"), 0.4);
  EXPECT_EQ(weight_of("declip-paper", "multi-view"), 0.2);
  EXPECT_EQ(weight_of("slip", "contrastive"), 1);
  EXPECT_EQ(weight_of("slip", "simclr"), 1);
  EXPECT_EQ(weight_of("filip", "filip"), 1);
  EXPECT_EQ(weight_of("siglip", "sigmoid"), 1);
}

TEST(Presets, BringTheirCaptionPolicy) {
  EXPECT_EQ(find_preset("clip").caption_policy, "original");
  for (const char* drawn : {"laclip", "laslip", "lafilip"})
    EXPECT_EQ(find_preset(drawn).caption_policy, "uniform") << drawn;
  EXPECT_EQ(find_preset("laclip-mt").caption_policy, "all");
  EXPECT_TRUE(reads_rewrites(find_preset("laclip-mt")));
  EXPECT_FALSE(reads_rewrites(find_preset("laclip")));
  for (const char* view : {"ladeclip", "ladefilip"})
    EXPECT_EQ(find_preset(view).texts.at(1), "rewrite") << view;
}

TEST(Presets, FilipAndDefilipHideNoWords) {
  for (const std::string preset : {"filip", "lafilip", "defilip", "ladefilip"}) {
    const Objective objective(find_preset(preset), transformer());
    EXPECT_FALSE(objective.mask_token().defined()) << preset;
  }
  EXPECT_TRUE(Objective(find_preset("declip"), transformer()).mask_token().defined());
}

TEST(Objective, NamesTheNearestWhenANameIsWrong) {
  EXPECT_THAT(refusal([] { find_preset("laclip-tm"); }), testing::HasSubstr("'laclip-mt'?"));
  EXPECT_THAT(refusal({.terms = {{"contrastiv"}}}), testing::HasSubstr("'contrastive'?"));
  EXPECT_THAT(refusal({.terms = {{"contrastive", -1}}}), testing::HasSubstr("0 or more"));
  EXPECT_THAT(refusal({.terms = {{"contrastive", std::nan("")}}}), testing::HasSubstr("0 or more"));
  EXPECT_THAT(refusal({.terms = {{"contrastive", 0}}}), testing::HasSubstr("at least one term"));
  EXPECT_THAT(refusal({.views = {"base", "base"}, .terms = {{"simclr", 1, {{"temprature", "1"}}}}}),
              testing::HasSubstr("'temperature'?"));
  EXPECT_THAT(refusal({.texts = {"caption+masked+masked"}, .terms = {{"contrastive"}}}),
              testing::HasSubstr("says +masked twice"));
  EXPECT_THAT(refusal({.texts = {"caption+maskd"}, .terms = {{"contrastive"}}}),
              testing::HasSubstr("'+masked'?"));
}

// What a term cannot do without and the objective or the model does not have.
TEST(Objective, RefusesTermsThatItCannotServe) {
  EXPECT_THAT(refusal({.terms = {{"simsiam"}}}), testing::HasSubstr("--views"));
  EXPECT_THAT(refusal({.views = {"base", "base"}, .terms = {{"multi-view"}}}),
              testing::HasSubstr("--texts"));
  EXPECT_THAT(refusal({.terms = {{"masked-lm"}}}), testing::HasSubstr("hides none"));
  const std::string patches = refusal([] { Objective(find_preset("filip"), resnet()); });
  EXPECT_THAT(patches, testing::HasSubstr("RN50"));
  EXPECT_THAT(patches, testing::HasSubstr("vision transformer"));
  EXPECT_NO_THROW(Objective(find_preset("declip"), resnet()));
}

TEST(Objective, ClassTokensNeedATransformer) {
  ObjectiveConfig config = find_preset("laclip-mt");
  EXPECT_NO_THROW(Objective(config, resnet()));
  EXPECT_FALSE(Objective(config, transformer()).class_tokens().defined());
  config.terms[0].options["class-tokens"] = "5";
  EXPECT_EQ(Objective(config, transformer()).class_tokens().sizes(), (std::vector<int64_t>{4, 24}));
  EXPECT_THAT(refusal([&] { Objective(config, resnet()); }),
              testing::AllOf(testing::HasSubstr("5 class tokens"), testing::HasSubstr("RN50"),
                             testing::HasSubstr("multi-text.class-tokens=1")));
}

TEST(Objective, PaddingIsOfTextsThatAreReadCausally) {
  EXPECT_THAT(
      refusal({.texts = {"caption+both-sides"}, .terms = {{"filip", 1, {{"padding", "on"}}}}}),
      testing::AllOf(testing::HasSubstr("text 0 (caption+both-sides)"),
                     testing::HasSubstr("filip.padding=off")));
  const Objective objective({.terms = {{"filip", 1, {{"padding", "on"}}}}}, transformer());
  EXPECT_TRUE(objective.wants().texts[0].padding);
  EXPECT_FALSE(Objective(find_preset("filip"), transformer()).wants().texts[0].padding);
}

// A table in DeCLIP's order has a row for the mask.
TEST(Objective, APreTrainedTextTowerHasEmbeddingsAlone) {
  models::ModelConfig config = transformer();
  config.text.pretrained.emplace().name = "tiny-bert";
  for (const char* preset : {"filip", "declip", "defilip"}) {
    EXPECT_THAT(refusal([&] { Objective(find_preset(preset), config, 0); }),
                testing::HasSubstr("tiny-bert gives embeddings of whole texts alone"))
        << preset;
  }
  for (const char* preset : {"clip", "laclip", "laclip-mt", "slip"})
    EXPECT_NO_THROW(Objective(find_preset(preset), config, 0)) << preset;
}

TEST(Objective, TheMasksRowIsTheModelsWhereItHasOne) {
  models::ModelConfig config = transformer();
  config.text.declip_numbering = true;
  config.text.vocabulary_size = 65;
  const Objective objective(find_preset("declip"), config);
  EXPECT_FALSE(objective.mask_token().defined());
  EXPECT_EQ(widths_of(config).vocabulary, 64);
}

// What is made and not read is a mistake.
TEST(Objective, RefusesViewsAndTextsThatNoTermReads) {
  EXPECT_THAT(refusal({.views = {"base", "slip"}, .terms = {{"contrastive"}}}),
              testing::HasSubstr("no term reads view 1 (slip)"));
  EXPECT_THAT(refusal({.texts = {"caption", "eda"}, .terms = {{"contrastive"}}}),
              testing::HasSubstr("no term reads text 1 (eda)"));
}

TEST(Objective, TheSeedDrawsWhatTermsOwn) {
  const ObjectiveConfig& declip = find_preset("declip");
  const auto values = [&](uint64_t seed) {
    std::vector<NamedTensor> list;
    for (const auto& [name, tensor] : Objective(declip, transformer(), seed).table().file_tensors())
      list.emplace_back(name, tensor.clone());
    return list;
  };
  const auto first = values(1), again = values(1), other = values(2);
  bool differs = false;
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_TRUE(torch::equal(first[i].second, again[i].second)) << first[i].first;
    differs = differs || !torch::equal(first[i].second, other[i].second);
  }
  EXPECT_TRUE(differs);
}

TEST(Objective, EveryTensorOfATermIsInItsTable) {
  for (const std::string& name : preset_names()) {
    const Objective objective(find_preset(name), transformer());
    std::set<const void*> named;
    for (const tensor::TableEntry& entry : objective.table().entries())
      named.insert(entry.leaf.unsafeGetTensorImpl());
    for (const auto& list : {objective.named_parameters(), objective.named_buffers()}) {
      for (const auto& tensor : list)
        EXPECT_EQ(named.count(tensor.value().unsafeGetTensorImpl()), 1U)
            << name << " " << tensor.key();
    }
  }
}

// DeCLIP: the scale counts at most 100, and a scale beyond it still learns its way back.
TEST(Objective, TheScaleIsCappedInTheForwardPassAlone) {
  const Objective objective(find_preset("declip"), transformer());
  Tensor log_scale = torch::tensor(5.5, torch::kDouble).requires_grad_();
  const Tensor scale = objective.scale(log_scale);
  EXPECT_NEAR(scale.item<double>(), 100, 1e-12);
  scale.backward();
  EXPECT_NEAR(log_scale.grad().item<double>(), 100, 1e-12);
  const auto clamped = [&](double value) {
    Tensor log = torch::tensor(value, torch::kDouble);
    objective.clamp(log);
    return log.item<double>();
  };
  EXPECT_NEAR(clamped(7), 6, 1e-12);
  EXPECT_NEAR(clamped(2), 3, 1e-12);
  EXPECT_EQ(clamped(4), 4);
}

}  // namespace
}  // namespace clipwright::losses
