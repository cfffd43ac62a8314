// Parquet files for tests, made column by column.
#pragma once

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace clipwright {

using ParquetColumn = std::pair<std::string, std::shared_ptr<arrow::Array>>;

/// Texts or bytes by one of Arrow's builders; nothing is a null.
template <typename Builder>
std::shared_ptr<arrow::Array> array_of(const std::vector<std::optional<std::string>>& values) {
  Builder builder;
  for (const auto& value : values)
    EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  return builder.Finish().ValueOrDie();
}

inline std::shared_ptr<arrow::Array> numbers(const std::vector<std::optional<double>>& values) {
  arrow::DoubleBuilder builder;
  for (const auto& value : values)
    EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  return builder.Finish().ValueOrDie();
}

/// Writes row groups of two rows, so that more than one is read, with Arrow's own schema, which
/// keeps dictionaries. Returns the path.
inline std::string write_parquet(const std::string& path,
                                 const std::vector<ParquetColumn>& columns) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [name, array] : columns) {
    fields.push_back(arrow::field(name, array->type()));
    arrays.push_back(array);
  }
  const auto table = arrow::Table::Make(arrow::schema(fields), arrays);
  const auto out = arrow::io::FileOutputStream::Open(path).ValueOrDie();
  const auto properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  EXPECT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, 2,
                                         parquet::default_writer_properties(), properties)
                  .ok());
  EXPECT_TRUE(out->Close().ok());
  return path;
}

}  // namespace clipwright
