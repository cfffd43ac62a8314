#include "eval/suite/set_places.h"

#include <sys/stat.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>

#include "core/config/toml_parser.h"
#include "core/config/toml_text.h"
#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "core/words.h"
#include "data/files/file_names.h"
#include "data/files/walk.h"
#include "data/source/brace_expansion.h"
#include "data/source/dataset.h"
#include "eval/selection/selection_set.h"
#include "eval/sets/set_description.h"

namespace clipwright::eval::suite {
namespace {

/// "wds_vtab-caltech101_test", "Caltech_101": what their names have in common.
std::string bare_name(std::string name) {
  name = ascii_lower(name);
  std::erase_if(name, [](char c) { return c == '_' || c == '-' || c == ' ' || c == '.'; });
  if (name.starts_with("wds")) name.erase(0, 3);
  if (name.starts_with("vtab")) name.erase(0, 4);
  if (name.ends_with("test") && name.size() > 4) name.erase(name.size() - 4);
  return name;
}

std::vector<fs::path> paths_in(const std::string& argument) {
  std::vector<fs::path> paths;
  for (const std::string& path : data::source::expand_paths(argument)) paths.emplace_back(path);
  return paths;
}

bool is_there(const std::string& argument) {
  std::error_code ignored;
  if (fs::exists(argument, ignored)) return true;
  const std::vector<fs::path> paths = paths_in(argument);
  return paths.size() > 1 && std::all_of(paths.begin(), paths.end(), [&](const fs::path& path) {
           return fs::exists(path, ignored);
         });
}

/// Below the root, or as it is written where it is absolute.
std::string below(const fs::path& root, const std::string& path) {
  // Not operator/ alone: "a.tar::b.tar" names several files below the root.
  std::string joined;
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find("::", at), path.size());
    joined += (at > 0 ? "::" : "") + (root / path.substr(at, end - at)).string();
    at = end + 2;
  }
  return joined;
}

struct SetFile {
  std::string name;  // what identifies it inside the set
  fs::path path;
};

void add_place(const std::string& argument, std::vector<SetFile>& files) {
  if (argument.empty()) return;
  for (const fs::path& path : paths_in(argument)) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
      files.push_back({path.filename().string(), path});
      continue;
    }
    for (const std::string& file :
         data::files::files_below(path, [](std::string_view) { return true; }))
      files.push_back({file, path / file});
  }
}

/// Size and times of every file: as long as they are the same, so are the contents.
std::string stamp_of(const std::vector<SetFile>& files, int64_t& bytes) {
  Sha256Stream hash;
  for (const SetFile& file : files) {
    struct stat state {};
    if (stat(file.path.c_str(), &state) != 0)
      fail_input(file.path.string() + ": cannot be read (" + std::strerror(errno) + ")");
    bytes += state.st_size;
    hash.add(file.name + '\0' + std::to_string(state.st_size) + ' ' +
             std::to_string(state.st_mtim.tv_sec) + '.' + std::to_string(state.st_mtim.tv_nsec) +
             ' ' + std::to_string(state.st_ctim.tv_sec) + '.' +
             std::to_string(state.st_ctim.tv_nsec) + ' ' + std::to_string(state.st_ino) + '\0');
  }
  return hex(hash.finish());
}

std::string contents_of(const std::vector<SetFile>& files, const std::string& name) {
  Sha256Stream hash;
  Progress progress("files of " + name, static_cast<int64_t>(files.size()));
  int64_t done = 0;
  for (const SetFile& file : files) {
    stop_if_interrupted();
    hash.add(file.name + '\0' + hex(sha256_file(file.path)) + '\0');
    progress.update(++done);
  }
  return hex(hash.finish());
}

/// A damaged memory is no memory.
Json read_memory(const fs::path& memory) {
  std::error_code ignored;
  if (!fs::is_regular_file(memory, ignored)) return Json::object();
  const Json json = try_json(read_file(memory));
  return json.is_object() ? json : Json::object();
}

/// Whether a place names pictures that lie elsewhere: tars and folders hold their own.
bool is_table(const std::string& place) {
  static constexpr std::string_view kEndings[] = {"csv",  "tsv",     "jsonl", "ndjson",
                                                  "json", "parquet", "txt"};
  std::error_code ignored;
  const std::string ending = data::files::lower_extension(place);
  return fs::is_regular_file(place, ignored) &&
         std::find(std::begin(kEndings), std::end(kEndings), ending) != std::end(kEndings);
}

/// The pictures of a table, as the set's task opens it.
std::unique_ptr<data::source::Dataset> open_table(const SuiteSet& set, const std::string& place) {
  data::source::DataOptions options;
  options.source = place;
  if (!set.type.empty()) options.type = set.type;
  if (!set.csv_separator.empty()) options.csv_separator = set.csv_separator;
  if (!set.csv_image_key.empty()) options.csv_image_key = set.csv_image_key;
  if (!set.csv_caption_key.empty()) options.csv_caption_key = set.csv_caption_key;
  options.image_root = set.image_root;
  options.labels = set.task != "retrieval";
  if (!options.labels) options.split = "test";
  return data::source::open_dataset(options);
}

void add_pictures(const SuiteSet& set, const std::string& place, Sha256Stream& hash) {
  const auto pairs = open_table(set, place);
  Progress progress("pictures of " + set.name, pairs->size());
  std::set<std::string> seen;  // a picture with several captions may have several rows
  for (int64_t i = 0; i < pairs->size(); ++i) {
    stop_if_interrupted();
    progress.update(i + 1);
    if (!seen.insert(pairs->key(i)).second) continue;
    const data::source::ImageBytes image = pairs->image(i);
    const auto* bytes = reinterpret_cast<const char*>(image.view.data());
    hash.add(hex(sha256(std::string_view(bytes, image.view.size()))));
  }
}

/// The same of a file of cases (eval/selection), which is no table of pairs.
void add_pictures_of_cases(const SuiteSet& set, const std::string& place, Sha256Stream& hash) {
  const auto pictures = selection::read_selection_set(place, "auto", set.image_root).pictures;
  Progress progress("pictures of " + set.name, pictures->size());
  std::set<fs::path> seen;  // several parts of one picture
  std::error_code ignored;
  for (int64_t i = 0; i < pictures->size(); ++i) {
    stop_if_interrupted();
    progress.update(i + 1);
    const fs::path file = pictures->file(i);
    if (!seen.insert(file).second) continue;
    // A picture that is not there is the task's to tell.
    hash.add(fs::is_regular_file(file, ignored) ? hex(sha256_file(file)) : std::string("none"));
  }
}

/// The pictures that the set's tables name, wherever they lie; empty where it has no table.
std::string pictures_of(const SuiteSet& set) {
  std::vector<std::string> tables;
  for (const std::string& place : set.data) tables.push_back(place);
  for (const std::string* place : {&set.train, &set.val, &set.test}) tables.push_back(*place);
  std::erase_if(tables, [](const std::string& place) { return !is_table(place); });
  if (tables.empty()) return {};
  Sha256Stream hash;
  for (const std::string& place : tables) {
    if (set.task == "selection") {
      add_pictures_of_cases(set, place, hash);
    } else {
      add_pictures(set, place, hash);
    }
  }
  return hex(hash.finish());
}

/// What the program itself says of a set that `set` names, empty where it does not know it: the
/// task tells. Not the file: one may refer to another.
std::string description_of(const std::string& name) {
  const sets::SetDescription* found = name.empty() ? nullptr : sets::find_set_if_known(name);
  if (found == nullptr) return {};
  Json classes = Json::array();
  for (const sets::SetClass& one : found->classes) classes.push_back({one.name, one.folder});
  return to_line({{"classes", classes},
                  {"templates", found->templates},
                  {"clip_benchmark_templates", found->clip_benchmark_templates},
                  {"metric", found->metric}});
}

}  // namespace

std::string find_set_data(const fs::path& root, const SuiteSet& set) {
  for (const std::string& place : set.data) {
    if (const std::string path = below(root, place); is_there(path)) return path;
  }
  std::error_code ignored;
  for (const char* form : {"", "wds_", "wds_vtab-"}) {
    const fs::path path = root / (form + set.name);
    if (fs::is_directory(path, ignored)) return path.string();
  }
  std::vector<fs::path> alike;
  for (const auto& entry : fs::directory_iterator(root, ignored)) {
    if (entry.is_directory(ignored) &&
        bare_name(entry.path().filename().string()) == bare_name(set.name))
      alike.push_back(entry.path());
  }
  std::sort(alike.begin(), alike.end());
  return alike.empty() ? "" : alike.front().string();
}

bool find_set(const fs::path& root, SuiteSet& set) {
  const bool splits = !set.train.empty() || !set.test.empty();
  if (!splits || !set.data.empty()) {
    const std::string data = find_set_data(root, set);
    if (data.empty()) return false;
    set.data = {data};
  }
  for (std::string* path : {&set.train, &set.val, &set.test, &set.image_root}) {
    if (path->empty()) continue;
    *path = below(root, *path);
    if (!is_there(*path)) return false;
  }
  return true;
}

std::string where_set_comes_from(const std::string& name) {
  const std::string fallback = "docs/datasets.md says where sets come from";
  try {
    const std::string file = shared_file("data/evaluation/sources.toml").string();
    const toml::table sources = toml::parse(read_toml_text(file), file);
    for (const auto& [key, node] : sources) {
      const toml::table* entry = node.as_table();
      if (entry == nullptr || bare_name(std::string(key.str())) != bare_name(name)) continue;
      std::string sentence;
      for (const char* part : {"source", "size", "licence", "note"}) {
        const auto text = (*entry)[part].value<std::string>();
        if (text && !text->empty()) sentence += (sentence.empty() ? "" : "; ") + *text;
      }
      if (!sentence.empty()) return sentence + " (docs/datasets.md)";
    }
  } catch (const Error&) {  // an installation without the list
  } catch (const toml::parse_error& error) {
    log_warning("data/evaluation/sources.toml cannot be read: " + std::string(error.description()));
  }
  return fallback;
}

DataDigest digest_set(const SuiteSet& set, const fs::path& memory) {
  std::vector<SetFile> files;
  for (const std::string& place : set.data) add_place(place, files);
  for (const std::string* place : {&set.train, &set.val, &set.test, &set.image_root})
    add_place(*place, files);
  std::error_code ignored;
  for (const std::string* file : {&set.classnames, &set.templates}) {
    if (fs::is_regular_file(*file, ignored)) add_place(*file, files);
  }
  DataDigest digest;
  const std::string stamp = stamp_of(files, digest.bytes);
  Json known = read_memory(memory);
  const std::string place = fs::absolute(set.data.empty() ? set.train : set.data[0]).string();
  const auto found = known.find(place);
  if (found != known.end() && found->is_object() && found->value("stamp", Json()) == stamp &&
      found->value("sha256", Json()).is_string()) {
    digest.sha256 = (*found)["sha256"].get<std::string>();
  } else {
    digest.sha256 = contents_of(files, set.name);
    known[place] = {{"stamp", stamp}, {"sha256", digest.sha256}};
    try {  // what is not remembered is only read again
      make_folder(memory.parent_path());
      write_file(memory, known.dump(1) + "\n");
    } catch (const Error& error) {
      if (error.code() != ExitCode::kFailed) throw;
      log_warning("digests of sets are not kept: " + std::string(error.what()));
    }
  }
  // Below an image root every file was counted above.
  if (const std::string pictures = set.image_root.empty() ? pictures_of(set) : std::string();
      !pictures.empty())
    digest.sha256 = hex(sha256(digest.sha256 + pictures));
  if (const std::string description = description_of(set.description); !description.empty())
    digest.sha256 = hex(sha256(digest.sha256 + description));
  return digest;
}

}  // namespace clipwright::eval::suite
