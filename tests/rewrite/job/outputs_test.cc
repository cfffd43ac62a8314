#include "rewrite/job/outputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/file.h"
#include "records/reader.h"
#include "rewrite/engine/reply.h"
#include "rewrite/job/job.h"
#include "tests/temporary_folder.h"

namespace clipwright::rewrite::job {
namespace {

using testing::HasSubstr;

/// Tells what it was shown of the caption, in capitals where the prompt ends.
class EchoEngine final : public engine::Engine {
 public:
  Json identity() const override { return {{"engine", "echo"}}; }
  bool uses_examples() const override { return examples; }
  void run(engine::RequestQueue& queue, const language::Sampling&,
           engine::ReplySink& sink) override {
    while (auto request = queue.next()) {
      engine::Reply reply{.text = "told anew by " + request->mode};
      if (request->source.find("refuse") != std::string::npos) reply.text = "I cannot say";
      sink.put(*request, std::move(reply));
    }
  }
  bool examples = true;
};

class Outputs : public testing::Test {
 protected:
  Outputs() {
    options_.packs.push_back(prompt::ExamplePack::read(
        fs::path(CLIPWRIGHT_SOURCE_DIR) / "data/examples/human.tsv", "human"));
    options_.ledger = "sqlite:" + (folder_ / "ledger.db").string();
    options_.parquet = folder_ / "r.parquet";
  }
  void run(const std::string& captions) {
    std::ofstream(folder_ / "captions.txt", std::ios::binary) << captions;
    rewrite_captions(records::CaptionLines(folder_ / "captions.txt"), options_, engine_);
    records_.clear();
    const auto reader = records::open_reader(options_.parquet);
    for (records::Record record; reader->next(record);) records_.push_back(record);
  }
  const TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
  RewriteOptions options_;
  EchoEngine engine_;
  std::vector<records::Record> records_;
};

TEST_F(Outputs, OtherOutputsSeeTheRecordsOfTheJsonLines) {
  options_.output = folder_ / "out";
  options_.scorer = [](std::string_view, std::string_view) -> Json { return {{"audit", 0.5}}; };
  run("a dog\n\nplease refuse this\na cat\n");
  const auto reader = records::open_reader(options_.output / "rewrites.jsonl");
  records::Record record;
  for (const records::Record& other : records_) {
    ASSERT_TRUE(reader->next(record));
    EXPECT_EQ(to_line(records::to_json(other)), to_line(records::to_json(record)));
  }
  EXPECT_FALSE(reader->next(record));
  ASSERT_EQ(records_.size(), 4u);
  EXPECT_EQ(records_[0].status, "accepted");
  EXPECT_EQ(records_[0].scores.values.at("audit"), 0.5);
  EXPECT_EQ(records_[1].status, "skipped:empty");
  EXPECT_EQ(records_[2].status, "rejected:refused");
  EXPECT_EQ(records_[2].attempt, 2);
  EXPECT_EQ(read_file(folder_ / "out/human.txt"), "told anew by human\n\n\ntold anew by human\n");
}

TEST_F(Outputs, TheyNeedNoFolder) {
  run("a dog\n");
  EXPECT_EQ(records_.size(), 1u);
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(Outputs, ACaptionThatWasCutIsMarked) {
  std::string longest = "start";
  for (int i = 0; i < 2000; ++i) longest += " word" + std::to_string(i);
  run(longest + "\na dog\n");
  ASSERT_EQ(records_.size(), 2u);
  EXPECT_TRUE(records_[0].source_cut);
  EXPECT_EQ(records_[0].source, longest);
  EXPECT_FALSE(records_[1].source_cut);
}

TEST_F(Outputs, AnEngineWithoutExamplesHasAModeOfItsOwn) {
  engine_.examples = false;
  options_.output = folder_ / "out";
  run("a dog\n");
  EXPECT_EQ(records_[0].mode, "echo");
  EXPECT_EQ(read_file(folder_ / "out/echo.txt"), "told anew by echo\n");
  EXPECT_FALSE(fs::exists(folder_ / "out/human.txt"));
}

}  // namespace
}  // namespace clipwright::rewrite::job
