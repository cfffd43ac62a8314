#include "data/captions/keep_condition.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "core/error.h"

namespace clipwright::data::captions {
namespace {

const std::vector<std::string> kComparisons = {">=", ">", "<=", "<"};

[[noreturn]] void refuse(const std::string& text, const std::string& why) {
  fail_usage("the condition '" + text + "' cannot be read (" + why + ")",
             "something like \"audit.score >= 0.6 and not flag:number-changed\"");
}

/// A misspelt flag would never be found and so keep everything.
void check_flag(const std::string& text, const std::string& flag) {
  std::vector<std::string> known;
  for (const audit::verdict::AuditFlag& one : audit::verdict::audit_flags())
    known.emplace_back(one.name);
  if (std::find(known.begin(), known.end(), flag) != known.end()) return;
  const std::string near = nearest(flag, known);
  refuse(text, "'" + flag + "' is no flag of the audit" +
                   (near.empty() ? "" : ", did you mean '" + near + "'?"));
}

/// "a>=1" to "a >= 1".
std::string spaced(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '>' && text[i] != '<') {
      result += text[i];
      continue;
    }
    result += ' ';
    result += text[i];
    if (i + 1 < text.size() && text[i + 1] == '=') result += text[++i];
    result += ' ';
  }
  return result;
}

}  // namespace

KeepCondition KeepCondition::parse(const std::string& text) {
  std::istringstream stream(spaced(text));
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  KeepCondition condition;
  size_t i = 0;
  const auto next = [&](const std::string& what) {
    if (i >= words.size()) refuse(text, what + " is missing at its end");
    return words[i++];
  };
  while (i < words.size()) {
    Term term;
    std::string word = next("a term");
    if (word == "audit.score") {
      term.comparison = next("a comparison");
      if (std::find(kComparisons.begin(), kComparisons.end(), term.comparison) ==
          kComparisons.end()) {
        refuse(text, "'" + term.comparison + "' is no comparison");
      }
      const std::string number = next("a number");
      const auto [end, error] =
          std::from_chars(number.data(), number.data() + number.size(), term.bound);
      if (error != std::errc() || end != number.data() + number.size() ||
          !std::isfinite(term.bound))
        refuse(text, "'" + number + "' is no number");
    } else {
      term.wanted = word != "not";
      if (!term.wanted) word = next("a flag");
      if (!word.starts_with("flag:") || word.size() == 5)
        refuse(text, "'" + word + "' is neither audit.score nor flag:NAME");
      term.flag = word.substr(5);
      check_flag(text, term.flag);
    }
    condition.terms_.push_back(term);
    if (i < words.size() && next("and") != "and") refuse(text, "terms are joined by 'and'");
    if (i == words.size() && words.back() == "and") refuse(text, "a term is missing at its end");
  }
  return condition;
}

std::string KeepCondition::describe() const {
  std::string text;
  for (const Term& term : terms_) {
    if (!text.empty()) text += " and ";
    if (term.comparison.empty()) {
      text += (term.wanted ? "flag:" : "not flag:") + term.flag;
    } else {
      char bound[32];
      const auto written = std::to_chars(bound, bound + sizeof bound, term.bound);
      text += "audit.score " + term.comparison + " " + std::string(bound, written.ptr);
    }
  }
  return text;
}

bool KeepCondition::needs_flags() const {
  return std::any_of(terms_.begin(), terms_.end(),
                     [](const Term& term) { return term.comparison.empty(); });
}

bool KeepCondition::keeps(double score, const std::vector<std::string>& flags) const {
  return std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) {
    if (term.comparison.empty())
      return (std::find(flags.begin(), flags.end(), term.flag) != flags.end()) == term.wanted;
    if (term.comparison == ">=") return score >= term.bound;
    if (term.comparison == ">") return score > term.bound;
    return term.comparison == "<=" ? score <= term.bound : score < term.bound;
  });
}

}  // namespace clipwright::data::captions
