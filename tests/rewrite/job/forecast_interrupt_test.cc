#include <gtest/gtest.h>

#include "tests/rewrite/child_process.h"
#include "tests/rewrite/fake_server.h"
#include "tests/temporary_folder.h"

namespace clipwright::rewrite::job {
namespace {

TEST(ForecastInterrupt, PromisesNothingThatWasNotKept) {
  const TemporaryFolder folder;
  std::ofstream(folder / "captions.txt") << "a zebra\ntwo zebras\n";
  std::mutex mutex;
  std::condition_variable changed;
  bool asked = false, stopped = false;
  FakeServer server([&](const FakeServer::Asked& request) {
    if (request.method == "GET") return models_reply();
    if (request.body.find("zebra") == std::string::npos)
      return completion_reply("a question first");
    std::unique_lock lock(mutex);
    asked = true;
    changed.notify_all();
    changed.wait(lock, [&] { return stopped; });
    return completion_reply("an animal with stripes");
  });
  ChildProcess child({"rewrite", "--captions", folder / "captions.txt", "--modes", "chatgpt",
                      "--engine", "openai", "--base-url", server.url(), "--model-name", "tiny",
                      "--concurrency", "1", "--ledger", "sqlite:" + (folder / "l.db"), "--dry-run"},
                     folder / "out");
  {
    std::unique_lock lock(mutex);
    const bool came = changed.wait_for(lock, std::chrono::seconds(30), [&] { return asked; });
    child.kill(came ? SIGINT : SIGKILL);
    stopped = true;
    changed.notify_all();
  }
  EXPECT_EQ(child.wait(), 130) << child.errors();
  EXPECT_NE(child.errors().find("nothing was written"), std::string::npos) << child.errors();
  EXPECT_EQ(child.errors().find("is kept"), std::string::npos) << child.errors();
  EXPECT_EQ(child.output(), "");
  EXPECT_FALSE(std::filesystem::exists(folder / "l.db"));
}

}  // namespace
}  // namespace clipwright::rewrite::job
