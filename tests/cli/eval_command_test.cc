#include <gtest/gtest.h>

#include "cli/commands.h"
#include "core/file.h"
#include "core/json.h"
#include "core/npy.h"
#include "models/clip.h"
#include "models/load_model.h"
#include "models/open_clip_directory.h"
#include "tests/temporary_folder.h"

namespace clipwright::cli {
namespace {

const fs::path kPictures = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/eval/pictures";

class EvalCommand : public testing::Test {
 public:
  EvalCommand() {
    for (const std::string name : {"2", "10"}) {
      fs::create_directories(folder_ / "set" / name);
      fs::copy_file(kPictures / (name + "_0.png"), folder_ / "set" / name / "0.png");
    }
  }
  /// A folder that holds tiny-32 as it is before any training: enough for files and exit codes.
  std::string model() const {
    const fs::path model = folder_ / "model";
    if (!fs::exists(model))
      models::write_open_clip_directory(*models::load_model("tiny-32"), model);
    return model.string();
  }

  int run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "clipwright");
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    return run_program(static_cast<int>(pointers.size()), pointers.data());
  }
  std::string operator/(const std::string& name) const { return (folder_ / name).string(); }

  const TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(EvalCommand, WritesAResultInClipBenchmarksSchema) {
  const EvalCommand& at = *this;
  ASSERT_EQ(run({"eval", "zeroshot", "--model", model(), "--data", at / "set", "--templates",
                 "plain", "--output", at / "r.json"}),
            0);
  const Json result = read_json(at / "r.json");
  EXPECT_EQ(result["dataset"], at / "set");
  EXPECT_EQ(result["model"], "tiny-32");
  EXPECT_EQ(result["pretrained"], model());
  EXPECT_EQ(result["task"], "zeroshot_classification");
  EXPECT_TRUE(result["metrics"]["acc5"].is_null());
  ASSERT_EQ(run({"eval", "build", at / "r.json", "--output", at / "all.csv"}), 0);
  EXPECT_NE(read_file(at / "all.csv").find("zeroshot_classification,en,tiny-32 " + model() + ","),
            std::string::npos);
}

TEST_F(EvalCommand, TakesRanksWithBlanksAndCommas) {
  const EvalCommand& at = *this;
  write_file(at / "set.csv", "filepath,title\nset/2/0.png,red\nset/10/0.png,green\n");
  for (const std::vector<std::string>& ranks :
       {std::vector<std::string>{"1", "2"}, std::vector<std::string>{"1,2"}}) {
    std::vector<std::string> arguments = {"eval",     "retrieval",    "--model",         model(),
                                          "--data",   at / "set.csv", "--csv-separator", ",",
                                          "--output", at / "r.json",  "--recall-k"};
    arguments.insert(arguments.end(), ranks.begin(), ranks.end());
    ASSERT_EQ(run(arguments), 0);
    EXPECT_EQ(read_json(at / "r.json")["metrics"]["image_retrieval_recall@2"], 1.0);
    EXPECT_EQ(read_json(at / "r.json")["metrics"].size(), 4U);
  }
}

TEST_F(EvalCommand, RetrievesFromKarpathysFileInFoldsWithAPrompt) {
  const EvalCommand& at = *this;
  write_file(at / "dataset.json", R"({"images": [
      {"filepath": "set/2", "filename": "0.png", "split": "test", "sentences": [{"raw": "red"}]},
      {"filepath": "set/10", "filename": "0.png", "split": "test",
       "sentences": [{"raw": "green"}, {"raw": "a wall"}]},
      {"filepath": "set/10", "filename": "1.png", "split": "train", "sentences": [{"raw": "x"}]}]})");
  const std::vector<std::string> arguments = {"eval",     "retrieval",  "--model",
                                              model(),    "--data",     at / "dataset.json",
                                              "--output", at / "r.json"};
  ASSERT_EQ(run(arguments), 0);
  EXPECT_FALSE(read_json(at / "r.json")["metrics"].contains("folds"));
  std::vector<std::string> more = arguments;
  more.insert(more.end(), {"--split", "test", "--folds", "2", "--prompt", "a photo of "});
  ASSERT_EQ(run(more), 0);
  const Json metrics = read_json(at / "r.json")["metrics"];
  EXPECT_EQ(metrics["image_retrieval_recall@1"], 1.0);
  EXPECT_EQ(metrics["folds"], 2);
  EXPECT_EQ(metrics["prompt"], "a photo of ");
  more = arguments;
  more.insert(more.end(), {"--folds", "3"});
  EXPECT_EQ(run(more), 2);
  std::vector<std::string> other = arguments;
  other.insert(other.end(), {"--split", "val"});
  EXPECT_EQ(run(other), 2);
}

TEST_F(EvalCommand, SelectsAmongCaptions) {
  const EvalCommand& at = *this;
  write_file(at / "swap_obj.json",
             R"({"4": {"filename": "2/0.png", "caption": "red", "negative_caption": "green"}})");
  std::vector<std::string> arguments = {
      "eval",   "selection", "--model",      model(),    "--data",   at / "swap_obj.json",
      "--ties", "published", "--image-root", at / "set", "--output", at / "r.json"};
  ASSERT_EQ(run(arguments), 0);
  const Json result = read_json(at / "r.json");
  EXPECT_EQ(result["task"], "image_caption_selection");
  EXPECT_EQ(result["metrics"]["tie_rule"], "published");
  EXPECT_EQ(result["metrics"]["cases"], 1);
  ASSERT_EQ(run({"eval", "build", at / "r.json", "--output", at / "all.csv"}), 0);
  arguments.insert(arguments.end(), {"--layout", "winoground"});
  EXPECT_EQ(run(arguments), 3);
  arguments.back() = "wino";
  EXPECT_EQ(run(arguments), 2);
}

TEST_F(EvalCommand, ExitCodesTellWhoseMistakeItWas) {
  const EvalCommand& at = *this;
  EXPECT_EQ(run({"eval"}), 2);
  EXPECT_EQ(run({"eval", "probe", "--model", model(), "--data", at / "set"}), 2);
  EXPECT_EQ(run({"eval", "fewshot"}), 2);
  EXPECT_EQ(run({"eval", "selection"}), 2);
  EXPECT_EQ(run({"eval", "zeroshot", "--model", "tiny-23", "--data", at / "set"}), 2);
  EXPECT_EQ(
      run({"eval", "zeroshot", "--model", model(), "--data", at / "set", "--batch-size", "0"}), 2);
  EXPECT_EQ(run({"eval", "zeroshot", "--model", model(), "--data", at / "nothing"}), 3);
  EXPECT_EQ(run({"eval", "retrieval", "--model", model(), "--data", at / "set"}), 3);
  // Fresh weights are taken, with a warning, where numbers are all that comes of them; they judge
  // no rewrites.
  EXPECT_EQ(run({"embed", "--model", "tiny-32", "--images", at / "set", "--output", at / "e.npy"}),
            0);
  write_file(at / "lines.txt", "a dog\n");
  EXPECT_EQ(run({"audit", "--captions", at / "lines.txt", "--rewrites", at / "lines.txt", "--model",
                 "tiny-32", "--output", at / "r.json"}),
            2);
  EXPECT_FALSE(fs::exists(at / "r.json"));
}

// Wherever a path is given, that nothing is there is the same mistake.
TEST_F(EvalCommand, APathWhereNothingIsHasOneExitCode) {
  const EvalCommand& at = *this;
  const std::string none = at / "nowhere/x";
  write_file(at / "set.csv", "filepath,title\nset/2/0.png,red\n");
  write_file(at / "suite.toml", "[[set]]\nname = \"set\"\n");
  const std::vector<std::vector<std::string>> missing = {
      {"eval", "zeroshot", "--model", none, "--data", at / "set"},
      {"eval", "zeroshot", "--model", model(), "--data", none},
      {"eval", "zeroshot", "--model", model(), "--data", at / "set", "--classnames", none},
      {"eval", "zeroshot", "--model", model(), "--data", at / "set", "--templates", none},
      {"eval", "retrieval", "--model", none, "--data", at / "set.csv"},
      {"eval", "retrieval", "--model", model(), "--data", none},
      {"eval", "probe", "--train-features", none, "--train-labels", none, "--test-features", none,
       "--test-labels", none},
      {"eval", "probe", "--model", none, "--train-data", at / "set", "--test-data", at / "set"},
      {"eval", "knn", "--model", model(), "--train-data", at / "set", "--test-data", none},
      {"eval", "fewshot", "--train-features", none, "--train-labels", none, "--test-features", none,
       "--test-labels", none},
      {"eval", "selection", "--model", model(), "--data", none},
      {"eval", "invariance", "--model", none, "--data", at / "set.csv"},
      {"eval", "invariance", "--model", model(), "--data", none},
      {"eval", "suite", "--suite", at / "suite.toml", "--model", model(), "--data-root", none,
       "--output", at / "out"},
      {"eval", "suite", "--suite", at / "suite.toml", "--model", none, "--data-root", at / "set",
       "--output", at / "out"},
      {"eval", "suite", "--suite", none + ".toml", "--model", model(), "--data-root", at / "set",
       "--output", at / "out"},
      {"eval", "build", none},
      {"compare", none, none + "2"},
      {"embed", "--model", none, "--images", at / "set", "--output", at / "e.npy"}};
  for (const std::vector<std::string>& arguments : missing)
    EXPECT_EQ(run(arguments), 3) << testing::PrintToString(arguments);
}

TEST_F(EvalCommand, NoResultIsWrittenOverWhatItIsMadeFrom) {
  const EvalCommand& at = *this;
  write_file(at / "names.json", "two\nten\n");
  write_file(at / "r.classnames.txt", "two\nten\n");
  const std::vector<std::string> start = {"eval",  "zeroshot", "--model",
                                          model(), "--data",   at / "set"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), start.begin(), start.end());
    return run(more);
  };
  EXPECT_EQ(with({"--classnames", at / "names.json", "--output", at / "names.json"}), 2);
  EXPECT_EQ(with({"--classnames", at / "r.classnames.txt", "--output", at / "r.json"}), 2)
      << "class names stand beside a result";
  EXPECT_EQ(with({"--output", at / "nowhere/r.json"}), 2);
  EXPECT_EQ(read_file(at / "names.json"), "two\nten\n");
  EXPECT_EQ(read_file(at / "r.classnames.txt"), "two\nten\n");
  EXPECT_EQ(run({"eval", "invariance", "--model", model(), "--data", at / "set", "--seed", "-1"}),
            2);
}

TEST_F(EvalCommand, EmbedsPicturesAndTexts) {
  const EvalCommand& at = *this;
  write_file(at / "texts.txt", "a dog\n\n");
  ASSERT_EQ(
      run({"embed", "--model", model(), "--texts", at / "texts.txt", "--output", at / "t.npy"}), 0);
  EXPECT_EQ(read_npy(at / "t.npy").shape, (std::vector<int64_t>{2, 128}));
  ASSERT_EQ(run({"embed", "--model", model(), "--images", at / "set", at / "set/2/0.png",
                 "--output", at / "i.npy", "--raw"}),
            0);
  EXPECT_EQ(read_npy(at / "i.npy").shape, (std::vector<int64_t>{3, 128}));
  EXPECT_EQ(run({"embed", "--model", model(), "--texts", at / "texts.txt", "--images", at / "set",
                 "--output", at / "x.npy"}),
            2);
  EXPECT_EQ(
      run({"embed", "--model", model(), "--images", at / "missing.png", "--output", at / "x.npy"}),
      3);
  EXPECT_EQ(run({"embed", "--model", model(), "--images", at / "missing.png", "--output",
                 at / "x.npy", "--skip-bad"}),
            0);
}

}  // namespace
}  // namespace clipwright::cli
