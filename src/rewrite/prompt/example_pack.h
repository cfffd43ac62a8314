// Packs of example pairs, one a mode: where the style of a rewrite comes from
// (docs/formats/examples.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "rewrite/prompt/prompt.h"

namespace clipwright::rewrite::prompt {

/// A checked pack. Either pairs (two columns: caption, rewrite) or groups (three columns or more:
/// captions of one picture, any of which may stand for the source and any other for the rewrite, as
/// LaCLIP's coco mode does).
class ExamplePack {
 public:
  /// Reads a TSV. Throws Error(kInput) with the first finding of read_example_rows: too few rows
  /// (16), a missing column, a text that is empty, too long, not UTF-8, repeated, or that holds the
  /// prompt's arrow.
  static ExamplePack read(const std::filesystem::path& path, std::string mode);
  /// One of the packs that ship with the program: chatgpt, bard, coco, human. Throws Error(kUsage)
  /// naming the nearest.
  static ExamplePack shipped(std::string_view mode);
  static const std::vector<std::string>& shipped_modes();
  /// A mode without examples: for engines that need none (Engine::uses_examples), and for texts
  /// made before under a mode that no longer has a pack.
  static ExamplePack none(std::string mode);

  const std::string& mode() const { return mode_; }
  /// SHA-256 of the rows in hexadecimal; comments do not count.
  const std::string& digest() const { return digest_; }
  const std::vector<std::vector<std::string>>& rows() const { return rows_; }
  bool grouped() const { return !rows_.empty() && rows_.front().size() > 2; }
  /// Every text of the pack.
  std::vector<std::string> texts() const;

  /// The three examples of a source: rows drawn without replacement, and for groups two captions of
  /// each. Equal keys mean equal examples. With `triples` > 0 the source only draws which of that
  /// many keyed triples it gets, so that captions share prompts whose beginning is computed once; 0
  /// draws anew for each source, as LaCLIP does (3,360 ordered triples of 16 pairs).
  uint64_t example_key(uint64_t seed, std::string_view source, int triples) const;
  ExampleTriple examples(uint64_t key) const;

 private:
  uint64_t draw(Random random) const;
  std::string mode_, digest_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace clipwright::rewrite::prompt
