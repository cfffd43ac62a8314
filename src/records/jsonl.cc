#include "records/jsonl.h"

#include <utility>

#include "core/error.h"
#include "core/loose_json.h"
#include "records/lines.h"
#include "text/unicode/utf8.h"

namespace clipwright::records {

JsonlFile::JsonlFile(const std::filesystem::path& path) {
  files_.add(path);
  constexpr size_t kLooked = 4096;
  const std::string_view text = files_[0].text();
  if (text.size() <= kLooked && text::unicode::trimmed(text).empty())
    fail_input(path.string() + ": is empty", "a rewrite a line");
  start_ = first_json_line(text, path);
}

Record JsonlFile::at(uint64_t place) const {
  const std::string_view rest = files_.from(0, place);
  Record record;
  std::string damage;
  from_json(parse_loosely(text::unicode::trimmed(rest.substr(0, rest.find('\n')))), record, damage);
  return record;
}

JsonlReader::JsonlReader(std::shared_ptr<const JsonlFile> file)
    : file_(std::move(file)), next_(file_->start_) {}

bool JsonlReader::next(Record& record) {
  const std::string_view text = file_->files_[0].text();
  std::string_view line;
  for (place_ = next_; next_line(text, next_, line); place_ = next_) {
    ++row_;
    if (next_ - released_ > kScanStride) {
      released_ = next_;
      file_->files_.release();
    }
    line = text::unicode::trimmed(line);
    if (line.empty()) continue;
    damage_.clear();
    from_json(parse_loosely(line), record, damage_);
    return true;
  }
  file_->files_.release();
  return false;
}

std::string JsonlReader::where() const {
  return file_->files_[0].path().string() + ", line " + std::to_string(row_);
}

void JsonlWriter::add(const Record& record, const Json& more) {
  Json json = to_json(record);
  if (more.is_object()) json.update(more);
  file_.write(to_line(json) + "\n");
}

}  // namespace clipwright::records
