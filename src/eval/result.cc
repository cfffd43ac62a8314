#include "eval/result.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/file.h"
#include "data/files/csv.h"

namespace clipwright::eval {
namespace {

/// Python's json writes NaN and Infinity bare; JSON has no such words.
std::string without_bare_nan(const std::string& text) {
  std::string out;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      out += c;
      if (c == '\\' && i + 1 < text.size()) out += text[++i];
      if (c == '"') in_string = false;
      continue;
    }
    bool replaced = false;
    for (const std::string_view word : {"NaN", "-Infinity", "Infinity"}) {
      if (text.compare(i, word.size(), word) != 0) continue;
      out += "null";
      i += word.size() - 1;
      replaced = true;
      break;
    }
    if (replaced) continue;
    in_string = c == '"';
    out += c;
  }
  return out;
}

std::vector<fs::path> result_files(const std::vector<std::string>& paths) {
  std::vector<fs::path> files;
  for (const std::string& path : paths) {
    if (!fs::is_directory(path)) {
      files.emplace_back(path);
      continue;
    }
    const size_t before = files.size();
    for (const auto& entry : fs::directory_iterator(path)) {
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    std::sort(files.begin() + static_cast<int64_t>(before), files.end());
  }
  if (files.empty())
    fail_input("there are no result files",
               "JSON files of 'clipwright eval' or CLIP_benchmark, or folders of them");
  return files;
}

std::string cell(const Json& value) {
  if (value.is_null()) return {};
  return data::files::csv_field(value.is_string() ? value.get<std::string>() : to_line(value), ',');
}

}  // namespace

Json to_json(const EvaluationRecord& record) {
  return {{"dataset", record.dataset},       {"model", record.model},
          {"pretrained", record.pretrained}, {"task", record.task},
          {"metrics", record.metrics},       {"language", record.language}};
}

std::string build_results_csv(const std::vector<std::string>& paths) {
  std::vector<std::string> columns = {"dataset", "model",    "pretrained",
                                      "task",    "language", "model_fullname"};
  std::vector<Json> rows;
  for (const fs::path& path : result_files(paths)) {
    const Json file = parse_json(without_bare_nan(read_file(path)), path.string());
    if (!file.is_object() || !file.contains("metrics") || !file["metrics"].is_object()) {
      fail_input(path.string() + ": has no 'metrics'",
                 "a result of 'clipwright eval' or CLIP_benchmark");
    }
    Json row = Json::object();
    for (size_t i = 0; i < 5; ++i) {
      if (file.contains(columns[i])) row[columns[i]] = file[columns[i]];
    }
    row["model_fullname"] =
        (file.contains("model") && file["model"].is_string() ? file["model"].get<std::string>()
                                                             : "") +
        " " +
        (file.contains("pretrained") && file["pretrained"].is_string()
             ? file["pretrained"].get<std::string>()
             : "");
    for (const auto& [key, value] : file["metrics"].items()) {
      row[key] = value;
      if (std::find(columns.begin(), columns.end(), key) == columns.end()) columns.push_back(key);
    }
    rows.push_back(std::move(row));
  }
  std::string csv;
  for (size_t i = 0; i < columns.size(); ++i) csv += (i > 0 ? "," : "") + cell(columns[i]);
  for (const Json& row : rows) {
    csv += '\n';
    for (size_t i = 0; i < columns.size(); ++i)
      csv += (i > 0 ? "," : "") + (row.contains(columns[i]) ? cell(row[columns[i]]) : "");
  }
  return csv + '\n';
}

}  // namespace clipwright::eval
