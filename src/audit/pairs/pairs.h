// Pairs of source and rewrite, one at a time, in any form that rewrites have on disk: memory does
// not grow with the corpus.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace clipwright::audit::pairs {

struct AuditPair {
  std::string key;  ///< of the sample; in text files the line number, from 0 as in rewrites.jsonl
  std::string
      mode;  ///< how the rewrite was made; the name of the file without ending for text files
  std::string source, text;
};

class PairSource {
 public:
  virtual ~PairSource() = default;
  /// False at the end. Throws Error(kInput) naming file and line.
  virtual bool next(AuditPair& pair) = 0;
  /// Pairs in all, 0 when unknown.
  virtual int64_t total() const { return 0; }
  /// What was passed over so far: "rejected:too-short" -> 17, "damaged" -> 1.
  std::map<std::string, int64_t> passed_over;
};

/// Throws Error(kUsage) for a table (.csv, .tsv, .jsonl, .parquet) where a caption a line is meant.
void check_caption_lines(const std::filesystem::path& path);

/// The rewrites of each path for what it is: rewrites.jsonl, a folder that holds one, a Parquet
/// side-car, or a text file, whose line k belongs to line k mod L of `captions` (LaCLIP's rule).
/// Only accepted rows are pairs; a source that does not fit its source_sha256, and more than a
/// twentieth of rows that are no rewrites, are an Error(kInput), as is a text file whose number of
/// lines is no multiple of L. Throws Error(kUsage) when a text file has no `captions`.
std::unique_ptr<PairSource> open_pairs(const std::filesystem::path& captions,
                                       const std::vector<std::filesystem::path>& rewrites);

}  // namespace clipwright::audit::pairs
