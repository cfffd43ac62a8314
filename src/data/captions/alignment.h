// Do the lines of a rewrite file belong to the captions they stand beside?
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace clipwright::data::captions {

/// From `line` (0-based) on, caption i shares its words with rewrite i + shift instead of rewrite
/// i.
struct Misalignment {
  int64_t line = 0;
  int64_t shift = 0;
  double overlap_in_place = 0, overlap_shifted = 0;  ///< mean over the lines that were compared
};

struct Alignment {
  std::optional<Misalignment> misaligned;
  int64_t compared = 0;
  /// Mean word overlap (Dice of rarer words) of rewrites with their captions and with captions far
  /// away.
  double overlap = 0, overlap_elsewhere = 0;
};

using LineText = std::function<std::string(int64_t)>;

/// Compares a sample of up to 4,000 lines in place and shifted (shift_candidates.h). A shift counts
/// when a run of lines fits its captions much better shifted than in place: at least twelve sampled
/// lines, twice the overlap, six standard errors.
Alignment check_alignment(int64_t lines, const LineText& caption, const LineText& rewrite);

}  // namespace clipwright::data::captions
