// The openai engine in the real program, with a server on loopback that misbehaves.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <mutex>

#include "core/json.h"
#include "tests/rewrite/child_process.h"
#include "tests/rewrite/fake_server.h"
#include "tests/temporary_folder.h"

namespace clipwright::rewrite::openai {
namespace {

using namespace std::chrono_literals;

/// Runs the program with captions, in a folder of its own.
class OpenAiProgram : public testing::Test {
 protected:
  ChildProcess start(const std::string& url) const {
    return ChildProcess(
        {"rewrite", "--engine", "openai", "--base-url", url, "--captions", captions_, "--modes",
         "human,coco", "--ledger", "sqlite:" + (folder_ / "l.db"), "--output", folder_ / "out"},
        folder_ / "log");
  }
  int64_t lines(const std::string& name) const {
    std::ifstream file(folder_ / "out/" + name);
    int64_t count = 0;
    for (std::string line; std::getline(file, line);) count += !line.empty();
    return count;
  }
  static std::string numbered() {
    std::string lines;
    for (int i = 0; i < 60; ++i) lines += "a picture of number " + std::to_string(i) + "\n";
    return lines;
  }
  TemporaryFolder folder_;
  std::string captions_ = folder_.write("captions.txt", numbered());
};

FakeReply good_rewrite(const FakeServer::Asked& asked) {
  if (is_models(asked)) return models_reply();
  const std::string prompt = Json::parse(asked.body)["prompt"];
  const size_t number = prompt.rfind("number ");
  return completion_reply(" somebody took this one and called it " +
                          (number == std::string::npos ? "" : prompt.substr(number, 9)));
}

TEST_F(OpenAiProgram, ThroughFaultsEveryCaptionIsAcceptedExactlyOnce) {
  std::atomic<int> calls = 0, good_ones = 0;
  FakeServer server([&](const FakeServer::Asked& asked) {
    FakeReply reply = good_rewrite(asked);
    if (is_models(asked) || is_probe(asked)) return reply;
    switch (++calls % 9) {
      case 2:
        return FakeReply{.status = 429, .body = "{}", .headers = {{"retry-after-ms", "20"}}};
      case 4:
        reply.send_only = 5, reply.reset = true;
        return reply;
      case 6:
        return error_reply(502, "bad gateway");
      default:
        ++good_ones;
        return reply;
    }
  });
  ChildProcess job = start(server.url());
  ASSERT_EQ(job.wait(), 0) << job.errors();
  EXPECT_EQ(good_ones, 120);  // none is paid for twice
  EXPECT_EQ(lines("human.txt"), 60);
  EXPECT_EQ(lines("coco.txt"), 60);
}

TEST_F(OpenAiProgram, ASecondInterruptEndsAWaitingJobAtOnceAndALaterRunFinishesIt) {
  std::mutex mutex;
  std::condition_variable changed;
  bool hanging = true;
  int calls = 0;
  FakeServer server([&](const FakeServer::Asked& asked) {
    FakeReply reply = good_rewrite(asked);
    if (is_models(asked) || is_probe(asked)) return reply;
    const std::lock_guard lock(mutex);
    reply.hang = hanging && ++calls > 30;
    changed.notify_all();
    return reply;
  });
  ChildProcess child = start(server.url());
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, 60s, [&] { return calls > 31; }));
    hanging = false;
  }
  const auto start_time = std::chrono::steady_clock::now();
  // The first one waits for what is in flight, and says so.
  child.kill(SIGINT);
  while (child.errors().find("Ctrl-C again drops them") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now() - start_time, 20s) << child.errors();
    std::this_thread::sleep_for(5ms);
  }
  std::this_thread::sleep_until(start_time + 600ms);  // two at once would be one
  child.kill(SIGINT);
  EXPECT_EQ(child.wait(), 128 + SIGINT) << child.errors();
  EXPECT_LT(std::chrono::steady_clock::now() - start_time, 20s);
  ChildProcess again = start(server.url());
  ASSERT_EQ(again.wait(), 0) << again.errors();
  EXPECT_EQ(lines("human.txt"), 60);
}

}  // namespace
}  // namespace clipwright::rewrite::openai
