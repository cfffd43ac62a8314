#include "data/captions/joined_rewrites.h"

#include <memory>
#include <utility>

#include "core/error.h"
#include "core/hash.h"
#include "core/log.h"
#include "data/captions/rewrite_join.h"
#include "data/files/spooled_texts.h"
#include "data/source/skipped.h"
#include "records/jsonl.h"
#include "records/parquet_reader.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::captions {
namespace {

constexpr double kMostBadRows = 0.05;

/// A file of rewrites that is read from its beginning as often as it takes, and whose texts can
/// then be read at any place.
class RewriteTexts {
 public:
  virtual ~RewriteTexts() = default;
  virtual std::unique_ptr<records::Reader> open() = 0;
  /// Of the record that was read last, to find its text again.
  virtual uint64_t place_of(const records::Record& record) = 0;
  virtual void finish() {}
  /// Thread-safe.
  virtual std::string text(uint64_t place) const = 0;
};

/// The texts stay in the mapped file.
class JsonlTexts final : public RewriteTexts {
 public:
  explicit JsonlTexts(const std::string& path)
      : file_(std::make_shared<const records::JsonlFile>(path)) {}
  std::unique_ptr<records::Reader> open() override {
    auto reader = std::make_unique<records::JsonlReader>(file_);
    reader_ = reader.get();
    return reader;
  }
  uint64_t place_of(const records::Record&) override { return reader_->place(); }
  std::string text(uint64_t place) const override { return file_->at(place).text; }

 private:
  std::shared_ptr<const records::JsonlFile> file_;
  const records::JsonlReader* reader_ = nullptr;
};

/// Parquet cannot be read at a random row: the texts are unpacked the first time they are met.
class ParquetTexts final : public RewriteTexts {
 public:
  explicit ParquetTexts(std::string path) : path_(std::move(path)) {}
  std::unique_ptr<records::Reader> open() override {
    next_ = 0;
    return std::make_unique<records::ParquetReader>(path_);
  }
  uint64_t place_of(const records::Record& record) override {
    const uint64_t place = next_++;
    if (static_cast<int64_t>(place) == texts_.size()) texts_.add(record.text);
    return place;
  }
  void finish() override { texts_.finish(); }
  std::string text(uint64_t place) const override {
    return std::string(texts_[static_cast<int64_t>(place)]);
  }

 private:
  std::string path_;
  files::SpooledTexts texts_;
  uint64_t next_ = 0;
};

std::shared_ptr<RewriteTexts> open_texts(const std::string& path) {
  if (records::form_of(path) == records::Form::kParquet)
    return std::make_shared<ParquetTexts>(path);
  return std::make_shared<JsonlTexts>(path);
}

/// Whether a row of a readable file says which text belongs to what.
bool can_be_joined(const records::Record& record) {
  return !record.mode.empty() && (!record.key.empty() || !record.source_sha256.empty()) &&
         (!record.accepted() || !record.text.empty());
}

/// Captions are compared without the blanks around them; a text file of sources may still have had
/// some.
void hash_without_blanks(records::Record& record) {
  if (!record.source) return;
  const std::string_view bare = text::unicode::trimmed(*record.source);
  if (bare.size() != record.source->size() && hex(sha256(*record.source)) == record.source_sha256)
    record.source_sha256 = hex(sha256(bare));
}

void each_row(const std::string& path, RewriteTexts& texts,
              const std::function<void(const RewriteRow&)>& use) {
  const std::unique_ptr<records::Reader> reader = texts.open();
  source::Skipped skipped;
  RewriteRow row;
  while (reader->next(row.record)) {
    if (!reader->damage().empty() || !can_be_joined(row.record)) {
      skipped.skip("no record",
                   reader->where() + ": is no rewrite (key, mode, text, source_sha256)");
      skipped.check(kMostBadRows);
      continue;
    }
    skipped.use();
    hash_without_blanks(row.record);
    row.place = texts.place_of(row.record);
    row.row = reader->row();
    use(row);
  }
  skipped.report();
  if (skipped.skipped() == skipped.rows())
    fail_input(path + ": holds no rewrite" + (skipped.rows() > 0 ? "; " + skipped.first() : ""));
}

class JoinedSlot final : public RewriteSlot {
 public:
  JoinedSlot(std::shared_ptr<const RewriteTexts> texts, std::string mode, JoinedMode joined,
             std::string note)
      : texts_(std::move(texts)),
        mode_(std::move(mode)),
        joined_(std::move(joined)),
        note_(std::move(note)) {}

  std::string name() const override { return "rewrite:" + mode_; }
  std::string text(int64_t index) const override {
    const uint64_t place = joined_.places[static_cast<size_t>(index)];
    return place == kNoText ? std::string() : texts_->text(place);
  }
  std::string describe() const override {
    std::string text = name() + " " + with_commas(joined_.texts) + " texts";
    if (joined_.dropped > 0)
      text += ", " + with_commas(joined_.dropped) + " dropped by the condition";
    return text + note_;
  }

 private:
  std::shared_ptr<const RewriteTexts> texts_;
  std::string mode_;
  JoinedMode joined_;
  std::string note_;
};

}  // namespace

RewriteSlots open_joined_rewrites(const std::string& path, const source::Dataset& dataset,
                                  const KeepCondition& keep) {
  const std::shared_ptr<RewriteTexts> texts = open_texts(path);
  RewriteJoin join = join_rewrites(
      path, dataset, keep,
      [&](const std::function<void(const RewriteRow&)>& use) { each_row(path, *texts, use); });
  texts->finish();
  std::string note;
  if (join.by_source) note += ", joined by source";
  if (join.unknown > 0) note += ", " + with_commas(join.unknown) + " rows of other data";
  RewriteSlots slots;
  for (auto& [mode, joined] : join.modes)
    slots.push_back(std::make_unique<JoinedSlot>(texts, mode, std::move(joined), note));
  return slots;
}

}  // namespace clipwright::data::captions
