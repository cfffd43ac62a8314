// What servers answer: bodies of completions and chats, of refusals, and the texts inside.
#include "rewrite/engine/reply.h"
#include "rewrite/openai/openai_protocol.h"
#include "rewrite/openai/retry_policy.h"
#include "tests/fuzz/input.h"
#include "text/unicode/utf8.h"

namespace clipwright::fuzz {
namespace {

using namespace rewrite;

void check_rewrite(const engine::Reply& reply) {
  const prompt::ExampleTriple examples{{{"a cat", "some cat"}, {"a hat", "some hat"}, {"x", "y"}}};
  for (const char* source : {"a red dog on the beach", ""}) {
    const engine::Rewrite rewrite = engine::parse_reply(reply, source, examples);
    require(text::unicode::is_utf8(rewrite.text), "what is kept is UTF-8");
    require(rewrite.text.find_first_of("\r\n") == std::string::npos, "what is kept is one line");
    require(rewrite.outcome != engine::Outcome::kAccepted || !rewrite.text.empty(),
            "an accepted rewrite says something");
  }
}

void try_reply(std::string_view body) {
  for (const openai::OpenAiApi api : {openai::OpenAiApi::kCompletions, openai::OpenAiApi::kChat}) {
    const openai::ParsedReply parsed = openai::parse_reply_body(api, body);
    require(!parsed.damaged || !parsed.reply.text.empty(), "damage has a reason");
    require(parsed.reply.tokens_in >= 0 && parsed.reply.tokens_out >= 0, "tokens are counted");
    if (!parsed.damaged) check_rewrite(parsed.reply);
  }
  check_rewrite({.text = std::string(body)});
  for (const int status : {200, 400, 401, 429, 500, 503}) {
    openai::HttpReply reply;
    reply.status = status;
    reply.body = std::string(body);
    reply.headers["retry-after"] = std::string(body.substr(0, body.find('\n')));
    const openai::Judgement judgement = openai::judge(reply);
    require(judgement.reason.size() <= 200 && text::unicode::is_utf8(judgement.reason) &&
                judgement.reason.find('\n') == std::string::npos,
            "a server's words are one short line");
    require(!judgement.wait || judgement.wait->count() >= 0, "nobody waits a negative time");
  }
}

}  // namespace
}  // namespace clipwright::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  clipwright::fuzz::try_reply(clipwright::fuzz::text_of(data, size));
  return 0;
}
