#include "rewrite/engine/thesaurus.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <span>
#include <utility>

#include "core/error.h"
#include "core/hash.h"

namespace clipwright::rewrite::engine {
namespace {

constexpr std::array<const char*, 4> kNames = {"noun", "verb", "adj", "adv"};
// A data set's captions use far fewer words; beyond this the memory starts anew.
constexpr size_t kMostKnown = 1 << 18;

using Rule = std::pair<std::string_view, std::string_view>;
// WordNet's rules of detachment (morphy(7WN)), in NLTK's order.
constexpr Rule kNounRules[] = {{"s", ""},      {"ses", "s"},   {"ves", "f"},
                               {"xes", "x"},   {"zes", "z"},   {"ches", "ch"},
                               {"shes", "sh"}, {"men", "man"}, {"ies", "y"}};
constexpr Rule kVerbRules[] = {{"s", ""},   {"ies", "y"}, {"es", "e"},  {"es", ""},
                               {"ed", "e"}, {"ed", ""},   {"ing", "e"}, {"ing", ""}};
constexpr Rule kAdjectiveRules[] = {{"er", ""}, {"est", ""}, {"er", "e"}, {"est", "e"}};
const std::array<std::span<const Rule>, 4> kRules = {
    std::span<const Rule>(kNounRules), std::span<const Rule>(kVerbRules),
    std::span<const Rule>(kAdjectiveRules), std::span<const Rule>()};

std::string_view first_field(std::string_view line) { return line.substr(0, line.find(' ')); }

/// The line of a sorted file whose first field is `key`; the licence's lines begin with blanks and
/// sort before every word.
std::optional<std::string_view> find_line(std::string_view text, std::string_view key) {
  size_t low = 0, high = text.size();  // the line starts in [low, high)
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    // `low` is the start of a line, and a line break belongs to the line it ends.
    const size_t before = middle == 0 ? std::string_view::npos : text.rfind('\n', middle - 1);
    const size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    const std::string_view word = first_field(line);
    if (word == key && !key.empty()) return line;
    if (word < key) {
      low = end + 1;
    } else {
      high = begin;
    }
  }
  return std::nullopt;
}

/// The next field of a line, blank-separated.
std::string_view take(std::string_view& rest) {
  const size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view field = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return field;
}

std::optional<uint64_t> take_number(std::string_view& rest, int base) {
  const std::string_view field = take(rest);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value, base);
  if (error != std::errc() || end != field.data() + field.size()) return std::nullopt;
  return value;
}

[[noreturn]] void damaged(const MappedFile& file, std::string_view line) {
  fail_input(
      file.path().string() + ": '" + std::string(line.substr(0, 60)) + "' is not a line of WordNet",
      "the format of wndb(5WN)",
      "Reinstall wordnet-base, or point CLIPWRIGHT_WORDNET to another copy.");
}

std::string lower_ascii(std::string_view text) {
  std::string small(text);
  for (char& letter : small) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + 32);
  }
  return small;
}

/// "Hot_Dog" -> "hot dog".
std::string plain(std::string_view lemma) {
  std::string text;
  for (const char letter : lower_ascii(lemma)) {
    if (letter == '_' || letter == '-') text += ' ';
    if (letter >= 'a' && letter <= 'z') text += letter;
  }
  return text;
}

}  // namespace

fs::path Thesaurus::default_folder() {
  const char* chosen = std::getenv("CLIPWRIGHT_WORDNET");
  return chosen != nullptr ? chosen : "/usr/share/wordnet";
}

Thesaurus::Thesaurus(const fs::path& folder) {
  for (size_t part = 0; part < parts_.size(); ++part) {
    const auto open = [&](const std::string& name) {
      std::error_code error;
      if (!fs::exists(folder / name, error)) {
        fail_usage("there is no " + (folder / name).string() + ", which synonyms come from",
                   "WordNet 3.0's files",
                   "Install the package wordnet-base, or set CLIPWRIGHT_WORDNET to their folder.");
      }
      return MappedFile(folder / name);
    };
    const std::string name = kNames[part];
    parts_[part] = {open("index." + name), open("data." + name), open(name + ".exc")};
  }
}

/// The form itself and what the exception list or, without an entry there, one rule makes of it:
/// those that WordNet knows. Rules are applied once, as NLTK does: "less" is no
/// plural of "le".
std::vector<std::string> Thesaurus::base_forms(const std::string& form, size_t part) const {
  const Part& files = parts_[part];
  std::vector<std::string> forms = {form};
  if (const auto line = find_line(files.exceptions.text(), form)) {
    std::string_view rest = *line;
    take(rest);
    while (!rest.empty()) forms.emplace_back(take(rest));
  } else {
    for (const auto& [ending, replacement] : kRules[part]) {
      if (form.ends_with(ending))
        forms.push_back(form.substr(0, form.size() - ending.size()).append(replacement));
    }
  }
  std::vector<std::string> found;
  for (std::string& each : forms) {
    if (std::find(found.begin(), found.end(), each) == found.end() &&
        find_line(files.index.text(), each))
      found.push_back(std::move(each));
  }
  return found;
}

void Thesaurus::add_lemmas(size_t part, uint64_t offset, std::vector<std::string>& lemmas) const {
  const MappedFile& data = parts_[part].data;
  std::string_view rest = data.text();
  if (offset >= rest.size()) damaged(data, "offset " + std::to_string(offset));
  rest = rest.substr(offset);
  rest = rest.substr(0, rest.find('\n'));
  const std::string_view line = rest;
  if (take_number(rest, 10) != offset) damaged(data, line);
  take(rest);  // lexicographer file
  take(rest);  // kind
  const auto words = take_number(rest, 16);
  if (!words) damaged(data, line);
  for (uint64_t i = 0; i < *words; ++i) {
    std::string_view lemma = take(rest);
    take(rest);
    if (lemma.empty()) damaged(data, line);
    lemma = lemma.substr(0, lemma.find('('));  // a syntactic marker: galore(ip)
    lemmas.push_back(plain(lemma));
  }
}

const std::vector<std::string>& Thesaurus::synonyms(std::string_view word) {
  const std::string key(word);
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  if (known_.size() >= kMostKnown) known_.clear();
  const std::string lemma = lower_ascii(word);
  std::vector<std::string> all;
  for (size_t part = 0; part < parts_.size(); ++part) {
    const MappedFile& index = parts_[part].index;
    for (const std::string& form : base_forms(lemma, part)) {
      const std::string_view line = *find_line(index.text(), form);
      std::string_view rest = line;
      take(rest), take(rest);
      const auto senses = take_number(rest, 10), pointers = take_number(rest, 10);
      if (!senses || !pointers) damaged(index, line);
      for (uint64_t i = 0; i < *pointers + 2; ++i) take(rest);  // pointer kinds and two counts
      for (uint64_t i = 0; i < *senses; ++i) {
        const auto offset = take_number(rest, 10);
        if (!offset) damaged(index, line);
        add_lemmas(part, *offset, all);
      }
    }
  }
  std::vector<std::string> kept;
  for (std::string& each : all) {
    if (!each.empty() && each != word && std::find(kept.begin(), kept.end(), each) == kept.end())
      kept.push_back(std::move(each));
  }
  return known_.emplace(key, std::move(kept)).first->second;
}

std::string Thesaurus::digest() const {
  std::string all;
  for (const Part& part : parts_) {
    for (const MappedFile* file : {&part.index, &part.data, &part.exceptions})
      all += hex(sha256(file->text()));
  }
  return hex(sha256(all));
}

}  // namespace clipwright::rewrite::engine
