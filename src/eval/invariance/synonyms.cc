#include "eval/invariance/synonyms.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/error.h"
#include "core/words.h"
#include "eval/embed_files.h"
#include "lexicon/words.h"

namespace clipwright::eval::invariance {
namespace {

std::string replaced(std::string text, char from, char to) {
  std::replace(text.begin(), text.end(), from, to);
  return text;
}

bool can_be_seen(int topic) {
  constexpr int kAnimal = 5, kArtifact = 6, kBody = 8, kFood = 13, kObject = 17, kPerson = 18,
                kPlant = 20;
  return topic == kAnimal || topic == kArtifact || topic == kBody || topic == kFood ||
         topic == kObject || topic == kPerson || topic == kPlant;
}

/// Drops every name that means two classes.
void keep_unambiguous(const std::vector<std::string>& classnames, ClassSynonyms& synonyms) {
  std::map<std::string, std::set<size_t>> classes_of_name;
  for (size_t c = 0; c < classnames.size(); ++c) {
    classes_of_name[ascii_lower(classnames[c])].insert(c);
    for (const std::string& name : synonyms[c]) classes_of_name[ascii_lower(name)].insert(c);
  }
  for (std::vector<std::string>& names : synonyms) {
    std::erase_if(names, [&](const std::string& name) {
      return classes_of_name[ascii_lower(name)].size() > 1;
    });
  }
}

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \r"), last = text.find_last_not_of(" \r");
  return first == std::string::npos ? std::string() : text.substr(first, last - first + 1);
}

}  // namespace

ClassSynonyms wordnet_synonyms(const lexicon::WordNet& wordnet,
                               const std::vector<std::string>& classnames, size_t most) {
  ClassSynonyms synonyms(classnames.size());
  if (wordnet.empty()) return synonyms;
  for (size_t c = 0; c < classnames.size(); ++c) {
    const std::string name = replaced(ascii_lower(classnames[c]), ' ', '_');
    const uint32_t word = wordnet.find(lexicon::word_hash(name));
    if (word == lexicon::WordNet::kNone) continue;
    for (const uint32_t sense : wordnet.senses(word, lexicon::PartOfSpeech::kNoun)) {
      if (wordnet.sense(sense).proper || !can_be_seen(wordnet.sense(sense).topic)) continue;
      for (const uint32_t member : wordnet.members(sense)) {
        const std::string other = replaced(std::string(wordnet.name(member)), '_', ' ');
        if (member != word && ascii_lower(classnames[c]) != other) synonyms[c].push_back(other);
      }
      break;
    }
  }
  keep_unambiguous(classnames, synonyms);
  for (std::vector<std::string>& names : synonyms) names.resize(std::min(names.size(), most));
  return synonyms;
}

ClassSynonyms read_synonyms(const std::string& path, const std::vector<std::string>& classnames) {
  const std::vector<std::string> lines = read_lines(path);
  if (lines.size() != classnames.size()) {
    fail_input(path + ": has " + std::to_string(lines.size()) + " lines",
               std::to_string(classnames.size()) + ", one for each class in label order",
               "Leave the line of a class without other names empty.");
  }
  ClassSynonyms synonyms(classnames.size());
  for (size_t c = 0; c < lines.size(); ++c) {
    for (size_t at = 0; at <= lines[c].size();) {
      const size_t end = std::min(lines[c].find('\t', at), lines[c].size());
      std::string name = trimmed(lines[c].substr(at, end - at));
      if (!name.empty() && name != classnames[c]) synonyms[c].push_back(std::move(name));
      at = end + 1;
    }
  }
  ClassSynonyms unambiguous = synonyms;
  keep_unambiguous(classnames, unambiguous);
  for (size_t c = 0; c < synonyms.size(); ++c) {
    if (unambiguous[c].size() == synonyms[c].size()) continue;
    const auto [own, left] = std::mismatch(synonyms[c].begin(), synonyms[c].end(),
                                           unambiguous[c].begin(), unambiguous[c].end());
    fail_input(path + ", line " + std::to_string(c + 1) + ": '" + *own +
                   "' is a name of another class, too",
               "names that mean one class");
  }
  return synonyms;
}

std::vector<ClassRewording> with_synonyms(const std::vector<std::string>& classnames,
                                          const std::vector<std::string>& templates,
                                          const ClassSynonyms& synonyms) {
  size_t longest = 0;
  for (const auto& names : synonyms) longest = std::max(longest, names.size());
  std::vector<ClassRewording> rewordings;
  for (size_t v = 0; v < longest; ++v) {
    ClassRewording rewording{.name = "synonyms " + std::to_string(v + 1),
                             .classnames = classnames,
                             .templates = templates};
    for (size_t c = 0; c < classnames.size(); ++c) {
      if (!synonyms[c].empty()) rewording.classnames[c] = synonyms[c][v % synonyms[c].size()];
    }
    rewordings.push_back(std::move(rewording));
  }
  return rewordings;
}

}  // namespace clipwright::eval::invariance
