#include "records/parquet_rows.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>

#include <algorithm>
#include <type_traits>

#include "core/error.h"
#include "core/whole_number.h"

namespace clipwright::records {
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

bool is_text(const arrow::DataType& type) {
  return type.id() == arrow::Type::STRING || type.id() == arrow::Type::LARGE_STRING;
}

bool is_text_list(const arrow::DataType& type) {
  const bool list = type.id() == arrow::Type::LIST || type.id() == arrow::Type::LARGE_LIST ||
                    type.id() == arrow::Type::FIXED_SIZE_LIST;
  if (!list) return false;
  const arrow::DataType& inner = *static_cast<const arrow::BaseListType&>(type).value_type();
  return is_text(inner) ||
         (inner.id() == arrow::Type::DICTIONARY &&
          is_text(*static_cast<const arrow::DictionaryType&>(inner).value_type()));
}

ParquetCell text_cell(std::string_view text) {
  return {.null = false, .is_text = true, .text = text};
}

template <typename Array>
ParquetCell real_cell(const arrow::Array& array, int64_t row) {
  return {.null = false,
          .number = static_cast<double>(static_cast<const Array&>(array).Value(row))};
}

template <typename Array>
ParquetCell whole_cell(const arrow::Array& array, int64_t row) {
  const auto value = static_cast<const Array&>(array).Value(row);
  const auto bits = static_cast<uint64_t>(value);
  bool below_zero = false;
  if constexpr (std::is_signed_v<decltype(value)>) below_zero = value < 0;
  return {.null = false,
          .number = static_cast<double>(value),
          .is_whole = true,
          .below_zero = below_zero,
          .magnitude = below_zero ? 0 - bits : bits};
}

ParquetCell cell_at(const arrow::Array& array, int64_t row);

template <typename Array>
ParquetCell list_cell(const arrow::Array& array, int64_t row) {
  const auto& lists = static_cast<const Array&>(array);
  ParquetCell cell{.null = false, .is_list = true};
  const int64_t begin = lists.value_offset(row), end = begin + lists.value_length(row);
  for (int64_t i = begin; i < end; ++i) cell.list.push_back(cell_at(*lists.values(), i).text);
  return cell;
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
      return real_cell<arrow::FloatArray>(array, row);
    case arrow::Type::DOUBLE:
      return real_cell<arrow::DoubleArray>(array, row);
    case arrow::Type::BOOL:
      return whole_cell<arrow::BooleanArray>(array, row);
    case arrow::Type::INT8:
      return whole_cell<arrow::Int8Array>(array, row);
    case arrow::Type::INT16:
      return whole_cell<arrow::Int16Array>(array, row);
    case arrow::Type::INT32:
      return whole_cell<arrow::Int32Array>(array, row);
    case arrow::Type::INT64:
      return whole_cell<arrow::Int64Array>(array, row);
    case arrow::Type::UINT8:
      return whole_cell<arrow::UInt8Array>(array, row);
    case arrow::Type::UINT16:
      return whole_cell<arrow::UInt16Array>(array, row);
    case arrow::Type::UINT32:
      return whole_cell<arrow::UInt32Array>(array, row);
    case arrow::Type::UINT64:
      return whole_cell<arrow::UInt64Array>(array, row);
    case arrow::Type::DICTIONARY: {
      const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
      const int64_t code = coded.GetValueIndex(row);
      return code >= 0 && code < coded.dictionary()->length() ? cell_at(*coded.dictionary(), code)
                                                              : ParquetCell{};
    }
    case arrow::Type::LIST:
      return list_cell<arrow::ListArray>(array, row);
    case arrow::Type::LARGE_LIST:
      return list_cell<arrow::LargeListArray>(array, row);
    case arrow::Type::FIXED_SIZE_LIST:
      return list_cell<arrow::FixedSizeListArray>(array, row);
    default:
      return {};
  }
}

}  // namespace

std::string ParquetCell::as_text() const {
  if (null || is_list) return {};
  if (is_text) return std::string(text);
  return is_whole ? (below_zero ? "-" : "") + std::to_string(magnitude) : shortest_text(number);
}

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
    const int field =
        outer && outer->type_id() == arrow::Type::STRUCT
            ? static_cast<const arrow::StructArray&>(*outer).struct_type()->GetFieldIndex(
                  column.substr(dot + 1))
            : -1;
    if (field < 0) {
      // Arrow finds no column by a name that two have.
      fail_input(path + ": has several columns '" + column + "'", "each name once",
                 "Rename or drop one of them.");
    }
    const auto& structure = static_cast<const arrow::StructArray&>(*outer);
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
    if (is_plain(*field->type()) || is_text_list(*field->type()))
      state_->columns.push_back(field->name());
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

bool ParquetRows::holds_lists(const std::string& column) const {
  const auto field = state_->schema->GetFieldByName(column);
  return field != nullptr && is_text_list(*field->type());
}

void ParquetRows::read(
    const std::vector<std::string>& columns,
    const std::function<void(int64_t, std::span<const ParquetCell>)>& use) const {
  ParquetCursor cursor(*this, columns);
  while (cursor.next()) use(cursor.row(), cursor.cells());
}

struct ParquetCursor::Batch {
  std::unique_ptr<arrow::RecordBatchReader> reader;
  std::shared_ptr<arrow::RecordBatch> batch;
  std::vector<std::shared_ptr<arrow::Array>> arrays;  ///< one a column
  int64_t at = 0;                                     ///< row of the batch
};

ParquetCursor::ParquetCursor(const ParquetRows& rows, std::vector<std::string> columns)
    : rows_(rows),
      columns_(std::move(columns)),
      cells_(columns_.size()),
      batch_(std::make_unique<Batch>()) {
  const auto metadata = rows_.state_->reader->parquet_reader()->metadata();
  std::vector<int> groups(static_cast<size_t>(metadata->num_row_groups())), leaves;
  for (size_t i = 0; i < groups.size(); ++i) groups[i] = static_cast<int>(i);
  // Leaves are chosen by their path, so that wide columns nobody asked for (pictures) are not
  // decoded. A list's leaf lies below it ("flags.list.element").
  for (int i = 0; i < metadata->num_columns(); ++i) {
    const std::string path = metadata->schema()->Column(i)->path()->ToDotString();
    const auto wanted = [&](const std::string& column) {
      return path == column || path.starts_with(column + ".");
    };
    if (std::any_of(columns_.begin(), columns_.end(), wanted)) leaves.push_back(i);
  }
  batch_->reader =
      value_or_fail(rows_.state_->reader->GetRecordBatchReader(groups, leaves), rows_.state_->path);
}

ParquetCursor::~ParquetCursor() = default;

bool ParquetCursor::next() {
  while (!batch_->batch || batch_->at == batch_->batch->num_rows()) {
    batch_->batch = value_or_fail(batch_->reader->Next(), rows_.state_->path);
    if (!batch_->batch) return false;
    batch_->at = 0;
    batch_->arrays.clear();
    for (const std::string& column : columns_)
      batch_->arrays.push_back(rows_.state_->array(*batch_->batch, column));
  }
  for (size_t k = 0; k < cells_.size(); ++k) cells_[k] = cell_at(*batch_->arrays[k], batch_->at);
  ++batch_->at;
  ++row_;
  return true;
}

}  // namespace clipwright::records
