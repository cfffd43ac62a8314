// A suite: the sets that models are evaluated on together (docs/formats/suite.md).
#pragma once

#include <string>
#include <vector>

namespace clipwright::eval::suite {

/// What a set is for while a run trains: to choose a checkpoint by, or only to be looked at.
enum class Role { kReport, kSelect };

struct SuiteSet {
  std::string name;               ///< in tables and file names
  std::string task = "zeroshot";  ///< one of `task_names`
  std::vector<std::string> data;  ///< below the data root or absolute; the first that is there
                                  ///< counts; empty: found by name
  std::string classnames;         ///< file; empty: the set's own
  std::string templates;          ///< 7, 80, plain or a file; empty: the set's own
  std::string description;        ///< built-in description of the set ("set" in files)
  std::string metric;             ///< main number; empty: the task's
  std::string protocol;           ///< of a probe or a few-shot classifier
  std::string train, val, test;   ///< data of a probe or a few-shot classifier
  std::string type, csv_separator, csv_image_key, csv_caption_key, image_root;  ///< as the flags
  int folds = 1;  ///< of retrieval: parts that are ranked each by itself (COCO's 5 x 1K: 5)
  Role role = Role::kReport;
};

struct Suite {
  std::string name;
  std::vector<SuiteSet> sets;
};

/// The names of the suites that ship with the program.
std::vector<std::string> built_in_suites();

/// A suite by name, or from a TOML file; relative names of files in it count from its folder.
/// Throws Error(kUsage) for an unknown suite or key (naming the nearest), a value of another type,
/// a set without a name or twice, an unknown task or role, folds of another task than retrieval.
Suite read_suite(const std::string& name_or_file);

}  // namespace clipwright::eval::suite
