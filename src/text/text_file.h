// Files of text, a line a record or not: UTF-8 and not compressed. The one place that looks at
// their first bytes, for whoever reads them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace clipwright::text {

/// The byte of a file's `contents` at which its text begins: a byte order mark is no part of it.
/// Throws Error(kInput) that names `path` and says what it is where that is something else:
/// compressed (gzip, zstd, xz, bzip2, lz4, ZIP), UTF-16 or UTF-32, Parquet, SQLite, a tar. The
/// first 512 bytes decide, so a large file costs nothing; bytes further on are the reader's affair.
size_t text_start(std::string_view contents, const std::filesystem::path& path);

/// The whole file from there on. Throws Error(kInput) as `read_file` and `text_start`.
std::string read_text(const std::filesystem::path& path);

}  // namespace clipwright::text
