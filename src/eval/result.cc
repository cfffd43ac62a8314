#include "eval/result.h"

#include <algorithm>
#include <cmath>
#include <utility>

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

/// The .json files of a folder by name; of the folders in it too where `deep`.
std::vector<fs::path> files_in(const fs::path& folder, bool deep) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
    if (!deep || !entry.is_directory()) continue;
    const std::vector<fs::path> inner = files_in(entry.path(), false);
    files.insert(files.end(), inner.begin(), inner.end());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<fs::path> result_files(const std::vector<std::string>& paths) {
  std::vector<fs::path> files;
  for (const std::string& path : paths) {
    if (!fs::is_directory(path)) {
      files.emplace_back(path);
      continue;
    }
    // A suite's output has results/MODEL/SET.json, and other files of its own beside results/.
    const fs::path results = fs::path(path) / "results";
    const std::vector<fs::path> found =
        files_in(fs::is_directory(results) ? results : fs::path(path), true);
    files.insert(files.end(), found.begin(), found.end());
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

/// The object in a result file.
Json read_result_object(const fs::path& path) {
  Json file = parse_json(without_bare_nan(read_file(path)), path.string());
  if (!file.is_object() || !file.contains("metrics") || !file["metrics"].is_object()) {
    fail_input(path.string() + ": has no 'metrics'",
               "a result of 'clipwright eval' or CLIP_benchmark");
  }
  return file;
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

Json to_json(const EvaluationRecord& record) {
  return {{"dataset", record.dataset},       {"model", record.model},
          {"pretrained", record.pretrained}, {"task", record.task},
          {"metrics", record.metrics},       {"language", record.language}};
}

EvaluationRecord read_result(const fs::path& path) {
  const Json file = read_result_object(path);
  EvaluationRecord record;
  record.dataset = text_of(file, "dataset");
  record.model = text_of(file, "model");
  record.pretrained = text_of(file, "pretrained");
  record.task = text_of(file, "task");
  record.metrics = file["metrics"];
  record.language = text_of(file, "language");
  return record;
}

std::vector<fs::path> files_beside_result(const fs::path& path) {
  std::vector<fs::path> files = {path, path};
  files[0].replace_extension(".samples.jsonl");
  files[1].replace_extension(".classnames.txt");
  return files;
}

std::vector<NamedText> result_texts(const fs::path& path, const EvaluationRecord& record) {
  const std::vector<fs::path> beside = files_beside_result(path);
  std::vector<NamedText> texts;
  if (!record.samples.empty()) texts.push_back({beside[0], samples_text(record.samples)});
  std::string names;
  for (const std::string& name : record.classnames) names += name + "\n";
  if (!names.empty()) texts.push_back({beside[1], std::move(names)});
  texts.push_back({path, to_json(record).dump(2) + "\n"});
  return texts;
}

void write_result_files(const fs::path& path, const std::vector<NamedText>& files) {
  std::vector<fs::path> stale;
  for (const fs::path& file : files_beside_result(path)) {
    if (std::none_of(files.begin(), files.end(),
                     [&](const NamedText& written) { return written.path == file; }))
      stale.push_back(file);
  }
  write_files(files, stale);
}

void write_result(const fs::path& path, const EvaluationRecord& record) {
  write_result_files(path, result_texts(path, record));
}

std::string build_results_csv(const std::vector<std::string>& paths) {
  std::vector<std::string> columns = {"dataset", "model",    "pretrained",
                                      "task",    "language", "model_fullname"};
  std::vector<Json> rows;
  for (const fs::path& path : result_files(paths)) {
    const Json file = read_result_object(path);
    Json row = Json::object();
    for (size_t i = 0; i < 5; ++i) {
      if (file.contains(columns[i])) row[columns[i]] = file[columns[i]];
    }
    row["model_fullname"] = text_of(file, "model") + " " + text_of(file, "pretrained");
    for (const auto& [key, value] : file["metrics"].items()) {
      // Tables inside a result (the groups of a selection, the runs of CoOp) are no cells.
      if (value.is_structured()) continue;
      row[key] = value;
      if (std::find(columns.begin(), columns.end(), key) == columns.end()) columns.push_back(key);
    }
    rows.push_back(std::move(row));
  }
  std::string csv;
  const auto append = [&csv](size_t column, const std::string& text) {
    if (column > 0) csv += ',';
    csv += text;
  };
  for (size_t i = 0; i < columns.size(); ++i) append(i, cell(columns[i]));
  for (const Json& row : rows) {
    csv += '\n';
    for (size_t i = 0; i < columns.size(); ++i)
      append(i, row.contains(columns[i]) ? cell(row[columns[i]]) : std::string());
  }
  return csv + '\n';
}

}  // namespace clipwright::eval
