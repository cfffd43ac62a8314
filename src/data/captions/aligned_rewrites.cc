#include "data/captions/aligned_rewrites.h"

#include <atomic>
#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "data/captions/alignment.h"
#include "records/lines.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::captions {
namespace {

constexpr double kMostBadLines = 0.05;

/// Audits are made when a text is first drawn and remembered in one byte: ten million texts would
/// take minutes at the start.
class AlignedRewrites final : public RewriteSlot {
 public:
  AlignedRewrites(const std::string& path, const source::Dataset& dataset,
                  const KeepCondition& keep)
      : path_(path), dataset_(dataset), lines_(path), keep_(keep) {
    check_count();
    check_repeats();
    check_encoding();
    check_order();
    if (!keep_.empty()) {
      auditor_ = std::make_unique<audit::verdict::Auditor>();
      verdicts_ = std::vector<std::atomic<uint8_t>>(static_cast<size_t>(dataset.size()));
      if (const Probe seen = probe(); seen.dropped > 0 && seen.dropped == seen.texts) {
        log_warning(path_ + ": the condition drops all " + with_commas(seen.texts) +
                    " rewrites that were looked at; training would see the captions only");
      }
    }
  }

  std::string name() const override {
    return "rewrite:" + std::filesystem::path(path_).stem().string();
  }
  int64_t lines() const override { return lines_.size(); }

  std::string text(int64_t index) const override {
    const std::string_view line = usable(index % lines_.size());
    if (keep_.empty() || line.empty()) return std::string(line);
    std::atomic<uint8_t>& verdict = verdicts_[static_cast<size_t>(index)];
    uint8_t known = verdict.load(std::memory_order_relaxed);
    if (known == kUnknown) {
      const audit::verdict::AuditRecord record = auditor_->audit(dataset_.caption(index), line);
      known = keep_.keeps(record.score, record.flags) ? kKept : kDropped;
      verdict.store(known, std::memory_order_relaxed);
    }
    return known == kKept ? std::string(line) : std::string();
  }

  std::string describe() const override {
    std::string text = name() + " " + with_commas(lines_.size() - lines_.blank()) + " texts";
    if (lines_.blank() > 0) text += ", " + with_commas(lines_.blank()) + " blank lines";
    if (lines_.not_utf8() > 0) text += ", " + with_commas(lines_.not_utf8()) + " lines not UTF-8";
    if (!keep_.empty()) {
      const Probe seen = probe();
      text += ", the condition drops " + with_commas(seen.dropped) + " of " +
              with_commas(seen.texts) + (probe_step() > 1 ? " looked at" : "");
    }
    return text;
  }

 private:
  /// A line that is not UTF-8 is no text.
  std::string_view usable(int64_t line) const {
    const std::string_view text = lines_[line];
    return lines_.not_utf8() == 0 || text::unicode::is_utf8(text) ? text : std::string_view();
  }

  static constexpr uint8_t kUnknown = 0, kKept = 1, kDropped = 2;

  /// What the condition does to up to about a thousand texts, spread evenly.
  struct Probe {
    int64_t texts = 0, dropped = 0;
  };

  int64_t probe_step() const {
    constexpr int64_t kProbes = 1000;
    return std::max<int64_t>(1, dataset_.size() / kProbes);
  }

  Probe probe() const {
    Probe seen;
    for (int64_t i = 0; i < dataset_.size(); i += probe_step()) {
      if (usable(i % lines_.size()).empty()) continue;
      ++seen.texts;
      seen.dropped += text(i).empty() ? 1 : 0;
    }
    return seen;
  }

  void check_count() const {
    const int64_t pairs = dataset_.size(), lines = lines_.size();
    if (lines > 0 && pairs % lines == 0) return;
    fail_input(
        path_ + ": has " + with_commas(lines) + " lines for " + with_commas(pairs) + " pairs",
        "a line for each pair (" + with_commas(pairs) + "), or a number of lines that divides them",
        lines < pairs ? "A line was lost, or the file was made from other captions: write it "
                        "again, or use rewrites.jsonl, which is joined by key."
                      : "The file has lines too many, or pairs were skipped that it has lines for: "
                        "write it again, or use rewrites.jsonl, which is joined by key.");
  }

  /// LaCLIP takes fewer lines than pairs for a table that repeats its captions; of other captions
  /// the texts would be foreign.
  void check_repeats() const {
    const int64_t pairs = dataset_.size(), lines = lines_.size();
    for (int64_t i = lines; i < pairs; ++i) {
      if (dataset_.caption(i) == dataset_.caption(i % lines)) continue;
      const std::string line = with_commas(i % lines + 1);
      fail_input(
          path_ + ": has " + with_commas(lines) + " lines for " + with_commas(pairs) +
              " pairs, and line " + line + " would also rewrite pair " + with_commas(i + 1) +
              ", whose caption is not that of pair " + line,
          "a line for each pair (" + with_commas(pairs) + "), or the same captions in the same " +
              "order after every " + with_commas(lines) + " pairs",
          "Lines were lost, or the file was made from other captions: write it again, or use "
          "rewrites.jsonl, which is joined by key.");
    }
  }

  void check_encoding() const {
    if (static_cast<double>(lines_.not_utf8()) <=
        kMostBadLines * static_cast<double>(lines_.size()))
      return;
    fail_input(path_ + ", line " + std::to_string(lines_.first_not_utf8() + 1) +
                   ": is not UTF-8, as " + with_commas(lines_.not_utf8()) + " of " +
                   with_commas(lines_.size()) + " lines are not",
               "a UTF-8 text", "Convert it, e.g. with iconv -t UTF-8.");
  }

  void check_order() const {
    const Alignment alignment = check_alignment(
        lines_.size(), [&](int64_t line) { return dataset_.caption(line); },
        [&](int64_t line) { return std::string(usable(line)); });
    char overlaps[96];
    if (alignment.misaligned) {
      const Misalignment& bad = *alignment.misaligned;
      std::snprintf(overlaps, sizeof overlaps, "word overlap %.2f there, %.2f here",
                    bad.overlap_shifted, bad.overlap_in_place);
      const int64_t away = bad.shift > 0 ? bad.shift : -bad.shift;
      fail_input(path_ + ", line " + std::to_string(bad.line + 1) +
                     ": from here on the rewrites fit the captions " + with_commas(away) +
                     (away == 1 ? " line " : " lines ") + (bad.shift > 0 ? "before" : "after") +
                     " theirs (" + overlaps + ")",
                 "line k to rewrite caption k",
                 "A line was added or lost there: write the file again, or use rewrites.jsonl, "
                 "which is joined by key.");
    }
    constexpr int64_t kEnoughToTell = 200;
    if (alignment.compared >= kEnoughToTell &&
        alignment.overlap < 1.25 * alignment.overlap_elsewhere + 0.005) {
      std::snprintf(overlaps, sizeof overlaps, "%.3f, and %.3f with captions far away",
                    alignment.overlap, alignment.overlap_elsewhere);
      log_warning(path_ + ": its lines share hardly a word with their captions (overlap " +
                  overlaps + "); is it the file of these captions?");
    }
  }

  std::string path_;
  const source::Dataset& dataset_;
  records::Lines lines_;
  KeepCondition keep_;
  std::unique_ptr<audit::verdict::Auditor> auditor_;
  mutable std::vector<std::atomic<uint8_t>> verdicts_;
};

}  // namespace

std::unique_ptr<RewriteSlot> open_aligned_rewrites(const std::string& path,
                                                   const source::Dataset& dataset,
                                                   const KeepCondition& keep) {
  return std::make_unique<AlignedRewrites>(path, dataset, keep);
}

}  // namespace clipwright::data::captions
