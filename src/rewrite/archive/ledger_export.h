// A ledger as a file of lines.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "rewrite/ledger/ledger.h"

namespace clipwright::rewrite::archive {

struct LedgerExport {
  enum Format {
    kRecords,   ///< accepted texts, for `--engine replay` and to keep (records/kept_texts.h)
    kRewrites,  ///< the last attempt of each caption and mode, as in rewrites.jsonl, under its hash
    kAttempts,  ///< every attempt with status, tokens, time, worker
  } format = kRecords;
  std::string mode;    ///< empty: all
  std::string recipe;  ///< the beginning of its hash in hexadecimal; empty: all
};

/// "records", "rewrites", "attempts". Throws Error(kUsage).
LedgerExport::Format parse_export_format(const std::string& name);

/// Writes lines of JSON, gzipped when the name ends in .gz (records only); whole or not at all.
/// Returns how many rewrites were written. Throws Error(kInput) when nothing is to be written.
int64_t export_ledger(ledger::Ledger& ledger, const std::filesystem::path& path,
                      const LedgerExport& choice);

}  // namespace clipwright::rewrite::archive
