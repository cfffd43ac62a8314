#include "data/files/parquet_rows.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>

#include <algorithm>

#include "core/error.h"

namespace clipwright::data::files {
namespace {

template <typename T>
T value_or_fail(arrow::Result<T> result, const std::string& path) {
  if (!result.ok())
    fail_input(path + ": cannot be read as Parquet (" + result.status().ToString() + ")",
               "a Parquet file");
  return std::move(result).ValueUnsafe();
}

bool is_plain(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::FIXED_SIZE_BINARY:
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::BOOL:
      return true;
    case arrow::Type::DICTIONARY:
      return is_plain(*static_cast<const arrow::DictionaryType&>(type).value_type());
    default:
      return arrow::is_integer(type.id());
  }
}

ParquetCell text_cell(std::string_view text) {
  return {.null = false, .is_text = true, .text = text};
}
ParquetCell number_cell(double number) { return {.null = false, .number = number}; }

template <typename Array>
double number_at(const arrow::Array& array, int64_t row) {
  return static_cast<double>(static_cast<const Array&>(array).Value(row));
}

ParquetCell cell_at(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) return {};
  switch (array.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return text_cell(static_cast<const arrow::BinaryArray&>(array).GetView(row));
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      return text_cell(static_cast<const arrow::LargeBinaryArray&>(array).GetView(row));
    case arrow::Type::FIXED_SIZE_BINARY:
      return text_cell(static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row));
    case arrow::Type::FLOAT:
      return number_cell(number_at<arrow::FloatArray>(array, row));
    case arrow::Type::DOUBLE:
      return number_cell(number_at<arrow::DoubleArray>(array, row));
    case arrow::Type::BOOL:
      return number_cell(static_cast<const arrow::BooleanArray&>(array).Value(row) ? 1 : 0);
    case arrow::Type::INT8:
      return number_cell(number_at<arrow::Int8Array>(array, row));
    case arrow::Type::INT16:
      return number_cell(number_at<arrow::Int16Array>(array, row));
    case arrow::Type::INT32:
      return number_cell(number_at<arrow::Int32Array>(array, row));
    case arrow::Type::INT64:
      return number_cell(number_at<arrow::Int64Array>(array, row));
    case arrow::Type::UINT8:
      return number_cell(number_at<arrow::UInt8Array>(array, row));
    case arrow::Type::UINT16:
      return number_cell(number_at<arrow::UInt16Array>(array, row));
    case arrow::Type::UINT32:
      return number_cell(number_at<arrow::UInt32Array>(array, row));
    case arrow::Type::UINT64:
      return number_cell(number_at<arrow::UInt64Array>(array, row));
    case arrow::Type::DICTIONARY: {
      const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
      const int64_t code = coded.GetValueIndex(row);
      return code >= 0 && code < coded.dictionary()->length() ? cell_at(*coded.dictionary(), code)
                                                              : ParquetCell{};
    }
    default:
      return {};
  }
}

}  // namespace

struct ParquetRows::State {
  std::string path;
  std::unique_ptr<parquet::arrow::FileReader> reader;
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::string> columns;

  /// The array of "outer" or "outer.inner" in a batch; an inner field of a null structure is null
  /// itself.
  std::shared_ptr<arrow::Array> array(const arrow::RecordBatch& batch,
                                      const std::string& column) const {
    if (auto whole = batch.GetColumnByName(column)) return whole;
    const size_t dot = column.rfind('.');
    const auto outer =
        dot == std::string::npos ? nullptr : batch.GetColumnByName(column.substr(0, dot));
    CW_CHECK(outer && outer->type_id() == arrow::Type::STRUCT, "the column is one of columns()");
    const auto& structure = static_cast<const arrow::StructArray&>(*outer);
    const int field = structure.struct_type()->GetFieldIndex(column.substr(dot + 1));
    return value_or_fail(structure.GetFlattenedField(field), path);
  }
};

ParquetRows::ParquetRows(const std::string& path) : state_(std::make_unique<State>()) {
  state_->path = path;
  auto file = value_or_fail(arrow::io::ReadableFile::Open(path), path);
  state_->reader =
      value_or_fail(parquet::arrow::OpenFile(file, arrow::default_memory_pool()), path);
  state_->reader->set_batch_size(1024);
  const arrow::Status status = state_->reader->GetSchema(&state_->schema);
  if (!status.ok())
    fail_input(path + ": cannot be read as Parquet (" + status.ToString() + ")", "a Parquet file");
  for (const auto& field : state_->schema->fields()) {
    if (is_plain(*field->type())) state_->columns.push_back(field->name());
    if (field->type()->id() != arrow::Type::STRUCT) continue;
    for (const auto& inner : field->type()->fields()) {
      if (is_plain(*inner->type())) state_->columns.push_back(field->name() + "." + inner->name());
    }
  }
}

ParquetRows::~ParquetRows() = default;

int64_t ParquetRows::size() const {
  return state_->reader->parquet_reader()->metadata()->num_rows();
}

const std::vector<std::string>& ParquetRows::columns() const { return state_->columns; }

bool ParquetRows::has(const std::string& column) const {
  return std::find(state_->columns.begin(), state_->columns.end(), column) != state_->columns.end();
}

std::string ParquetRows::first_of(std::initializer_list<std::string> names) const {
  for (const std::string& name : names) {
    if (has(name)) return name;
  }
  return {};
}

void ParquetRows::read(
    const std::vector<std::string>& columns,
    const std::function<void(int64_t, std::span<const ParquetCell>)>& use) const {
  const auto metadata = state_->reader->parquet_reader()->metadata();
  std::vector<int> groups(static_cast<size_t>(metadata->num_row_groups())), leaves;
  for (size_t i = 0; i < groups.size(); ++i) groups[i] = static_cast<int>(i);
  // Leaves are chosen by their path, so that wide columns nobody asked for (pictures) are not
  // decoded.
  for (int i = 0; i < metadata->num_columns(); ++i) {
    const std::string path = metadata->schema()->Column(i)->path()->ToDotString();
    const auto wanted = [&](const std::string& column) { return path == column; };
    if (std::any_of(columns.begin(), columns.end(), wanted)) leaves.push_back(i);
  }
  auto batches = value_or_fail(state_->reader->GetRecordBatchReader(groups, leaves), state_->path);
  std::vector<ParquetCell> cells(columns.size());
  int64_t row = 0;
  for (;;) {
    const std::shared_ptr<arrow::RecordBatch> batch = value_or_fail(batches->Next(), state_->path);
    if (!batch) return;
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (const std::string& column : columns) arrays.push_back(state_->array(*batch, column));
    for (int64_t i = 0; i < batch->num_rows(); ++i, ++row) {
      for (size_t k = 0; k < arrays.size(); ++k) cells[k] = cell_at(*arrays[k], i);
      use(row, cells);
    }
  }
}

}  // namespace clipwright::data::files
