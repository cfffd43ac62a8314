#include "rewrite/engine/llama_engine.h"

#include <llama.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/process/interrupt.h"
#include "core/process/worker_threads.h"
#include "core/random.h"
#include "language/chat_template.h"
#include "language/kernels.h"
#include "language/language_model.h"
#include "language/quantized_copy.h"
#include "language/sampler.h"
#include "language/sequence_cache.h"
#include "rewrite/engine/request_pool.h"
#include "rewrite/engine/thought.h"
#include "rewrite/prompt/prompt.h"

namespace clipwright::rewrite::engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kIdleLook = std::chrono::milliseconds(100);  // at Ctrl-C and for new work

/// A request as tokens.
struct Prompt {
  std::vector<int32_t> prefix, body;
};

/// Tokenized in one piece, as the model would see it, so that cutting the prompt changes nothing;
/// only where a token straddles the seam are the two parts taken as they are. In a chat frame the
/// frame's head belongs to what neighbours share.
Prompt tokenize_prompt(const language::LanguageModel& model,
                       const std::optional<language::ChatFrame>& chat, const Request& request) {
  const std::string shared = chat && !request.prefix.empty()
                                 ? std::string(prompt::kChatInstruction) + "\n\n" + request.prefix
                                 : request.prefix;
  Prompt prompt{model.tokenize(shared, !chat), {}};
  const std::vector<int32_t> whole = model.tokenize(shared + request.body, !chat);
  if (whole.size() > prompt.prefix.size() &&
      std::equal(prompt.prefix.begin(), prompt.prefix.end(), whole.begin())) {
    prompt.body.assign(whole.begin() + static_cast<long>(prompt.prefix.size()), whole.end());
  } else {
    prompt.body = model.tokenize(request.body, false);
  }
  if (chat) {
    prompt.prefix.insert(prompt.prefix.begin(), chat->head.begin(), chat->head.end());
    prompt.body.insert(prompt.body.end(), chat->tail.begin(), chat->tail.end());
  }
  return prompt;
}

/// One text being written.
struct Text {
  Text(Request&& asked, Prompt&& tokens)
      : request(std::move(asked)),
        prompt(std::move(tokens)),
        next(prompt.body.front()),
        random(request.seed, "token", 0, uint64_t{0}) {}

  Request request;
  Prompt prompt;
  size_t fed = 1;  ///< tokens of the body that were fed, `next` included
  int32_t next;
  Random random;
  std::string written;
  int tokens_out = 0;
  Clock::time_point start = Clock::now();
};

/// One thread's share of the texts in flight. Workers have their own caches and share only the
/// weights: no barriers between threads, so a busy machine slows a worker but stalls none (threads
/// that meet at every matrix product ran 6 times slower under load).
class Worker {
 public:
  Worker(const language::LanguageModel& model, const std::optional<language::ChatFrame>& chat,
         size_t index, int texts, int threads)
      : model_(model),
        chat_(chat),
        index_(index),
        threads_(threads),
        texts_(static_cast<size_t>(texts)) {}

  void run(RequestPool& pool, const language::Sampling& sampling);

 private:
  void fill(RequestPool& pool, const language::Sampling& sampling);
  bool begin(size_t place, Request& request, Prompt& prompt, int needed);
  void step(RequestPool& pool, const language::Sampling& sampling);
  bool advance(Text& text, int32_t token, const language::Sampling& sampling, RequestPool& pool);
  bool any_in_flight() const {
    return std::any_of(texts_.begin(), texts_.end(),
                       [](const auto& text) { return text.has_value(); });
  }

  const language::LanguageModel& model_;
  const std::optional<language::ChatFrame>& chat_;
  const size_t index_;
  const int threads_;
  std::optional<language::SequenceCache> cache_;
  std::optional<std::string> prefix_;  ///< what the cache forks now
  std::vector<std::optional<Text>> texts_;
  std::optional<std::pair<Request, Prompt>> waiting_;  ///< taken, waiting for a larger cache
  language::NucleusSampler sampler_;
};

/// False when the cache must grow first, which must wait until nothing is in flight.
bool Worker::begin(size_t place, Request& request, Prompt& prompt, int needed) {
  if (!cache_ || cache_->cells() < needed) {
    if (any_in_flight()) return false;
    cache_.reset();
    cache_.emplace(model_, static_cast<int>(texts_.size()), needed, threads_);
    prefix_.reset();
  }
  if (prefix_ != request.prefix) {
    cache_->set_prefix(prompt.prefix);
    prefix_ = request.prefix;
  }
  cache_->fork(static_cast<int>(place));
  texts_[place].emplace(std::move(request), std::move(prompt));
  return true;
}

/// Gives every idle place a request, lowest place first.
void Worker::fill(RequestPool& pool, const language::Sampling& sampling) {
  for (size_t place = 0; place < texts_.size(); ++place) {
    while (!texts_[place].has_value()) {
      if (!waiting_) {
        std::optional<Request> request = pool.take(index_);
        if (!request) return;
        Prompt prompt = tokenize_prompt(model_, chat_, *request);
        waiting_.emplace(std::move(*request), std::move(prompt));
      }
      auto& [request, prompt] = *waiting_;
      const int needed =
          static_cast<int>(prompt.prefix.size() + prompt.body.size()) + sampling.max_tokens;
      if (needed > model_.longest_context() || prompt.prefix.empty() || prompt.body.empty()) {
        const std::string why = "the prompt and its reply need " + std::to_string(needed) +
                                " tokens; the model reads " +
                                std::to_string(model_.longest_context());
        pool.put(request,
                 {.status = ReplyStatus::kFailed, .text = why, .error = "prompt-too-long"});
      } else if (!begin(place, request, prompt, needed)) {
        return;
      }
      waiting_.reset();
    }
  }
}

/// Takes one new token. True when the text is complete and handed over.
bool Worker::advance(Text& text, int32_t token, const language::Sampling& sampling,
                     RequestPool& pool) {
  ++text.tokens_out;
  bool stopped = model_.ends_text(token);
  if (!stopped) {
    const std::string piece = model_.piece(token);
    text.written += piece;
    stopped = piece.find('\n') != std::string::npos && line_of_answer(text.written).ended;
  }
  text.next = token;
  if (!stopped && text.tokens_out < sampling.max_tokens) return false;
  const AnswerLine line = line_of_answer(text.written);
  pool.put(text.request,
           {.status = line.missing ? ReplyStatus::kThought
                      : stopped    ? ReplyStatus::kStopped
                                   : ReplyStatus::kCut,
            .text = std::string(line.missing ? std::string_view(text.written) : line.text),
            .tokens_in = static_cast<int>(text.prompt.prefix.size() + text.prompt.body.size()),
            .tokens_out = text.tokens_out,
            .seconds = std::chrono::duration<double>(Clock::now() - text.start).count()});
  return true;
}

void Worker::step(RequestPool& pool, const language::Sampling& sampling) {
  std::vector<language::SequenceCache::Column> columns;
  for (size_t place = 0; place < texts_.size(); ++place) {
    if (!texts_[place]) continue;
    const Text& text = *texts_[place];
    columns.push_back({static_cast<int>(place), text.next, text.fed == text.prompt.body.size()});
  }
  cache_->step(columns);
  for (size_t i = 0; i < columns.size(); ++i) {
    auto& text = texts_[static_cast<size_t>(columns[i].text)];
    if (!columns[i].wanted) {
      text->next = text->prompt.body[text->fed++];
    } else if (advance(*text,
                       sampler_.draw(cache_->logits(static_cast<int>(i)), sampling, text->random),
                       sampling, pool)) {
      text.reset();
    }
  }
}

void Worker::run(RequestPool& pool, const language::Sampling& sampling) {
  try {
    while (!interrupted() && !pool.stopped()) {
      fill(pool, sampling);
      if (any_in_flight()) {
        step(pool, sampling);
      } else if (!pool.wait(kIdleLook)) {
        break;
      }
    }
  } catch (...) {
    pool.stop(std::current_exception());
  }
  for (auto& text : texts_) text.reset();
  waiting_.reset();
}

/// Bytes the cache of one token takes: keys and values of every layer in 16 bits.
int64_t cache_bytes(const llama_model* model) {
  return int64_t{4} * llama_model_n_layer(model) * llama_model_n_embd(model) *
         llama_model_n_head_kv(model) / std::max(1, llama_model_n_head(model));
}

}  // namespace

struct LlamaEngine::State {
  explicit State(const LlamaOptions& options);
  fs::path source;       ///< what the user named
  std::string quantize;  ///< empty: `model` is `source`
  language::LanguageModel model;
  std::optional<language::ChatFrame> chat;
  std::string digest;
  std::deque<Worker> workers;
  size_t parallel = 0;
};

LlamaEngine::State::State(const LlamaOptions& options)
    : source(options.model.empty() ? shared_file("default.gguf") : options.model),
      quantize(options.quantize),
      model(quantize.empty() ? source
                             : language::quantized_copy(source, quantize, options.threads)),
      digest(language::file_digest(model.path())) {
  if (options.chat) chat = language::chat_frame(model);
  constexpr int kTextsPerWorker = 16, kUsualCells = 512;
  const int threads = options.threads > 0
                          ? options.threads
                          : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const int wanted = options.parallel > 0 ? options.parallel : kTextsPerWorker * threads;
  // A worker a thread, as long as the caches of all fit into a quarter of the memory; a large model
  // gets fewer, wider workers.
  const int64_t memory = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGE_SIZE) / 4;
  const int64_t one = int64_t{kTextsPerWorker + 1} * kUsualCells * cache_bytes(model.handle());
  const auto affordable =
      static_cast<int>(std::clamp<int64_t>(memory / std::max<int64_t>(one, 1), 1, threads));
  const int count = std::clamp(
      (wanted + language::SequenceCache::kColumns - 1) / language::SequenceCache::kColumns, 1,
      affordable);
  for (int i = 0; i < count; ++i) {
    const int texts =
        std::clamp((wanted + count - 1) / count, 1, language::SequenceCache::most_sequences());
    workers.emplace_back(model, chat, static_cast<size_t>(i), texts, std::max(1, threads / count));
    parallel += static_cast<size_t>(texts);
  }
}

LlamaEngine::LlamaEngine(const LlamaOptions& options) : state_(std::make_unique<State>(options)) {}
LlamaEngine::~LlamaEngine() = default;

Json LlamaEngine::identity() const {
  Json identity = {{"engine", "llama"}, {"model_sha256", state_->digest}};
  if (state_->chat) identity["chat_prompt"] = prompt::kChatPromptVersion;
  return identity;
}

Json LlamaEngine::details() const {
  const language::LanguageModel& model = state_->model;
  std::error_code unknown;  // a link tells nothing of what it leads to
  const fs::path file = fs::canonical(state_->source, unknown);
  Json details = {{"model", (unknown ? state_->source : file).filename().string()},
                  {"model_name", model.metadata("general.name")},
                  {"model_architecture", model.metadata("general.architecture")},
                  {"model_licence", model.metadata("general.license")},
                  {"kernels", language::llama_kernel_choice().variant}};
  if (!state_->quantize.empty()) {
    details["quantize"] = state_->quantize;
    details["source_sha256"] = language::file_digest(state_->source);
  }
  return details;
}

std::string LlamaEngine::without_thought() const {
  return std::string(state_->chat ? "Leave the chat template off (--chat off)"
                                  : "Use a model that answers at once") +
         ", or run the model in llama-server with --reasoning-budget 0 and use --engine openai. A "
         "larger --max-tokens (2000, say) gives it room to end its thought.";
}

int LlamaEngine::count_tokens(std::string_view text) const {
  return static_cast<int>(state_->model.tokenize(text, false).size());
}

void LlamaEngine::run(RequestQueue& queue, const language::Sampling& sampling, ReplySink& sink) {
  RequestPool pool(queue, sink, state_->workers.size(), 8 * state_->parallel);
  {
    std::vector<std::jthread> threads;
    const size_t started = start_threads(threads, state_->workers.size(),
                                         [&](size_t i) { state_->workers[i].run(pool, sampling); });
    if (started == 0) state_->workers.front().run(pool, sampling);
  }
  pool.finish();
}

}  // namespace clipwright::rewrite::engine
