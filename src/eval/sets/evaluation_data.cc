#include "eval/sets/evaluation_data.h"

#include <algorithm>
#include <optional>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/words.h"
#include "data/source/source_kind.h"
#include "data/source/sources.h"
#include "eval/sets/benchmark_folder.h"
#include "eval/sets/picture_labels.h"
#include "text/templates/templates.h"
#include "text/text_file.h"

namespace clipwright::eval::sets {
namespace {

using Pictures = std::shared_ptr<const data::source::Dataset>;

/// A list beside class folders or in the folder above them; empty when there is none.
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

std::vector<sets::SetClass> classes_named(const std::vector<std::string>& names) {
  std::vector<sets::SetClass> classes;
  for (const std::string& name : names) classes.push_back({name, name});
  return classes;
}

/// The folder's own names win: its labels were made with them.
void say_where_names_differ(const std::vector<std::string>& own, const sets::SetDescription& set) {
  const std::vector<std::string> names = set.classnames();
  if (own == names) return;
  size_t first = 0;
  while (first < own.size() && first < names.size() && own[first] == names[first]) ++first;
  log_warning("the data's own " + with_commas(static_cast<int64_t>(own.size())) +
              " class names are used; they are not those of " + set.title +
              (first < own.size() && first < names.size()
                   ? ": class " + std::to_string(first) + " is '" + own[first] + "' and not '" +
                         names[first] + "'"
                   : ", which has " + with_commas(static_cast<int64_t>(names.size()))));
}

/// The data's own prompts win, as its names do; tables of the set were made with the set's.
void say_where_templates_differ(const std::vector<std::string>& own,
                                const sets::SetDescription& set) {
  if (own == set.templates) return;
  const auto count = [](const std::vector<std::string>& list) {
    return with_commas(static_cast<int64_t>(list.size()));
  };
  log_warning("the data's own " + count(own) + " prompt templates are used; they are not the " +
              count(set.templates) + " of " + set.title + ". Give --templates set for the set's.");
}

[[noreturn]] void fail_without_names(const std::string& source) {
  fail_usage(source + ": has labels but no class names",
             "--set NAME, classnames.txt in its folder, or --classnames FILE");
}

void check_folder_count(const std::string& file, const std::vector<std::string>& names,
                        const std::vector<std::string>& folders, const std::string& source) {
  if (folders.empty() || folders.size() == names.size()) return;
  fail_input(file + ": has " + std::to_string(names.size()) + " names",
             std::to_string(folders.size()) + ", one for each class folder of " + source,
             "Name the classes in the order of the sorted folders, from '" + folders.front() +
                 "' to '" + folders.back() + "'.");
}

std::vector<std::string> choose_templates(const std::string& wanted,
                                          const std::optional<sets::BenchmarkFolder>& benchmark,
                                          const std::string& list,
                                          const sets::SetDescription* set) {
  if (wanted == "clip_benchmark" || wanted == "set") {
    if (set == nullptr)
      fail_usage("--templates " + wanted + " needs a set", "--set with the name of one");
    return wanted == "set" || set->clip_benchmark_templates.empty() ? set->templates
                                                                    : set->clip_benchmark_templates;
  }
  if (!wanted.empty()) return text::templates::load_templates(wanted);
  if (!(benchmark && benchmark->templates) && list.empty())
    return set != nullptr ? set->templates : text::templates::templates_7();
  std::vector<std::string> own = benchmark && benchmark->templates
                                     ? *benchmark->templates
                                     : text::templates::load_templates(list);
  if (set != nullptr) say_where_templates_differ(own, *set);
  return own;
}

/// A part of a set, or another split of it, gives numbers that no table has.
void say_if_partial(int64_t pictures, const sets::SetDescription& set) {
  const auto& sizes = set.test_pictures;
  if (std::find(sizes.begin(), sizes.end(), pictures) != sizes.end()) return;
  std::vector<std::string> usual;
  for (const int64_t size : sizes) usual.push_back(with_commas(size));
  log_warning("there are " + with_commas(pictures) + " pictures; the test split of " + set.title +
              " has " + listed(usual, " or ") + ", so the numbers are not those of its tables");
}

}  // namespace

std::string ClassificationData::main_metric() const {
  if (multi_label) return "mean_average_precision";
  return set != nullptr && !set->multi_label() ? set->metric : "acc1";
}

std::vector<std::string> read_classnames(const std::string& path) {
  const std::string text = text::read_text(path);
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
                                       const std::string& templates, const std::string& set_name) {
  ClassificationData data;
  if (!set_name.empty()) data.set = &sets::find_set(set_name);
  data::source::DataOptions labelled = options;
  labelled.labels = true;
  Pictures pictures = data::source::open_dataset(labelled);
  std::optional<sets::BenchmarkFolder> benchmark;
  if (data::source::is_clip_benchmark(options.source)) {
    benchmark = sets::read_benchmark_folder(options.source);
    if (benchmark->type == "retrieval") {
      fail_input(options.source + ": is a set of pictures and captions (dataset_type.txt)",
                 "pictures with classes", "Try clipwright eval retrieval.");
    }
    data.multi_label = benchmark->type == "multilabel";
  }
  // Lists of class folders: CLIP_benchmark's were read above by its own rules.
  const std::string list = benchmark ? std::string() : set_file(options.source, "classnames.txt");
  data.templates = choose_templates(
      templates, benchmark,
      benchmark ? std::string() : set_file(options.source, "zeroshot_classification_templates.txt"),
      data.set);

  const std::string& file = classnames_file.empty() ? list : classnames_file;
  if (!file.empty()) {
    data.classnames = read_classnames(file);
  } else if (benchmark && benchmark->classnames) {
    data.classnames = *benchmark->classnames;
    if (data.set != nullptr) say_where_names_differ(data.classnames, *data.set);
  } else if (data.set != nullptr) {
    data.classnames = data.set->classnames();
  }
  if (data.multi_label && data.classnames.empty()) fail_without_names(options.source);
  if (data.multi_label) {
    data.pictures = pictures_with_vectors(pictures, data.classnames.size());
    return data;
  }

  std::error_code ignored;
  const bool class_folders =
      fs::is_directory(options.source, ignored) &&
      data::source::kind_of(options.source, labelled) == data::source::SourceKind::kFolder;
  if (data.set != nullptr && class_folders) {
    data.pictures = pictures_in_folders(pictures, *data.set);
    if (data.classnames.size() != data.set->classes.size()) {
      fail_input(
          file + ": has " + std::to_string(data.classnames.size()) + " names",
          std::to_string(data.set->classes.size()) + ", one for each class of " + data.set->title);
    }
  } else {
    const bool of_set = data.set != nullptr && data.classnames == data.set->classnames();
    LabelledPictures found = labelled_pictures(
        pictures, of_set ? data.set->classes : classes_named(data.classnames), class_folders);
    if (data.classnames.empty()) {
      data.classnames = found.folders;
      for (std::string& name : data.classnames) std::replace(name.begin(), name.end(), '_', ' ');
    }
    check_folder_count(file, data.classnames, found.folders, options.source);
    data.pictures = std::move(found.pictures);
  }
  if (data.classnames.empty()) fail_without_names(options.source);
  if (data.set != nullptr) say_if_partial(data.pictures->size(), *data.set);
  return data;
}

}  // namespace clipwright::eval::sets
