#include "rewrite/job/job.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>

#include "core/error.h"
#include "core/hash.h"
#include "core/random.h"
#include "rewrite/archive/ledger_import.h"
#include "rewrite/archive/ledger_report.h"
#include "rewrite/archive/replay_engine.h"
#include "rewrite/archive/replay_texts.h"
#include "rewrite/job/engines.h"
#include "rewrite/job/job_forecast.h"
#include "rewrite/job/job_ledger.h"
#include "rewrite/job/job_recipe.h"
#include "rewrite/ledger/ledger.h"

namespace clipwright::rewrite::job {
namespace {

/// Answers at once; what it answers depends on seed and source only.
class TestEngine : public engine::Engine {
 public:
  Json identity() const override { return {{"engine", name}}; }
  void run(engine::RequestQueue& queue, const language::Sampling&,
           engine::ReplySink& sink) override {
    while (auto request = queue.next()) {
      asked.push_back(*request);
      if (stop_after > 0 && asked.size() > stop_after)
        throw Error(ExitCode::kFailed, "the test engine broke");
      sink.put(*request, answer(*request));
    }
  }
  virtual engine::Reply answer(const engine::Request& request) const {
    return {.text = "told anew " + request.source + " number " + std::to_string(request.seed),
            .tokens_in = 50,
            .tokens_out = 10};
  }
  std::string name = "test";
  std::vector<engine::Request> asked;
  size_t stop_after = 0;
};

class Job : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("clipwright-job-" + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    for (const char* mode : {"human", "coco"}) {
      options_.packs.push_back(prompt::ExamplePack::read(
          fs::path(CLIPWRIGHT_SOURCE_DIR) / "data/examples" / (std::string(mode) + ".tsv"), mode));
    }
    options_.ledger = "sqlite:" + (folder_ / "ledger.db").string();
    options_.output = folder_ / "out";
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path captions(const std::string& text) {
    std::ofstream(folder_ / "captions.txt", std::ios::binary) << text;
    return folder_ / "captions.txt";
  }
  RewriteSummary run(const std::string& text, engine::Engine& engine) {
    return rewrite_captions(records::CaptionLines(captions(text)), options_, engine);
  }
  std::vector<std::string> lines(const std::string& name) const {
    std::ifstream file(folder_ / "out" / name);
    std::vector<std::string> all;
    for (std::string line; std::getline(file, line);) all.push_back(line);
    return all;
  }
  fs::path folder_;
  RewriteOptions options_;
  TestEngine engine_;
};

TEST_F(Job, WritesLineAlignedFilesAndRecords) {
  options_.scorer = [](std::string_view source, std::string_view) -> Json {
    return {{"audit", source == "a dog" ? 0.25 : 1.0}, {"flags", {"x"}}};
  };
  const RewriteSummary summary = run("a cat\n\na dog\r\na cat\nlast line", engine_);
  EXPECT_EQ(summary.captions, 5);
  EXPECT_EQ(summary.distinct, 3);
  EXPECT_EQ(summary.empty, 1);
  EXPECT_EQ(summary.accepted(), 6);
  EXPECT_EQ(engine_.asked.size(), 6u);  // "a cat" occurs twice and is asked once a mode
  for (const std::string mode : {"human", "coco"}) {
    const auto text = lines(mode + ".txt");
    ASSERT_EQ(text.size(), 5u);
    EXPECT_EQ(text[0].rfind("told anew a cat number", 0), 0u);
    EXPECT_EQ(text[1], "");
    EXPECT_EQ(text[2].rfind("told anew a dog number", 0), 0u);
    EXPECT_EQ(text[3], text[0]);
    EXPECT_EQ(text[4].rfind("told anew last line", 0), 0u);
  }
  const auto records = lines("rewrites.jsonl");
  ASSERT_EQ(records.size(), 10u);
  const Json dog = Json::parse(records[4]);
  EXPECT_EQ(dog["key"], "2");
  EXPECT_EQ(dog["mode"], "human");
  EXPECT_EQ(dog["source"], "a dog");
  EXPECT_EQ(dog["source_sha256"], hex(sha256("a dog")));
  EXPECT_EQ(dog["text"], lines("human.txt")[2]);
  EXPECT_EQ(dog["status"], "accepted");
  EXPECT_EQ(dog["attempt"], 0);
  EXPECT_EQ(dog["scores"]["audit"], 0.25);
  EXPECT_EQ(dog["scores"]["flags"][0], "x");
  EXPECT_EQ(dog["recipe"].get<std::string>().size(), 64u);
  EXPECT_EQ(Json::parse(records[2])["status"], "skipped:empty");
}

TEST_F(Job, AsksNeighboursWithTheSameExamplesOneAfterTheOther) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "caption number " + std::to_string(i) + "\n";
  options_.triples = 7;
  const RewriteSummary summary = run(text, engine_);
  size_t changes = 1;
  for (size_t i = 1; i < engine_.asked.size(); ++i)
    changes += engine_.asked[i].prefix != engine_.asked[i - 1].prefix ? 1 : 0;
  EXPECT_EQ(changes, 14u);
  EXPECT_EQ(summary.prompts, 14);
}

TEST_F(Job, ASecondRunAsksNothingAndWritesTheSame) {
  run("a cat\na dog\n", engine_);
  const auto before = lines("rewrites.jsonl");
  TestEngine again;
  const RewriteSummary summary = run("a cat\na dog\n", again);
  EXPECT_TRUE(again.asked.empty());
  EXPECT_EQ(summary.modes[0].second.already_done, 2);
  EXPECT_EQ(lines("rewrites.jsonl"), before);
}

TEST_F(Job, AnotherOrderOrSubsetGivesEachCaptionTheSameText) {
  run("a cat\na dog\na bird\n", engine_);
  const auto before = lines("human.txt");
  options_.ledger = "sqlite:" + (folder_ / "other.db").string();
  run("a bird\na cat\n", engine_);
  EXPECT_EQ(lines("human.txt"), (std::vector<std::string>{before[2], before[0]}));
}

TEST_F(Job, AChangeOfTheRecipeNeverReusesOldRows) {
  run("a cat\n", engine_);
  const std::string old_text = lines("human.txt")[0];
  const auto asked_with = [&](auto change) {
    const RewriteOptions before = options_;
    TestEngine engine;
    change(options_, engine);
    run("a cat\n", engine);
    options_ = before;
    return engine.asked.size();
  };
  EXPECT_EQ(asked_with([](RewriteOptions& o, TestEngine&) { o.seed = 1; }), 2u);
  EXPECT_EQ(asked_with([](RewriteOptions& o, TestEngine&) { o.sampling.temperature = 0.8; }), 2u);
  EXPECT_EQ(asked_with([](RewriteOptions& o, TestEngine&) { o.sampling.top_p = 0.9; }), 2u);
  EXPECT_EQ(asked_with([](RewriteOptions& o, TestEngine&) { o.sampling.max_tokens = 50; }), 2u);
  EXPECT_EQ(
      asked_with([](RewriteOptions& o, TestEngine&) { o.layout = prompt::PromptLayout::kLaclip; }),
      2u);
  EXPECT_EQ(asked_with([](RewriteOptions& o, TestEngine&) { o.triples = 3; }), 2u);
  EXPECT_EQ(asked_with([](RewriteOptions&, TestEngine& e) { e.name = "another model"; }), 2u);
  EXPECT_EQ(asked_with([](RewriteOptions& o, TestEngine&) { o.attempts = 5; }),
            0u);  // decides no text
  EXPECT_EQ(asked_with([](RewriteOptions&, TestEngine&) {}), 0u);
  run("a cat\n", engine_);
  EXPECT_EQ(lines("human.txt")[0], old_text);
}

TEST_F(Job, WhatWasFinishedBeforeTheEngineBrokeIsKept) {
  engine_.stop_after = 3;
  EXPECT_THROW(run("a cat\na dog\na bird\na fish\n", engine_), Error);
  // The outputs hold what there is: a line a caption, a record a caption and mode.
  EXPECT_EQ(lines("human.txt").size(), 4u);
  EXPECT_EQ(lines("coco.txt").size(), 4u);
  EXPECT_EQ(lines("rewrites.jsonl").size(), 8u);
  TestEngine again;
  const RewriteSummary summary = run("a cat\na dog\na bird\na fish\n", again);
  EXPECT_EQ(summary.accepted() + summary.modes[0].second.already_done +
                summary.modes[1].second.already_done,
            8);
  EXPECT_EQ(lines("human.txt").size(), 4u);
}

TEST_F(Job, AnEngineThatBreaksAtOnceLeavesNoOutputs) {
  class BrokenEngine final : public TestEngine {
   public:
    void run(engine::RequestQueue&, const language::Sampling&, engine::ReplySink&) override {
      throw Error(ExitCode::kFailed, "the test engine broke");
    }
  } broken;
  EXPECT_THROW(run("a cat\na dog\n", broken), Error);
  EXPECT_TRUE(fs::is_empty(folder_ / "out"));
}

TEST_F(Job, HardCaptionsThatAreLeftEndNoLaterRun) {
  class ThinkingEngine final : public TestEngine {
   public:
    engine::Reply answer(const engine::Request& request) const override {
      if (request.source.find("hard") == std::string::npos) return TestEngine::answer(request);
      return {.status = engine::ReplyStatus::kThought, .text = "<think>"};
    }
  } engine;
  std::string hard;
  for (int i = 0; i < 30; ++i) hard += "a hard caption " + std::to_string(i) + "\n";
  EXPECT_THROW(run(hard, engine), Error);  // nothing says yet that this model answers at all
  run("a dog\n", engine);
  const RewriteSummary summary = run("a dog\n" + hard, engine);
  EXPECT_EQ(summary.modes[0].second.already_done, 1);
  EXPECT_EQ(summary.modes[0].second.failed, 30);
  EXPECT_EQ(lines("human.txt").size(), 31u);
}

/// Rejects by rule: captions with "bad" never work, with "second" at the second attempt.
class FussyEngine : public TestEngine {
 public:
  engine::Reply answer(const engine::Request& request) const override {
    const bool second = request.source.find("second") != std::string::npos && request.attempt == 0;
    if (request.source.find("bad") != std::string::npos || second) return {.text = request.source};
    if (request.source.find("broken") != std::string::npos)
      return {.status = engine::ReplyStatus::kFailed,
              .text = "too long for this model",
              .error = "too-long"};
    return TestEngine::answer(request);
  }
};

TEST_F(Job, AFailureUsesUpNoAttempt) {
  FussyEngine engine;
  options_.packs.pop_back();
  options_.attempts = 1;
  for (int run_number = 1; run_number <= 3; ++run_number) {
    const RewriteSummary summary = run("broken one\n", engine);
    EXPECT_EQ(summary.modes[0].second.failed, 1);
    EXPECT_EQ(engine.asked.back().attempt, run_number - 1);
  }
  TestEngine healthy;
  healthy.name = engine.name;
  EXPECT_EQ(run("broken one\n", healthy).accepted(), 1);
  // A rejected reply does use one up, and is not called done.
  EXPECT_EQ(run("bad one\n", engine).modes[0].second.given_up, 1);
  const RewriteSummary again = run("bad one\n", engine);
  EXPECT_EQ(again.modes[0].second.given_up_before, 1);
  EXPECT_EQ(again.modes[0].second.already_done, 0);
}

TEST_F(Job, AWordOfAPackIsAnotherRecipe) {
  options_.packs.pop_back();
  run("a cat\n", engine_);
  std::string pack = read_file(fs::path(CLIPWRIGHT_SOURCE_DIR) / "data/examples/human.tsv");
  const size_t word = pack.rfind(" a ");
  ASSERT_NE(word, std::string::npos);
  pack.replace(word, 3, " one ");
  write_file(folder_ / "human.tsv", pack);
  options_.packs = {prompt::ExamplePack::read(folder_ / "human.tsv", "human")};
  TestEngine again;
  const RewriteSummary summary = run("a cat\n", again);
  EXPECT_EQ(summary.modes[0].second.already_done, 0);
  EXPECT_EQ(again.asked.size(), 1u);
}

/// Prompts a model with the caption alone.
class PromptedEngine : public TestEngine {
 public:
  bool uses_examples() const override { return false; }
};

TEST_F(Job, ALongCaptionIsCutForEveryEngineThatPromptsAModel) {
  std::string longest = "start";
  for (int i = 0; i < 3000; ++i) longest += " word" + std::to_string(i);
  PromptedEngine prompted;
  const RewriteSummary summary = run(longest + "\n", prompted);
  EXPECT_EQ(summary.shortened, 1);
  ASSERT_FALSE(prompted.asked.empty());  // the answer, as long as the caption, is no rewrite
  EXPECT_LT(prompted.asked[0].body.size(), 3000u);
  EXPECT_EQ(longest.rfind(prompted.asked[0].body, 0), 0u);
  EXPECT_EQ(Json::parse(lines("rewrites.jsonl")[0])["source_cut"], true);
}

TEST_F(Job, EdaRewritesACaptionOfAnyLength) {
  std::string longest;
  for (int i = 0; i < 34; ++i) longest += i == 0 ? "small dog" : " small dog";
  const auto eda = make_engine({.name = "eda"});
  EXPECT_EQ(run(longest + "\n", *eda).accepted(), 1);
}

TEST_F(Job, TheLedgerKeepsTheScores) {
  options_.packs.pop_back();
  options_.scorer = [](std::string_view, std::string_view) { return Json({{"audit", 0.5}}); };
  run("a cat\n", engine_);
  std::string notes;
  ledger::open_ledger(options_.ledger)
      ->each_row(
          [&](const ledger::LedgerRow& row, const ledger::LedgerSource&) { notes = row.notes; });
  EXPECT_EQ(Json::parse(notes)["audit"], 0.5);
}

TEST_F(Job, RejectedRepliesAreTriedAgainWithAFreshSeed) {
  FussyEngine engine;
  options_.packs.pop_back();
  const RewriteSummary summary = run("good one\nsecond one\nbad one\nbroken one\n", engine);
  const ModeSummary& mode = summary.modes[0].second;
  EXPECT_EQ(mode.accepted, 2);
  EXPECT_EQ(mode.given_up, 1);
  EXPECT_EQ(mode.failed, 1);
  EXPECT_EQ(mode.outcomes.at("rejected:copy-of-source"), 4);  // second once, bad three times
  EXPECT_EQ(mode.outcomes.at("failed:too-long"), 1);
  std::set<uint64_t> seeds;
  for (const engine::Request& request : engine.asked) seeds.insert(request.seed);
  EXPECT_EQ(seeds.size(), engine.asked.size());
  EXPECT_EQ(lines("human.txt")[2], "");
  EXPECT_EQ(Json::parse(lines("rewrites.jsonl")[2])["status"], "rejected:copy-of-source");
  EXPECT_EQ(Json::parse(lines("rewrites.jsonl")[1])["attempt"], 1);

  // Used-up attempts stay used up; more attempts go on where the last stopped.
  FussyEngine again;
  run("good one\nsecond one\nbad one\n", again);
  EXPECT_TRUE(again.asked.empty());
  options_.attempts = 5;
  run("good one\nsecond one\nbad one\n", again);
  ASSERT_EQ(again.asked.size(), 2u);
  EXPECT_EQ(again.asked[0].attempt, 3);
  EXPECT_EQ(again.asked[1].attempt, 4);
}

TEST_F(Job, LimitTakesTheFirstCaptions) {
  options_.limit = 2;
  run("a cat\na dog\na bird\n", engine_);
  EXPECT_EQ(engine_.asked.size(), 4u);
  EXPECT_EQ(lines("human.txt").size(), 2u);
}

TEST_F(Job, CaptionsThatAreNotUtf8AreSkippedOrRefused) {
  std::string text = "bad \xff byte\n";
  for (int i = 0; i < 30; ++i) text += "caption " + std::to_string(i) + "\n";
  const RewriteSummary summary = run(text, engine_);
  EXPECT_EQ(summary.not_utf8, 1);
  EXPECT_EQ(lines("human.txt").size(), 31u);
  EXPECT_EQ(Json::parse(lines("rewrites.jsonl")[0])["status"], "skipped:not-utf8");
  try {
    run("bad \xff byte\ngood\n", engine_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    EXPECT_NE(std::string(error.what()).find("first number 0"), std::string::npos);
  }
  EXPECT_THROW(run("\n \n", engine_), Error);
  EXPECT_THROW(run("", engine_), Error);
  EXPECT_THROW(records::CaptionLines(folder_ / "missing.txt"), Error);
}

TEST_F(Job, ALongCaptionIsCutAtAWord) {
  std::string longest = "start";
  for (int i = 0; i < 2000; ++i) longest += " word" + std::to_string(i);
  const RewriteSummary summary = run(longest + "\nshort one\n", engine_);
  EXPECT_EQ(summary.shortened, 2);  // once a mode
  for (const engine::Request& request : engine_.asked) {
    EXPECT_LT(request.body.size(), 700u);
    if (request.source.size() > 100) {
      EXPECT_NE(request.body.find("start word0 word1"), std::string::npos);
      EXPECT_NE(longest.find(request.body.substr(11, request.body.find("\nRewritten") - 11) + " "),
                std::string::npos);
    }
  }
}

TEST_F(Job, RecordsReplayToTheSameTexts) {
  for (const std::string name : {"records.jsonl", "records.jsonl.gz"}) {
    options_.records = folder_ / name;
    options_.ledger = "sqlite:" + (folder_ / (name + ".db")).string();
    run("a cat\na dog\na cat\n", engine_);
    const auto before = lines("coco.txt");
    const archive::ReplayTexts records = archive::ReplayTexts::read((folder_ / name).string());
    EXPECT_EQ(records.size(), 4u);
    EXPECT_EQ(archive::ReplayTexts::read(options_.ledger).digest(), records.digest());
    EXPECT_EQ(*records.find("a dog", "coco"), before[1]);
    EXPECT_FALSE(records.find("a dog", "bard"));

    archive::ReplayEngine replay(records);
    options_.ledger = "sqlite:" + (folder_ / (name + ".replay.db")).string();
    options_.seed = 99;  // whatever recipe
    const RewriteSummary summary = run("a dog\nnever seen\na cat\n", replay);
    options_.seed = 0;
    EXPECT_EQ(summary.accepted(), 4);
    EXPECT_EQ(summary.modes[0].second.missing, 1);
    EXPECT_EQ(lines("coco.txt"), (std::vector<std::string>{before[1], "", before[0]}));
    EXPECT_EQ(Json::parse(lines("rewrites.jsonl")[2])["status"], "missing");
  }
}

TEST_F(Job, TextsOfAModeWithoutExamplesReplay) {
  options_.records = folder_ / "records.jsonl";
  options_.ledger = "sqlite:" + (folder_ / "eda.db").string();
  const auto eda = make_engine({.name = "eda"});
  run("a small dog runs over the green grass\na cat\n", *eda);
  const auto before = lines("eda.txt");
  options_.records.clear();
  options_.ledger = "sqlite:" + (folder_ / "replay.db").string();
  const auto replay = make_engine({.name = "replay", .replay = folder_ / "records.jsonl"});
  options_.packs = choose_packs({}, *replay);
  EXPECT_EQ(run("a cat\na small dog runs over the green grass\n", *replay).accepted(), 2);
  EXPECT_EQ(lines("eda.txt"), (std::vector<std::string>{before[1], before[0]}));
}

TEST_F(Job, TheRecipeHoldsWhatChangesATextAndNoMore) {
  const auto eda = make_engine({.name = "eda"});
  const auto recipe = [&](const engine::Engine& engine) {
    return make_recipe(options_, options_.packs[0], engine).sha;
  };
  const Sha256 sampled = recipe(engine_), moved = recipe(*eda);
  options_.sampling.temperature = 0.5;
  EXPECT_NE(recipe(engine_), sampled);
  EXPECT_EQ(recipe(*eda), moved);
  options_.seed = 7;
  EXPECT_NE(recipe(*eda), moved);
}

TEST_F(Job, ImportedRecordsCountAsDone) {
  options_.records = folder_ / "records.jsonl.gz";
  run("a cat\na dog\n", engine_);
  const auto before = lines("human.txt");
  options_.records.clear();
  options_.ledger = "sqlite:" + (folder_ / "fresh.db").string();
  EXPECT_EQ(
      archive::import_records(folder_ / "records.jsonl.gz", *ledger::open_ledger(options_.ledger)),
      4);
  TestEngine again;
  run("a cat\na dog\na bird\n", again);
  EXPECT_EQ(again.asked.size(), 2u);
  EXPECT_EQ(lines("human.txt")[0], before[0]);
}

TEST_F(Job, DamagedRecordsAreRefusedWithTheLine) {
  const auto complaint = [&](const std::string& text) -> std::string {
    std::ofstream(folder_ / "bad.jsonl", std::ios::binary) << text;
    try {
      archive::ReplayTexts::read((folder_ / "bad.jsonl").string());
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      return error.what();
    }
    return {};
  };
  const std::string head = "{\"clipwright_records\":1}\n{\"recipe_sha256\":\"" +
                           std::string(64, 'a') + "\",\"description\":{}}\n";
  EXPECT_EQ(complaint(head + "{\"source\":\"a\",\"mode\":\"m\",\"text\":\"t\"}\n"), "");
  EXPECT_NE(complaint("{}\n").find("line 1"), std::string::npos);
  EXPECT_NE(complaint(head + "not json\n").find("line 3: is no JSON"), std::string::npos);
  EXPECT_NE(complaint(head + "{\"source\":\"a\",\"mode\":\"m\"}\n").find("no text 'text'"),
            std::string::npos);
  EXPECT_NE(complaint(head + "{\"source\":\"a\",\"mode\":\"m\",\"text\":\"t\",\"recipe\":5}\n")
                .find("recipe 5"),
            std::string::npos);
  EXPECT_NE(
      complaint("{\"clipwright_records\":1}\n{\"recipe_sha256\":\"xyz\",\"description\":{}}\n")
          .find("SHA-256"),
      std::string::npos);
  EXPECT_NE(complaint(head + std::string(3 << 20, 'x')).find("1 MiB"), std::string::npos);
  EXPECT_NE(complaint("\x1f\x8b\x08\x00 this is no gzip").find("damaged"), std::string::npos);
  EXPECT_THROW(archive::ReplayTexts::read((folder_ / "missing").string()), Error);
  EXPECT_THROW(archive::ReplayTexts::read("sqlite:" + (folder_ / "missing.db").string()), Error);
}

TEST_F(Job, AForecastCountsWithoutWriting) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "caption number " + std::to_string(i) + "\n";
  const records::CaptionLines source(captions(text));
  options_.price_in = 1, options_.price_out = 2;  // of a million tokens
  const RewriteForecast forecast = forecast_rewrite(source, options_, engine_);
  EXPECT_NEAR(forecast.cost.value, (1000 * 50 + 10000 * 2.0) / 1e6, 1e-12);
  EXPECT_DOUBLE_EQ(forecast.tokens_in_unshared.value, 50000);  // as the engine counted them
  EXPECT_DOUBLE_EQ(forecast.accepted, 1);
  EXPECT_NE(describe(forecast).find("cost: 0.0700 +- 0.0000"), std::string::npos)
      << describe(forecast);
  EXPECT_EQ(forecast.rewrites, 1000);
  EXPECT_EQ(forecast.sample, 200);
  EXPECT_DOUBLE_EQ(forecast.tokens_out.value,
                   10000);  // the test engine writes ten tokens each time
  EXPECT_DOUBLE_EQ(forecast.tokens_out.margin, 0);
  EXPECT_LT(forecast.tokens_in.value, forecast.tokens_in_unshared.value);
  EXPECT_FALSE(fs::exists(folder_ / "ledger.db"));
}

TEST_F(Job, AForecastKnowsEqualCaptionsThatGetATextEach) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "a cat\n";
  options_.packs.pop_back();
  options_.keep_duplicates = true;
  options_.sample = 20;
  const RewriteForecast forecast =
      forecast_rewrite(records::CaptionLines(captions(text)), options_, engine_);
  EXPECT_EQ(forecast.rewrites, 60);
  EXPECT_EQ(forecast.sample, 20);
  EXPECT_DOUBLE_EQ(forecast.tokens_out.value, 600);
}

TEST_F(Job, KeptDuplicatesGetATextEach) {
  options_.packs.pop_back();
  run("a cat\na dog\n", engine_);
  const auto alone = lines("human.txt");
  options_.keep_duplicates = true;
  TestEngine more;
  const std::string text = "a cat\na cat\na dog\na cat\n";
  const RewriteSummary summary = run(text, more);
  EXPECT_EQ(summary.distinct, 4);
  EXPECT_EQ(more.asked.size(), 2u);  // the first cat and the dog are the ones of before
  const auto each = lines("human.txt");
  EXPECT_EQ(each[0], alone[0]);
  EXPECT_EQ(each[2], alone[1]);
  EXPECT_EQ((std::set<std::string>{each[0], each[1], each[3]}).size(), 3u);
  EXPECT_EQ(Json::parse(lines("rewrites.jsonl")[3])["source_sha256"], hex(sha256("a cat")));

  // Records keep them apart; another order gives each occurrence the same text.
  options_.records = folder_ / "records.jsonl";
  TestEngine none;
  run("a cat\na dog\na cat\na cat\n", none);
  EXPECT_TRUE(none.asked.empty());
  EXPECT_EQ(lines("human.txt"), (std::vector<std::string>{each[0], each[2], each[1], each[3]}));
  options_.ledger = "sqlite:" + (folder_ / "imported.db").string();
  EXPECT_EQ(
      archive::import_records(folder_ / "records.jsonl", *ledger::open_ledger(options_.ledger)), 4);
  run(text, none);
  EXPECT_TRUE(none.asked.empty());
  EXPECT_EQ(lines("human.txt"), each);
  EXPECT_TRUE(archive::verify_ledger(*ledger::open_ledger(options_.ledger)).whole());
}

TEST_F(Job, ABudgetOfTokensStopsHandingOut) {
  options_.packs.pop_back();
  options_.budget_tokens = 150;  // the test engine takes 60 a text
  const RewriteSummary summary = run("a cat\na dog\na bird\na fish\n", engine_);
  EXPECT_EQ(engine_.asked.size(), 3u);
  EXPECT_EQ(summary.left(), 1);
  EXPECT_NE(describe(summary).find("the budget of 150 tokens is spent (180 tokens"),
            std::string::npos)
      << describe(summary);
  EXPECT_EQ(lines("human.txt").size(), 4u);
  options_.budget_tokens = 60;  // exactly what the last one takes
  TestEngine again;
  const RewriteSummary rest = run("a cat\na dog\na bird\na fish\n", again);
  EXPECT_EQ(again.asked.size(), 1u);
  EXPECT_EQ(describe(rest).find("budget"), std::string::npos) << describe(rest);
}

/// Needs no examples.
class PlainEngine : public TestEngine {
 public:
  bool uses_examples() const override { return false; }
};

TEST_F(Job, AnEngineWithoutExamplesHasAModeOfItsOwn) {
  PlainEngine plain;
  const RewriteSummary summary = run("a cat\na dog\n", plain);
  ASSERT_EQ(summary.modes.size(), 1u);
  EXPECT_EQ(summary.modes[0].first, "test");
  ASSERT_EQ(plain.asked.size(), 2u);
  EXPECT_EQ(plain.asked[0].prefix, "");
  EXPECT_EQ(lines("test.txt").size(), 2u);
}

/// Holds some replies back, as an engine with many requests in flight does, and looks at the ledger
/// through another worker meanwhile.
class PeekingEngine : public TestEngine {
 public:
  explicit PeekingEngine(std::string ledger) : ledger_(std::move(ledger)) {}
  void run(engine::RequestQueue& queue, const language::Sampling&,
           engine::ReplySink& sink) override {
    std::vector<engine::Request> held;
    while (auto request = queue.next()) {
      asked.push_back(*request);
      held.push_back(std::move(*request));
      if (held.size() == 2) break;
    }
    elsewhere = ledger::open_ledger(ledger_)->held_elsewhere();
    for (const engine::Request& request : held) sink.put(request, answer(request));
    TestEngine::run(queue, {}, sink);
  }
  int64_t elsewhere = 0;

 private:
  std::string ledger_;
};

TEST_F(Job, WhatIsInWorkIsClaimedAndGivenBack) {
  PeekingEngine engine(options_.ledger);
  run("a cat\na dog\na bird\n", engine);
  EXPECT_GE(engine.elsewhere, 2);
  EXPECT_EQ(ledger::open_ledger(options_.ledger)->held_elsewhere(), 0);
}

TEST_F(Job, ImpossibleOptionsAreUsageErrors) {
  const auto code = [&](auto change) {
    const RewriteOptions before = options_;
    change(options_);
    ExitCode found = ExitCode::kDone;
    try {
      run("a cat\n", engine_);
    } catch (const Error& error) {
      found = error.code();
    }
    options_ = before;
    return found;
  };
  EXPECT_EQ(code([](RewriteOptions& o) { o.sampling.top_p = 0; }), ExitCode::kUsage);
  EXPECT_EQ(code([](RewriteOptions& o) { o.sampling.temperature = -1; }), ExitCode::kUsage);
  EXPECT_EQ(code([](RewriteOptions& o) { o.sampling.max_tokens = 0; }), ExitCode::kUsage);
  EXPECT_EQ(code([](RewriteOptions& o) { o.attempts = 0; }), ExitCode::kUsage);
  EXPECT_EQ(code([](RewriteOptions& o) { o.packs.clear(); }), ExitCode::kUsage);
  EXPECT_EQ(code([](RewriteOptions& o) { o.packs[1] = o.packs[0]; }), ExitCode::kUsage);
}

}  // namespace
}  // namespace clipwright::rewrite::job
