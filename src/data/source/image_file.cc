#include "data/source/image_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "data/files/file_names.h"

namespace clipwright::data::source {
namespace {

constexpr int64_t kLargestFile = int64_t{1} << 30;

}  // namespace

ImageBytes read_image_file(const std::filesystem::path& path) {
  ImageBytes image;
  const auto because = [](int error) {
    return "cannot be opened (" + std::string(std::strerror(error)) + ")";
  };
  // Non-blocking, so that a named pipe among the pictures cannot hang a worker.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) {
    image.error = because(errno);
    if (const std::string remote = files::remote_problem(path.string()); !remote.empty())
      image.error = remote;
    return image;
  }
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    image.error = "is not a regular file";
  } else if (status.st_size > kLargestFile) {
    image.error = "is larger than 1 GiB";
  } else {
    image.owned.resize(static_cast<size_t>(status.st_size));
    size_t done = 0;
    while (done < image.owned.size()) {
      const ssize_t count =
          ::read(descriptor, image.owned.data() + done, image.owned.size() - done);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) image.error = "cannot be read (" + std::string(std::strerror(errno)) + ")";
      if (count <= 0) break;
      done += static_cast<size_t>(count);
    }
    image.owned.resize(done);
    image.view = image.owned;
  }
  ::close(descriptor);
  return image;
}

void check_pictures(const std::string& table, const std::filesystem::path& root, int64_t count,
                    const std::function<std::string(int64_t)>& name) {
  constexpr int64_t kProbes = 100;
  const int64_t step = std::max<int64_t>(1, count / kProbes);
  std::error_code error;
  int64_t probed = 0;
  std::string first, with_slashes;
  for (int64_t i = 0; i < count && probed < kProbes; i += step) {
    const std::string picture = name(i);
    if (picture.empty() || std::filesystem::exists(root / picture, error)) return;
    ++probed;
    if (first.empty()) first = picture;
    std::string turned = picture;
    std::replace(turned.begin(), turned.end(), '\\', '/');
    if (with_slashes.empty() && std::filesystem::exists(root / turned, error))
      with_slashes = turned;
  }
  if (probed == 0) return;
  if (const std::string problem = files::remote_problem(first); !problem.empty()) {
    fail_input(table + ": its picture " + first + " " + problem, "paths of files",
               "Fetch the pictures first; img2dataset makes tars of such a list.");
  }
  if (!with_slashes.empty()) {
    fail_input(
        table + ": its paths of pictures have backslashes, as Windows writes them, e.g. " + first,
        "paths with slashes, e.g. " + with_slashes + ", which is there",
        "Replace them, e.g. with tr '\\\\' / where no caption has one.");
  }
  const bool backslashes = first.find('\\') != std::string::npos;
  fail_input(
      table + ": none of " + std::to_string(probed) +
          " pictures that were looked for exists, e.g. " + (root / first).string(),
      "paths relative to " + (root.empty() ? std::string("the working folder") : root.string()),
      backslashes ? "Paths of Windows need slashes for their backslashes; then set --image-root "
                    "to the folder they start from."
                  : "Set --image-root to the folder the paths start from.");
}

ImageBytes caption_without_picture() {
  ImageBytes image;
  image.error = "is a caption without a picture";
  return image;
}

}  // namespace clipwright::data::source
