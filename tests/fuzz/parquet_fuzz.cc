// Parquet: columns of any type, pairs, labels, captions alone, and side-cars of rewrites.
#include "records/parquet_rows.h"

#include "records/parquet_reader.h"
#include "tests/fuzz/dataset.h"
#include "tests/fuzz/records.h"

namespace clipwright::fuzz {
namespace {

void try_parquet(std::string_view bytes) {
  const std::string path = file_of("input.parquet", bytes);
  accepts([&] {
    const records::ParquetRows rows(path);
    int64_t seen = 0;
    rows.read(rows.columns(), [&](int64_t row, std::span<const records::ParquetCell> cells) {
      require(row == seen++, "rows come in order");
      require(cells.size() == rows.columns().size(), "a row has a cell a column");
      for (const records::ParquetCell& cell : cells) cell.as_text();
    });
    require(seen == rows.size(), "every row is read");
  });
  try_dataset({.source = path});
  try_dataset({.source = path, .labels = true});
  try_dataset({.source = path, .pictures = false});
  try_records(path);
}

}  // namespace
}  // namespace clipwright::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  clipwright::fuzz::try_parquet(clipwright::fuzz::text_of(data, size));
  return 0;
}
