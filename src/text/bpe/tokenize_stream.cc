#include "text/bpe/tokenize_stream.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/process/interrupt.h"

namespace clipwright::text::bpe {
namespace {

constexpr size_t kChunk = 1 << 18;
constexpr size_t kLongestLine = 16 << 20;
constexpr size_t kLongestId = 5;

class IdWriter {
 public:
  explicit IdWriter(std::FILE* file) : file_(file) { buffer_.reserve(2 * kChunk); }

  void write_line(const std::vector<int32_t>& ids) {
    const size_t start = buffer_.size();
    buffer_.resize(start + ids.size() * (kLongestId + 1));
    char* position = buffer_.data() + start;
    for (const int32_t id : ids) {
      position = std::to_chars(position, position + kLongestId, id).ptr;
      *position++ = ' ';
    }
    position[-1] = '\n';  // a caption has at least its end token
    buffer_.resize(static_cast<size_t>(position - buffer_.data()));
    if (buffer_.size() >= kChunk) flush();
  }

  void flush() {
    if (std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size() ||
        std::fflush(file_) != 0) {
      fail_running(std::string("the token ids cannot be written: ") + std::strerror(errno), {},
                   "Is the disk full, or the reader of the pipe gone?");
    }
    buffer_.clear();
  }

 private:
  std::FILE* file_;
  std::string buffer_;
};

}  // namespace

int64_t tokenize_lines(const Tokenizer& tokenizer, std::FILE* input, std::FILE* output,
                       int context_length) {
  IdWriter writer(output);
  std::vector<int32_t> ids;
  int64_t captions = 0;
  const auto take_line = [&](std::string_view line) {
    ids.clear();
    tokenizer.encode(line, ids, context_length);
    writer.write_line(ids);
    ++captions;
  };
  std::string pending;  // the beginning of a line whose end has not been read
  std::vector<char> chunk(kChunk);
  size_t count;
  while (!interrupted() && (count = std::fread(chunk.data(), 1, chunk.size(), input)) > 0) {
    std::string_view rest(chunk.data(), count);
    for (size_t end; (end = rest.find('\n')) != rest.npos; rest.remove_prefix(end + 1)) {
      if (pending.empty()) {
        take_line(rest.substr(0, end));
      } else {
        take_line(pending.append(rest.substr(0, end)));
        pending.clear();
      }
    }
    pending.append(rest);
    if (pending.size() > kLongestLine) {
      fail_input("line " + std::to_string(captions + 1) + " is longer than " +
                     std::to_string(kLongestLine >> 20) + " MB",
                 "a caption a line", "Is this a text file?");
    }
  }
  if (std::ferror(input) != 0)
    fail_running(std::string("the captions cannot be read: ") + std::strerror(errno));
  if (!pending.empty() && !interrupted()) take_line(pending);
  writer.flush();
  return captions;
}

}  // namespace clipwright::text::bpe
