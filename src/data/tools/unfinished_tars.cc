#include "data/tools/unfinished_tars.h"

#include <regex>
#include <string>

#include "core/log.h"

namespace clipwright::data::tools {

namespace fs = std::filesystem;

void tell_unfinished_tars(const fs::path& folder) {
  // What AtomicFile calls a file that has no name yet, and commit_together one that is replaced.
  static const std::regex unfinished(R"(.+\.tar\.(new|old)\.[0-9]+\.[0-9]+)");
  int64_t count = 0;
  uintmax_t bytes = 0;
  std::string first;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!std::regex_match(name, unfinished)) continue;
    std::error_code unknown;
    const uintmax_t size = at->file_size(unknown);
    bytes += unknown ? 0 : size;
    if (++count == 1 || name < first) first = name;
  }
  if (count == 0) return;
  log_warning(folder.string() + ": holds " + with_commas(count) + " unfinished tars such as " +
              first + ", " + with_commas(static_cast<int64_t>(bytes >> 20)) +
              " MiB; unless a run is writing them now, it was killed: remove them");
}

}  // namespace clipwright::data::tools
