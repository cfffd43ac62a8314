// Which texts each sample has.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/source/dataset.h"

namespace clipwright::data::captions {

/// For each sample the original caption and M rewrites, checked by line count, key and source hash,
/// never by hope. Rewrites are stored once in one arena (or stay in mapped files), 8 bytes a text
/// beside them.
class CaptionTable {
 public:
  /// `rewrites`: line-aligned `.txt` files (LaCLIP's rule: line k belongs to sample k mod L, sizes
  /// checked, a shifted file is detected by comparing sources with their rewrites), `.jsonl` files
  /// of `rewrite` (joined by key and source hash; only accepted texts; each mode becomes a type),
  /// or `.parquet` side-cars. `keep_if`: a condition on the audit's score such as "audit.score >=
  /// 0.6"; texts that fail it are dropped. Throws Error(kInput) naming file and first bad line. The
  /// dataset must outlive the table. For a subset, the rewrites are those of the whole.
  static CaptionTable build(const source::Dataset& dataset,
                            const std::vector<std::string>& rewrites,
                            const std::string& keep_if = {});
  CaptionTable(CaptionTable&&) noexcept;
  ~CaptionTable();

  /// Rewrites a sample may have at most (M); text slots are 0 (original) .. M.
  int rewrites() const;
  /// Name of a slot: "raw", "rewrite:chatgpt", ...
  std::string slot_name(int slot) const;
  /// The text, or an empty view when the sample has none in that slot.
  std::string text(int64_t index, int slot) const;
  /// One line for the log: texts per slot, missing, dropped by the condition.
  std::string describe() const;

 private:
  struct State;
  explicit CaptionTable(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace clipwright::data::captions
