// A result with what lies beside it: SET.json, SET.samples.jsonl, SET.classnames.txt, SET.done.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "eval/result.h"

namespace clipwright::eval::paired {

struct StoredResult {
  EvaluationRecord record;  ///< with samples and class names where they are there
  std::string metric;       ///< main number; empty: by the task
  std::filesystem::path file;
};

/// Results of one run by the name of their set.
using RunResults = std::map<std::string, StoredResult>;

/// Reads FILE.json and what lies beside it. Throws Error(kInput) naming the file that is damaged,
/// also where the outcomes of samples are of another result.
StoredResult read_stored_result(const std::filesystem::path& file);

/// All results of a folder by the names of their files.
RunResults read_run_results(const std::filesystem::path& folder);

/// Writes FOLDER/SET.json and the rest, `identity` (what it was computed from) and checksums last
/// in SET.done: without it the result does not count as done.
void write_stored_result(const std::filesystem::path& folder, const std::string& set,
                         const EvaluationRecord& record, const std::string& metric,
                         const Json& identity);

/// FOLDER/SET does not count as done any more; its files stay.
void forget_done(const std::filesystem::path& folder, const std::string& set);

/// Whether FOLDER/SET was computed from `identity` and is as it was written.
bool is_done(const std::filesystem::path& folder, const std::string& set, const Json& identity);

}  // namespace clipwright::eval::paired
