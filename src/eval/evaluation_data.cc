#include "eval/evaluation_data.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "core/error.h"
#include "core/file.h"
#include "text/templates/templates.h"

namespace clipwright::eval {
namespace {

/// The same pictures with their labels renumbered.
class RelabelledDataset final : public data::source::Dataset {
 public:
  RelabelledDataset(std::shared_ptr<const data::source::Dataset> base, std::vector<int> label)
      : base_(std::move(base)), label_(std::move(label)) {}
  int64_t size() const override { return base_->size(); }
  std::string key(int64_t index) const override { return base_->key(index); }
  std::string caption(int64_t index) const override { return base_->caption(index); }
  std::vector<std::string> captions(int64_t index) const override { return base_->captions(index); }
  data::source::ImageBytes image(int64_t index) const override { return base_->image(index); }
  int label(int64_t index) const override {
    return label_[static_cast<size_t>(base_->label(index))];
  }
  std::string describe() const override { return base_->describe(); }

 private:
  std::shared_ptr<const data::source::Dataset> base_;
  std::vector<int> label_;  // new label by old
};

/// A file of CLIP_benchmark's folder, beside the split or in the folder above it; empty when there
/// is none.
std::string set_file(const std::string& source, const char* name) {
  std::error_code ignored;
  fs::path folder(source);
  if (!fs::is_directory(folder, ignored)) return {};
  for (const fs::path& place :
       {folder / name, fs::absolute(folder).lexically_normal().parent_path() / name,
        folder / ".." / name}) {
    if (fs::is_regular_file(place, ignored)) return place.string();
  }
  return {};
}

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

std::shared_ptr<const data::source::Dataset> with_labels(
    std::shared_ptr<const data::source::Dataset> pictures) {
  std::vector<int64_t> labelled;
  for (int64_t i = 0; i < pictures->size(); ++i) {
    if (pictures->label(i) >= 0) labelled.push_back(i);
  }
  if (labelled.empty()) {
    fail_input("no picture of the set has a class label",
               "CLIP_benchmark's folder, a folder with a folder a class, or a source with labels");
  }
  // Pictures beside the class folders belong to no class.
  if (static_cast<int64_t>(labelled.size()) == pictures->size()) return pictures;
  return data::source::subset(std::move(pictures), std::move(labelled));
}

}  // namespace

std::vector<std::string> read_classnames(const std::string& path) {
  const std::string text = read_file(path);
  std::vector<std::string> names;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    const size_t first = line.find_first_not_of(" \t\r"), last = line.find_last_not_of(" \t\r");
    if (first == std::string::npos)
      fail_input(path + ", line " + std::to_string(names.size() + 1) + ": is empty",
                 "a class name on every line");
    names.push_back(line.substr(first, last - first + 1));
    at = end + 1;
  }
  if (names.empty()) fail_input(path + ": is empty", "a class name a line, in label order");
  return names;
}

ClassificationData open_classification(const data::source::DataOptions& options,
                                       const std::string& classnames_file,
                                       const std::string& templates) {
  ClassificationData data;
  std::shared_ptr<const data::source::Dataset> pictures =
      with_labels(data::source::open_dataset(options));
  std::vector<std::string> folders = folder_names(*pictures);
  if (!folders.empty()) {
    const std::vector<int> label = numeric_order(folders);
    pictures = std::make_shared<RelabelledDataset>(pictures, label);
    std::vector<std::string> sorted(folders.size());
    for (size_t i = 0; i < folders.size(); ++i) sorted[static_cast<size_t>(label[i])] = folders[i];
    folders = std::move(sorted);
  }
  data.pictures = pictures;
  const std::string set_names = set_file(options.source, "classnames.txt");
  if (const std::string& file = classnames_file.empty() ? set_names : classnames_file;
      !file.empty()) {
    data.classnames = read_classnames(file);
    if (!folders.empty() && folders.size() != data.classnames.size()) {
      fail_input(
          file + ": has " + std::to_string(data.classnames.size()) + " names",
          std::to_string(folders.size()) + ", one for each class folder of " + options.source,
          "Name the classes in the order of the sorted folders, from '" + folders.front() +
              "' to '" + folders.back() + "'.");
    }
  } else if (!folders.empty()) {
    data.classnames = folders;
    for (std::string& name : data.classnames) std::replace(name.begin(), name.end(), '_', ' ');
  } else {
    fail_usage(options.source + ": has labels but no class names",
               "classnames.txt in its folder, or --classnames FILE");
  }
  const std::string set_templates =
      set_file(options.source, "zeroshot_classification_templates.txt");
  data.templates = text::templates::load_templates(!templates.empty()       ? templates
                                                   : !set_templates.empty() ? set_templates
                                                                            : "7");
  return data;
}

}  // namespace clipwright::eval
