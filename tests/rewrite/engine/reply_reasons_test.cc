#include "rewrite/engine/reply_reasons.h"

#include <gtest/gtest.h>

namespace clipwright::rewrite::engine {
namespace {

class NoEngine final : public Engine {
 public:
  Json identity() const override { return {{"engine", "none"}}; }
  std::string without_thought() const override { return "Do not think."; }
  void run(RequestQueue&, const language::Sampling&, ReplySink&) override {}
};

TEST(ReplyReasons, TheMostFrequentThreeWithATextEach) {
  const ReplyReasons reasons({{"rejected:too-long", 1},
                              {"failed:http-400", 20},
                              {"rejected:copy-of-source", 1040},
                              {"rejected:empty", 0}},
                             {{"rejected:copy-of-source", "a dog\nruns"},
                              {"failed:http-400", std::string(500, 'x')},
                              {"rejected:too-long", "\xff"}});
  EXPECT_EQ(reasons.sentence(),
            "of 1,061 replies 1,040 were rejected as copy-of-source ('a dog runs'), 20 failed as "
            "http-400 ('" +
                std::string(120, 'x') +
                "...'), 1 was rejected as too-long, the others for other "
                "reasons");
  EXPECT_NE(reasons.advice(NoEngine()).find("--temperature"), std::string::npos);
}

TEST(ReplyReasons, TheAdviceIsForTheMostFrequentReason) {
  const auto advice = [](const std::string& status) {
    return ReplyReasons({{"accepted", 100}, {status, 3}, {"rejected:x", 1}}, {}).advice(NoEngine());
  };
  EXPECT_EQ(advice("failed:thought"), "Do not think.");
  for (const std::string reason :
       {"empty", "too-short", "too-long", "several-lines", "preamble", "refused", "prompt-leak",
        "copy-of-source", "copy-of-example", "wrong-script", "not-utf8"})
    EXPECT_NE(advice("rejected:" + reason), advice("failed:http-500")) << reason;
  EXPECT_EQ(ReplyReasons({}, {}).advice(NoEngine()), "");
  EXPECT_EQ(ReplyReasons({{"accepted", 1}}, {}).advice(NoEngine()), "");
}

}  // namespace
}  // namespace clipwright::rewrite::engine
