#include "records/gzip_lines.h"

#include <zlib.h>

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "text/text_file.h"

namespace clipwright::records {
namespace {

constexpr size_t kLongestLine = size_t{1} << 20;

}  // namespace

void each_line(const std::filesystem::path& path,
               const std::function<void(const std::string&, int64_t)>& use,
               const std::string& expected, const std::string& advice) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (file == nullptr || std::filesystem::is_directory(path))
    fail_input(path.string() + ": cannot be opened", expected, advice);
  std::string line;
  std::vector<char> block(1 << 16);
  int64_t number = 0;
  bool first = true;
  int count;
  while ((count = gzread(file.get(), block.data(), static_cast<unsigned>(block.size()))) > 0) {
    std::string_view rest(block.data(), static_cast<size_t>(count));
    if (std::exchange(first, false)) rest.remove_prefix(text::text_start(rest, path));
    for (size_t end; (end = rest.find('\n')) != std::string_view::npos;
         rest.remove_prefix(end + 1)) {
      line.append(rest.substr(0, end));
      use(line, ++number);
      line.clear();
    }
    line.append(rest);
    if (line.size() > kLongestLine)
      fail_input(path.string() + ", line " + std::to_string(number + 1) + ": is longer than 1 MiB",
                 "a record a line");
  }
  int code = Z_OK;
  const char* message = gzerror(file.get(), &code);
  if (count < 0 || code == Z_BUF_ERROR || code == Z_DATA_ERROR) {
    fail_input(
        path.string() + ": is damaged after line " + std::to_string(number) + " (" + message + ")",
        "a whole gzip file");
  }
  if (!line.empty()) use(line, ++number);
}

}  // namespace clipwright::records
