#include "eval/sets/set_files.h"

#include <algorithm>
#include <map>

#include "core/config/toml_parser.h"
#include "core/config/toml_text.h"
#include "core/error.h"
#include "core/file.h"
#include "core/words.h"
#include "text/templates/templates.h"

namespace clipwright::eval::sets {
namespace {

/// The values of one file, each asked for once; what nobody asked for is an error.
class SetFile {
 public:
  SetFile(std::string_view text, const std::string& file) : file_(file) {
    require_toml_text(text, file);
    try {
      table_ = toml::parse(text, file);
    } catch (const toml::parse_error& error) {
      fail_input(file + ", line " + std::to_string(error.source().begin.line) + ": " +
                     std::string(error.description()),
                 "TOML");
    }
  }

  bool has(const char* key) const { return table_.contains(key); }
  bool is_list(const char* key) const { return table_[key].is_array(); }

  std::string text(const char* key) {
    asked_.emplace_back(key);
    const auto value = table_[key].value<std::string>();
    if (!value) wrong(key, "a text");
    return *value;
  }

  std::vector<std::string> texts(const char* key) {
    std::vector<std::string> list;
    for (const toml::node& node : array(key)) {
      const auto value = node.value<std::string>();
      if (!value) wrong(key, "a list of texts");
      list.push_back(*value);
    }
    return list;
  }

  std::vector<int64_t> numbers(const char* key) {
    std::vector<int64_t> list;
    for (const toml::node& node : array(key)) {
      const auto value = node.value<int64_t>();
      if (!value || *value < 1) wrong(key, "a list of whole numbers from 1");
      list.push_back(*value);
    }
    return list;
  }

  std::vector<SetClass> classes() {
    std::vector<SetClass> list;
    for (const toml::node& node : array("classes")) {
      const toml::array* pair = node.as_array();
      if (pair == nullptr || pair->empty() || pair->size() > 2) wrong("classes", kClasses);
      const auto name = (*pair)[0].value<std::string>();
      const auto folder = (*pair)[pair->size() - 1].value<std::string>();
      if (!name || !folder) wrong("classes", kClasses);
      list.push_back({*name, *folder});
    }
    return list;
  }

  void require_nothing_else() const {
    for (const auto& [key, value] : table_) {
      if (std::find(asked_.begin(), asked_.end(), key.str()) == asked_.end())
        fail_input(file_ + ": has the key '" + std::string(key.str()) + "'",
                   "one of " + listed(asked_));
    }
  }

  [[noreturn]] void wrong(const char* key, std::string_view expected) const {
    fail_input(file_ + ": '" + key + "' " + (has(key) ? "is something else" : "is missing"),
               expected);
  }

 private:
  static constexpr std::string_view kClasses = "a list of [name] and [name, folder]";

  const toml::array& array(const char* key) {
    asked_.emplace_back(key);
    const toml::array* list = table_[key].as_array();
    if (list == nullptr || list->empty()) wrong(key, "a list");
    return *list;
  }

  const std::string& file_;
  toml::table table_;
  std::vector<std::string> asked_;
};

std::vector<std::string> read_templates(SetFile& file, const char* key, const std::string& path) {
  if (!file.is_list(key)) return text::templates::load_templates(file.text(key));
  std::vector<std::string> templates = file.texts(key);
  for (const std::string& one : templates) {
    if (one.find("{c}") == std::string::npos)
      fail_input(path + ": '" + one + "' has no place for the class name", "{c}");
  }
  return templates;
}

/// The classes with these folders, in the order that labels have.
std::vector<SetClass> only(const std::vector<SetClass>& all, std::vector<std::string> folders,
                           const std::string& path) {
  std::vector<SetClass> kept;
  for (const SetClass& one : all) {
    const auto found = std::find(folders.begin(), folders.end(), one.folder);
    if (found == folders.end()) continue;
    kept.push_back(one);
    folders.erase(found);
  }
  if (!folders.empty())
    fail_input(path + ": 'only' has " + folders.front(), "folders of its classes, each once");
  return kept;
}

std::vector<SetClass> read_classes(
    SetFile& file, const std::string& path,
    const std::function<const SetDescription&(const std::string&)>& named) {
  if (!file.has("classes_of")) return file.classes();
  std::vector<SetClass> classes = named(file.text("classes_of")).classes;
  if (file.has("folders")) {
    if (file.text("folders") != "numbers") file.wrong("folders", "'numbers'");
    for (size_t i = 0; i < classes.size(); ++i) classes[i].folder = std::to_string(i);
  }
  return file.has("only") ? only(classes, file.texts("only"), path) : classes;
}

}  // namespace

SetDescription parse_set(std::string_view text, const std::string& path,
                         const std::function<const SetDescription&(const std::string&)>& named) {
  SetFile file(text, path);
  SetDescription set;
  set.name = fs::path(path).stem().string();
  set.title = file.text("title");
  set.metric = file.text("metric");
  if (set.metric != "acc1" && set.metric != "mean_per_class_recall" &&
      set.metric != "mean_average_precision")
    file.wrong("metric", "acc1, mean_per_class_recall or mean_average_precision");
  set.test_pictures = file.numbers("test_pictures");
  set.source = file.text("source");
  set.licence = file.text("licence");
  set.layout = file.text("layout");
  if (file.has("aliases")) set.aliases = file.texts("aliases");
  if (file.has("notes")) set.notes = file.texts("notes");
  set.templates = read_templates(file, "templates", path);
  if (file.has("templates_clip_benchmark"))
    set.clip_benchmark_templates = read_templates(file, "templates_clip_benchmark", path);
  set.classes = read_classes(file, path, named);
  file.require_nothing_else();
  return set;
}

std::vector<SetDescription> read_sets(const fs::path& folder) {
  std::map<std::string, SetDescription> sets;
  // Files that refer to another one read it first.
  std::function<const SetDescription&(const std::string&)> read =
      [&](const std::string& name) -> const SetDescription& {
    if (const auto found = sets.find(name); found != sets.end()) return found->second;
    const fs::path path = folder / (name + ".toml");
    const std::string text = read_file(path);
    return sets.insert_or_assign(name, parse_set(text, path.string(), read)).first->second;
  };
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename() == "sources.toml") continue;  // where all of them come from
    if (entry.path().extension() == ".toml") read(entry.path().stem().string());
  }
  std::vector<SetDescription> sorted;
  for (auto& [name, set] : sets) sorted.push_back(std::move(set));
  return sorted;
}

}  // namespace clipwright::eval::sets
