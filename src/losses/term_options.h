// What can be set of a term: named, with a default, checked in one place for the command line, the
// configuration file and `objective evaluate`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace clipwright::losses {

struct TermOption {
  std::string name, fallback, help;
  std::vector<std::string> choices = {};  ///< words it may be; empty: a number
  double least = 0;                       ///< of a number
  bool whole = false;                     ///< a number without a fraction
  double most = 1e9;       ///< of a number; sizes say less, since memory is taken for them
  bool or_number = false;  ///< beside its choices a number as well

  bool takes_numbers() const { return choices.empty() || or_number; }
  /// "on or off", "a whole number from 1 to 65536", "all or a whole number from 1 to ...".
  std::string values() const;
};

class TermOptions {
 public:
  /// `given` over the defaults of `known`. Throws Error(kUsage) for a name that `term` does not
  /// have, naming the nearest, and for a value that is no choice or out of range.
  TermOptions(const std::string& term, const std::vector<TermOption>& known,
              const std::map<std::string, std::string>& given);

  /// Each aborts for a name that is not known.
  const std::string& text(const std::string& name) const;
  double number(const std::string& name) const;
  int64_t count(const std::string& name) const;
  bool is(const std::string& name, const std::string& choice) const { return text(name) == choice; }
  /// Every option with its value, the defaults included.
  const std::map<std::string, std::string>& values() const { return values_; }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace clipwright::losses
