#include "data/captions/text_slot.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "lexicon/eda.h"
#include "text/sentences.h"

namespace clipwright::data::captions {
namespace {

constexpr std::string_view kRewritePrefix = "rewrite:", kMaskedSuffix = "+masked";
constexpr std::pair<std::string_view, TextSource> kSources[] = {
    {"original", TextSource::kOriginal}, {"uniform", TextSource::kUniform},
    {"eda", TextSource::kEda},           {"sentence", TextSource::kSentence},
    {"rewrite", TextSource::kRewrite},
};

/// LaCLIP's test for a text that is worth training on: at least two pieces when split on a single
/// space.
bool has_two_pieces(const std::string& text) { return text.find(' ') != std::string::npos; }

std::string_view without_prefix(std::string_view mode) {
  return mode.starts_with(kRewritePrefix) ? mode.substr(kRewritePrefix.size()) : mode;
}

/// Slots of the table that a text slot may draw from. Throws Error(kUsage) when there are none.
std::vector<int> rewrites_for(const TextSlot& slot, const CaptionTable& table) {
  std::vector<int> found;
  std::vector<std::string> modes;
  std::string listed;
  for (int i = 1; i <= table.rewrites(); ++i) {
    const std::string name = table.slot_name(i);
    const std::string_view mode = without_prefix(name);
    if (slot.mode.empty() || mode == without_prefix(slot.mode)) found.push_back(i);
    listed += (i > 1 ? ", " : "") + std::string(mode);
    modes.emplace_back(mode);
  }
  if (!found.empty()) return found;
  const std::string wants = "the text slot '" + name_of(slot) + "' wants rewrites";
  if (modes.empty())
    fail_usage(wants + ", and the data has none", "rewrites of the captions",
               "Give their files with --rewrites.");
  const std::string near = nearest(without_prefix(slot.mode), modes);
  fail_usage(wants + " that the data does not have", "one of " + listed,
             near.empty() ? "" : "Did you mean 'rewrite:" + near + "'?");
}

std::string drawn_sentences(const std::string& original, Random draws) {
  constexpr size_t kMostSentences = 3;
  const std::vector<std::string_view> sentences = text::split_sentences(original);
  if (sentences.size() < 2) return original;
  const size_t count = 1 + draws.below(std::min(kMostSentences, sentences.size()));
  const size_t first = draws.below(sentences.size() - count + 1);
  const std::string_view last = sentences[first + count - 1];
  return {sentences[first].data(), last.data() + last.size()};
}

}  // namespace

TextSlot parse_text_slot(std::string_view name) {
  TextSlot slot;
  std::string_view source = name;
  if (source.ends_with(kMaskedSuffix)) {
    slot.masked = true;
    source.remove_suffix(kMaskedSuffix.size());
  }
  if (source.starts_with(kRewritePrefix) && source.size() > kRewritePrefix.size()) {
    slot.source = TextSource::kRewrite;
    slot.mode = source.substr(kRewritePrefix.size());
    return slot;
  }
  std::vector<std::string> known;
  for (const auto& [word, value] : kSources) {
    if (source == word) {
      slot.source = value;
      return slot;
    }
    known.emplace_back(word);
    known.push_back(known.back() + std::string(kMaskedSuffix));
  }
  const std::string near = nearest(name, known);
  fail_usage("'" + std::string(name) + "' is no text slot",
             "original, uniform, eda, sentence, rewrite or rewrite:MODE, with or without +masked",
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

std::string name_of(const TextSlot& slot) {
  std::string name;
  for (const auto& [word, value] : kSources) {
    if (slot.source == value) name = word;
  }
  if (!slot.mode.empty()) name = std::string(kRewritePrefix) + slot.mode;
  return slot.masked ? name + std::string(kMaskedSuffix) : name;
}

Random slot_draws(uint64_t seed, std::string_view purpose, size_t slot, uint64_t epoch,
                  std::string_view key) {
  if (slot == 0) return {seed, purpose, epoch, key};
  return {seed, std::string(purpose) + " " + std::to_string(slot), epoch, key};
}

TextMaker::TextMaker(std::vector<TextSlot> slots, bool all_rewrites, const CaptionTable& table,
                     const lexicon::Thesaurus* thesaurus, uint64_t seed)
    : slots_(std::move(slots)),
      all_rewrites_(all_rewrites),
      table_(table),
      thesaurus_(thesaurus),
      seed_(seed) {
  for (const TextSlot& slot : slots_) {
    CW_CHECK(slot.source != TextSource::kEda || thesaurus_ != nullptr,
             "synonyms come from a thesaurus");
    CW_CHECK(slot.source == TextSource::kRewrite || slot.mode.empty(), "only rewrites have a mode");
    rewrites_.push_back(slot.source == TextSource::kRewrite ? rewrites_for(slot, table_)
                                                            : std::vector<int>{});
  }
}

size_t TextMaker::texts() const {
  return slots_.size() + (all_rewrites_ ? static_cast<size_t>(table_.rewrites()) : 0);
}

std::vector<std::string> TextMaker::make(int64_t index, uint64_t epoch,
                                         std::string_view key) const {
  const std::string original = table_.text(index, 0);
  std::vector<std::string> texts;
  texts.reserve(this->texts());
  for (size_t slot = 0; slot < slots_.size(); ++slot)
    texts.push_back(text_of(slot, original, index, epoch, key));
  for (int rewrite = 1; all_rewrites_ && rewrite <= table_.rewrites(); ++rewrite) {
    std::string text = table_.text(index, rewrite);
    texts.push_back(has_two_pieces(text) ? std::move(text) : original);
  }
  return texts;
}

std::string TextMaker::text_of(size_t slot, const std::string& original, int64_t index,
                               uint64_t epoch, std::string_view key) const {
  const auto draws = [&](std::string_view purpose) {
    return slot_draws(seed_, purpose, slot, epoch, key);
  };
  switch (slots_[slot].source) {
    case TextSource::kOriginal:
      return original;
    case TextSource::kUniform: {
      const auto drawn =
          static_cast<int>(draws("caption").below(static_cast<uint64_t>(table_.rewrites()) + 1));
      std::string text = drawn == 0 ? original : table_.text(index, drawn);
      return drawn == 0 || has_two_pieces(text) ? text : original;
    }
    case TextSource::kEda: {
      Random random = draws("eda");
      const std::string text =
          lexicon::eda(original, {.recipe = lexicon::EdaRecipe::kDeclip}, *thesaurus_, random);
      return text.empty() ? original : text;
    }
    case TextSource::kSentence:
      return drawn_sentences(original, draws("sentence"));
    case TextSource::kRewrite: {
      // The first usable one of a random order is any of the usable ones with equal chance, and the
      // others need not be read (a condition on the audit's score would judge each).
      Random random = draws("rewrite");
      for (std::vector<int> left = rewrites_[slot]; !left.empty();) {
        const auto drawn = left.begin() + static_cast<long>(random.below(left.size()));
        std::string text = table_.text(index, *drawn);
        if (has_two_pieces(text)) return text;
        left.erase(drawn);
      }
      return original;
    }
  }
  CW_CHECK(false, "every source of texts is handled");
  return {};
}

}  // namespace clipwright::data::captions
