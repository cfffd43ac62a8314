// Pairs of source and rewrite, one at a time, from line-aligned text files or rewrites.jsonl:
// memory does not grow with the corpus.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
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

/// Lines of a text file; LF or CRLF, the last one may lack its end. A byte-order mark is dropped.
class LineReader {
 public:
  /// Throws Error(kInput) when the file cannot be opened.
  explicit LineReader(const std::filesystem::path& path);
  bool next(std::string& line);
  void rewind();

 private:
  std::filesystem::path path_;
  std::ifstream file_;
  bool first_ = true;
};

/// Texts of in-context examples from a file: lines, cut at tabs and at "=>", so that packs in TSV
/// or text both serve; lines that start with # are comments.
std::vector<std::string> read_example_texts(const std::filesystem::path& path);

/// Texts of the example packs that ship with the program (data/examples). Throws Error(kFailed)
/// when they are not installed.
std::vector<std::string> shipped_example_texts();

/// The captions of the demo and the rewrites that a small language model made of them. Throws
/// Error(kFailed) when they are not installed.
std::vector<AuditPair> shipped_rewrites();

int64_t count_lines(const std::filesystem::path& path);

/// Throws Error(kUsage) for a table (.csv, .tsv, .jsonl, .parquet) where a caption a line is meant.
void check_caption_lines(const std::filesystem::path& path);

/// LaCLIP's rule: line k of a rewrite file belongs to caption k mod L, so that its number of lines
/// is a multiple of L. Throws Error(kInput) naming both counts when it is not.
std::unique_ptr<PairSource> open_line_pairs(const std::filesystem::path& captions,
                                            const std::vector<std::filesystem::path>& rewrites);

/// Rows of rewrites.jsonl: key, mode, source, text and, if there, status (only "accepted" rows are
/// pairs) and source_sha256 (checked). Lines that are no such rows are passed over; more than a
/// twentieth of them is an Error(kInput).
std::unique_ptr<PairSource> open_jsonl_pairs(const std::filesystem::path& rewrites);

/// One source after another.
std::unique_ptr<PairSource> chain_pairs(std::vector<std::unique_ptr<PairSource>> sources);

/// Each file by its ending: `.jsonl`, or text that needs `captions`. Throws Error(kUsage) when
/// captions are missing.
std::unique_ptr<PairSource> open_pairs(const std::filesystem::path& captions,
                                       const std::vector<std::filesystem::path>& rewrites);

}  // namespace clipwright::audit::pairs
