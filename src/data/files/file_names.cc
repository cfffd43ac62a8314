#include "data/files/file_names.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "core/error.h"
#include "core/words.h"

namespace clipwright::data::files {
namespace {

constexpr std::string_view kAppleFolder = "__MACOSX";

bool begins_hidden(std::string_view name) {
  return name.starts_with('.') && name != "." && name != "..";
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// The "s3" of "s3://bucket"; empty for a path.
std::string_view scheme_of(std::string_view place) {
  if (place.starts_with("pipe:")) return "pipe";
  const size_t end = place.find("://");
  if (end == std::string_view::npos || end < 2) return {};
  const std::string_view scheme = place.substr(0, end);
  const bool good = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '-' || c == '.';
  });
  return good ? scheme : std::string_view();
}

/// What brings such a place here.
std::string fetching_advice(std::string_view scheme) {
  static constexpr std::pair<std::string_view, std::string_view> kCommands[] = {
      {"pipe", "Run the command once and keep what it writes as a file"},
      {"s3",
       "Copy it first, e.g. with 'aws s3 sync s3://BUCKET/FOLDER FOLDER', or mount the bucket"},
      {"gs",
       "Copy it first, e.g. with 'gcloud storage cp -r gs://BUCKET/FOLDER .', or mount the bucket"},
      {"hf",
       "Fetch it first, e.g. with 'hf download OWNER/NAME --repo-type dataset --local-dir FOLDER'"},
      {"http", "Fetch it first, e.g. with 'wget' or 'curl -O' (lists of pictures: img2dataset)"},
      {"https", "Fetch it first, e.g. with 'wget' or 'curl -O' (lists of pictures: img2dataset)"},
      {"file", "Leave out 'file://'"}};
  std::string_view command = "Copy it to this machine first, or mount it";
  for (const auto& [name, what] : kCommands) {
    if (name == scheme) command = what;
  }
  return std::string(command) + (scheme == "file" ? "." : ", then name the files or their folder.");
}

}  // namespace

std::string lower_extension(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || name.find('/', dot) != std::string_view::npos) return {};
  return ascii_lower(name.substr(dot + 1));
}

const std::vector<std::string_view>& picture_endings() {
  static const std::vector<std::string_view> endings = {"jpg", "png", "jpeg", "webp",
                                                        "gif", "bmp", "tif",  "tiff"};
  return endings;
}

std::string listed_picture_endings() {
  std::string text;
  for (const std::string_view ending : picture_endings())
    text += (text.empty() ? "." : ", .") + std::string(ending);
  return text;
}

bool is_image_name(std::string_view name) {
  const std::string extension = lower_extension(name);
  const std::vector<std::string_view>& endings = picture_endings();
  return std::find(endings.begin(), endings.end(), extension) != endings.end();
}

bool is_hidden(std::string_view path) {
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, slash);
    if (begins_hidden(name) || name == kAppleFolder) return true;
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return false;
}

bool is_hidden_file(std::string_view path) {
  if (begins_hidden(base_name(path))) return true;
  const std::string inside = "/" + std::string(path) + "/";
  return inside.find("/" + std::string(kAppleFolder) + "/") != std::string::npos;
}

bool is_compressed_archive(std::string_view name) {
  const std::string lower = ascii_lower(name);
  for (const char* ending : {".tar.gz", ".tgz", ".tar.zst", ".tzst", ".tar.bz2", ".tbz2", ".tar.xz",
                             ".txz", ".tar.lz4", ".zst", ".zip", ".7z", ".rar"}) {
    if (lower.ends_with(ending)) return true;
  }
  return false;
}

std::string unpacking_advice(std::string_view name) {
  const std::string lower = ascii_lower(name);
  const std::string_view command = lower.ends_with("gz")    ? "gunzip"
                                   : lower.ends_with("zst") ? "zstd -d"
                                   : lower.ends_with("bz2") ? "bunzip2"
                                   : lower.ends_with("xz")  ? "unxz"
                                   : lower.ends_with("lz4") ? "lz4 -d"
                                   : lower.ends_with("zip") ? "unzip"
                                                            : "its own program";
  return "Unpack it once, e.g. with " + std::string(command) +
         ": pictures are compressed already, so a plain tar is hardly larger.";
}

std::string remote_problem(std::string_view place) {
  const std::string_view scheme = scheme_of(place);
  if (scheme.empty()) return {};
  return scheme == "pipe"   ? "is a command, which is not run"
         : scheme == "file" ? "is an address, where a path is read"
                            : "is an address on a network, which is not read";
}

void refuse_remote(std::string_view place) {
  const std::string problem = remote_problem(place);
  if (problem.empty()) return;
  fail_input(std::string(place) + ": " + problem, "files or folders of this machine",
             fetching_advice(scheme_of(place)));
}

}  // namespace clipwright::data::files
