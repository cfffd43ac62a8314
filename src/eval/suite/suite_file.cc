#include "eval/suite/suite_file.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "core/config/toml_parser.h"
#include "core/config/toml_text.h"
#include "core/error.h"
#include "core/file.h"
#include "core/words.h"
#include "eval/suite/tasks.h"

namespace clipwright::eval::suite {
namespace {

constexpr const char* kFolder = "data/evaluation/suites";

struct TextKey {
  const char* name;
  std::string SuiteSet::*field;
};
constexpr TextKey kTextKeys[] = {
    {"name", &SuiteSet::name},
    {"task", &SuiteSet::task},
    {"classnames", &SuiteSet::classnames},
    {"templates", &SuiteSet::templates},
    {"set", &SuiteSet::description},
    {"metric", &SuiteSet::metric},
    {"protocol", &SuiteSet::protocol},
    {"train", &SuiteSet::train},
    {"val", &SuiteSet::val},
    {"test", &SuiteSet::test},
    {"dataset-type", &SuiteSet::type},
    {"csv-separator", &SuiteSet::csv_separator},
    {"csv-img-key", &SuiteSet::csv_image_key},
    {"csv-caption-key", &SuiteSet::csv_caption_key},
    {"image-root", &SuiteSet::image_root},
};

class SuiteReader {
 public:
  explicit SuiteReader(std::string file) : file_(std::move(file)) {}

  Suite read() const {
    Suite suite;
    suite.name = fs::path(file_).stem().string();
    for (const auto& [key, node] : parse()) {
      if (key == "name") {
        suite.name = text(node, "name", "the suite");
      } else if (key == "set") {
        const toml::array* list = node.as_array();
        if (list == nullptr) fail(node, "'set' is no list of tables", "[[set]]");
        for (const toml::node& entry : *list) {
          if (!entry.is_table()) fail(entry, "a set is no table", "[[set]]");
          suite.sets.push_back(read_set(*entry.as_table()));
        }
      } else {
        unknown(node, key, {"name", "set"}, "a suite");
      }
    }
    check(suite);
    return suite;
  }

 private:
  [[noreturn]] void fail(const toml::node& node, const std::string& found,
                         const std::string& expected, const std::string& advice = {}) const {
    fail_usage(file_ + ", line " + std::to_string(node.source().begin.line) + ": " + found,
               expected, advice);
  }

  [[noreturn]] void unknown(const toml::node& node, const toml::key& key,
                            const std::vector<std::string>& known, const std::string& of) const {
    const std::string near = nearest(key.str(), known);
    fail(node, "'" + std::string(key.str()) + "' is no key of " + of, listed(known, " or "),
         near.empty() ? "" : "Did you mean '" + near + "'?");
  }

  toml::table parse() const {
    try {
      return toml::parse(read_toml_text(file_), file_);
    } catch (const toml::parse_error& error) {
      fail_usage(file_ + ", line " + std::to_string(error.source().begin.line) + ": " +
                     std::string(error.description()),
                 "TOML");
    }
  }

  std::string text(const toml::node& node, const std::string& key, const std::string& of) const {
    if (!node.is_string()) fail(node, "'" + key + "' of " + of + " is no text", "text in quotes");
    return node.as_string()->get();
  }

  SuiteSet read_set(const toml::table& table) const {
    SuiteSet set;
    std::vector<std::string> known = {"data", "role", "folds"};
    for (const TextKey& key : kTextKeys) known.emplace_back(key.name);
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      const auto plain = std::find_if(std::begin(kTextKeys), std::end(kTextKeys),
                                      [&](const TextKey& known) { return name == known.name; });
      if (plain != std::end(kTextKeys)) {
        set.*(plain->field) = text(node, name, "a set");
      } else if (name == "data") {
        set.data = texts(node);
      } else if (name == "role") {
        set.role = role(node);
      } else if (name == "folds") {
        set.folds = folds(node);
      } else {
        unknown(node, key, known, "a set");
      }
    }
    if (set.name.empty()) fail(table, "a set has no name", "name = \"...\"");
    check_name(table, set.name);
    if (!is_task(set.task)) {
      const std::string near = nearest(set.task, task_names());
      fail(table, "set " + set.name + " has the task '" + set.task + "'",
           listed(task_names(), " or "), near.empty() ? "" : "Did you mean '" + near + "'?");
    }
    if (set.folds > 1 && set.task != "retrieval")
      fail(table, "set " + set.name + " has folds and the task '" + set.task + "'",
           "folds of the task retrieval only");
    for (std::string* path : {&set.classnames, &set.templates}) *path = beside(*path);
    return set;
  }

  std::vector<std::string> texts(const toml::node& node) const {
    if (const toml::array* list = node.as_array()) {
      std::vector<std::string> all;
      for (const toml::node& entry : *list) all.push_back(text(entry, "data", "a set"));
      return all;
    }
    return {text(node, "data", "a set")};
  }

  int folds(const toml::node& node) const {
    // More than a set of any size has pictures; whether this one has as many is its task's to tell.
    constexpr int64_t kMost = 1'000'000'000;
    const auto number = node.value_exact<int64_t>();
    if (!number || *number < 1 || *number > kMost)
      fail(node, "'folds' of a set is no number of parts", "a whole number from 1, such as 5");
    return static_cast<int>(*number);
  }

  Role role(const toml::node& node) const {
    const std::string word = text(node, "role", "a set");
    if (word == "report") return Role::kReport;
    if (word == "select") return Role::kSelect;
    fail(node, "a set has the role '" + word + "'", "report or select");
  }

  /// The name becomes the name of files.
  void check_name(const toml::node& node, const std::string& name) const {
    const bool plain =
        name.size() <= 100 && name[0] != '.' &&
        std::all_of(name.begin(), name.end(), [](unsigned char c) {
          return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '+' || c == '@';
        });
    if (!plain)
      fail(node, "a set is called '" + name + "'", "letters, digits, '-', '_', '.', '+' and '@'");
  }

  /// A file is looked for beside the suite first.
  std::string beside(const std::string& path) const {
    std::error_code ignored;
    const fs::path near = fs::path(file_).parent_path() / path;
    return !path.empty() && fs::is_regular_file(near, ignored) ? near.string() : path;
  }

  void check(const Suite& suite) const {
    if (suite.sets.empty()) fail_usage(file_ + ": names no set", "at least one [[set]]");
    std::set<std::string> names;
    for (const SuiteSet& set : suite.sets) {
      // Names differ in more than case, so that their files do on every disk.
      if (!names.insert(ascii_lower(set.name)).second)
        fail_usage(file_ + ": the set " + set.name + " is there twice", "each name once");
    }
  }

  std::string file_;
};

}  // namespace

std::vector<std::string> built_in_suites() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(shared_file(kFolder))) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Suite read_suite(const std::string& name_or_file) {
  std::error_code ignored;
  if (fs::path(name_or_file).extension() == ".toml" || fs::is_regular_file(name_or_file, ignored))
    return SuiteReader(name_or_file).read();
  const std::vector<std::string> names = built_in_suites();
  if (std::find(names.begin(), names.end(), name_or_file) == names.end()) {
    const std::string near = nearest(name_or_file, names);
    fail_usage("there is no suite '" + name_or_file + "'",
               listed(names) + " or a .toml file (docs/formats/suite.md)",
               near.empty() ? "" : "Did you mean '" + near + "'?");
  }
  return SuiteReader(shared_file(std::string(kFolder) + "/" + name_or_file + ".toml").string())
      .read();
}

}  // namespace clipwright::eval::suite
