#include "data/captions/rewrite_pairs.h"

#include <string>
#include <utility>

#include "audit/pairs/pushed_pairs.h"
#include "core/error.h"
#include "core/hash.h"
#include "data/source/image_file.h"
#include "data/files/parquet_rows.h"

namespace clipwright::data::captions {
namespace {

namespace fs = std::filesystem;

std::string text_of(const files::ParquetCell& cell) {
  if (cell.null) return {};
  return cell.is_text ? std::string(cell.text) : std::to_string(static_cast<int64_t>(cell.number));
}

/// The hash is 32 bytes or their hexadecimal digits.
bool is_hash_of(const files::ParquetCell& cell, const std::string& source) {
  const Sha256 hash = sha256(source);
  return cell.text == hex(hash) ||
         cell.text == std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size());
}

}  // namespace

std::unique_ptr<audit::pairs::PairSource> open_parquet_pairs(const fs::path& rewrites) {
  const auto rows = std::make_shared<const files::ParquetRows>(rewrites.string());
  std::vector<std::string> columns = {"key", "mode", "source", "text"};
  for (const std::string& column : columns) {
    if (!rows->has(column)) {
      fail_input(rewrites.string() + ": has no column '" + column + "'",
                 "the columns key, mode, source and text",
                 "Use the side-car that 'clipwright rewrite --output-parquet' writes.");
    }
  }
  const auto optional = [&](const char* column) {
    if (!rows->has(column)) return size_t{0};
    columns.emplace_back(column);
    return columns.size() - 1;
  };
  const size_t status = optional("status"), hash = optional("source_sha256");
  const auto read = [=, path = rewrites.string()](audit::pairs::PushedPairs::Taker& taker) {
    rows->read(columns, [&](int64_t row, std::span<const files::ParquetCell> cells) {
      if (status > 0 && !cells[status].null && cells[status].text != "accepted")
        return taker.pass_over(std::string(cells[status].text));
      if (cells[2].null || cells[3].null) return taker.pass_over("damaged");
      audit::pairs::AuditPair pair{text_of(cells[0]), text_of(cells[1]), text_of(cells[2]), text_of(cells[3])};
      if (hash > 0 && !cells[hash].null && !is_hash_of(cells[hash], pair.source)) {
        fail_input(path + ", row " + std::to_string(row + 1) +
                       ": source and source_sha256 of key '" + pair.key +
                       "' do not belong together",
                   "the SHA-256 of the source text",
                   "The file was edited after it was written; make it again.");
      }
      taker.pair(std::move(pair));
    });
  };
  return std::make_unique<audit::pairs::PushedPairs>(0, read);
}

fs::path rewrites_file(const fs::path& given) {
  std::error_code error;
  if (!fs::is_directory(given, error)) return given;
  fs::path inside = given / "rewrites.jsonl";
  if (fs::exists(inside, error)) return inside;
  fail_input(given.string() + ": is a folder without rewrites.jsonl",
             "the output folder of 'clipwright rewrite', or a .txt, .jsonl or .parquet file");
}

std::unique_ptr<audit::pairs::PairSource> open_rewrite_pairs(const fs::path& captions,
                                               const std::vector<fs::path>& rewrites) {
  std::vector<std::unique_ptr<audit::pairs::PairSource>> sources;
  std::vector<fs::path> others;
  for (const fs::path& given : rewrites) {
    const fs::path path = rewrites_file(given);
    if (source::lower_extension(path.string()) == "parquet") {
      sources.push_back(open_parquet_pairs(path));
    } else {
      others.push_back(path);
    }
  }
  if (!others.empty() || sources.empty()) sources.push_back(audit::pairs::open_pairs(captions, others));
  return audit::pairs::chain_pairs(std::move(sources));
}

}  // namespace clipwright::data::captions
