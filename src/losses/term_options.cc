#include "losses/term_options.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/error.h"
#include "core/words.h"

namespace clipwright::losses {
namespace {

double parse_number(const std::string& text) {
  double value = std::nan("");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : std::nan("");
}

bool is_number_for(const TermOption& option, const std::string& value) {
  const double number = parse_number(value);
  return std::isfinite(number) && number >= option.least && number <= option.most &&
         (!option.whole || number == std::floor(number));
}

void check_value(const std::string& term, const TermOption& option, const std::string& value) {
  const auto& choices = option.choices;
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return;
  if (option.takes_numbers() && is_number_for(option, value)) return;
  const std::string near = nearest(value, choices);
  fail_usage(term + "'s option " + option.name + " is '" + value + "'", option.values(),
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

}  // namespace

std::string TermOption::values() const {
  std::string text = listed(choices, " or ");
  if (!takes_numbers()) return text;
  char range[64];
  std::snprintf(range, sizeof range, " from %.10g to %.10g", least, most);
  return text + (text.empty() ? "" : " or ") + (whole ? "a whole number" : "a number") + range;
}

TermOptions::TermOptions(const std::string& term, const std::vector<TermOption>& known,
                         const std::map<std::string, std::string>& given) {
  std::vector<std::string> names;
  for (const TermOption& option : known) {
    names.push_back(option.name);
    values_[option.name] = option.fallback;
  }
  for (const auto& [name, value] : given) {
    const auto option = std::find_if(
        known.begin(), known.end(),
        [&, &wanted = name](const TermOption& candidate) { return candidate.name == wanted; });
    if (option == known.end()) {
      const std::string near = nearest(name, names);
      fail_usage("term " + term + " has no option '" + name + "'",
                 names.empty() ? "no option: it has none" : "one of " + listed(names),
                 near.empty() ? "" : "Did you mean '" + near + "'?");
    }
    check_value(term, *option, value);
    values_[name] = value;
  }
}

const std::string& TermOptions::text(const std::string& name) const {
  const auto found = values_.find(name);
  CW_CHECK(found != values_.end(), "no term option " + name);
  return found->second;
}

double TermOptions::number(const std::string& name) const { return parse_number(text(name)); }

int64_t TermOptions::count(const std::string& name) const {
  return static_cast<int64_t>(number(name));
}

}  // namespace clipwright::losses
