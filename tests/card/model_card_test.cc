#include "card/model_card.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "eval/paired/stored_result.h"
#include "tests/card/run_folder.h"

namespace clipwright::card {
namespace {

using testing::HasSubstr;
using testing::Not;

/// 60 of 100 samples right.
void write_result(const fs::path& folder, const std::string& set, bool with_samples) {
  eval::EvaluationRecord record{.dataset = set,
                                .model = "custom",
                                .pretrained = "run/model",
                                .task = "zeroshot_classification",
                                .metrics = {{"acc1", 0.6}, {"acc5", 1.0}}};
  if (with_samples) {
    record.samples.metrics = {"acc1", "acc5"};
    for (int i = 0; i < 100; ++i)
      record.samples.add(std::to_string(i), 0, {i < 60 ? 1.F : 0.F, 1.F});
    record.classnames = {"thing"};
  }
  eval::paired::write_stored_result(folder, set, record, "acc1", Json::object());
}

TEST(ModelCard, StatesWhatARunKnows) {
  const TemporaryFolder folder;
  write_run(folder);
  write_result(folder / "run/evaluation/results/step_50", "early", true);
  write_result(folder / "run/evaluation/results/step_100", "pets", true);
  write_result(folder / "run/evaluation/results/step_100", "cars", false);
  const std::string card = write_card({.model = folder / "run", .license = "mit"});
  EXPECT_TRUE(card.starts_with("---\nlicense: \"mit\"\n")) << card;
  for (const char* part : {"library_name: open_clip",
                           "pipeline_tag: zero-shot-image-classification",
                           "model-index:\n- name: \"run\"",
                           "type: \"pets\"",
                           "value: 0.6\n",
                           "# run\n",
                           "from drawn weights",
                           "vision transformer, patches of 8",
                           "`pairs/{0..9}.tar`, 12,345",
                           "6,400 pairs in 100 steps",
                           "3 samples could not be used",
                           "`audit.score >= 0.6`",
                           "draws one text of the caption and its rewrites",
                           "Some \\| Model",
                           "apache-2.0",
                           "temperature 0.9",
                           "| `lr` | 0.001 |",
                           "| `batch-size` | 64 |",
                           "Some Processor, 2 threads, 16 GiB",
                           "mean loss of the last steps: 1.25",
                           "loss on held-out pairs: 2.5",
                           "| pets |",
                           "| 60.00 | 5",
                           "| cars | zeroshot\\_classification | `acc1` | 60.00 | not known |",
                           "12,345 pairs; published CLIP models",
                           "local-dir:MODEL",
                           "abc123"})
    EXPECT_THAT(card, HasSubstr(part));
  EXPECT_THAT(card, Not(HasSubstr("early")));  // of a checkpoint that is not the last
  EXPECT_THAT(card, HasSubstr("what made the rewrites of " + (folder / "bare/other.jsonl")));
  EXPECT_THAT(card, Not(HasSubstr("the licence of the weights")));
  EXPECT_EQ(card, write_card({.model = folder / "run", .license = "mit"}));
}

TEST(ModelCard, OfABareModelSaysWhatItDoesNotKnow) {
  const std::string card = write_card({.model = (kGolden / "models/laclip").string()});
  EXPECT_THAT(card, HasSubstr("# laclip\n"));
  EXPECT_THAT(card, HasSubstr("norms of queries and keys"));
  const std::string unknown = card.substr(card.find("## What this card does not know"));
  for (const char* part : {"the data, its captions and rewrites, the recipe",
                           "the licence of the weights", "there are no results"})
    EXPECT_THAT(unknown, HasSubstr(part));
  EXPECT_THAT(card, Not(HasSubstr("## Training data")));
  EXPECT_THAT(card, Not(HasSubstr("license:")));
}

TEST(ModelCard, AnOldRunNamesWhatItLacks) {
  const TemporaryFolder folder;
  write_run(folder);
  fs::remove(folder / "run/run.json");
  fs::remove_all(folder / "run/checkpoints");
  const std::string card = write_card({.model = folder / "run"});
  EXPECT_THAT(card, HasSubstr("the run has no run.json"));
  EXPECT_THAT(card, HasSubstr("the run keeps no checkpoint"));
  EXPECT_THAT(card, HasSubstr("`pairs/{0..9}.tar`\n"));
}

TEST(ModelCard, DamagedFilesBesideAreNoEnd) {
  const TemporaryFolder folder;
  write_run(folder);
  folder.write("run/run.json", "[1, 2");
  folder.write("run/checkpoints/step_100/state.json", "{\"trajectory\": 7}");
  folder.write("texts/recipes.json", "{\"human\": [1]}");
  folder.write("run/evaluation/results/step_100/pets.json", "nothing");
  folder.write("run/best.json", "{\"step\": \"x\", \"sets\": 3}");
  const std::string card = write_card({.model = folder / "run", .name = "a|b\n# c"});
  EXPECT_THAT(card, HasSubstr("# a\\|b \\# c\n"));
  EXPECT_THAT(card, HasSubstr("1 files beside the results"));
  folder.write("run/config.toml", "[data\n");
  EXPECT_THROW(write_card({.model = folder / "run"}), Error);
}

TEST(ModelCard, ResultsThatAreNotThereAreAnError) {
  EXPECT_THROW(write_card({.model = (kGolden / "models/vit").string(), .results = {"nowhere"}}),
               Error);
}

}  // namespace
}  // namespace clipwright::card
