#include "rewrite/openai/batch_engine.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "core/error.h"
#include "rewrite/openai/batch_files.h"
#include "tests/rewrite/request_list.h"

namespace clipwright::rewrite::openai {
namespace {

class Batch : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("clipwright-batch-" + std::to_string(getpid()));
    fs::remove_all(folder_);
    options_ = {.folder = folder_, .model = "some-model"};
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::map<int64_t, engine::Reply> run(int captions, int attempt = 0) {
    RequestList list = RequestList::captions(captions, 2);
    for (engine::Request& request : list.requests) request.attempt = attempt;
    BatchEngine engine(options_);
    engine.run(list, {}, list);
    counts_ = engine.counts();
    EXPECT_EQ(list.replies.size(), static_cast<size_t>(captions));
    return list.replies;
  }
  std::vector<Json> lines(const std::string& name) const {
    std::ifstream file(folder_ / name);
    std::vector<Json> all;
    for (std::string line; std::getline(file, line);) all.push_back(Json::parse(line));
    return all;
  }
  static std::string answer(const Json& request, const std::string& text) {
    return to_line({{"id", "b1"},
                    {"custom_id", request["custom_id"]},
                    {"response",
                     {{"status_code", 200},
                      {"body",
                       {{"choices", {{{"text", text}, {"finish_reason", "stop"}}}},
                        {"usage", {{"prompt_tokens", 9}, {"completion_tokens", 3}}}}}}},
                    {"error", nullptr}}) +
           "\n";
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::set<std::string> names() const {
    std::set<std::string> all;
    for (const auto& entry : fs::directory_iterator(folder_))
      all.insert(entry.path().filename().string());
    return all;
  }
  fs::path folder_;
  BatchOptions options_;
  BatchCounts counts_;
};

TEST_F(Batch, WritesRequestsOnceAndTakesAnswersInAnyOrder) {
  for (const auto& [id, reply] : run(20)) EXPECT_EQ(reply.status, engine::ReplyStatus::kMissing);
  EXPECT_EQ(counts_.written, 20);
  EXPECT_EQ(counts_.waiting, 20);
  const std::vector<Json> asked = lines("requests.jsonl");
  ASSERT_EQ(asked.size(), 20u);
  EXPECT_EQ(asked[3]["method"], "POST");
  EXPECT_EQ(asked[3]["url"], "/v1/completions");
  EXPECT_EQ(asked[3]["body"]["model"], "some-model");
  EXPECT_EQ(asked[3]["body"]["prompt"], "examples 0\ncaption 3 =>");
  EXPECT_EQ(asked[3]["body"]["max_tokens"], 77);
  EXPECT_EQ(asked[3]["custom_id"].get<std::string>().rfind("human.0.", 0), 0u);

  run(20);  // nobody has answered yet: nothing is asked twice
  EXPECT_EQ(counts_.written, 0);
  EXPECT_EQ(counts_.waiting, 20);
  EXPECT_EQ(names(), std::set<std::string>{"requests.jsonl"});

  std::string results;
  for (size_t i = asked.size(); i-- > 5;) results += answer(asked[i], " new " + std::to_string(i));
  write("results-part1.jsonl", results);
  const auto replies = run(20);
  EXPECT_EQ(counts_.answered, 15);
  EXPECT_EQ(counts_.waiting, 5);
  EXPECT_EQ(counts_.written, 0);
  for (const auto& [id, reply] : replies) {
    if (id < 5) {
      EXPECT_EQ(reply.status, engine::ReplyStatus::kMissing);
    } else {
      EXPECT_EQ(reply.status, engine::ReplyStatus::kStopped);
      EXPECT_EQ(reply.text, " new " + std::to_string(id));
      EXPECT_EQ(reply.tokens_out, 3);
    }
  }
}

TEST_F(Batch, ANextAttemptGetsAFileOfItsOwn) {
  run(4);
  write("results.jsonl", answer(lines("requests.jsonl")[0], ""));
  run(4, 1);  // the job asks again, as it does for rejected replies
  EXPECT_EQ(counts_.written, 4);
  EXPECT_EQ(lines("requests-2.jsonl").size(), 4u);
  EXPECT_EQ(lines("requests.jsonl").size(), 4u);
  EXPECT_NE(lines("requests.jsonl")[0]["custom_id"], lines("requests-2.jsonl")[0]["custom_id"]);
}

TEST_F(Batch, ErrorsDuplicatesStrangersAndDamageAreCounted) {
  run(6);
  const std::vector<Json> asked = lines("requests.jsonl");
  const auto error = [&](size_t i, const Json& response, const Json& what) {
    return to_line(
               {{"custom_id", asked[i]["custom_id"]}, {"response", response}, {"error", what}}) +
           "\n";
  };
  write("results-a.jsonl",
        error(0, nullptr, {{"code", "batch_expired"}, {"message", "24 h are over"}}) +
            error(1, {{"status_code", 400}, {"body", {{"error", {{"message", "too\nlong"}}}}}},
                  nullptr) +
            answer(asked[2], " first") + answer(asked[2], " second") +
            error(3, {{"status_code", 500}, {"body", nullptr}}, nullptr) +
            "{\"custom_id\": 7}\n{\"custom_id\":\"x\"\n\xff\xfe\n" + std::string(2 << 20, 'z') +
            "\n\n" + error(4, {{"status_code", 200}, {"body", {{"choices", 3}}}}, nullptr));
  Json stranger = asked[5];
  stranger["custom_id"] = "human.0.0000";
  write("results-b.jsonl", answer(stranger, " x") + answer(asked[3], " came after its error") +
                               answer(asked[5], " no line end"));
  fs::resize_file(folder_ / "results-b.jsonl", fs::file_size(folder_ / "results-b.jsonl") - 1);
  const auto replies = run(6);
  EXPECT_EQ(replies.at(0).text, "batch: batch_expired: 24 h are over");
  EXPECT_EQ(replies.at(1).text, "batch: http 400: too long");
  EXPECT_EQ(replies.at(2).text, " first");
  EXPECT_EQ(replies.at(3).text, " came after its error");
  EXPECT_EQ(replies.at(4).status, engine::ReplyStatus::kFailed);
  EXPECT_EQ(replies.at(5).text, " no line end");
  EXPECT_EQ(counts_.answered, 6);
  EXPECT_EQ(counts_.errors, 3);
  EXPECT_EQ(counts_.damaged, 4);
  EXPECT_EQ(counts_.duplicates, 2);
  EXPECT_EQ(counts_.unknown, 1);
  EXPECT_EQ(counts_.waiting, 0);
}

TEST_F(Batch, TwoJobsNeverWriteIntoOneFolderAtOnce) {
  run(3);
  {
    const BatchRequestWriter other(folder_, {});
    RequestList list = RequestList::captions(5, 1);
    BatchEngine engine(options_);
    EXPECT_THROW(engine.run(list, {}, list), Error);
  }
  EXPECT_EQ(names(), std::set<std::string>{"requests.jsonl"});
  run(3);
  EXPECT_EQ(counts_.waiting, 3);
}

TEST_F(Batch, FilesAreSplitAtBothLimits) {
  options_.limits = {.requests = 8, .bytes = 1 << 20};
  run(20);
  EXPECT_EQ(names(),
            (std::set<std::string>{"requests.jsonl", "requests-2.jsonl", "requests-3.jsonl"}));
  EXPECT_EQ(lines("requests.jsonl").size(), 8u);
  EXPECT_EQ(lines("requests-3.jsonl").size(), 4u);
  fs::remove_all(folder_);
  options_.limits = {.requests = 1000, .bytes = 1500};
  run(20);
  size_t all = 0;
  for (const std::string& name : names()) {
    EXPECT_LE(fs::file_size(folder_ / name), 1500u);
    all += lines(name).size();
  }
  EXPECT_EQ(all, 20u);
}

TEST_F(Batch, AnotherPromptOrSamplingNeverMeetsAnOldAnswer) {
  run(3);
  std::string results;
  for (const Json& asked : lines("requests.jsonl")) results += answer(asked, " old");
  write("results.jsonl", results);
  RequestList list = RequestList::captions(3, 2);
  list.requests[1].prefix = "other " + list.requests[1].prefix;
  BatchEngine engine(options_);
  engine.run(list, {}, list);
  EXPECT_EQ(list.replies.at(0).text, " old");
  EXPECT_EQ(list.replies.at(1).status, engine::ReplyStatus::kMissing);
  list = RequestList::captions(3, 2);
  engine.run(list, {.temperature = 0.5}, list);
  EXPECT_EQ(engine.counts().answered, 0);
  EXPECT_THROW(BatchEngine({.folder = folder_, .model = {}}), Error);
  EXPECT_THROW(BatchEngine({.folder = {}, .model = "m"}), Error);
}

}  // namespace
}  // namespace clipwright::rewrite::openai
