#include "language/yes_no.h"

#include <llama.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/process/interrupt.h"
#include "core/process/mapped_memory.h"

namespace clipwright::language {
namespace {

// Long batches keep the threads busy between their meetings; attention over all of a batch's cells
// grows with its square.
constexpr size_t kBatchTokens = 512, kBatchQuestions = 48;
// llama.cpp computes small batches by other kernels, whose sums differ by far more than rounding:
// smaller ones are filled up.
constexpr size_t kLeastTokens = 128;

std::vector<int32_t> first_tokens(const LanguageModel& model,
                                  std::initializer_list<std::string_view> words) {
  std::vector<int32_t> tokens;
  for (const std::string_view word : words) {
    const std::vector<int32_t> ids = model.tokenize(word, false);
    // A tokenizer that splits off the blank would make every answer begin alike.
    if (!ids.empty() && model.piece(ids[0]).find_first_not_of(" \n") != std::string::npos)
      tokens.push_back(ids[0]);
  }
  std::sort(tokens.begin(), tokens.end());
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  return tokens;
}

double log_sum(const float* logits, const std::vector<int32_t>& tokens) {
  double most = -std::numeric_limits<double>::infinity(), sum = 0;
  for (const int32_t token : tokens) most = std::max<double>(most, logits[token]);
  for (const int32_t token : tokens) sum += std::exp(logits[token] - most);
  return most + std::log(sum);
}

/// A batch under construction.
class Batch {
 public:
  explicit Batch(size_t size) : batch_(llama_batch_init(static_cast<int32_t>(size), 0, 1)) {}
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch() { llama_batch_free(batch_); }
  void add(int32_t token, size_t position, int sequence, bool wanted) {
    const int32_t at = batch_.n_tokens++;
    batch_.token[at] = token;
    batch_.pos[at] = static_cast<int32_t>(position);
    batch_.n_seq_id[at] = 1;
    batch_.seq_id[at][0] = sequence;
    batch_.logits[at] = wanted ? 1 : 0;
  }
  int size() const { return batch_.n_tokens; }
  void decode(llama_context* context) {
    if (const int32_t code = llama_decode(context, batch_); code != 0) {
      fail_running("the language model stopped with code " + std::to_string(code) +
                   " in a batch of " + std::to_string(batch_.n_tokens) + " tokens");
    }
    check_mapped_files();
    batch_.n_tokens = 0;
  }

 private:
  llama_batch batch_;
};

}  // namespace

void YesNo::Free::operator()(llama_context* context) const { llama_free(context); }

YesNo::YesNo(const LanguageModel& model, std::string_view beginning, int longest, int threads)
    : model_(model),
      longest_(std::min(static_cast<size_t>(longest), kBatchTokens)),
      yes_(first_tokens(model, {" yes", " Yes", "yes", "Yes"})),
      no_(first_tokens(model, {" no", " No", "no", "No"})) {
  std::vector<int32_t> shared;
  std::set_intersection(yes_.begin(), yes_.end(), no_.begin(), no_.end(),
                        std::back_inserter(shared));
  if (yes_.empty() || no_.empty() || !shared.empty()) {
    fail_input(
        model.path().string() + ": its vocabulary does not tell 'yes' from 'no' by one token",
        "a language model that knows English");
  }
  const std::vector<int32_t> tokens = model.tokenize(beginning, true);
  beginning_ = tokens.size();
  if (beginning_ + longest_ > static_cast<size_t>(model.longest_context())) {
    fail_input(model.path().string() + ": its context holds " +
                   std::to_string(model.longest_context()) + " tokens",
               "at least " + std::to_string(beginning_ + longest_) + " for the questions",
               "Choose a model with a longer context.");
  }
  llama_context_params parameters = llama_context_default_params();
  parameters.n_seq_max = kBatchQuestions + 2;
  parameters.n_batch = parameters.n_ubatch = kBatchTokens;
  parameters.n_ctx = static_cast<uint32_t>(beginning_ + kBatchTokens);
  parameters.n_threads = parameters.n_threads_batch = threads;
  parameters.kv_unified = true;  // all questions look at the one copy of the beginning
  parameters.no_perf = true;
  context_.reset(llama_init_from_model(model.handle(), parameters));
  if (context_ == nullptr)
    fail_running(model.path().string() + ": no memory for questions", {}, "Try a smaller model.");
  read_beginning(tokens);
}

YesNo::~YesNo() = default;

void YesNo::read_beginning(std::span<const int32_t> tokens) {
  Batch batch(kBatchTokens);
  for (size_t i = 0; i < tokens.size(); ++i) {
    batch.add(tokens[i], i, 0, false);
    if (batch.size() == static_cast<int>(kBatchTokens)) batch.decode(context_.get());
  }
  if (batch.size() > 0) batch.decode(context_.get());
}

double YesNo::chance_of_yes(const float* logits) const {
  CW_CHECK(logits != nullptr, "no logits after a question");
  return 1 / (1 + std::exp(log_sum(logits, no_) - log_sum(logits, yes_)));
}

void YesNo::answer(std::span<const Question> questions, std::vector<double>& answers) {
  Batch batch(kBatchTokens);
  llama_memory_t memory = llama_get_memory(context_.get());
  std::vector<int> last;
  for (size_t i = 0; i < questions.size(); ++i) {
    const int sequence = static_cast<int>(i) + 1;
    llama_memory_seq_cp(memory, 0, sequence, -1, -1);
    const std::vector<int32_t>& tokens = questions[i].tokens;
    for (size_t at = 0; at < tokens.size(); ++at)
      batch.add(tokens[at], beginning_ + at, sequence, at + 1 == tokens.size());
    last.push_back(batch.size() - 1);
  }
  constexpr int kFiller = static_cast<int>(kBatchQuestions) + 1;
  llama_memory_seq_cp(memory, 0, kFiller, -1, -1);
  for (size_t at = 0; batch.size() < static_cast<int>(kLeastTokens); ++at)
    batch.add(questions[0].tokens[at % questions[0].tokens.size()], beginning_ + at, kFiller,
              false);
  batch.decode(context_.get());
  llama_memory_seq_rm(memory, kFiller, -1, -1);
  for (size_t i = 0; i < questions.size(); ++i) {
    answers[questions[i].place] = chance_of_yes(llama_get_logits_ith(context_.get(), last[i]));
    llama_memory_seq_rm(memory, static_cast<int>(i) + 1, -1, -1);
  }
}

std::vector<double> YesNo::ask(std::span<const std::string> questions) {
  std::vector<double> answers(questions.size(), std::numeric_limits<double>::quiet_NaN());
  std::vector<Question> batch;
  size_t tokens = 0;
  const auto flush = [&] {
    stop_if_interrupted();
    if (!batch.empty()) answer(batch, answers);
    batch.clear();
    tokens = 0;
  };
  for (size_t i = 0; i < questions.size(); ++i) {
    Question question = {.place = i, .tokens = model_.tokenize(questions[i], false)};
    if (question.tokens.empty() || question.tokens.size() > longest_) continue;
    if (tokens + question.tokens.size() > kBatchTokens || batch.size() == kBatchQuestions) flush();
    tokens += question.tokens.size();
    batch.push_back(std::move(question));
  }
  flush();
  return answers;
}

}  // namespace clipwright::language
