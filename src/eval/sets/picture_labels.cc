#include "eval/sets/picture_labels.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "eval/sets/class_lookup.h"
#include "eval/sets/folder_labels.h"
#include "eval/sets/relabelled.h"

namespace clipwright::eval::sets {
namespace {

/// The name of each label's folder, or nothing when the labels do not come from class folders.
std::vector<std::string> folder_names(const data::source::Dataset& pictures) {
  std::map<int, std::string> names;
  for (int64_t i = 0; i < pictures.size(); ++i) {
    const int label = pictures.label(i);
    const std::string key = pictures.key(i);
    const size_t slash = key.find('/');
    if (label < 0) continue;
    if (slash == std::string::npos) return {};
    const auto [place, added] = names.try_emplace(label, key.substr(0, slash));
    if (!added && place->second != key.substr(0, slash)) return {};
  }
  std::vector<std::string> list;
  for (const auto& [label, name] : names) {
    if (label != static_cast<int>(list.size())) return {};
    list.push_back(name);
  }
  return list;
}

/// New label by old: ImageNet V2's folders are class numbers, and "10" sorts before "2" as text.
std::vector<int> numeric_order(const std::vector<std::string>& names) {
  std::vector<size_t> order(names.size());
  std::iota(order.begin(), order.end(), 0);
  const bool numbers = std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return !name.empty() && name.size() < 10 &&
           name.find_first_not_of("0123456789") == std::string::npos;
  });
  if (numbers)
    std::sort(order.begin(), order.end(),
              [&](size_t a, size_t b) { return std::stoi(names[a]) < std::stoi(names[b]); });
  std::vector<int> label(names.size());
  for (size_t place = 0; place < order.size(); ++place)
    label[order[place]] = static_cast<int>(place);
  return label;
}

/// Why pictures are left out, and how many.
class LeftOut {
 public:
  void add(const std::string& why) { ++counts_[why]; }
  void report(int64_t of) const {
    for (const auto& [why, count] : counts_) {
      log_warning(with_commas(count) + " of " + with_commas(of) +
                  (count == 1 ? " pictures is " : " pictures are ") + "left out: " + why);
    }
  }

 private:
  std::map<std::string, int64_t> counts_;
};

[[noreturn]] void fail_without_labels() {
  fail_input("no picture of the set has a class label",
             "CLIP_benchmark's folder, a folder with a folder a class, or a source with labels",
             "Name a table's column of labels with --label-key.");
}

/// Labels as the source has them: numbers, or words that are looked up among the classes.
std::vector<int> labels_of_source(const data::source::Dataset& pictures,
                                  const std::vector<sets::SetClass>& classes, LeftOut& left_out) {
  const sets::ClassLookup lookup(classes);
  std::vector<int> labels;
  for (int64_t i = 0; i < pictures.size(); ++i) {
    const std::string words = pictures.class_name(i);
    labels.push_back(words.empty() ? pictures.label(i) : lookup.find(words));
    if (words.empty() && labels.back() < 0) left_out.add("they have no label");
    if (words.empty() || labels.back() >= 0) continue;
    if (classes.empty()) {
      fail_usage(pictures.key(i) + ": has the label '" + words + "' and there are no class names",
                 "--set NAME or --classnames FILE");
    }
    const std::string near = lookup.nearest_to(words);
    fail_input(pictures.key(i) + ": has the label '" + words + "'",
               "one of " + with_commas(static_cast<int64_t>(classes.size())) + " class names",
               near.empty() ? "The names are in --classnames or those of --set."
                            : "Did you mean '" + near + "'?");
  }
  return labels;
}

/// Puts class folders in order, by value when all are numbers: their names in label order, or
/// nothing where the labels come from elsewhere.
std::vector<std::string> sort_folders(const data::source::Dataset& pictures,
                                      std::vector<int>& labels) {
  const std::vector<std::string> folders = folder_names(pictures);
  if (folders.empty()) return {};
  const std::vector<int> label = numeric_order(folders);
  for (int& one : labels) one = one < 0 ? one : label[static_cast<size_t>(one)];
  std::vector<std::string> sorted(folders.size());
  for (size_t i = 0; i < folders.size(); ++i) sorted[static_cast<size_t>(label[i])] = folders[i];
  return sorted;
}

}  // namespace

Pictures pictures_in_folders(const Pictures& all, const sets::SetDescription& set) {
  const data::source::Dataset& pictures = *all;
  LeftOut left_out;
  std::map<std::string, int> label_of;  // by path of the folder
  std::vector<std::string> folder_of;
  for (int64_t i = 0; i < pictures.size(); ++i) {
    const std::string key = pictures.key(i);
    folder_of.push_back(key.substr(0, key.rfind('/') == std::string::npos ? 0 : key.rfind('/')));
    if (!folder_of.back().empty()) label_of.try_emplace(folder_of.back(), -1);
  }
  if (label_of.empty()) fail_without_labels();
  std::vector<std::string> folders;
  for (const auto& [folder, label] : label_of) folders.push_back(folder);
  const sets::FolderLabels known = sets::folder_labels(folders, set);
  for (size_t i = 0; i < folders.size(); ++i) label_of[folders[i]] = known.label[i];
  if (known.by_number)
    log_info("the class folders are numbers, which are taken for the labels of " + set.title);
  std::vector<int> labels;
  for (const std::string& folder : folder_of) {
    labels.push_back(folder.empty() ? -1 : label_of.at(folder));
    if (labels.back() >= 0) continue;
    left_out.add(folder.empty()
                     ? "they stand beside the class folders"
                     : "their folders are no classes of " + set.title + " (" +
                           with_commas(static_cast<int64_t>(known.unknown.size())) +
                           (known.unknown.size() == 1 ? " folder, '" : " folders, the first '") +
                           known.unknown.front() + "')");
  }
  left_out.report(pictures.size());
  return relabelled(all, labels);
}

LabelledPictures labelled_pictures(const Pictures& pictures,
                                   const std::vector<sets::SetClass>& classes, bool class_folders) {
  LeftOut left_out;
  std::vector<int> labels = labels_of_source(*pictures, classes, left_out);
  if (std::all_of(labels.begin(), labels.end(), [](int label) { return label < 0; }))
    fail_without_labels();
  LabelledPictures found;
  // Pictures of a table may stand in any folder.
  if (class_folders) found.folders = sort_folders(*pictures, labels);
  left_out.report(pictures->size());
  found.pictures = relabelled(pictures, labels);
  return found;
}

Pictures pictures_with_vectors(const Pictures& pictures, size_t classes) {
  LeftOut left_out;
  std::vector<int> labels;
  for (int64_t i = 0; i < pictures->size(); ++i) {
    const size_t length = pictures->label_vector(i).size();
    if (length > 0 && length != classes) {
      fail_input(pictures->key(i) + ": has " + std::to_string(length) + " labels in its .npy",
                 std::to_string(classes) + ", one a class");
    }
    if (length == 0) left_out.add("they have no .npy with a label a class");
    labels.push_back(length == 0 ? -1 : 0);
  }
  if (std::all_of(labels.begin(), labels.end(), [](int label) { return label < 0; }))
    fail_without_labels();
  left_out.report(pictures->size());
  return relabelled(pictures, labels);
}

}  // namespace clipwright::eval::sets
