#include "records/lines.h"

#include <algorithm>

#include "core/error.h"
#include "text/text_file.h"
#include "text/unicode/line_boundaries.h"
#include "text/unicode/utf8.h"

namespace clipwright::records {

namespace {

/// "[", or "[{" that is not closed on its line or is all there is: no line of a file of records,
/// even a damaged one, looks so.
bool is_json_list(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t open = text.find_first_not_of(kBlanks);
  if (open == std::string_view::npos || text[open] != '[') return false;
  const size_t inside = text.find_first_not_of(kBlanks, open + 1);
  if (inside == std::string_view::npos) return true;
  if (std::string_view("{[\"]").find(text[inside]) == std::string_view::npos) return false;
  const size_t end = std::min(text.find('\n', open), text.size());
  const std::string_view line = text::unicode::trimmed(text.substr(open, end - open));
  return !line.ends_with(']') || text.find_first_not_of(kBlanks, end) == std::string_view::npos;
}

}  // namespace

uint64_t first_json_line(std::string_view contents, const std::filesystem::path& path) {
  const size_t start = text::text_start(contents, path);
  if (is_json_list(contents.substr(start))) {
    fail_input(path.string() + ": is one JSON list", "a JSON object a line",
               "Write its objects a line each, e.g. with jq -c '.[]'.");
  }
  return start;
}

bool next_line(std::string_view text, uint64_t& at, std::string_view& line) {
  if (at >= text.size()) return false;
  const uint64_t end = std::min<uint64_t>(text.find('\n', at), text.size());
  line = text.substr(at, end - at);
  if (line.ends_with('\r')) line.remove_suffix(1);
  at = std::min<uint64_t>(end + 1, text.size());
  return true;
}

LineReader::LineReader(const std::filesystem::path& path) {
  files_.add(path);
  start_ = text::text_start(files_[0].text(), path);
  rewind();
}

void LineReader::rewind() { at_ = released_ = start_; }

bool LineReader::next(std::string_view& line) {
  const bool found = next_line(files_[0].text(), at_, line);
  if (!found || at_ - released_ > kScanStride) {
    released_ = at_;
    files_.release();
  }
  return found;
}

bool LineReader::next(std::string& line) {
  std::string_view view;
  if (!next(view)) return false;
  line = view;
  return true;
}

int64_t count_lines(const std::filesystem::path& path) {
  LineReader reader(path);
  std::string_view line;
  int64_t lines = 0;
  while (reader.next(line)) ++lines;
  return lines;
}

Lines::Lines(const std::filesystem::path& path) {
  files_.add(path);
  const std::string_view text = files_[0].text();
  std::string_view line;
  uint64_t at = text::text_start(text, path), released = 0;
  for (uint64_t start = at; next_line(text, at, line); start = at) {
    if (text::unicode::trimmed(line).empty()) ++blank_;
    if (!text::unicode::is_utf8(line) && not_utf8_++ == 0)
      first_not_utf8_ = static_cast<int64_t>(starts_.size());
    starts_.push_back(start);
    if (at - released > kScanStride) {
      released = at;
      files_.release();
    }
  }
  files_.release();
  starts_.push_back(at);
  starts_.shrink_to_fit();
}

std::string_view Lines::operator[](int64_t line) const {
  const auto i = static_cast<size_t>(line);
  const std::string_view text = files_.view(0, starts_[i], starts_[i + 1] - starts_[i]);
  uint64_t at = 0;
  std::string_view found;
  next_line(text, at, found);
  return found;
}

void LineWriter::add(std::string_view text) {
  file_.write(text::unicode::on_one_line(text) + '\n');
}

}  // namespace clipwright::records
