#include "language/sequence_cache.h"

#include <llama.h>

#include <algorithm>
#include <string>

#include "core/error.h"
#include "core/process/mapped_memory.h"

namespace clipwright::language {
namespace {

constexpr int kCellStep = 256;       // llama.cpp rounds to this anyway
constexpr size_t kPrefixRows = 256;  // fixed, since it decides how a long prefix is cut
constexpr int kPrefixSequence = 0;

int round_up(int value, int step) { return (value + step - 1) / step * step; }

}  // namespace

void SequenceCache::Free::operator()(llama_context* context) const { llama_free(context); }

int SequenceCache::most_sequences() {
  const int limit = static_cast<int>(llama_max_parallel_sequences()) - 1;  // one is the prefix
  return limit / kColumns * kColumns;
}

SequenceCache::SequenceCache(const LanguageModel& model, int sequences, int cells, int threads)
    : vocabulary_size_(model.vocabulary_size()), cells_(round_up(cells, kCellStep)) {
  texts_.resize(
      static_cast<size_t>(std::clamp(round_up(sequences, kColumns), kColumns, most_sequences())));
  const auto all = static_cast<uint32_t>(texts_.size()) + 1;
  llama_context_params parameters = llama_context_default_params();
  parameters.n_seq_max = all;
  parameters.n_ctx = all * static_cast<uint32_t>(cells_);
  parameters.n_batch = parameters.n_ubatch = static_cast<uint32_t>(kPrefixRows);
  parameters.n_outputs_max = all;
  parameters.n_threads = parameters.n_threads_batch = threads;
  parameters.kv_unified = false;
  // The flash kernel cuts its sums by thread count and cache length.
  parameters.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  parameters.no_perf = true;
  context_.reset(llama_init_from_model(model.handle(), parameters));
  if (context_ == nullptr) {
    fail_running("the language model found no memory for " + std::to_string(texts_.size()) +
                     " texts in flight of " + std::to_string(cells_) + " tokens each",
                 {}, "Try a smaller --parallel or a smaller model.");
  }
  CW_CHECK(llama_n_ctx_seq(context_.get()) >= static_cast<uint32_t>(cells_),
           "llama.cpp gave fewer cells than asked");
}

SequenceCache::~SequenceCache() = default;

void SequenceCache::add(int32_t token, int position, int sequence, bool output) {
  tokens_.push_back(token);
  positions_.push_back(position);
  sequences_.push_back(sequence);
  outputs_.push_back(output ? 1 : 0);
}

void SequenceCache::decode() {
  counts_.assign(tokens_.size(), 1);
  sequence_lists_.resize(tokens_.size());
  for (size_t i = 0; i < tokens_.size(); ++i) sequence_lists_[i] = &sequences_[i];
  const llama_batch batch = {static_cast<int32_t>(tokens_.size()),
                             tokens_.data(),
                             nullptr,
                             positions_.data(),
                             counts_.data(),
                             sequence_lists_.data(),
                             outputs_.data()};
  if (const int32_t code = llama_decode(context_.get(), batch); code != 0) {
    fail_running("the language model stopped with code " + std::to_string(code) + " in a step of " +
                     std::to_string(tokens_.size()) + " tokens",
                 {}, "What was finished is in the ledger; run the same command again.");
  }
  check_mapped_files();
  tokens_.clear(), positions_.clear(), sequences_.clear(), outputs_.clear();
}

void SequenceCache::set_prefix(std::span<const int32_t> tokens) {
  CW_CHECK(static_cast<int>(tokens.size()) < cells_, "the prefix does not fit");
  llama_memory_seq_rm(llama_get_memory(context_.get()), kPrefixSequence, -1, -1);
  for (size_t start = 0; start < tokens.size(); start += kPrefixRows) {
    const size_t end = std::min(tokens.size(), start + kPrefixRows);
    for (size_t i = start; i < end; ++i)
      add(tokens[i], static_cast<int>(i), kPrefixSequence, false);
    decode();
  }
  ++prefix_;
  prefix_length_ = static_cast<int>(tokens.size());
}

void SequenceCache::fork(int text) {
  Text& state = texts_[static_cast<size_t>(text)];
  llama_memory_t memory = llama_get_memory(context_.get());
  if (state.prefix == prefix_) {
    llama_memory_seq_rm(memory, text + 1, prefix_length_, -1);
  } else {
    llama_memory_seq_cp(memory, kPrefixSequence, text + 1, -1, -1);
  }
  state = {.prefix = prefix_, .prefix_length = prefix_length_, .length = prefix_length_};
}

void SequenceCache::step(std::span<const Column> columns) {
  CW_CHECK(!columns.empty(), "a step needs a text");
  rows_.clear();
  // llama.cpp cuts a step where sequence numbers have a gap, so idle texts in between are fed a
  // filler that is taken back.
  const int last = round_up(columns.back().text + 1, kColumns);
  std::vector<int> fillers;
  size_t at = 0;
  int wanted = 0;
  for (int text = 0; text < last; ++text) {
    Text& state = texts_[static_cast<size_t>(text)];
    if (at < columns.size() && columns[at].text == text) {
      CW_CHECK(state.length < cells_, "a text outgrew its cache");
      rows_.push_back(static_cast<int>(tokens_.size()));
      add(columns[at].token, state.length++, text + 1, columns[at].wanted);
      wanted += columns[at].wanted ? 1 : 0;
      ++at;
    } else {
      state.length = state.prefix_length;
      llama_memory_seq_rm(llama_get_memory(context_.get()), text + 1, state.length, -1);
      add(0, state.length, text + 1, false);
      fillers.push_back(text);
    }
  }
  CW_CHECK(at == columns.size(), "columns must be in ascending order");
  for (size_t row = 0; row < outputs_.size() && wanted % kColumns != 0; ++row) {
    if (outputs_[row] == 0) outputs_[row] = 1, ++wanted;
  }
  decode();
  for (const int text : fillers) {
    llama_memory_seq_rm(llama_get_memory(context_.get()), text + 1,
                        texts_[static_cast<size_t>(text)].length, -1);
  }
}

std::span<const float> SequenceCache::logits(int column) const {
  const float* values = llama_get_logits_ith(context_.get(), rows_[static_cast<size_t>(column)]);
  CW_CHECK(values != nullptr, "logits of a column that did not ask for them");
  return {values, static_cast<size_t>(vocabulary_size_)};
}

}  // namespace clipwright::language
