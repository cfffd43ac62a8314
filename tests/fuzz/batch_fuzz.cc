// Files of batch answers. "@ID" in the input becomes the name of the request that waits.
#include "rewrite/openai/batch_engine.h"

#include "tests/fuzz/input.h"

namespace clipwright::fuzz {
namespace {

using namespace rewrite;

class OneRequest final : public engine::RequestQueue {
 public:
  explicit OneRequest(engine::Request request) : request_(std::move(request)) {}
  std::optional<engine::Request> next() override { return std::exchange(request_, std::nullopt); }

 private:
  std::optional<engine::Request> request_;
};

class CountReplies final : public engine::ReplySink {
 public:
  void put(const engine::Request&, engine::Reply) override { ++replies; }
  int replies = 0;
};

void try_batch(std::string_view bytes) {
  const engine::Request request{.prefix = "a cat => some cat\n",
                                .body = "a red dog =>",
                                .seed = 1,
                                .source = "a red dog",
                                .mode = "human"};
  const openai::BatchOptions options{.folder = folder().path() / "batch", .model = "m"};
  const language::Sampling sampling;
  static const std::string kId = [&] {
    openai::OpenAiDialect dialect{.api = openai::OpenAiApi::kCompletions, .model = "m"};
    dialect.fields = openai::standard_fields();
    return openai::BatchEngine::custom_id(request,
                                          openai::request_body(dialect, request, sampling));
  }();
  std::string text(bytes);
  for (size_t at = 0; (at = text.find("@ID", at)) != std::string::npos; at += kId.size())
    text.replace(at, 3, kId);
  file_of("batch/results.jsonl", text);
  accepts([&] {
    const openai::BatchResults results(options.folder);
    for (const openai::BatchKey& key : results.keys())
      require(results.find(key).has_value(), "a known answer is found");
  });
  accepts([&] {
    openai::BatchEngine engine(options);
    OneRequest queue(request);
    CountReplies sink;
    engine.run(queue, sampling, sink);
    require(sink.replies == 1, "a request has one reply");
  });
  // A request that stays written is not asked again: every input meets the same folder.
  std::error_code ignored;
  std::filesystem::remove_all(options.folder, ignored);
}

}  // namespace
}  // namespace clipwright::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  clipwright::fuzz::try_batch(clipwright::fuzz::text_of(data, size));
  return 0;
}
