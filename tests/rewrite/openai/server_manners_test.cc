// The real program and servers that answer otherwise than OpenAI's: what people met in public, and
// its like (`rewrite --engine openai`, and what goes the same way).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <sstream>

#include "core/json.h"
#include "tests/rewrite/child_process.h"
#include "tests/rewrite/fake_server.h"
#include "tests/rewrite/packed.h"
#include "tests/temporary_folder.h"

namespace clipwright::rewrite::openai {
namespace {

using Asked = FakeServer::Asked;
using testing::HasSubstr;
using testing::Not;

std::string caption_of(const Asked& asked) {
  const Json body = Json::parse(asked.body);
  const std::string prompt =
      body.contains("prompt") ? body["prompt"] : body["messages"].back()["content"];
  const size_t at = prompt.rfind("Caption: ");
  if (at == std::string::npos) return "thing";
  return prompt.substr(at + 9, prompt.find('\n', at) - at - 9);
}
std::string retold(const Asked& asked) {
  return "in plain daylight, " + caption_of(asked) + " as seen from nearby";
}
bool is_chat(const Asked& asked) { return asked.path.ends_with("/chat/completions"); }
FakeReply chat_reply(const Json& message, const std::string& finish = "stop",
                     const Json& usage = {{"prompt_tokens", 50}, {"completion_tokens", 12}}) {
  return {.body = to_line({{"choices", {{{"message", message}, {"finish_reason", finish}}}},
                           {"usage", usage}})};
}
FakeReply chat_text(const std::string& text) {
  return chat_reply({{"role", "assistant"}, {"content", text}});
}

class ServerManners : public testing::Test {
 protected:
  struct Result {
    int code;
    std::string output, errors;
    std::vector<std::string> texts;  ///< lines of human.txt
  };
  Result rewrite(const std::string& url, std::vector<std::string> more = {},
                 const std::string& name = "r") {
    std::vector<std::string> arguments = {"rewrite",
                                          "--engine",
                                          "openai",
                                          "--base-url",
                                          url,
                                          "--captions",
                                          captions_,
                                          "--modes",
                                          "human",
                                          "--ledger",
                                          "sqlite:" + (folder_ / (name + ".db")),
                                          "--output",
                                          folder_ / name,
                                          "--timeout",
                                          "20",
                                          "--patience",
                                          "20"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    ChildProcess job(arguments, folder_ / "log");
    Result result{.code = job.wait(), .output = job.output(), .errors = job.errors(), .texts = {}};
    std::ifstream file(folder_ / (name + "/human.txt"));
    for (std::string line; std::getline(file, line);) result.texts.push_back(line);
    return result;
  }
  /// Every caption has its rewrite, and nothing else stands there.
  void expect_all(const Result& result) const {
    EXPECT_EQ(result.code, 0) << result.errors;
    ASSERT_EQ(result.texts.size(), 6u) << result.errors;
    for (size_t i = 0; i < 6; ++i) {
      EXPECT_EQ(result.texts[i], "in plain daylight, a dog sees bird number " + std::to_string(i) +
                                     " as seen from nearby");
    }
  }
  static std::string six() {
    std::string lines;
    for (int i = 0; i < 6; ++i) lines += "a dog sees bird number " + std::to_string(i) + "\n";
    return lines;
  }
  TemporaryFolder folder_;
  std::string captions_ = folder_.write("captions.txt", six());
};

TEST_F(ServerManners, CompressedRepliesAreRead) {
  for (const auto& [coding, pack] :
       std::map<std::string, std::string (*)(const std::string&)>{{"gzip", gzipped},
                                                                  {"deflate", deflated},
                                                                  {"br", brotli_packed},
                                                                  {"zstd", zstd_packed}}) {
    FakeServer server([&](const Asked& asked) {
      FakeReply reply = is_models(asked) ? models_reply() : completion_reply(" " + retold(asked));
      reply.body = pack(reply.body);
      reply.headers = {{"Content-Encoding", coding}};
      return reply;
    });
    expect_all(rewrite(server.url(), {}, coding));
  }
  FakeServer server([&](const Asked&) {
    FakeReply reply = models_reply();
    reply.headers = {{"Content-Encoding", "xz"}};
    return reply;
  });
  const Result result = rewrite(server.url(), {}, "xz");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.errors, HasSubstr("Content-Encoding 'xz', which is none of gzip, deflate"));
}

TEST_F(ServerManners, TheAnswerBehindAThoughtIsTaken) {
  const std::vector<std::string> thoughts = {
      "<think>I keep the dog.</think> ", "<think>\nOkay.\n\nI keep it.\n</think>\n\n",
      "I keep the dog.\n</think>\n", "[THINK]hm[/THINK]",
      "<|channel|>analysis<|message|>hm\nhm<|end|><|start|>assistant<|channel|>final<|message|>"};
  for (size_t i = 0; i < thoughts.size(); ++i) {
    FakeServer server([&](const Asked& asked) {
      if (is_models(asked)) return models_reply();
      if (!is_chat(asked)) return error_reply(404, "this is a chat model, use chat/completions");
      return chat_text(thoughts[i] + retold(asked));
    });
    expect_all(rewrite(server.url(), {}, "think" + std::to_string(i)));
  }
  FakeServer beside([&](const Asked& asked) {
    if (is_models(asked)) return models_reply();
    if (!is_chat(asked)) return error_reply(404, "no such path");
    return chat_reply({{"content", retold(asked)}, {"reasoning_content", "I keep the dog."}});
  });
  expect_all(rewrite(beside.url(), {}, "beside"));
}

TEST_F(ServerManners, AJobThatGetsOnlyThoughtsStopsEarlyAndSaysHowToTurnThemOff) {
  const std::vector<std::pair<std::string, FakeReply>> manners = {
      {"open", chat_reply({{"content", "<think>Okay, the user wants"}}, "length")},
      {"stopped", chat_text("<think>")},
      {"null", chat_reply({{"content", nullptr}, {"reasoning_content", "Okay"}}, "length")},
      {"field", chat_reply({{"content", ""}, {"reasoning", "Okay"}}, "length")},
      {"hidden", chat_reply({{"content", ""}}, "length",
                            {{"prompt_tokens", 9},
                             {"completion_tokens", 77},
                             {"completion_tokens_details", {{"reasoning_tokens", 77}}}})},
      {"channel", chat_text("<|channel|>analysis<|message|>We must")},
      {"bare", chat_text("analysisWe must")}};
  std::string many;
  for (int i = 0; i < 200; ++i) many += "a dog sees bird number " + std::to_string(i) + "\n";
  for (const auto& [name, reply] : manners) {
    std::atomic<int> calls = 0;
    FakeServer server([&](const Asked& asked) {
      if (is_models(asked)) return models_reply();
      if (!is_chat(asked)) return error_reply(404, "no such path");
      calls += is_probe(asked) ? 0 : 1;
      return reply;
    });
    captions_ = folder_.write("many.txt", many);
    const Result result = rewrite(server.url(), {"--limit", "200"}, name);
    EXPECT_EQ(result.code, 1) << name;
    EXPECT_THAT(result.errors, HasSubstr("the model only thinks")) << name;
    EXPECT_THAT(result.errors, HasSubstr("--reasoning-budget 0")) << name;
    EXPECT_THAT(result.errors, HasSubstr("enable_thinking")) << name;
    EXPECT_LT(calls, 60) << name;
    // A few captions end before the job does; they are told why just as well.
    captions_ = folder_.write("few.txt", "a dog\na cat\n");
    const Result few = rewrite(server.url(), {}, name + "-few");
    EXPECT_EQ(few.code, 1) << name;
    EXPECT_THAT(few.errors, HasSubstr("failed as thought")) << few.errors;
    EXPECT_THAT(few.errors, HasSubstr("--reasoning-budget 0")) << few.errors;
  }
}

TEST_F(ServerManners, AfterThinkingIsTurnedOffEveryCaptionIsMade) {
  std::atomic<bool> thinks = true;
  FakeServer server([&](const Asked& asked) {
    if (is_models(asked)) return models_reply();
    if (!is_chat(asked)) return error_reply(404, "no such path");
    return chat_text(is_probe(asked) || !thinks ? retold(asked) : "<think>Okay, the user");
  });
  EXPECT_EQ(rewrite(server.url(), {"--attempts", "1"}).code, 1);
  thinks = false;
  expect_all(rewrite(server.url(), {"--attempts", "1"}));  // no attempt was used up
}

TEST_F(ServerManners, AnErrorInAGoodReplyIsTriedAgainOrEndsTheJobWithItsWords) {
  std::mutex mutex;
  std::map<std::string, int> met;
  FakeServer limited([&](const Asked& asked) {
    if (is_models(asked)) return models_reply();
    const std::lock_guard lock(mutex);
    if (!is_probe(asked) && ++met[caption_of(asked)] == 1)
      return FakeReply{.body = R"({"error":{"message":"rate limited","code":429}})"};
    return completion_reply(" " + retold(asked));
  });
  expect_all(rewrite(limited.url(), {}, "limited"));
  for (const auto& [name, body, words] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"money", R"({"error":{"message":"Insufficient credits","code":402}})",
            "Insufficient credits"},
           {"null", R"({"id":"gen-7","choices":null})", "gen-7"},
           {"words", R"({"error":"the upstream is gone"})", "the upstream is gone"},
           {"stream", "data: {\"error\":{\"message\":\"No credit\",\"code\":402}}\n\n",
            "No credit"}}) {
    FakeServer server([&](const Asked& asked) {
      if (is_models(asked)) return models_reply();
      return is_probe(asked) ? completion_reply(" x") : FakeReply{.body = body};
    });
    const Result result = rewrite(server.url(), {}, name);
    EXPECT_EQ(result.code, 1) << name;
    EXPECT_THAT(result.errors, HasSubstr(words)) << name;
  }
}

TEST_F(ServerManners, BaseAddressesAreWhatAClientAppendsTo) {
  FakeServer server([&](const Asked& asked) {
    if (asked.path == "/v1beta/openai/models") return models_reply();
    if (asked.path == "/v1beta/openai/chat/completions") return chat_text(retold(asked));
    return error_reply(404, "Not Found");
  });
  expect_all(rewrite(server.url() + "/v1beta/openai", {}, "beta"));
  const Result full = rewrite(server.url() + "/v1/chat/completions", {}, "full");
  EXPECT_EQ(full.code, 2);
  EXPECT_THAT(full.errors, HasSubstr("expected the part before it: " + server.url() + "/v1"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "full.db"));
}

TEST_F(ServerManners, StreamsAndLinesAreRead) {
  for (const std::string form : {"events", "lines"}) {
    FakeServer server([&](const Asked& asked) {
      if (is_models(asked)) return models_reply();
      if (!is_chat(asked)) return error_reply(404, "no such path");
      FakeReply reply;
      const auto add = [&](const Json& delta, const Json& finish) {
        reply.body +=
            (form == "events" ? "data: " : "") +
            to_line({{"choices", {{{"index", 0}, {"delta", delta}, {"finish_reason", finish}}}}}) +
            (form == "events" ? "\n\n" : "\n");
      };
      add({{"role", "assistant"}, {"content", nullptr}}, nullptr);
      const std::string text = retold(asked);
      for (size_t at = 0; at < text.size(); at += 5)
        add({{"content", text.substr(at, 5)}}, nullptr);
      add(Json::object(), "stop");
      if (form == "events") reply.body += "data: [DONE]\n\n";
      return reply;
    });
    expect_all(rewrite(server.url(), {}, form));
  }
}

TEST_F(ServerManners, AModelWithoutANameWorksUnderTheUsers) {
  FakeServer server([&](const Asked& asked) {
    if (is_models(asked)) return FakeReply{.body = R"({"data":[{"id":"","object":"model"}]})"};
    EXPECT_EQ(Json::parse(asked.body)["model"], "m");
    return completion_reply(" " + retold(asked));
  });
  expect_all(rewrite(server.url(), {"--model-name", "m"}));
}

TEST_F(ServerManners, ARewriteIsOneLineForAnyReader) {
  for (const std::string end : {"\u2028", "\u2029", "\u0085", "\v", "\f", "\r", "\x1c", "\x1e"}) {
    FakeServer server([&](const Asked& asked) {
      if (is_models(asked)) return models_reply();
      return completion_reply(" in plain daylight," + end + caption_of(asked) + end +
                              "as seen from nearby");
    });
    const std::string name = "lines" + std::to_string(static_cast<unsigned char>(end.back()));
    expect_all(rewrite(server.url(), {}, name));
    std::string all = contents_of(folder_ / (name + "/human.txt")) +
                      contents_of(folder_ / (name + "/rewrites.jsonl"));
    for (const std::string other : {"\u2028", "\u2029", "\u0085", "\v", "\f", "\r", "\x1c", "\x1e"})
      EXPECT_THAT(all, Not(HasSubstr(other)));
  }
}

TEST_F(ServerManners, WhatIsInTheLedgerIsWrittenWithoutAnybody) {
  std::atomic<int> asked_at_all = 0;
  auto server = std::make_unique<FakeServer>([&](const Asked& asked) {
    ++asked_at_all;
    return is_models(asked) ? models_reply() : completion_reply(" " + retold(asked));
  });
  const std::string url = server->url();
  expect_all(rewrite(url));
  const std::string recipes = contents_of(folder_ / "r/recipes.json"),
                    records = contents_of(folder_ / "r/rewrites.jsonl");
  std::filesystem::remove_all(folder_ / "r");
  const int before = asked_at_all;
  expect_all(rewrite(url));
  EXPECT_EQ(asked_at_all, before);
  server.reset();  // now there is nobody
  std::filesystem::remove_all(folder_ / "r");
  const Result alone = rewrite(url);
  expect_all(alone);
  EXPECT_THAT(alone.errors, HasSubstr("nobody was asked"));
  EXPECT_EQ(contents_of(folder_ / "r/recipes.json"), recipes);
  EXPECT_EQ(contents_of(folder_ / "r/rewrites.jsonl"), records);
  // A forecast of nothing asks nobody either; anything more does.
  EXPECT_EQ(rewrite(url, {"--dry-run"}).code, 0);
  EXPECT_EQ(rewrite(url, {"--seed", "7"}).code, 1);
  EXPECT_EQ(rewrite(url, {"--model-revision", "june"}).code, 1);
  captions_ = folder_.write("more.txt", six() + "one more dog\n");
  EXPECT_EQ(rewrite(url).code, 1);
}

TEST_F(ServerManners, OfTwoModelsInALedgerTheServerIsAskedWhichItIs) {
  std::string model = "first";
  FakeServer server([&](const Asked& asked) {
    if (is_models(asked)) return FakeReply{.body = R"({"data":[{"id":")" + model + "\"}]}"};
    return completion_reply(" " + retold(asked));
  });
  expect_all(rewrite(server.url()));
  model = "second";
  expect_all(rewrite(server.url(), {"--model-name", "second"}));
  const Result either = rewrite(server.url());
  expect_all(either);
  EXPECT_THAT(either.errors, Not(HasSubstr("nobody was asked")));
  EXPECT_THAT(rewrite(server.url(), {"--model-name", "first"}).errors,
              HasSubstr("nobody was asked"));
}

TEST_F(ServerManners, ABudgetOfTokensEndsWhereNobodyCountsThem) {
  std::string many;
  for (int i = 0; i < 300; ++i) many += "a dog sees bird number " + std::to_string(i) + "\n";
  captions_ = folder_.write("many.txt", many);
  for (const Json& usage : {Json(), Json{{"prompt_tokens", 0}, {"completion_tokens", 0}}}) {
    FakeServer server([&](const Asked& asked) {
      if (is_models(asked)) return models_reply();
      if (!is_chat(asked)) return error_reply(404, "no such path");
      return chat_reply({{"content", retold(asked)}}, "stop", usage);
    });
    const std::string name = usage.is_null() ? "none" : "zero";
    const Result result = rewrite(server.url(), {"--budget-tokens", "5000"}, name);
    EXPECT_EQ(result.code, 0) << result.errors;
    EXPECT_THAT(result.output, HasSubstr("the budget of 5,000 tokens is spent"));
    EXPECT_THAT(result.output, HasSubstr("tokens by estimate"));
    const size_t told = result.errors.find("they are estimated");
    ASSERT_NE(told, std::string::npos) << result.errors;
    EXPECT_EQ(result.errors.find("they are estimated", told + 1), std::string::npos);
    const auto made = std::count_if(result.texts.begin(), result.texts.end(),
                                    [](const std::string& text) { return !text.empty(); });
    EXPECT_GT(made, 5);
    EXPECT_LT(made, 150);
  }
}

TEST_F(ServerManners, AJobWhoseRepliesAreAllRejectedSaysWhyAndFails) {
  FakeServer server([&](const Asked& asked) {
    if (is_models(asked)) return models_reply();
    return completion_reply(" " + caption_of(asked));
  });
  const Result result = rewrite(server.url());
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.errors,
              HasSubstr("no caption has a rewrite: of 18 replies 18 were rejected as "
                        "copy-of-source ('a dog sees bird number"));
  EXPECT_THAT(result.errors, HasSubstr("--temperature"));
  EXPECT_EQ(result.texts, std::vector<std::string>(6));  // written all the same
  // Once they are given up nobody is asked, and it is no success either.
  const Result again = rewrite(server.url());
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.errors, HasSubstr("all were given up before"));
  EXPECT_THAT(again.errors, HasSubstr("--attempts"));
  const Result forecast = rewrite(server.url(), {"--dry-run"}, "forecast");
  EXPECT_EQ(forecast.code, 1);
  EXPECT_THAT(forecast.output, HasSubstr("0.0 % accepted"));
  EXPECT_THAT(forecast.errors, HasSubstr("copy-of-source"));
}

TEST_F(ServerManners, AModeWithoutARewriteBesideAnotherIsAWarning) {
  FakeServer server([&](const Asked& asked) {
    if (is_models(asked) || is_probe(asked))
      return is_models(asked) ? models_reply() : completion_reply(" x");
    const std::string prompt = Json::parse(asked.body)["prompt"];
    std::ifstream examples(CLIPWRIGHT_SOURCE_DIR "/data/examples/coco.tsv");
    for (std::string line; std::getline(examples, line);) {
      if (line.empty() || line[0] == '#') continue;
      std::istringstream cells(line);
      for (std::string cell; std::getline(cells, cell, '\t');) {
        if (prompt.find(cell) != std::string::npos)
          return completion_reply(" " + caption_of(asked));
      }
    }
    return completion_reply(" " + retold(asked));
  });
  const Result result = rewrite(server.url(), {"--modes", "coco"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.errors,
              HasSubstr("mode coco has no rewrite: of 18 replies 18 were rejected as "
                        "copy-of-source"));
}

TEST_F(ServerManners, ExamplesOfAModelThatThinksAreTheAnswersOrAReasonWhyNot) {
  std::string many;
  for (int i = 0; i < 40; ++i)
    many += "a small brown dog runs over green grass number " + std::to_string(i) + "\n";
  captions_ = folder_.write("many.txt", many);
  std::string head;
  FakeServer server([&](const Asked& asked) {
    if (is_models(asked)) return models_reply();
    const std::string prompt = Json::parse(asked.body)["messages"].back()["content"];
    return chat_text(head + (head.ends_with("> ") || is_probe(asked)
                                 ? "One lively hound bounds past" + prompt.substr(prompt.rfind(' '))
                                 : ""));
  });
  const auto chat = [&](const std::string& output) {
    ChildProcess program({"examples", "chat", "--captions", captions_, "--base-url", server.url(),
                          "--output", folder_ / output},
                         folder_ / "log");
    return Result{.code = program.wait(),
                  .output = program.output(),
                  .errors = program.errors(),
                  .texts = {}};
  };
  head = "<think>hm\nhm</think> ";
  const Result good = chat("good.tsv");
  EXPECT_EQ(good.code, 0) << good.errors;
  EXPECT_THAT(contents_of(folder_ / "good.tsv"), Not(HasSubstr("think")));
  head = "<think>Okay, the user";
  const Result thinking = chat("thinking.tsv");
  EXPECT_EQ(thinking.code, 1);
  EXPECT_THAT(thinking.errors, HasSubstr("the model only thinks"));
  EXPECT_THAT(thinking.errors, HasSubstr("--reasoning-budget 0"));
  head = "I cannot";
  const Result refusing = chat("refusing.tsv");
  EXPECT_EQ(refusing.code, 1);
  EXPECT_THAT(refusing.errors, HasSubstr("rejected as refused ('I cannot"));
  EXPECT_THAT(refusing.errors, HasSubstr("The model declines"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "refusing.tsv"));
}

/// A job in batch files, whose answers a test makes of the requests.
class BatchManners : public ServerManners {
 protected:
  Result batch() {
    ChildProcess job(
        {"rewrite", "--engine", "batch", "--batch-dir", folder_ / "batch", "--model-name", "m",
         "--api", "chat", "--captions", captions_, "--modes", "human", "--ledger",
         "sqlite:" + (folder_ / "b.db"), "--output", folder_ / "b"},
        folder_ / "log");
    return {.code = job.wait(), .output = job.output(), .errors = job.errors(), .texts = {}};
  }
  void answer(const std::function<Json(const std::string& caption)>& body) {
    std::ifstream asked(folder_ / "batch/requests.jsonl");
    std::ofstream results(folder_ / "batch/results.jsonl");
    for (std::string line; std::getline(asked, line);) {
      const Json request = Json::parse(line);
      results << to_line({{"custom_id", request["custom_id"]},
                          {"response",
                           {{"status_code", 200},
                            {"body", body(caption_of({.body = to_line(request["body"])}))}}}})
              << "\n";
    }
  }
};

Json body_of(const Json& message) {
  return {{"choices", {{{"message", message}, {"finish_reason", "stop"}}}}};
}

TEST_F(BatchManners, ThoughtsErrorsAndRejectionsAreToldAsOfAServer) {
  EXPECT_EQ(batch().code, 0);  // all waits for answers
  answer([](const std::string& caption) { return body_of({{"content", caption}}); });
  const Result copies = batch();
  EXPECT_EQ(copies.code, 1);
  EXPECT_THAT(copies.errors, HasSubstr("of 6 replies 6 were rejected as copy-of-source"));
}

TEST_F(BatchManners, AnErrorInAGoodAnswerKeepsItsWords) {
  batch();
  answer([](const std::string&) {
    return Json{{"error", {{"message", "Insufficient credits"}, {"code", 402}}}};
  });
  const Result result = batch();
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.errors,
              HasSubstr("failed as batch ('batch: error 402: Insufficient credits')"));
}

TEST_F(BatchManners, ThoughtsBeforeAnswersAndInsteadOfThem) {
  batch();
  answer([](const std::string& caption) {
    return body_of({{"content", "<think>\nhm\n</think>\n\nin plain daylight, " + caption}});
  });
  EXPECT_EQ(batch().code, 0);
  EXPECT_THAT(contents_of(folder_ / "b/human.txt"),
              HasSubstr("in plain daylight, a dog sees bird number 5\n"));
}

TEST_F(BatchManners, ABatchOfThoughtsAlone) {
  std::string many;
  for (int i = 0; i < 30; ++i) many += "a dog sees bird number " + std::to_string(i) + "\n";
  captions_ = folder_.write("many.txt", many);
  batch();
  answer([](const std::string&) {
    return body_of({{"content", nullptr}, {"reasoning_content", "Okay"}});
  });
  const Result result = batch();
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.errors, HasSubstr("the model only thinks"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "batch/requests-2.jsonl"));  // none is asked again
}

}  // namespace
}  // namespace clipwright::rewrite::openai
