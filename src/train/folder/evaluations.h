// evaluations.jsonl and best.json: what evaluation beside a run found (docs/formats/run_folder.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/json.h"

namespace clipwright::train::folder {

class Evaluations {
 public:
  /// Reads RUN/evaluations.jsonl, without rows after `last_step` (a resumed run does them again)
  /// and a torn last line. `select`: the sets that may choose a checkpoint.
  Evaluations(std::filesystem::path run, std::set<std::string> select, int64_t last_step);

  /// Takes in the comparison.json of a checkpoint's evaluation: appends a row a set and, where all
  /// sets that choose are there, names the best checkpoint so far in best.json. Returns the values
  /// by set. Throws Error(kInput) for a file that is none.
  std::map<std::string, double> add(int64_t step, const std::filesystem::path& checkpoint,
                                    const Json& comparison);

  /// The step of the best checkpoint by the mean of the sets that choose, the earliest of equals.
  std::optional<int64_t> best() const;

 private:
  void write() const;

  std::filesystem::path run_;
  std::set<std::string> select_;
  std::map<int64_t, std::map<std::string, std::pair<std::string, double>>>
      rows_;  // step, set: metric, value
};

}  // namespace clipwright::train::folder
