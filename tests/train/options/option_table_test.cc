#include "train/options/option_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <set>

#include "core/config/toml_parser.h"
#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/preprocessing.h"
#include "data/source/source_kind.h"
#include "losses/presets.h"
#include "models/clip.h"
#include "models/load_model.h"
#include "models/open_clip_directory.h"
#include "tests/data/test_pictures.h"
#include "tests/temporary_folder.h"
#include "train/loop/trainer.h"

namespace clipwright::train::options {
namespace {

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/training";

/// `NAME=VALUE` words for the environment; what the program says goes to `log`.
int run_program(const std::vector<std::string>& arguments,
                const std::vector<std::string>& variables, const std::string& log) {
  std::vector<std::string> words = arguments, environment = variables;
  words.insert(words.begin(), CLIPWRIGHT_PROGRAM);
  environment.push_back(std::string("PATH=") + std::getenv("PATH"));
  environment.push_back("GOMP_SPINCOUNT=1000");
  const auto raw = [](std::vector<std::string>& list) {
    std::vector<char*> pointers;
    for (std::string& word : list) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
  };
  std::vector<char*> argv = raw(words), envp = raw(environment);
  const pid_t child = ::fork();
  if (child == 0) {
    if (std::freopen(log.c_str(), "w", stderr) == nullptr) ::_exit(126);
    if (std::freopen("/dev/null", "w", stdout) == nullptr) ::_exit(126);
    ::execve(CLIPWRIGHT_PROGRAM, argv.data(), envp.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string environment_name(std::string_view name) {
  std::string variable = "CLIPWRIGHT_";
  for (const char letter : name)
    variable += letter == '-' ? '_' : static_cast<char>(std::toupper(letter));
  return variable;
}

TEST(OptionTable, NamesAreUniqueAndSectionsKnown) {
  std::set<std::string_view> names, sections;
  for (const OptionSection& section : option_sections()) sections.insert(section.name);
  for (const RunOption& option : run_options()) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    EXPECT_TRUE(sections.contains(option.section)) << option.name;
    EXPECT_FALSE(option.help.empty()) << option.name;
  }
}

TEST(OptionTable, HelpNamesEveryChoice) {
  std::map<std::string_view, std::vector<std::string>> choices;
  for (const RunOption& option : run_options()) {
    for (const std::string_view choice : option.choices) choices[option.name].emplace_back(choice);
  }
  choices["objective"] = losses::preset_names();
  choices["dataset-type"] = data::source::dataset_types();
  choices["augment"] = recipe_names();
  choices["augment"].push_back("none");
  choices["augment"].push_back("model");
  for (const RunOption& option : run_options()) {
    for (const std::string& choice : choices[option.name]) {
      EXPECT_THAT(std::string(option.help) + " " + std::string(option.value),
                  testing::HasSubstr(choice))
          << option.name;
    }
  }
}

/// Every setting by flag, by environment and by file: it arrives, and config.toml has it.
class EverySetting : public testing::Test {
 protected:
  void SetUp() override {
    std::string table = "img;cap\n", rewrites;
    for (int i = 0; i < 16; ++i) {
      const std::string name = "p" + std::to_string(i) + ".png";
      folder_.write("pictures/" + name, data::test_png(i));
      table += name + ";picture number " + std::to_string(i) + "\n";
      rewrites += "rewritten picture " + std::to_string(i) + "\n";
    }
    folder_.write("pairs.csv", table);
    folder_.write("a.txt", rewrites);
    const std::string encoder =
        (fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/sentence_encoders/bert-mean").string();
    models::write_open_clip_directory(*models::load_model("tiny-32", 9), folder_ / "start");
    fs::copy_file(fs::path(folder_ / "start") / "open_clip_model.safetensors",
                  folder_ / "start.safetensors");
    values_ = {{"train-data", folder_ / "pairs.csv"},
               {"val-data", folder_ / "pairs.csv"},
               {"hold-out", 0.25},
               {"dataset-type", "csv"},
               {"csv-separator", ";"},
               {"csv-img-key", "img"},
               {"csv-caption-key", "cap"},
               {"image-root", folder_ / "pictures"},
               {"train-num-samples", 8},
               {"rewrites", Json::array({folder_ / "a.txt"})},
               {"keep-if", "audit.score >= 0.01"},
               {"caption-policy", "uniform"},
               {"augment", "imagenet"},
               {"shuffle", "off"},
               {"workers", 3},
               {"loader-memory", 7},
               {"max-bad-share", 0.25},
               {"model", "tiny-32"},
               {"pretrained", folder_ / "start.safetensors"},
               {"model-config", "tiny-32"},
               {"names", folder_.write("names.toml", "rename = [['*', '*']]")},
               {"text-model", encoder},
               {"objective", "laclip"},
               {"term", Json::array({"contrastive=0.5", "multi-view=0.5"})},
               {"term-option", Json::array({"multi-view.weighting=paper"})},
               {"views", Json::array({"base", "slip"})},
               {"texts", Json::array({"caption", "sentence"})},
               {"logit-scale-start", 11.5},
               {"logit-scale-min", 2.25},
               {"logit-scale-max", 90.5},
               {"freeze-patch-embedding", "on"},
               {"multi-text-constant", "mean"},
               {"lock-image", true},
               {"lock-image-unlocked-groups", 2},
               {"lock-image-freeze-bn-stats", true},
               {"lock-text", true},
               {"lock-text-unlocked-layers", 3},
               {"image-layer-decay", 0.75},
               {"text-layer-decay", 0.5},
               {"lora-rank", 3},
               {"lora-alpha", 5.5},
               {"lora-targets", Json::array({"q", "mlp"})},
               {"cache-features", folder_ / "features"},
               {"force-patch-dropout", 0.25},
               {"context-length", 48},
               {"ema", 0.5},
               {"batch-size", 4},
               {"accum-freq", 2},
               {"epochs", 3},
               {"steps", 2},
               {"lr", 0.0012},
               {"beta1", 0.8},
               {"beta2", 0.9},
               {"eps", 1e-5},
               {"wd", 0.3},
               {"warmup", "1"},
               {"lr-scheduler", "const"},
               {"decay-rule", "open_clip"},
               {"grad-clip-norm", 1.5},
               {"device", "cpu"},      // all that every machine has
               {"precision", "fp32"},  // all that a CPU takes
               {"threads", 1},
               {"seed", 5},
               {"logs", folder_ / "logs"},
               {"name", "run"},
               {"resume", "latest"},
               {"allow-changes", true},
               {"save-every-steps", 1},
               {"save-frequency", 2},
               {"early-stop-patience", 2},
               {"keep-checkpoints", 1},
               {"log-every-n-steps", 7},
               {"eval", folder_.write("suite.toml", "[[set]]\nname = 'absent'\n")},
               {"eval-every", 1},
               {"eval-data-root", folder_.path().string()},
               {"paired-baseline", true}};
  }

  void arrives();
  /// What config.toml of a run says, each value as its text.
  std::map<std::string, std::string> written(const std::string& name) const {
    std::map<std::string, std::string> list;
    const toml::table whole = toml::parse_file((folder_ / "logs/") + name + "/config.toml");
    for (const RunOption& option : run_options()) {
      const auto node = whole[option.section][option.name];
      if (!node) continue;
      std::string text;
      if (const auto* array = node.as_array()) {
        for (const auto& item : *array) text += "[" + *item.value<std::string>() + "]";
      } else if (node.is_string()) {
        text = *node.value<std::string>();
      } else if (node.is_boolean()) {
        text = *node.value<bool>() ? "true" : "false";
      } else if (node.is_floating_point()) {
        text = Json(*node.value<double>()).dump();
      } else {
        text = std::to_string(*node.value<int64_t>());
      }
      list[std::string(option.name)] = text;
    }
    return list;
  }
  std::map<std::string, std::string> expected(const std::string& name) const {
    std::map<std::string, std::string> list;
    static const TrainOptions kDefaults;
    for (const RunOption& option : run_options()) {
      if (option.role == OptionRole::kSession) continue;
      const Json value =
          given(option) ? values_.at(std::string(option.name)) : option_value(option, kDefaults);
      if (value == Json::array() || value == "") continue;  // left out where it is unset
      std::string text = value.is_string() ? value.get<std::string>() : value.dump();
      if (value.is_array()) {
        text.clear();
        for (const Json& item : value) text += "[" + item.get<std::string>() + "]";
      }
      list[std::string(option.name)] = option.name == "name" ? name : text;
    }
    return list;
  }
  std::string text_of(const std::string& key, const std::string& name) const {
    const Json& value = values_.at(key);
    if (key == "name") return name;
    if (value.is_array()) {
      std::string joined;
      for (const Json& item : value)
        joined += (joined.empty() ? "" : ",") + item.get<std::string>();
      return joined;
    }
    return value.is_string() ? value.get<std::string>() : value.dump();
  }
  std::string log() const { return read_file(folder_ / "log"); }

  /// Some settings need that others are not there: each is left out of one way at least.
  bool given(const RunOption& option) const {
    static const std::vector<std::set<std::string_view>> kLeftOut = {
        {"lora-rank", "lora-alpha", "lora-targets", "cache-features", "hold-out", "text-model",
         "context-length"},
        {"lock-image", "lock-image-unlocked-groups", "lock-image-freeze-bn-stats", "lock-text",
         "lock-text-unlocked-layers", "cache-features", "val-data", "text-model", "pretrained",
         "model-config", "names", "context-length"},
        {"lora-rank", "lora-alpha", "lora-targets", "lock-text-unlocked-layers", "text-layer-decay",
         "hold-out", "pretrained", "model-config", "names", "cache-features"},
        {"lora-rank", "lora-alpha", "lora-targets", "lock-text-unlocked-layers", "text-layer-decay",
         "hold-out", "text-model", "context-length"}};
    return !kLeftOut.at(way_).contains(option.name);
  }

  TemporaryFolder folder_;
  std::map<std::string, Json> values_;
  size_t way_ = 0;
};

TEST_F(EverySetting, ArrivesByFlagEnvironmentAndFileAndIsWrittenDown) {
  const TrainOptions defaults;
  for (const RunOption& option : run_options()) {
    ASSERT_TRUE(values_.contains(std::string(option.name)))
        << "--" << option.name << " is new: give it a value here";
    if (option.name != "device" && option.name != "precision" && option.name != "logs") {
      EXPECT_NE(option_value(option, defaults), values_.at(std::string(option.name)))
          << option.name;
    }
  }
  ASSERT_EQ(values_.size(), run_options().size());
  for (way_ = 0; way_ < 4; ++way_) {
    fs::remove_all(folder_ / "logs");
    arrives();
  }
}

void EverySetting::arrives() {
  std::vector<std::string> flags = {"train"}, variables;
  std::string file;
  for (const RunOption& option : run_options()) {
    if (!given(option)) continue;
    const std::string name(option.name);
    if (values_.at(name).is_boolean()) {
      flags.push_back("--" + name);
    } else {
      flags.insert(flags.end(), {"--" + name, text_of(name, "flags")});
    }
    variables.push_back(environment_name(name) + "=" + text_of(name, "variables"));
    const Json value = option.name == "name" ? Json("file") : values_.at(name);
    file += name + " = " + value.dump() + "\n";  // these values are the same in TOML
  }
  folder_.write("all.toml", file);

  EXPECT_EQ(run_program(flags, {}, folder_ / "log"), 0) << log();
  EXPECT_EQ(written("flags"), expected("flags"));
  EXPECT_EQ(run_program({"train"}, variables, folder_ / "log"), 0) << log();
  EXPECT_EQ(written("variables"), expected("variables"));
  EXPECT_EQ(run_program({"train", "--config", folder_ / "all.toml"}, {}, folder_ / "log"), 0)
      << log();
  EXPECT_EQ(written("file"), expected("file"));
  // What a run wrote down repeats it.
  EXPECT_EQ(
      run_program({"train", "--config", (folder_ / "logs/flags/config.toml"), "--name", "again"},
                  {}, folder_ / "log"),
      0)
      << log();
  EXPECT_EQ(written("again"), expected("again"));
}

/// A finished run that is resumed with one setting changed at a time.
class ResumedWithAChange : public testing::Test {
 protected:
  static void SetUpTestSuite() { configure_log({.quiet = true}); }
  void SetUp() override {
    options_.train_data = (kGolden / "pictures.tar").string();
    options_.rewrites = {(kGolden / "chatgpt.txt").string()};
    options_.model = "tiny-32";
    options_.objective = "laclip";
    options_.terms = {{"sigmoid", 0.1}};
    options_.batch_size = 8;
    options_.accum_freq = 2;
    options_.steps = 2;
    options_.threads = 1;
    options_.logs = folder_ / "logs";
    options_.name = "run";
    options_.show_status = false;
    loop::train(options_);
    options_.resume = "latest";
  }
  static std::string refusal(const TrainOptions& options) {
    try {
      loop::train(options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage) << error.what();
      return error.what();
    }
    return "";
  }
  /// Another value of the setting that a run can have.
  void change(const RunOption& option, TrainOptions& options) const {
    static const std::map<std::string_view, std::string> texts = {
        {"keep-if", "audit.score >= 0.01"},
        {"caption-policy", "original"},
        {"augment", "laclip"},
        {"objective", "clip"},
        {"multi-text-constant", "mean"},
        {"lr-scheduler", "const"},
        {"decay-rule", "open_clip"},
        {"logs", ""},
        {"warmup", "2"},
        {"val-data", (kGolden / "pictures.tar").string()},
        {"freeze-patch-embedding", "on"},
        {"precision", "amp_bf16"}};
    static const std::map<std::string_view, std::vector<std::string>> lists = {
        {"views", {"slip"}},
        {"texts", {"original"}},
        {"term-option", {"sigmoid.bias=-5"}},
        {"lora-targets", {"q", "v"}}};
    // What is nothing without another.
    if (option.name.starts_with("lora-")) options.lora_rank = 4;
    if (option.name.starts_with("lock-image")) options.lock_image = option.name != "lock-image";
    if (option.name.starts_with("lock-text")) options.lock_text = option.name != "lock-text";
    std::visit(
        [&](auto field) {
          auto& value = options.*field;
          using Value = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<Value, bool>) {
            value = !value;
          } else if constexpr (std::is_same_v<Value, std::string>) {
            value = texts.at(option.name);
          } else if constexpr (std::is_same_v<Value, double>) {
            value = value == 0 ? (option.range.most == 1 ? 0.5 : 1.5) : value * 0.75;
          } else if constexpr (std::is_same_v<Value, std::vector<std::string>>) {
            value = lists.contains(option.name) ? lists.at(option.name) : Value{};
          } else if constexpr (std::is_arithmetic_v<Value>) {
            value += 1;
          } else {
            value = {{"contrastive", 0.25}};
          }
        },
        option.field);
  }

  TemporaryFolder folder_;
  TrainOptions options_;
};

TEST_F(ResumedWithAChange, SettingsThatDecideTheNumbersAreRefusedByNameAndOthersAreNot) {
  EXPECT_EQ(refusal(options_), "");
  int refused = 0, accepted = 0;
  for (const RunOption& option : run_options()) {
    TrainOptions changed = options_;
    if (option.role == OptionRole::kValue) {
      if (option.name == "precision")
        continue;  // this machine may have no device that takes another
      change(option, changed);
      EXPECT_THAT(refusal(changed),
                  testing::AllOf(testing::HasSubstr(std::string(option.name) + " was "),
                                 testing::HasSubstr(" and is now ")));
      ++refused;
    } else if (option.role == OptionRole::kFree) {
      // Where a run is, and on what machine it is, says which run it is.
      if (option.name == "logs" || option.name == "name" || option.name == "device") continue;
      // Settings of evaluation go together or not at all (side_evaluation_test.cc).
      if (option.name.substr(0, 4) == "eval" || option.name == "cache-features" ||
          option.name == "early-stop-patience")
        continue;
      change(option, changed);
      EXPECT_EQ(refusal(changed), "") << option.name;
      ++accepted;
    }
  }
  EXPECT_EQ(refused, 38);  // all but the precision
  EXPECT_GE(accepted, 8);
}

TEST_F(ResumedWithAChange, LengthAndWarmUpCountByWhatTheyComeTo) {
  TrainOptions changed = options_;
  changed.steps = 3;
  EXPECT_THAT(refusal(changed), testing::HasSubstr("steps was 2 and is now 3"));
  changed = options_;
  changed.warmup = "2";
  EXPECT_THAT(refusal(changed), testing::HasSubstr("warmup-steps was 0 and is now 2"));
  changed = options_;
  changed.steps = 0;
  changed.epochs = 2;
  changed.train_num_samples = 16;
  changed.warmup = "0";
  EXPECT_EQ(refusal(changed), "") << "two epochs of one step are two steps";
}

TEST_F(ResumedWithAChange, DataCountsByWhatItHolds) {
  TrainOptions changed = options_;
  fs::create_directories(folder_ / "elsewhere");
  fs::copy_file(options_.train_data, folder_ / "elsewhere/moved.tar");
  fs::copy_file(options_.rewrites[0], folder_ / "elsewhere/chatgpt.txt");
  changed.train_data = folder_ / "elsewhere/moved.tar";
  changed.rewrites = {folder_ / "elsewhere/chatgpt.txt"};
  EXPECT_EQ(refusal(changed), "");
  changed.rewrites = {(kGolden / "bard.txt").string()};
  EXPECT_THAT(refusal(changed), testing::HasSubstr("data fingerprint was"));
  // The same keys and texts under other pictures.
  const auto pairs = data::source::open_dataset({.source = options_.train_data});
  std::string table = "filepath\ttitle\n";
  const std::string other = data::test_png(3);
  for (int64_t i = 0; i < pairs->size(); ++i) {
    folder_.write("pictures/" + std::to_string(i) + ".png", other);
    table += std::to_string(i) + ".png\t" + pairs->caption(i) + "\n";
  }
  changed.rewrites = options_.rewrites;
  changed.train_data = folder_.write("pictures/pairs.tsv", table);
  EXPECT_THAT(refusal(changed), testing::AllOf(testing::HasSubstr("picture fingerprint was"),
                                               testing::HasSubstr("data fingerprint was")));
}

TEST_F(ResumedWithAChange, TheModelCountsByItsValues) {
  TrainOptions changed = options_;
  changed.model = "ViT-S-32";
  EXPECT_THAT(refusal(changed), testing::AllOf(testing::HasSubstr("model.vision.width was 128"),
                                               testing::HasSubstr("model.embed_dim was 128")));
  // The weights it starts from are others, though it is the same architecture.
  const std::string start = folder_ / "start";
  models::write_open_clip_directory(*models::load_model("tiny-32", 9), start);
  changed = options_;
  changed.pretrained = start;
  EXPECT_THAT(refusal(changed), testing::HasSubstr("starting weights was \"drawn from the seed\" "
                                                   "and is now \"sha256 "));
  changed = options_;
  changed.model = start;
  EXPECT_THAT(refusal(changed), testing::HasSubstr("starting weights was"));
}

TEST_F(ResumedWithAChange, AModelElsewhereWithItsFileLaidOutOtherwiseIsTheSame) {
  const std::string start = folder_ / "start", moved = folder_ / "moved";
  models::write_open_clip_directory(*models::load_model("tiny-32", 9), start);
  TrainOptions given = options_;
  given.resume = "";
  given.name = "tuned";
  given.model = start;
  loop::train(given);
  given.resume = "latest";

  // Keys in another order, defaults written out, another folder.
  fs::copy(start, moved);
  const fs::path config = fs::path(moved) / "open_clip_config.json";
  const Json written = read_json(config);
  nlohmann::json sorted = nlohmann::json::parse(written.dump());
  sorted["model_cfg"]["quick_gelu"] = false;
  sorted["model_cfg"]["vision_cfg"]["mlp_ratio"] = 4;
  sorted["preprocess_cfg"]["size"] = 32;
  write_file(config, sorted.dump());
  given.model = moved;
  EXPECT_EQ(refusal(given), "");

  const auto with = [&](const char* pointer, const Json& value) {
    Json other = written;
    other[Json::json_pointer(pointer)] = value;
    write_file(config, other.dump());
    return refusal(given);
  };
  EXPECT_THAT(with("/model_cfg/quick_gelu", true),
              testing::HasSubstr("model.vision.activation was \"gelu\" and is now \"quick_gelu\""));
  EXPECT_THAT(with("/preprocess_cfg/mean", {0.5, 0.5, 0.5}),
              testing::HasSubstr("preprocessing.mean was [0.48145466,0.4578275,0.40821073] and is "
                                 "now [0.5,0.5,0.5]"));
  EXPECT_THAT(with("/preprocess_cfg/interpolation", "bilinear"),
              testing::HasSubstr("preprocessing.interpolation was \"bicubic\""));
  EXPECT_THAT(with("/preprocess_cfg/resize_mode", "squash"),
              testing::HasSubstr("preprocessing.resize_mode was \"shortest\""));
}

}  // namespace
}  // namespace clipwright::train::options
