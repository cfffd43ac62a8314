#include "audit/verdict/model_tiers.h"

#include <algorithm>
#include <thread>
#include <unordered_map>

#include "language/text_embedding.h"
#include "language/yes_no.h"
#include "text/unicode/utf8.h"

namespace clipwright::audit::verdict {
namespace {

constexpr size_t kMostBytes = 400;
constexpr int kMostQuestionTokens = 300;

int thread_count(int threads) {
  return threads > 0 ? threads
                     : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

std::string name_of(const language::LanguageModel& model) {
  const std::string name = model.metadata("general.name");
  return model.path().filename().string() + (name.empty() ? "" : " (" + name + ")");
}

/// Texts of a block, each once: sources repeat over modes.
class UniqueTexts {
 public:
  size_t add(const std::string& text) {
    const auto [place, added] = places_.try_emplace(text, texts_.size());
    if (added) texts_.push_back(text);
    return place->second;
  }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::unordered_map<std::string, size_t> places_;
  std::vector<std::string> texts_;
};

class EmbeddingSimilarity final : public PairScorer {
 public:
  EmbeddingSimilarity(const std::filesystem::path& path, int threads)
      : model_(path), embedding_(model_, thread_count(threads)) {}

  void score(std::span<AuditedPair> pairs) override {
    // Blocks bound the vectors held at a time.
    constexpr size_t kBlock = 1024;
    for (size_t begin = 0; begin < pairs.size(); begin += kBlock)
      score_block(pairs.subspan(begin, std::min(kBlock, pairs.size() - begin)));
  }

  std::string describe() const override {
    return "similarity: cosine of the texts' embeddings by " + name_of(model_) +
           (embedding_.has_own_pooling() ? "" : ", mean of the last hidden states");
  }

 private:
  void score_block(std::span<AuditedPair> pairs) {
    UniqueTexts unique;
    std::vector<std::pair<size_t, size_t>> places;
    for (const AuditedPair& audited : pairs) {
      const size_t source = unique.add(audited.pair.source);
      places.emplace_back(source, unique.add(audited.pair.text));
    }
    const std::vector<float> rows = embedding_.embed(unique.texts());
    const size_t width = embedding_.width();
    for (size_t i = 0; i < pairs.size(); ++i) {
      const float* a = rows.data() + places[i].first * width;
      const float* b = rows.data() + places[i].second * width;
      double dot = 0;
      bool any_a = false, any_b = false;  // a text without tokens has a row of zeros
      for (size_t j = 0; j < width; ++j) {
        dot += static_cast<double>(a[j]) * b[j];
        any_a |= a[j] != 0;
        any_b |= b[j] != 0;
      }
      if (any_a && any_b) pairs[i].scores.similarity = dot;
    }
  }

  language::LanguageModel model_;
  language::TextEmbedding embedding_;
};

/// One line, not too long, cut at a character.
std::string on_one_line(std::string_view text) {
  std::string line(text::unicode::whole_characters(text, kMostBytes));
  for (char& byte : line) {
    if (static_cast<unsigned char>(byte) < 0x20) byte = ' ';
  }
  return line;
}

class Entailment final : public PairScorer {
 public:
  Entailment(const std::filesystem::path& path, int threads)
      : model_(path),
        yes_no_(model_, entailment_beginning(), kMostQuestionTokens, thread_count(threads)) {}

  void score(std::span<AuditedPair> pairs) override {
    UniqueTexts unique;
    std::vector<std::pair<size_t, size_t>> places;
    for (const AuditedPair& audited : pairs) {
      const size_t forward =
          unique.add(entailment_question(audited.pair.source, audited.pair.text));
      places.emplace_back(forward,
                          unique.add(entailment_question(audited.pair.text, audited.pair.source)));
    }
    const std::vector<double> answers = yes_no_.ask(unique.texts());
    for (size_t i = 0; i < pairs.size(); ++i) {
      pairs[i].scores.entails_forward = answers[places[i].first];
      pairs[i].scores.entails_backward = answers[places[i].second];
    }
  }

  std::string describe() const override {
    return "entailment: probability of yes by " + name_of(model_);
  }

 private:
  language::LanguageModel model_;
  language::YesNo yes_no_;
};

}  // namespace

std::string_view entailment_beginning() {
  return "Each time, two captions are given. If everything that the second caption says is also "
         "said by the first, the answer is yes. If the second one says something else, the answer "
         "is no.\n\n"
         "First: a brown dog runs along the beach\n"
         "Second: a dog is on the beach\n"
         "Answer: yes\n\n"
         "First: three cups on a table\n"
         "Second: five cups on a table\n"
         "Answer: no\n\n"
         "First: photo of an old church in the village\n"
         "Second: an aged village church\n"
         "Answer: yes\n\n"
         "First: a woman in a red coat\n"
         "Second: a woman wearing a blue coat\n"
         "Answer: no\n\n"
         "First: a boat without people\n"
         "Second: people in a boat\n"
         "Answer: no\n\n"
         "First: a plate with rice and beans\n"
         "Second: beans and rice, served on a plate\n"
         "Answer: yes\n\n";
}

std::string entailment_question(std::string_view premise, std::string_view hypothesis) {
  return "First: " + on_one_line(premise) + "\nSecond: " + on_one_line(hypothesis) + "\nAnswer:";
}

std::unique_ptr<PairScorer> embedding_similarity(const std::filesystem::path& model, int threads) {
  return std::make_unique<EmbeddingSimilarity>(model, threads);
}

std::unique_ptr<PairScorer> entailment(const std::filesystem::path& model, int threads) {
  return std::make_unique<Entailment>(model, threads);
}

}  // namespace clipwright::audit::verdict
