#include "data/files/walk.h"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "data/files/file_names.h"

namespace clipwright::data::files {
namespace {

namespace fs = std::filesystem;

// Links between folders can lead around in more ways than anyone waits for.
constexpr int64_t kMostLinks = 100'000;

/// Calls `file` for every file below a folder and `folder` for every folder, with paths relative to
/// the start.
class Walk {
 public:
  using Use = std::function<void(const std::string&)>;
  Walk(fs::path start, Use file, Use folder)
      : start_(std::move(start)), file_(std::move(file)), folder_(std::move(folder)) {}

  /// Returns why the start, or a folder below it, cannot be listed to its end. Folders below that
  /// are closed to this user are told and passed over.
  std::error_code run() {
    std::error_code error;
    const fs::directory_iterator readable(start_, error);
    if (error) return error;
    enter({});
    return error_;
  }

 private:
  void enter(const std::string& relative) {
    struct stat status {};
    const fs::path path = relative.empty() ? start_ : start_ / relative;
    if (::stat(path.c_str(), &status) != 0) return;
    const std::pair<dev_t, ino_t> self = {status.st_dev, status.st_ino};
    if (std::find(above_.begin(), above_.end(), self) != above_.end()) return;
    above_.push_back(self);
    std::error_code error;
    for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
      stop_if_interrupted();
      const std::string name = at->path().filename().string();
      if (is_hidden(name)) continue;
      const std::string inside = relative.empty() ? name : relative + "/" + name;
      std::error_code ignored;
      if (!at->is_directory(ignored)) {
        if (file_) file_(inside);
        continue;
      }
      if (at->is_symlink(ignored) && ++links_ > kMostLinks) {
        fail_input(start_.string() + ": has more than 100,000 ways through links to folders",
                   "links that do not lead to each other", "Look at " + inside + ".");
      }
      if (folder_) folder_(inside);
      enter(inside);
    }
    if (error == std::errc::permission_denied) {
      log_warning(path.string() + ": cannot be listed (" + error.message() + "); passed over");
    } else if (error && !error_) {
      error_ = error;
    }
    above_.pop_back();
  }

  fs::path start_;
  Use file_, folder_;
  std::vector<std::pair<dev_t, ino_t>> above_;  // the folders from the start to here
  int64_t links_ = 0;
  std::error_code error_;
};

/// Where nothing is there is nothing to list; whatever else hinders must not look like an empty
/// folder.
void check_listed(const fs::path& folder, const std::error_code& error) {
  if (!error || error == std::errc::no_such_file_or_directory ||
      error == std::errc::not_a_directory)
    return;
  fail_input(folder.string() + ": cannot be listed (" + error.message() + ")");
}

/// The names of a folder that a pattern without slashes matches.
std::vector<std::string> names_in(const fs::path& folder, const std::string& pattern) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder.empty() ? fs::path(".") : folder, error), end;
       !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) != 0) continue;
    if (is_hidden(name) && !pattern.starts_with('.')) continue;
    names.push_back(name);
  }
  check_listed(folder, error);
  return names;
}

/// The folder itself and every folder below it.
std::vector<fs::path> folders_from(const fs::path& folder) {
  std::vector<fs::path> all = {folder};
  Walk(folder.empty() ? fs::path(".") : folder, nullptr, [&](const std::string& inside) {
    all.push_back(folder / inside);
  }).run();
  return all;
}

}  // namespace

std::vector<std::string> files_below(const fs::path& folder,
                                     const std::function<bool(std::string_view name)>& wanted) {
  std::vector<std::string> files;
  const auto take = [&](const std::string& path) {
    if (wanted(std::string_view(path).substr(path.rfind('/') + 1))) files.push_back(path);
  };
  if (const std::error_code error = Walk(folder, take, nullptr).run()) {
    fail_input(folder.string() + ": cannot be listed (" + error.message() + ")",
               "a folder of pictures");
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> files_in(const fs::path& folder, std::string_view ending) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (lower_extension(name) == ending && !is_hidden(name)) files.push_back(at->path().string());
  }
  check_listed(folder, error);
  std::sort(files.begin(), files.end());
  return files;
}

bool is_pattern(std::string_view path) { return path.find_first_of("*?[") != path.npos; }

std::vector<std::string> matching_paths(const std::string& pattern) {
  std::vector<fs::path> found = {pattern.starts_with('/') ? fs::path("/") : fs::path()};
  for (size_t begin = 0; begin < pattern.size();) {
    const size_t end = std::min(pattern.find('/', begin), pattern.size());
    const std::string name = pattern.substr(begin, end - begin);
    begin = end + 1;
    if (name.empty()) continue;
    std::vector<fs::path> next;
    std::error_code ignored;
    for (const fs::path& folder : found) {
      if (name == "**") {
        for (fs::path& below : folders_from(folder)) next.push_back(std::move(below));
      } else if (!is_pattern(name)) {
        if (fs::exists(folder / name, ignored)) next.push_back(folder / name);
      } else {
        for (const std::string& matched : names_in(folder, name)) next.push_back(folder / matched);
      }
    }
    found = std::move(next);
  }
  // "**/**" reaches a folder in two ways.
  std::set<std::string> paths;
  for (const fs::path& path : found) {
    if (!path.empty()) paths.insert(path.string());
  }
  return {paths.begin(), paths.end()};
}

}  // namespace clipwright::data::files
