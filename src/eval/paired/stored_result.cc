#include "eval/paired/stored_result.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/log.h"
#include "eval/paired/metric_samples.h"

namespace clipwright::eval::paired {
namespace {

constexpr const char* kParts[] = {".json", ".samples.jsonl", ".classnames.txt"};

fs::path beside(const fs::path& file, const char* ending) {
  fs::path path = file;
  return path.replace_extension(ending);
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// Checksums of the parts that are there.
Json checksums(const fs::path& file) {
  Json sums = Json::object();
  for (const char* part : kParts) {
    const fs::path path = beside(file, part);
    if (is_file(path)) sums[path.filename().string()] = hex(sha256_file(path));
  }
  return sums;
}

/// Outcomes that lie beside a result by accident would give differences that mean nothing.
void check_samples(const StoredResult& result) {
  for (const auto& [name, value] : result.record.metrics.items()) {
    const auto number = metric_value(result.record.metrics, name);
    const auto samples = metric_samples(result.record.samples, name);
    if (!number || !samples || std::abs(*number - samples->mean()) < 1e-4) continue;
    fail_input(beside(result.file, ".samples.jsonl").string() + ": its samples have a " + name +
                   " of " + std::to_string(samples->mean()),
               std::to_string(*number) + ", as " + result.file.string() + " says",
               "The two files are not of the same evaluation: write both again.");
  }
}

/// As `write_result` writes them: a name may be empty (a class of CLEVR's distances has none), so
/// this is not the reader of the lists that users give.
std::vector<std::string> read_names(const fs::path& file) {
  const std::string text = read_file(file);
  std::vector<std::string> names;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    names.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

Json read_done(const fs::path& file) {
  const fs::path done = beside(file, ".done");
  if (!is_file(done)) return Json::object();
  const Json json = try_json(read_file(done));
  return json.is_object() ? json : Json::object();
}

}  // namespace

StoredResult read_stored_result(const fs::path& file) {
  StoredResult result;
  result.file = file;
  result.record = read_result(file);
  if (const fs::path samples = beside(file, ".samples.jsonl"); is_file(samples)) {
    result.record.samples = read_samples(samples);
    check_samples(result);
  }
  if (const fs::path names = beside(file, ".classnames.txt"); is_file(names))
    result.record.classnames = read_names(names);
  const Json done = read_done(file);
  if (const auto metric = done.find("metric"); metric != done.end() && metric->is_string())
    result.metric = metric->get<std::string>();
  if (!metric_value(result.record.metrics, result.metric))
    result.metric = main_metric(result.record.task, result.record.metrics);
  return result;
}

RunResults read_run_results(const fs::path& folder) {
  RunResults results;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json")
      results[entry.path().stem().string()] = read_stored_result(entry.path());
  }
  return results;
}

void write_stored_result(const fs::path& folder, const std::string& set,
                         const EvaluationRecord& record, const std::string& metric,
                         const Json& identity) {
  make_folder(folder);
  const fs::path file = folder / (set + ".json");
  std::vector<NamedText> files = result_texts(file, record);
  Json sums = Json::object();
  // In the order of `checksums`: objects with their members in another order are not equal.
  for (const char* part : kParts) {
    for (const NamedText& text : files) {
      if (text.path == beside(file, part))
        sums[text.path.filename().string()] = hex(sha256(text.contents));
    }
  }
  const Json done = {{"metric", metric}, {"identity", identity}, {"files", sums}};
  files.push_back({beside(file, ".done"), to_line(done) + "\n"});
  write_result_files(file, files);
}

void forget_done(const fs::path& folder, const std::string& set) {
  std::error_code ignored;
  fs::remove(beside(folder / (set + ".json"), ".done"), ignored);
}

bool is_done(const fs::path& folder, const std::string& set, const Json& identity) {
  const fs::path file = folder / (set + ".json");
  const Json done = read_done(file);
  if (done.value("identity", Json()) != identity) return false;
  if (is_file(file) && done.value("files", Json()) == checksums(file)) return true;
  log_warning(file.string() + " was changed after it was written; the set is evaluated again");
  return false;
}

}  // namespace clipwright::eval::paired
