#include "models/open_clip_config.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace clipwright::models {
namespace {

Json minimal() {
  return Json::parse(R"({"model_cfg": {"embed_dim": 512,
    "vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12}}})");
}

Json laclip() {
  return Json::parse(R"({"model_cfg": {"embed_dim": 512, "quick_gelu": true,
    "vision_cfg": {"timm_model_name": "vit_small_patch16_224", "timm_pool": "token",
                   "timm_model_kwargs": {"qk_norm": true, "num_heads": 12}},
    "text_cfg": {}}})");
}

void expect_refused(const Json& config, const std::string& part) {
  try {
    parse_open_clip_config(config, "config.json");
    ADD_FAILURE() << "accepted " << config.dump();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(OpenClipConfig, BuiltInModelsSurviveARoundTrip) {
  for (const std::string& name : model_names()) {
    const ModelConfig config = find_model_config(name);
    const ModelConfig again =
        parse_open_clip_config(Json::parse(to_open_clip_config(config).dump()), name);
    EXPECT_EQ(again.name, name);
    EXPECT_EQ(to_open_clip_config(again), to_open_clip_config(config)) << name;
    EXPECT_EQ(again.vision.heads, config.vision.heads) << name;
    EXPECT_EQ(again.vision.norm_epsilon, config.vision.norm_epsilon) << name;
    EXPECT_EQ(again.vision.qk_norm, config.vision.qk_norm) << name;
    EXPECT_EQ(again.vision.patch_bias, config.vision.patch_bias) << name;
    EXPECT_EQ(again.vision.activation, config.vision.activation) << name;
    EXPECT_EQ(again.text.activation, config.text.activation) << name;
  }
}

TEST(OpenClipConfig, KnowsABuiltInModelByItsParts) {
  EXPECT_EQ(parse_open_clip_config(minimal(), "x").name, "ViT-B-32");
  Json quick = minimal();
  quick["model_cfg"]["quick_gelu"] = true;
  EXPECT_EQ(parse_open_clip_config(quick, "x").name, "ViT-B-32-quickgelu");
  quick["model_cfg"]["vision_cfg"]["layers"] = 11;
  EXPECT_EQ(parse_open_clip_config(quick, "x").name, "custom");
}

TEST(OpenClipConfig, QuickGeluDoesNotReachTimmTowers) {
  const ModelConfig config = parse_open_clip_config(laclip(), "x");
  EXPECT_EQ(config.name, "laclip-ViT-S-16");
  EXPECT_EQ(config.vision.activation, Activation::kGelu);
  EXPECT_EQ(config.text.activation, Activation::kQuickGelu);
  EXPECT_EQ(config.vision.heads, 12);
  EXPECT_EQ(config.vision.norm_epsilon, 1e-6);
}

TEST(OpenClipConfig, RefusesWhatItDoesNotKnow) {
  Json config = minimal();
  config["model_cfg"]["vision_cfg"]["patch_sise"] = 32;
  expect_refused(config, "Did you mean 'patch_size'?");
  config = minimal();
  config["model_cfg"]["text_cfg"]["hf_model_name"] = "roberta-base";
  config["model_cfg"]["text_cfg"]["hf_pooler_type"] = "max_pooler";
  expect_refused(config, "mean_pooler, cls_last_hidden_state_pooler or cls_pooler");
  config = minimal();
  config["model_cfg"]["vision_cfg"]["timm_model_name"] = "convnext_base";
  expect_refused(config, "vit_base_patch16_224");
  for (const char* size : {"patch0_224", "patch00_0000", "patch16_000", "patch016_224"}) {
    config = laclip();
    config["model_cfg"]["vision_cfg"]["timm_model_name"] = std::string("vit_base_") + size;
    expect_refused(config, "such as vit_base_patch16_224");
  }
  config = minimal();
  config["model_cfg"]["vision_cfg"]["qk_norm"] = true;
  expect_refused(config, "qk_norm");
  config = minimal();
  config["model_cfg"]["vision_cfg"]["pool_type"] = "none";
  expect_refused(config, "avg (the mean");
}

TEST(OpenClipConfig, TimmTowersOfOtherKindsAreNamed) {
  for (const auto& [key, value, words] : std::vector<std::tuple<const char*, Json, const char*>>{
           {"timm_pool", "map", "avg (the mean of the patches')"},
           {"timm_pool", "", "avg (the mean"},
           {"timm_pool", "rot_attn", "avg (the mean"},
           {"timm_proj", "mlp", "expected linear"},
           {"timm_proj", "none", "expected linear"},
           {"timm_model_name", "vit_medium_patch16_gap_256", "vit_medium_patch16_gap_256"},
           {"timm_model_name", "vit_relpos_medium_patch16_cls_224", "vit_relpos"},
           {"timm_model_name", "vit_base_patch16_clip_224", "vit_base_patch16_clip_224"},
           {"timm_model_name", "eva02_base_patch16_clip_224", "eva02"},
           {"timm_model_name", "vitamin_small_224", "vitamin"},
           {"timm_model_name", "swin_base_patch4_window7_224", "swin"},
           {"timm_model_name", "fastvit_mci2", "fastvit_mci2"},
           {"timm_model_name", "vit_base_patch16_siglip_224", "It is a SigLIP model"}}) {
    Json config = laclip();
    config["model_cfg"]["vision_cfg"][key] = value;
    expect_refused(config, words);
  }
}

TEST(OpenClipConfig, SiglipModelsAreNamed) {
  Json config = minimal();
  config["model_cfg"]["init_logit_bias"] = -10;
  expect_refused(config, "It is a SigLIP model");
}

TEST(OpenClipConfig, PoolingAndProjectionBiasAreWrittenAsTheyWereRead) {
  Json config = laclip();
  config["model_cfg"]["vision_cfg"].erase("timm_pool");
  config["model_cfg"]["vision_cfg"]["timm_proj_bias"] = true;
  const ModelConfig timm = parse_open_clip_config(config, "x");
  EXPECT_TRUE(timm.vision.mean_pooling) << "open_clip's default";
  EXPECT_TRUE(timm.vision.projection_bias);
  const Json written = to_open_clip_config(timm);
  EXPECT_EQ(written["model_cfg"]["vision_cfg"]["timm_pool"], "avg");
  EXPECT_EQ(to_open_clip_config(parse_open_clip_config(written, "x")), written);
  config = minimal();
  config["model_cfg"]["vision_cfg"]["pool_type"] = "avg";
  const ModelConfig plain = parse_open_clip_config(config, "x");
  EXPECT_TRUE(plain.vision.mean_pooling);
  EXPECT_EQ(to_open_clip_config(plain)["model_cfg"]["vision_cfg"]["pool_type"], "avg");
}

TEST(OpenClipConfig, AcceptsNeutralValuesOfMissingParts) {
  Json config = minimal();
  config["model_cfg"]["vision_cfg"]["ls_init_value"] = nullptr;
  config["model_cfg"]["vision_cfg"]["attentional_pool"] = false;
  config["model_cfg"]["vision_cfg"]["pool_type"] = "tok";
  config["model_cfg"]["text_cfg"]["pool_type"] = "argmax";
  config["model_cfg"]["custom_text"] = true;
  config["preprocess_cfg"] = {{"mean", {0.5, 0.5, 0.5}},
                              {"std", 0.25},
                              {"interpolation", "bilinear"},
                              {"resize_mode", "squash"},
                              {"size", 224}};
  const ModelConfig parsed = parse_open_clip_config(config, "x");
  EXPECT_EQ(parsed.preprocess.mean, (std::array<double, 3>{0.5, 0.5, 0.5}));
  EXPECT_EQ(parsed.preprocess.std, (std::array<double, 3>{0.25, 0.25, 0.25}));
  EXPECT_EQ(parsed.preprocess.interpolation, Interpolation::kBilinear);
  EXPECT_EQ(parsed.preprocess.resize_mode, ResizeMode::kSquash);
}

TEST(OpenClipConfig, PreprocessingReadsBackToTheSameValue) {
  for (const std::string& name : model_names()) {
    const ModelConfig config = find_model_config(name);
    EXPECT_EQ(parse_open_clip_config(to_open_clip_config(config), name).preprocess,
              config.preprocess)
        << name;
  }
  Json config = minimal();
  config["preprocess_cfg"] = {{"interpolation", "nearest"}};
  expect_refused(config, "bicubic or bilinear");
  config["preprocess_cfg"] = {{"resize_mode", "longest"}};
  expect_refused(config, "shortest or squash");
}

TEST(OpenClipConfig, RefusesHostileNumbers) {
  for (const char* value : {"0", "-1", "1e30", "4611686018427387904", "\"many\"", "[]", "1.5"}) {
    for (const char* key : {"width", "layers", "patch_size", "image_size"}) {
      Json config = minimal();
      config["model_cfg"]["vision_cfg"][key] = Json::parse(value);
      expect_refused(config, std::string("vision_cfg.") + key);
    }
  }
  Json config = minimal();
  config["model_cfg"]["vision_cfg"]["head_width"] = 100;
  expect_refused(config, "width");
  config = minimal();
  config["model_cfg"]["vision_cfg"]["patch_size"] = 33;
  expect_refused(config, "patch size 33");
  for (const char* text :
       {"[]", "3", "{}", "{\"model_cfg\": []}", "{\"model_cfg\": {\"embed_dim\": 8}}"})
    expect_refused(Json::parse(text), "config.json");
}

TEST(OpenClipConfig, SwitchesOfTheTextTowerSurviveARoundTrip) {
  for (const char* name :
       {"ViT-B-32+text-bias", "RN50+declip-tokens", "laclip-ViT-B-16+declip-tokens+text-bias"}) {
    const ModelConfig config = find_model_config(name);
    const Json written = to_open_clip_config(config);
    const ModelConfig again = parse_open_clip_config(Json::parse(written.dump()), name);
    EXPECT_EQ(again.text.projection_bias, config.text.projection_bias) << name;
    EXPECT_EQ(again.text.declip_numbering, config.text.declip_numbering) << name;
    EXPECT_EQ(again.text.words(), 49408) << name;
    const Json& text = written["model_cfg"]["text_cfg"];
    EXPECT_EQ(text.contains("proj_bias"), config.text.projection_bias) << name;
    // Of our own, so that open_clip does not read the table with other tokens than it was made for.
    EXPECT_EQ(text.contains("token_numbering"), config.text.declip_numbering) << name;
    EXPECT_EQ(text["vocab_size"], config.text.declip_numbering ? 49409 : 49408) << name;
  }
  Json config = minimal();
  config["model_cfg"]["text_cfg"]["token_numbering"] = "declp";
  expect_refused(config, "openai or declip");
}

TEST(ModelConfig, NamesTheNearestSwitch) {
  for (const auto& [name, said] :
       {std::pair("ViT-B-32+text-bia", "Did you mean '+text-bias'?"),
        std::pair("ViT-B-32+text-bias+text-bias", "says +text-bias twice"),
        std::pair("ViT-B32+text-bias", "Did you mean 'ViT-B-32'?"),
        std::pair("ViT-B-32+", "ends in '+'")}) {
    try {
      find_model_config(name);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage);
      EXPECT_NE(std::string(error.what()).find(said), std::string::npos) << error.what();
    }
  }
  EXPECT_TRUE(is_model_name("ViT-B-32+text-bias"));
  EXPECT_FALSE(is_model_name("ViT-B32"));
}

TEST(ModelConfig, NamesTheNearest) {
  try {
    find_model_config("ViT-B32");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("Did you mean 'ViT-B-32'?"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace clipwright::models
