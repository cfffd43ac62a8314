// What is said of a file of weights, over the program's own list of commands.
#include "cli/model_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "cli/commands.h"
#include "core/file.h"
#include "core/json.h"
#include "core/npy.h"
#include "models/load_model.h"
#include "models/open_clip_config.h"
#include "models/open_clip_directory.h"
#include "tests/temporary_folder.h"

namespace clipwright::cli {
namespace {

const fs::path kFile =
    fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/torch_files/openai/state_dict.pt";
const fs::path kPictures = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/eval/pictures";

void visit(const CLI::App& command, const std::string& path,
           const std::function<void(const CLI::App&, const std::string&)>& see) {
  see(command, path);
  for (const CLI::App* inner : command.get_subcommands([](const CLI::App*) { return true; }))
    visit(*inner, path + (path.empty() ? "" : " ") + inner->get_name(), see);
}

TEST(ModelFlags, EveryCommandThatTakesAModelTakesThem) {
  CLI::App program;
  add_all_commands(program);
  // Theirs are language models, in GGUF.
  const std::set<std::string> of_language = {"rewrite", "examples chat"};
  std::set<std::string> seen;
  visit(program, "", [&](const CLI::App& command, const std::string& path) {
    const CLI::Option* option = command.get_option_no_throw("--model");
    const bool takes_model = option != nullptr || command.get_option_no_throw("model") != nullptr;
    if (!takes_model || of_language.contains(path)) return;
    seen.insert(path);
    for (const char* more : {"--model-config", "--names"})
      EXPECT_NE(command.get_option_no_throw(more), nullptr) << path << " has no " << more;
  });
  for (const char* path :
       {"embed", "train", "audit", "bench", "model inspect", "model convert", "model card",
        "eval zeroshot", "eval retrieval", "eval probe", "eval knn", "eval fewshot",
        "eval selection", "eval invariance", "eval suite"})
    EXPECT_TRUE(seen.contains(path)) << path;
}

class SaidOfAFile : public testing::Test {
 protected:
  int run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "clipwright");
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    return run_program(static_cast<int>(pointers.size()), pointers.data());
  }
  std::string at(const std::string& name) const { return (folder_.path() / name).string(); }
  /// The file's model with the other activation.
  std::string with_gelu() const {
    models::ModelConfig config = models::read_model_config(kFile);
    config.vision.activation = config.text.activation = models::Activation::kGelu;
    return folder_.write("gelu.json", models::to_open_clip_config(config).dump());
  }
  std::vector<float> features(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"embed",     "--model",          kFile.string(),
                                          "--images",  kPictures.string(), "--output",
                                          at("f.npy"), "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    EXPECT_EQ(run(arguments), 0);
    const NpyArray array = read_npy(at("f.npy"));
    const auto values = array.values<float>();
    return {values.begin(), values.end()};
  }

  TemporaryFolder folder_;
};

TEST_F(SaidOfAFile, ChangesWhatIsComputed) {
  const std::vector<float> usual = features({});
  EXPECT_NE(features({"--model-config", with_gelu()}), usual);
  const std::string all = folder_.write("names.toml", "rename = [['*', '*']]");
  EXPECT_EQ(features({"--names", all}), usual);
}

TEST_F(SaidOfAFile, IsRefusedWhereThereIsNothingToSay) {
  const std::string names = folder_.write("names.toml", "rename = [['*', '*']]");
  const std::vector<std::string> pictures = {"--images", kPictures.string(), "--output", at("f")};
  const auto embed = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "embed");
    arguments.insert(arguments.end(), pictures.begin(), pictures.end());
    return run(arguments);
  };
  EXPECT_EQ(embed({"--model", "tiny-32", "--model-config", "tiny-32"}), 2);
  EXPECT_EQ(embed({"--model", "tiny-32", "--names", names}), 2);
  EXPECT_EQ(embed({"--model", kFile.string(), "--model-config", "tiny-23"}), 2);
  EXPECT_EQ(embed({"--model", kFile.string(), "--model-config", at("none.json")}), 3);
  EXPECT_EQ(embed({"--model", kFile.string(), "--model-config", "ViT-B-32"}), 3);
  EXPECT_EQ(embed({"--model", kFile.string(), "--names", at("none.toml")}), 3);
  EXPECT_EQ(run({"eval", "suite", "--suite", "laclip15", "--model", "tiny-32", "--names", names,
                 "--data-root", folder_.path(), "--output", at("out")}),
            2);
  EXPECT_EQ(run({"audit", "--captions", names, "--rewrites", names, "--names", names}), 2)
      << "of no model";
}

TEST_F(SaidOfAFile, ATrainingRunStartsFromIt) {
  const std::string golden = std::string(CLIPWRIGHT_SOURCE_DIR) + "/tests/golden/training/";
  models::write_open_clip_directory(*models::load_model("tiny-32", 3), at("start"));
  const std::string weights = at("weights.safetensors");
  fs::copy_file(at("start") + "/open_clip_model.safetensors", weights);
  const auto train = [&](const std::string& name, std::vector<std::string> arguments) {
    const std::vector<std::string> common = {"--train-data", golden + "pictures.tar",
                                             "--batch-size", "4",
                                             "--steps",      "1",
                                             "--logs",       at("logs"),
                                             "--name",       name,
                                             "--quiet"};
    arguments.insert(arguments.begin(), "train");
    arguments.insert(arguments.end(), common.begin(), common.end());
    return run(arguments);
  };
  ASSERT_EQ(train("a", {"--model", weights, "--model-config", "tiny-32"}), 0);
  EXPECT_EQ(models::read_model_config(at("logs/a")).text.activation, models::Activation::kGelu)
      << "and not what is assumed of weights alone";
  ASSERT_EQ(
      train("b", {"--model", "tiny-32", "--pretrained", weights, "--model-config", "tiny-32"}), 0);
  EXPECT_EQ(read_file(at("logs/a/model/open_clip_model.safetensors")),
            read_file(at("logs/b/model/open_clip_model.safetensors")));
  EXPECT_EQ(train("c", {"--model", "tiny-32", "--model-config", "tiny-32"}), 2);
}

}  // namespace
}  // namespace clipwright::cli
