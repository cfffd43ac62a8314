#include "data/source/image_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

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

ImageBytes caption_without_picture() {
  ImageBytes image;
  image.error = "is a caption without a picture";
  return image;
}

std::string lower_extension(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || name.find('/', dot) != std::string_view::npos) return {};
  std::string extension(name.substr(dot + 1));
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return extension;
}

bool is_image_name(std::string_view name) {
  const std::string extension = lower_extension(name);
  return extension == "jpg" || extension == "jpeg" || extension == "png" || extension == "webp";
}

}  // namespace clipwright::data::source
