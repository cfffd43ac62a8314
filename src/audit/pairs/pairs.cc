#include "audit/pairs/pairs.h"

#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "records/lines.h"
#include "records/reader.h"

namespace clipwright::audit::pairs {
namespace {

namespace fs = std::filesystem;

class LinePairs : public PairSource {
 public:
  LinePairs(const fs::path& captions, std::vector<fs::path> rewrites)
      : captions_(captions),
        rewrites_(std::move(rewrites)),
        lines_(records::count_lines(captions)) {
    for (const fs::path& path : rewrites_) {
      const int64_t count = records::count_lines(path);
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
        rewrite_ = std::make_unique<records::LineReader>(rewrites_[file_]);
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
  records::LineReader captions_;
  std::vector<fs::path> rewrites_;
  int64_t lines_, total_ = 0, line_ = 0;
  size_t file_ = 0;
  std::unique_ptr<records::LineReader> rewrite_;
};

/// Rows of rewrites.jsonl or a Parquet side-car.
class RecordPairs : public PairSource {
 public:
  explicit RecordPairs(const fs::path& path)
      : path_(path), reader_(records::open_reader(path, true)) {}

  bool next(AuditPair& pair) override {
    while (reader_->next(record_)) {
      ++rows_;
      if (!reader_->damage().empty() || (record_.accepted() && !record_.source)) {
        if (damaged_++ == 0) first_damaged_ = reader_->where();
        ++passed_over["damaged"];
        continue;
      }
      if (!record_.accepted()) {
        ++passed_over[record_.status];
        continue;
      }
      records::check_source(record_, reader_->where());
      pair.key = std::move(record_.key);
      pair.mode = std::move(record_.mode);
      pair.source = std::move(*record_.source);
      pair.text = std::move(record_.text);
      return true;
    }
    if (20 * damaged_ > rows_) {
      fail_input(path_.string() + ": " + with_commas(damaged_) + " of " + with_commas(rows_) +
                     " rows are no rewrites; the first is " + first_damaged_,
                 "records with key, mode, source and text",
                 "Use the rewrites.jsonl or the Parquet side-car that 'clipwright rewrite' wrote.");
    }
    return false;
  }

 private:
  fs::path path_;
  std::unique_ptr<records::Reader> reader_;
  records::Record record_;
  int64_t rows_ = 0, damaged_ = 0;
  std::string first_damaged_;
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

std::unique_ptr<PairSource> open_pairs(const fs::path& captions,
                                       const std::vector<fs::path>& rewrites) {
  std::vector<std::unique_ptr<PairSource>> sources;
  std::vector<fs::path> texts;
  for (const fs::path& given : rewrites) {
    const fs::path path = records::file_of(given);
    const records::Form form = records::form_of(path);
    if (form == records::Form::kJsonl || form == records::Form::kParquet) {
      sources.push_back(std::make_unique<RecordPairs>(path));
    } else {
      texts.push_back(path);
    }
  }
  if (!texts.empty()) {
    if (captions.empty()) {
      fail_usage(texts[0].string() + " holds rewrites only, and no --captions were given",
                 "the file with their sources, line by line", "Add --captions FILE.txt.");
    }
    check_caption_lines(captions);
    sources.push_back(std::make_unique<LinePairs>(captions, texts));
  }
  if (sources.empty()) fail_usage("no rewrites were given", "--rewrites FILE...");
  return std::make_unique<ChainedPairs>(std::move(sources));
}

}  // namespace clipwright::audit::pairs
