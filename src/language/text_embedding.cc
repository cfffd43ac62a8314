#include "language/text_embedding.h"

#include <llama.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/process/mapped_memory.h"

namespace clipwright::language {
namespace {

constexpr size_t kBatchTokens = TextEmbedding::kMostTokens, kBatchTexts = 64;
static_assert(kBatchTokens % kBatchTexts == 0, "llama.cpp plans a pooled batch in equal parts");
// The longest tokens have some 16 letters; a megabyte need not be tokenised to keep 512 of them.
constexpr size_t kMostBytes = 16 * kBatchTokens;

void to_unit_length(std::span<float> row) {
  double squares = 0;
  for (const float value : row) squares += static_cast<double>(value) * value;
  if (!(squares > 0) || !std::isfinite(squares)) {
    std::fill(row.begin(), row.end(), 0.0F);
    return;
  }
  const auto scale = static_cast<float>(1 / std::sqrt(squares));
  for (float& value : row) value *= scale;
}

}  // namespace

void TextEmbedding::Free::operator()(llama_context* context) const { llama_free(context); }

TextEmbedding::TextEmbedding(const LanguageModel& model, int threads)
    : model_(model), width_(static_cast<size_t>(llama_model_n_embd(model.handle()))) {
  llama_context_params parameters = llama_context_default_params();
  parameters.n_seq_max = kBatchTexts;
  parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = kBatchTokens;
  parameters.n_threads = parameters.n_threads_batch = threads;
  parameters.kv_unified = true;
  parameters.embeddings = true;
  parameters.no_perf = true;
  context_.reset(llama_init_from_model(model.handle(), parameters));
  if (context_ == nullptr)
    fail_running(model.path().string() + ": no memory for embeddings", {}, "Try a smaller model.");
  const auto pooling = llama_pooling_type(context_.get());
  if (pooling == LLAMA_POOLING_TYPE_RANK) {
    fail_input(model.path().string() + ": ranks pairs, it does not embed texts",
               "an embedding model or a language model");
  }
  own_pooling_ = pooling != LLAMA_POOLING_TYPE_NONE;
}

TextEmbedding::~TextEmbedding() = default;

std::vector<int32_t> TextEmbedding::tokens_of(const std::string& text) const {
  std::vector<int32_t> tokens =
      model_.tokenize(std::string_view(text).substr(0, kMostBytes), own_pooling_);
  // A model has no positions beyond its context.
  const size_t most =
      std::min(kMostTokens, static_cast<size_t>(std::max(model_.longest_context(), 2)));
  if (tokens.size() > most) {
    // An embedding model expects its last token (a separator) to stay.
    const int32_t last = tokens.back();
    tokens.resize(most);
    if (own_pooling_) tokens.back() = last;
  }
  if (own_pooling_ || tokens.empty()) return tokens;
  tokens.resize(std::min(tokens.size(), most - 1));
  // The first token of a language model's text collects attention and says nothing of the text, so
  // that one is put before it and left out of the mean.
  const llama_vocab* vocabulary = llama_model_get_vocab(model_.handle());
  const int32_t start = llama_vocab_bos(vocabulary), line = llama_vocab_nl(vocabulary);
  tokens.insert(tokens.begin(), start >= 0 ? start : std::max(line, 0));
  return tokens;
}

void TextEmbedding::decode(std::span<const std::vector<int32_t>> texts) {
  llama_batch batch = llama_batch_init(static_cast<int32_t>(kBatchTokens), 0, 1);
  for (size_t text = 0; text < texts.size(); ++text) {
    for (size_t i = 0; i < texts[text].size(); ++i) {
      const int32_t at = batch.n_tokens++;
      batch.token[at] = texts[text][i];
      batch.pos[at] = static_cast<int32_t>(i);
      batch.n_seq_id[at] = 1;
      batch.seq_id[at][0] = static_cast<int32_t>(text);
      batch.logits[at] = 1;
    }
  }
  if (llama_memory_t memory = llama_get_memory(context_.get()); memory != nullptr)
    llama_memory_clear(memory, true);
  const int32_t code = llama_decode(context_.get(), batch);
  llama_batch_free(batch);
  if (code != 0) fail_running("the embedding model stopped with code " + std::to_string(code));
  check_mapped_files();
}

void TextEmbedding::read_row(int sequence, int first, int count, std::span<float> row) const {
  if (own_pooling_) {
    const float* values = llama_get_embeddings_seq(context_.get(), sequence);
    CW_CHECK(values != nullptr, "no embedding for a text of the batch");
    std::copy_n(values, row.size(), row.begin());
  } else {
    for (int i = 1; i < count; ++i) {
      const float* values = llama_get_embeddings_ith(context_.get(), first + i);
      CW_CHECK(values != nullptr, "no embedding for a token of the batch");
      for (size_t j = 0; j < row.size(); ++j) row[j] += values[j];
    }
  }
  to_unit_length(row);
}

std::vector<float> TextEmbedding::embed(std::span<const std::string> texts) {
  std::vector<float> rows(texts.size() * width_);
  std::vector<std::vector<int32_t>> batch;
  std::vector<size_t> places;
  size_t tokens = 0;
  const auto flush = [&] {
    if (batch.empty()) return;
    decode(batch);
    int first = 0;
    for (size_t i = 0; i < batch.size(); ++i) {
      const auto count = static_cast<int>(batch[i].size());
      read_row(static_cast<int>(i), first, count,
               std::span(rows).subspan(places[i] * width_, width_));
      first += count;
    }
    batch.clear();
    places.clear();
    tokens = 0;
  };
  for (size_t i = 0; i < texts.size(); ++i) {
    std::vector<int32_t> ids = tokens_of(texts[i]);
    if (ids.empty()) continue;
    if (tokens + ids.size() > kBatchTokens || batch.size() == kBatchTexts) flush();
    tokens += ids.size();
    batch.push_back(std::move(ids));
    places.push_back(i);
  }
  flush();
  return rows;
}

}  // namespace clipwright::language
