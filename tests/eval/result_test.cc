#include "eval/result.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/eval/tiny_set.h"

namespace clipwright::eval {
namespace {

TEST(Result, KeysComeInClipBenchmarksOrder) {
  EvaluationRecord record{"wds/vtab/cifar10",
                          "ViT-B-32",
                          "run/model",
                          "zeroshot_classification",
                          {{"acc1", 0.5}, {"acc5", nullptr}}};
  EXPECT_EQ(
      to_json(record).dump(),
      R"({"dataset":"wds/vtab/cifar10","model":"ViT-B-32","pretrained":"run/model",)"
      R"("task":"zeroshot_classification","metrics":{"acc1":0.5,"acc5":null},"language":"en"})");
}

TEST(Result, BuildsACsvOfFilesAndFolders) {
  TemporaryFolder folder;
  fs::create_directories(folder.path() / "more");
  write_file(
      folder / "a.json",
      R"({"dataset": "cars, 196", "model": "RN50", "pretrained": "openai", "task": "zeroshot_classification",
    "metrics": {"acc1": 0.25, "acc5": NaN, "mean_per_class_recall": 0.125}, "language": "en"})");
  write_file(
      folder / "more/b.json",
      R"({"dataset": "NaN set", "model": "ViT-B-32", "pretrained": "x", "task": "zeroshot_retrieval",
    "metrics": {"image_retrieval_recall@5": 0.5}, "language": "en"})");
  write_file(folder / "more/notes.txt", "not a result");
  EXPECT_EQ(build_results_csv({folder / "a.json", folder / "more"}),
            "dataset,model,pretrained,task,language,model_fullname,acc1,acc5,mean_per_class_recall,"
            "image_retrieval_recall@5\n"
            "\"cars, 196\",RN50,openai,zeroshot_classification,en,RN50 openai,0.25,,0.125,\n"
            "NaN set,ViT-B-32,x,zeroshot_retrieval,en,ViT-B-32 x,,,,0.5\n");
}

TEST(Result, ListsAndObjectsAreNoCells) {
  TemporaryFolder folder;
  write_file(folder / "a.json",
             R"({"dataset": "d", "model": "m", "pretrained": "p", "task": "image_caption_selection",
    "metrics": {"acc": 0.5, "groups": {"left": {"acc": 1}}, "runs": [1, 2], "rule": "strict"}})");
  EXPECT_EQ(build_results_csv({folder / "a.json"}),
            "dataset,model,pretrained,task,language,model_fullname,acc,rule\n"
            "d,m,p,image_caption_selection,,m p,0.5,strict\n");
}

TEST(Result, NamesTheFileThatIsNone) {
  TemporaryFolder folder;
  for (const char* text :
       {"", "[]", "{\"metrics\": 3}", "{\"dataset\": ", "NaN", "{\"a\": \"unfinished"}) {
    write_file(folder / "a.json", text);
    try {
      build_results_csv({folder / "a.json"});
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      EXPECT_NE(std::string(error.what()).find("a.json"), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(build_results_csv({folder / "missing.json"}), Error);
  fs::create_directories(folder.path() / "empty");
  EXPECT_THROW(build_results_csv({folder / "empty"}), Error);
}

}  // namespace
}  // namespace clipwright::eval
