#include "rewrite/openai/batch_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "core/error.h"
#include "core/random.h"

namespace clipwright::rewrite::openai {
namespace {

constexpr size_t kLongestLine = size_t{16} << 20;
constexpr std::string_view kIdFirst = "{\"custom_id\":\"";

std::vector<fs::path> files_named(const fs::path& folder, const std::string& head) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(head, 0) == 0 && name.ends_with(".jsonl") && entry.is_regular_file())
      found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// Calls `use` with every line that is not blank, and where it begins.
void each_line(std::string_view text, const std::function<void(std::string_view, size_t)>& use) {
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = text.substr(start, end - start);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) use(line, start);
    start = end + 1;
  }
}

std::optional<std::string> id_of(const Json& line) {
  if (!line.is_object() || !line.contains("custom_id") || !line["custom_id"].is_string())
    return std::nullopt;
  return line["custom_id"].get<std::string>();
}

bool holds_answer(const Json& line) {
  const auto response = line.find("response");
  if (response == line.end() || !response->is_object()) return false;
  const auto status = response->find("status_code");
  return status == response->end() || (status->is_number_integer() && *status == 200);
}

/// Number of a requests file by its name: requests.jsonl is 1, requests-7.jsonl is 7.
int number_of(const fs::path& path) {
  const std::string name = path.stem().string();
  constexpr std::string_view kHead = "requests-";
  int number = 1;
  if (name.rfind(kHead, 0) == 0)
    std::from_chars(name.data() + kHead.size(), name.data() + name.size(), number);
  return std::max(number, 1);
}

}  // namespace

BatchKey::BatchKey(std::string_view custom_id)
    : high(hash64(custom_id, 1)), low(hash64(custom_id, 2)) {}

BatchKeys read_asked(const fs::path& folder) {
  BatchKeys asked;
  for (const fs::path& path : files_named(folder, "requests")) {
    const MappedFile file(path);
    each_line(file.text(), [&](std::string_view line, size_t) {
      // Ours begin with the id; a line of another hand is parsed.
      if (line.rfind(kIdFirst, 0) == 0) {
        const std::string_view rest = line.substr(kIdFirst.size());
        asked.insert(BatchKey(rest.substr(0, rest.find('"'))));
      } else if (const auto id = id_of(try_json(line))) {
        asked.insert(BatchKey(*id));
      }
    });
  }
  return asked;
}

BatchResults::BatchResults(const fs::path& folder) {
  for (const fs::path& path : files_named(folder, "results")) {
    files_.emplace_back(path);
    read(static_cast<uint32_t>(files_.size() - 1));
  }
}

void BatchResults::read(uint32_t file) {
  each_line(files_[file].text(), [&](std::string_view text, size_t offset) {
    const Json line = text.size() > kLongestLine ? Json() : try_json(text);
    const std::optional<std::string> id = id_of(line);
    if (!id || !(line.contains("response") || line.contains("error"))) {
      ++damaged_;
      return;
    }
    const Place place{file, static_cast<uint32_t>(text.size()), offset, holds_answer(line)};
    const auto [found, first] = places_.emplace(BatchKey(*id), place);
    if (first) return;
    ++duplicates_;
    if (place.answered && !found->second.answered) found->second = place;
  });
}

std::optional<Json> BatchResults::find(const BatchKey& key) const {
  const auto found = places_.find(key);
  if (found == places_.end()) return std::nullopt;
  const Place& place = found->second;
  return try_json(files_[place.file].text().substr(place.offset, place.length));
}

std::vector<BatchKey> BatchResults::keys() const {
  std::vector<BatchKey> all;
  all.reserve(places_.size());
  for (const auto& [key, place] : places_) all.push_back(key);
  return all;
}

BatchRequestWriter::BatchRequestWriter(fs::path folder, const BatchLimits& limits)
    : folder_(std::move(folder)), limits_(limits), number_(1) {
  lock_ = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ >= 0 && ::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_);
    fail_running(folder_.string() + ": another job is writing requests there", {},
                 "Wait for it, or give this job a folder of its own with --batch-dir.");
  }
  for (const fs::path& path : files_named(folder_, "requests"))
    number_ = std::max(number_, number_of(path) + 1);
}

BatchRequestWriter::~BatchRequestWriter() {
  if (lock_ >= 0) ::close(lock_);
}

void BatchRequestWriter::add(std::string_view custom_id, std::string_view url, const Json& body) {
  const std::string line =
      to_line({{"custom_id", custom_id}, {"method", "POST"}, {"url", url}, {"body", body}}) + "\n";
  const auto size = static_cast<int64_t>(line.size());
  if (file_ && (requests_ >= limits_.requests || bytes_ + size > limits_.bytes)) commit();
  if (!file_) {
    path_ = folder_ /
            (number_ == 1 ? "requests.jsonl" : "requests-" + std::to_string(number_) + ".jsonl");
    ++number_;
    file_ = std::make_unique<AtomicFile>(path_);
    requests_ = bytes_ = 0;
  }
  file_->write(line);
  ++requests_;
  bytes_ += size;
}

void BatchRequestWriter::commit() {
  if (!file_) return;
  file_->commit();
  file_.reset();
  written_.push_back(path_);
}

}  // namespace clipwright::rewrite::openai
