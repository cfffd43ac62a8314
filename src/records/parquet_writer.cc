#include "records/parquet_writer.h"

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/writer.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"

namespace clipwright::records {
namespace {

constexpr int64_t kRowsInGroup = 1 << 16;
constexpr size_t kRecordsThatDecide = 4096;  // which score columns there are
constexpr const char* kScorePrefix = "scores.";

void check(const arrow::Status& status, const std::filesystem::path& path) {
  if (!status.ok()) fail_running(path.string() + ": cannot be written (" + status.ToString() + ")");
}

template <typename T>
T checked(arrow::Result<T> result, const std::filesystem::path& path) {
  check(result.status(), path);
  return std::move(result).ValueUnsafe();
}

/// Arrow's bytes into a file that appears whole.
class AtomicStream final : public arrow::io::OutputStream {
 public:
  explicit AtomicStream(const std::filesystem::path& path) : file_(path) {}
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return size_; }
  using arrow::io::OutputStream::Write;
  arrow::Status Write(const void* data, int64_t bytes) override {
    file_.write(std::string_view(static_cast<const char*>(data), static_cast<size_t>(bytes)));
    size_ += bytes;
    return arrow::Status::OK();
  }
  AtomicFile& file() { return file_; }

 private:
  AtomicFile file_;
  int64_t size_ = 0;
  bool closed_ = false;
};

/// Null when there is none.
template <typename Builder>
arrow::Status append_text(Builder& builder, const std::string& text) {
  return text.empty() ? builder.AppendNull() : builder.Append(text);
}

/// 32 bytes of 64 hexadecimal digits, or null.
arrow::Status append_hash(arrow::FixedSizeBinaryBuilder& builder, const std::string& digits) {
  Sha256 hash{};
  if (digits.size() != 2 * hash.size()) return builder.AppendNull();
  const auto value = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  for (size_t i = 0; i < hash.size(); ++i) {
    const int high = value(digits[2 * i]), low = value(digits[2 * i + 1]);
    if (high < 0 || low < 0) return builder.AppendNull();
    hash[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return builder.Append(hash.data());
}

}  // namespace

struct ParquetWriter::State {
  explicit State(const std::filesystem::path& file)
      : path(file), stream(std::make_shared<AtomicStream>(file)) {}

  /// Decides the columns by the records seen so far.
  void open() {
    for (const Record& record : waiting) {
      for (const auto& [name, value] : record.scores.values) score_names.insert(name);
    }
    scores = std::vector<arrow::DoubleBuilder>(score_names.size());
    const auto coded = arrow::dictionary(arrow::int32(), arrow::utf8());
    arrow::FieldVector fields = {arrow::field("key", arrow::utf8()),
                                 arrow::field("mode", coded),
                                 arrow::field("source", arrow::utf8()),
                                 arrow::field("source_sha256", arrow::fixed_size_binary(32)),
                                 arrow::field("text", arrow::utf8()),
                                 arrow::field("status", coded),
                                 arrow::field("attempt", arrow::int32()),
                                 arrow::field("source_cut", arrow::boolean()),
                                 arrow::field("recipe", coded),
                                 arrow::field("flags", arrow::list(arrow::utf8()))};
    for (const std::string& name : score_names)
      fields.push_back(arrow::field(kScorePrefix + name, arrow::float64()));
    schema = arrow::schema(fields);
    const auto properties =
        parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
    // Arrow's schema is stored too, so that readers get dictionaries back as dictionaries.
    const auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
    writer = checked(parquet::arrow::FileWriter::Open(*schema, arrow::default_memory_pool(), stream,
                                                      properties, arrow_properties),
                     path);
    for (const Record& record : waiting) append(record);
    waiting = {};
  }

  void append(const Record& record) {
    check(key.Append(record.key), path);
    check(mode.Append(record.mode), path);
    check(record.source ? source.Append(*record.source) : source.AppendNull(), path);
    check(append_hash(hash, record.source_sha256), path);
    check(text.Append(record.text), path);
    check(status.Append(record.status), path);
    check(attempt.Append(record.attempt), path);
    check(cut.Append(record.source_cut), path);
    check(append_text(recipe, record.recipe), path);
    append_scores(record.scores);
    if (++rows == kRowsInGroup) flush();
  }

  void append_scores(const Scores& said) {
    if (said.flags) {
      check(flags.Append(), path);
      for (const std::string& name : *said.flags) check(flag->Append(name), path);
    } else {
      check(flags.AppendNull(), path);
    }
    size_t column = 0;
    for (const std::string& name : score_names) {
      const auto value = said.values.find(name);
      check(value != said.values.end() ? scores[column].Append(value->second)
                                       : scores[column].AppendNull(),
            path);
      ++column;
    }
  }

  /// Writes the rows so far as a row group.
  void flush() {
    arrow::ArrayVector arrays;
    for (arrow::ArrayBuilder* builder : std::initializer_list<arrow::ArrayBuilder*>{
             &key, &mode, &source, &hash, &text, &status, &attempt, &cut, &recipe, &flags})
      arrays.push_back(checked(builder->Finish(), path));
    for (arrow::DoubleBuilder& builder : scores) arrays.push_back(checked(builder.Finish(), path));
    // Each group begins with dictionaries of its own.
    mode.ResetFull(), status.ResetFull(), recipe.ResetFull();
    const auto table = arrow::Table::Make(schema, arrays, rows);
    check(writer->WriteTable(*table, kRowsInGroup), path);
    rows = 0;
  }

  std::filesystem::path path;
  std::shared_ptr<AtomicStream> stream;
  std::shared_ptr<arrow::Schema> schema;
  std::unique_ptr<parquet::arrow::FileWriter> writer;
  std::shared_ptr<arrow::KeyValueMetadata> recipes = std::make_shared<arrow::KeyValueMetadata>();
  std::vector<Record> waiting;  ///< until the columns are decided
  std::set<std::string> score_names;
  int64_t rows = 0;  ///< in the builders
  arrow::StringBuilder key, source, text;
  arrow::StringDictionary32Builder mode, status, recipe;
  arrow::FixedSizeBinaryBuilder hash{arrow::fixed_size_binary(32)};
  arrow::Int32Builder attempt;
  arrow::BooleanBuilder cut;
  std::shared_ptr<arrow::StringBuilder> flag = std::make_shared<arrow::StringBuilder>();
  arrow::ListBuilder flags{arrow::default_memory_pool(), flag};
  std::vector<arrow::DoubleBuilder> scores;  ///< in the order of score_names
};

ParquetWriter::ParquetWriter(const std::filesystem::path& path) {
  if (path.has_parent_path()) make_folder(path.parent_path());
  state_ = std::make_unique<State>(path);
}

ParquetWriter::~ParquetWriter() = default;

void ParquetWriter::add(const Record& record) {
  if (state_->writer) return state_->append(record);
  state_->waiting.push_back(record);
  if (state_->waiting.size() == kRecordsThatDecide) state_->open();
}

void ParquetWriter::describe(const std::string& recipe, const Json& description) {
  state_->recipes->Append("clipwright.recipe." + recipe, to_line(description));
}

AtomicFile& ParquetWriter::close() {
  if (!state_->writer) state_->open();
  if (state_->rows > 0) state_->flush();
  check(state_->writer->AddKeyValueMetadata(state_->recipes), state_->path);
  check(state_->writer->Close(), state_->path);
  return state_->stream->file();
}

}  // namespace clipwright::records
