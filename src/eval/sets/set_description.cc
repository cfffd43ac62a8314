#include "eval/sets/set_description.h"

#include <algorithm>

#include "core/error.h"
#include "core/file.h"
#include "core/words.h"
#include "eval/sets/set_files.h"

namespace clipwright::eval::sets {

std::vector<std::string> SetDescription::classnames() const {
  std::vector<std::string> names;
  for (const SetClass& one : classes) names.push_back(one.name);
  return names;
}

const std::vector<SetDescription>& known_sets() {
  static const std::vector<SetDescription> sets = read_sets(shared_file("data/evaluation"));
  return sets;
}

std::string normalised_set_name(std::string_view name) {
  std::string plain = ascii_lower(name);
  std::replace(plain.begin(), plain.end(), '-', '_');
  for (bool shorter = true; shorter;) {
    shorter = false;
    // A hosted copy is called wds_vtab-eurosat: '/' written as '-'.
    for (const std::string_view prefix : {"wds/", "wds_", "vtab/", "vtab_", "tfds/"}) {
      if (!plain.starts_with(prefix)) continue;
      plain.erase(0, prefix.size());
      shorter = true;
    }
  }
  return plain;
}

const SetDescription* find_set_if_known(std::string_view name) {
  const std::string plain = normalised_set_name(name);
  for (const SetDescription& set : known_sets()) {
    if (set.name == plain) return &set;
    for (const std::string& alias : set.aliases) {
      if (normalised_set_name(alias) == plain) return &set;
    }
  }
  return nullptr;
}

const SetDescription& find_set(std::string_view name) {
  if (const SetDescription* found = find_set_if_known(name)) return *found;
  std::vector<std::string> names;
  for (const SetDescription& set : known_sets()) {
    names.push_back(set.name);
    names.insert(names.end(), set.aliases.begin(), set.aliases.end());
  }
  const std::string near = nearest(normalised_set_name(name), names);
  fail_usage("there is no set '" + std::string(name) + "'", "one of " + listed(names),
             near.empty() ? "For a set of your own leave --set out and give --classnames FILE."
                          : "Did you mean '" + near + "'?");
}

}  // namespace clipwright::eval::sets
