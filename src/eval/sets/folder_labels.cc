#include "eval/sets/folder_labels.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "core/words.h"
#include "eval/sets/class_lookup.h"

namespace clipwright::eval::sets {
namespace {

constexpr size_t kShown = 5;

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 8 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string first_part(const std::string& path) { return path.substr(0, path.find('/')); }

/// The first few, in quotes.
std::string shown(const std::vector<std::string>& names) {
  std::vector<std::string> few;
  for (size_t i = 0; i < names.size() && i < kShown; ++i) few.push_back("'" + names[i] + "'");
  return listed(few) + (names.size() > kShown ? ", ..." : "");
}

/// All folders are numbers, and the set knows them by other names.
FolderLabels by_number(const std::vector<std::string>& folders, const SetDescription& set) {
  FolderLabels labels{.by_number = true};
  const auto classes = static_cast<int>(set.classes.size());
  std::set<int> numbers;
  for (const std::string& folder : folders) {
    labels.label.push_back(std::stoi(folder));
    numbers.insert(labels.label.back());
  }
  const std::string found = "the class folders are numbered " + std::to_string(*numbers.begin()) +
                            " to " + std::to_string(*numbers.rbegin());
  const std::string expected = set.title + "'s labels, 0 to " + std::to_string(classes - 1);
  if (*numbers.rbegin() == classes && !numbers.contains(0))
    fail_input(found, expected, "They seem to be counted from 1: call each one less.");
  if (*numbers.rbegin() >= classes) fail_input(found, expected);
  return labels;
}

}  // namespace

FolderLabels folder_labels(const std::vector<std::string>& folders, const SetDescription& set) {
  CW_CHECK(!folders.empty(), "class folders");
  const ClassLookup lookup(set.classes);
  FolderLabels labels;
  bool numbers = true;
  for (const std::string& folder : folders) {
    int label = lookup.find(folder);
    if (label < 0) label = lookup.find(first_part(folder));
    labels.label.push_back(label);
    if (label < 0) labels.unknown.push_back(first_part(folder));
    numbers &= is_number(first_part(folder));
  }
  std::sort(labels.unknown.begin(), labels.unknown.end());
  labels.unknown.erase(std::unique(labels.unknown.begin(), labels.unknown.end()),
                       labels.unknown.end());
  if (labels.unknown.empty()) return labels;
  const bool named_by_number =
      std::all_of(set.classes.begin(), set.classes.end(),
                  [](const SetClass& one) { return is_number(one.folder); });
  if (numbers && !named_by_number) return by_number(folders, set);
  const std::string known = "folders such as '" + set.classes.front().folder + "' and '" +
                            set.classes.back().folder + "' of " + set.title;
  // One number too many or too few moves every class by one.
  if (numbers)
    fail_input("the class folders " + shown(labels.unknown) + " are none of the set's", known,
               "Check whether the numbers start at " + set.classes.front().folder + ".");
  if (std::all_of(labels.label.begin(), labels.label.end(), [](int label) { return label < 0; })) {
    const std::string near = lookup.nearest_to(labels.unknown.front());
    fail_input("none of the folders " + shown(labels.unknown) + " is a class of " + set.title,
               known,
               near.empty() ? "Name the folder that holds the class folders, such as a split's."
                            : "Did you mean '" + near + "'?");
  }
  return labels;
}

}  // namespace clipwright::eval::sets
