#include "core/process/shared_files.h"

#include <cstdlib>
#include <system_error>

#include "core/file.h"

namespace clipwright {

std::vector<fs::path> shared_folders() {
  std::vector<fs::path> folders;
  if (const char* chosen = std::getenv("CLIPWRIGHT_SHARE")) folders.emplace_back(chosen);
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    folders.push_back(program.parent_path() / "share");
    folders.push_back(program.parent_path().parent_path() / "share" / "clipwright");
  }
  folders.emplace_back(CLIPWRIGHT_BUILD_SHARE);
  return folders;
}

fs::path find_shared_file(std::string_view name) {
  std::error_code ignored;
  for (const fs::path& folder : shared_folders()) {
    if (fs::exists(folder / name, ignored)) return folder / name;
  }
  return {};
}

}  // namespace clipwright
