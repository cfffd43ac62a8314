#include "audit/pairs/pairs.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/log.h"

namespace clipwright::audit::pairs {
namespace {

class LinePairs : public PairSource {
 public:
  LinePairs(const fs::path& captions, std::vector<fs::path> rewrites)
      : captions_(captions), rewrites_(std::move(rewrites)), lines_(count_lines(captions)) {
    for (const fs::path& path : rewrites_) {
      const int64_t count = count_lines(path);
      if (lines_ == 0 || count == 0 || count % lines_ != 0) {
        fail_input(path.string() + " has " + with_commas(count) + " lines and " +
                       captions.string() + " has " + with_commas(lines_),
                   "one rewrite a caption, line by line (or a whole multiple)",
                   "A line was lost or added: make the rewrites again, or audit the "
                   "rewrites.jsonl, which is joined by key.");
      }
      total_ += count;
    }
  }

  int64_t total() const override { return total_; }

  bool next(AuditPair& pair) override {
    while (true) {
      if (rewrite_ == nullptr) {
        if (file_ == rewrites_.size()) return false;
        rewrite_ = std::make_unique<LineReader>(rewrites_[file_]);
        captions_.rewind();
        line_ = 0;
      }
      if (rewrite_->next(pair.text)) break;
      rewrite_.reset();
      ++file_;
    }
    if (line_ == lines_) {
      captions_.rewind();
      line_ = 0;
    }
    if (!captions_.next(pair.source)) pair.source.clear();
    pair.key = std::to_string(line_++);
    pair.mode = rewrites_[file_].stem().string();
    return true;
  }

 private:
  LineReader captions_;
  std::vector<fs::path> rewrites_;
  int64_t lines_, total_ = 0, line_ = 0;
  size_t file_ = 0;
  std::unique_ptr<LineReader> rewrite_;
};

std::string text_of(const Json& row, const char* name) {
  const auto found = row.find(name);
  if (found == row.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

class JsonlPairs : public PairSource {
 public:
  explicit JsonlPairs(const fs::path& path) : path_(path), reader_(path) {}

  bool next(AuditPair& pair) override {
    while (reader_.next(line_)) {
      ++number_;
      if (line_.find_first_not_of(" \t\r") == std::string::npos) continue;
      const Json row = Json::parse(line_, nullptr, false);
      if (!row.is_object() || !row.contains("text") || !row.contains("source") ||
          !row["source"].is_string()) {
        if (first_damaged_ == 0) first_damaged_ = number_;
        ++passed_over["damaged"];
        ++damaged_;
        continue;
      }
      const std::string status = text_of(row, "status");
      if (!status.empty() && status != "accepted") {
        ++passed_over[status];
        continue;
      }
      pair.key = text_of(row, "key");
      pair.mode = text_of(row, "mode");
      pair.source = text_of(row, "source");
      pair.text = text_of(row, "text");
      check_source(row, pair);
      return true;
    }
    if (damaged_ > 0 && 20 * damaged_ > number_) {
      fail_input(path_.string() + ": " + with_commas(damaged_) + " of " + with_commas(number_) +
                     " lines are no rewrites; the first is line " + std::to_string(first_damaged_),
                 "JSON objects with key, mode, source and text",
                 "Use the rewrites.jsonl that 'clipwright rewrite' wrote.");
    }
    return false;
  }

 private:
  void check_source(const Json& row, const AuditPair& pair) const {
    const std::string wanted = text_of(row, "source_sha256");
    if (wanted.empty()) return;
    const std::string found = hex(sha256(pair.source));
    if (wanted != found) {
      fail_input(path_.string() + ", line " + std::to_string(number_) +
                     ": source and source_sha256 of key '" + pair.key + "' do not belong together",
                 "the SHA-256 of the source text",
                 "The file was edited after it was written; make it again.");
    }
  }

  fs::path path_;
  LineReader reader_;
  std::string line_;
  int64_t number_ = 0, damaged_ = 0, first_damaged_ = 0;
};

class ChainedPairs : public PairSource {
 public:
  explicit ChainedPairs(std::vector<std::unique_ptr<PairSource>> sources)
      : sources_(std::move(sources)) {}
  bool next(AuditPair& pair) override {
    for (; at_ < sources_.size(); ++at_) {
      const bool found = sources_[at_]->next(pair);
      if (found) return true;
      for (const auto& [reason, count] : sources_[at_]->passed_over) passed_over[reason] += count;
    }
    return false;
  }
  int64_t total() const override {
    int64_t total = 0;
    for (const auto& source : sources_) {
      if (source->total() == 0) return 0;
      total += source->total();
    }
    return total;
  }

 private:
  std::vector<std::unique_ptr<PairSource>> sources_;
  size_t at_ = 0;
};

}  // namespace

LineReader::LineReader(const fs::path& path) : path_(path) { rewind(); }

void LineReader::rewind() {
  std::error_code error;
  const bool folder = fs::is_directory(path_, error);
  if (file_.is_open()) {
    file_.clear();
    file_.seekg(0);
  } else if (!folder) {
    errno = 0;
    file_.open(path_, std::ios::binary);
  }
  if (folder || !file_) {
    fail_input(path_.string() + ": " +
                   (folder       ? "is a folder"
                    : errno != 0 ? std::strerror(errno)
                                 : "cannot be read"),
               "a text file", "Check the path and its permissions.");
  }
  first_ = true;
}

bool LineReader::next(std::string& line) {
  if (!std::getline(file_, line)) return false;
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (first_ && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
  first_ = false;
  return true;
}

std::vector<std::string> read_example_texts(const fs::path& path) {
  LineReader reader(path);
  std::vector<std::string> texts;
  std::string line;
  while (reader.next(line)) {
    if (line.starts_with('#')) continue;
    for (size_t at = line.find("=>"); at != std::string::npos; at = line.find("=>", at))
      line.replace(at, 2, "\t");
    for (size_t at = 0; at <= line.size();) {
      const size_t end = std::min(line.find('\t', at), line.size());
      if (end > at) texts.push_back(line.substr(at, end - at));
      at = end + 1;
    }
  }
  return texts;
}

std::vector<std::string> shipped_example_texts() {
  std::vector<fs::path> packs;
  for (const auto& entry : fs::directory_iterator(shared_file("data/examples"))) {
    if (entry.path().extension() == ".tsv") packs.push_back(entry.path());
  }
  std::sort(packs.begin(), packs.end());
  std::vector<std::string> texts;
  for (const fs::path& pack : packs) {
    for (std::string& text : read_example_texts(pack)) texts.push_back(std::move(text));
  }
  return texts;
}

int64_t count_lines(const fs::path& path) {
  const LineReader readable(path);
  std::ifstream file(path, std::ios::binary);
  std::vector<char> block(1 << 18);
  int64_t lines = 0;
  char last = '\n';
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())), file.gcount() > 0) {
    const auto end = block.begin() + file.gcount();
    lines += std::count(block.begin(), end, '\n');
    last = *(end - 1);
  }
  return lines + (last != '\n');
}

void check_caption_lines(const fs::path& path) {
  const std::string ending = path.extension().string();
  for (const char* table : {".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".gz"}) {
    if (ending != table) continue;
    fail_usage(
        path.string() + ": --captions of an audit is no table", "a text file, a caption a line",
        "The rewrites.jsonl that 'clipwright rewrite' made of a table holds its captions: give "
        "it as --rewrites alone.");
  }
}

std::unique_ptr<PairSource> open_line_pairs(const fs::path& captions,
                                            const std::vector<fs::path>& rewrites) {
  check_caption_lines(captions);
  return std::make_unique<LinePairs>(captions, rewrites);
}

std::unique_ptr<PairSource> open_jsonl_pairs(const fs::path& rewrites) {
  return std::make_unique<JsonlPairs>(rewrites);
}

std::unique_ptr<PairSource> chain_pairs(std::vector<std::unique_ptr<PairSource>> sources) {
  return std::make_unique<ChainedPairs>(std::move(sources));
}

std::unique_ptr<PairSource> open_pairs(const fs::path& captions,
                                       const std::vector<fs::path>& rewrites) {
  std::vector<std::unique_ptr<PairSource>> sources;
  std::vector<fs::path> texts;
  for (const fs::path& path : rewrites) {
    if (path.extension() == ".jsonl") {
      sources.push_back(open_jsonl_pairs(path));
    } else {
      texts.push_back(path);
    }
  }
  if (!texts.empty()) {
    if (captions.empty()) {
      fail_usage(texts[0].string() + " holds rewrites only, and no --captions were given",
                 "the file with their sources, line by line", "Add --captions FILE.txt.");
    }
    sources.push_back(open_line_pairs(captions, texts));
  }
  if (sources.empty()) fail_usage("no rewrites were given", "--rewrites FILE...");
  return chain_pairs(std::move(sources));
}

}  // namespace clipwright::audit::pairs
