// Other names of classes.
#pragma once

#include <string>
#include <vector>

#include "eval/invariance/classes.h"
#include "lexicon/wordnet.h"

namespace clipwright::eval::invariance {

/// For each class up to `most` other names, none for many.
using ClassSynonyms = std::vector<std::vector<std::string>>;

/// The words that share the first sense of the whole name as a common noun that is a thing one can
/// see (animal, artefact, food, person, plant, natural object, body), in WordNet's order. A name
/// that WordNet does not know as it stands has none: the synonym of one of its words ("annual crop
/// land") would be a guess. Names that are another class's name or synonym are left out.
ClassSynonyms wordnet_synonyms(const lexicon::WordNet& wordnet,
                               const std::vector<std::string>& classnames, size_t most = 3);

/// A line a class in label order, names separated by tabs, an empty line where there is none.
/// Throws Error(kInput) when the number of lines is not that of the classes or a name belongs to
/// two classes.
ClassSynonyms read_synonyms(const std::string& path, const std::vector<std::string>& classnames);

/// The v-th rewording gives each class its v-th synonym, counted round; classes without one keep
/// their name. There are as many as the longest list is long.
std::vector<ClassRewording> with_synonyms(const std::vector<std::string>& classnames,
                                          const std::vector<std::string>& templates,
                                          const ClassSynonyms& synonyms);

}  // namespace clipwright::eval::invariance
