#include "lexicon/wordnet_files.h"

#include <cstdlib>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"

namespace clipwright::lexicon {
namespace {

std::array<fs::path, 3> files_of(const fs::path& folder, const std::string& part) {
  return {folder / ("index." + part), folder / ("data." + part), folder / (part + ".exc")};
}

}  // namespace

fs::path default_wordnet_folder() {
  const char* chosen = std::getenv("CLIPWRIGHT_WORDNET");
  return chosen != nullptr ? chosen : "/usr/share/wordnet";
}

std::optional<fs::path> missing_wordnet_file(const fs::path& folder) {
  for (const char* part : kPartNames) {
    for (const fs::path& file : files_of(folder, part)) {
      std::error_code error;
      if (!fs::exists(file, error)) return file;
    }
  }
  return std::nullopt;
}

std::string wordnet_digest(const fs::path& folder) {
  std::string all;
  for (const char* part : kPartNames) {
    for (const fs::path& file : files_of(folder, part)) all += hex(sha256(MappedFile(file).text()));
  }
  return hex(sha256(all));
}

void WordNetLine::damaged() const {
  fail_input(file_.string() + ", line " + std::to_string(number_) + ": not a line of WordNet",
             "the format of wndb(5WN)",
             "Reinstall wordnet-base, or point CLIPWRIGHT_WORDNET to another copy.");
}

}  // namespace clipwright::lexicon
