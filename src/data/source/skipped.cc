#include "data/source/skipped.h"

#include "core/error.h"
#include "core/log.h"
#include "core/process/interrupt.h"

namespace clipwright::data::source {
namespace {

constexpr size_t kExamples = 3;
constexpr int64_t kRowsBeforeJudging = 200;

}  // namespace

void Skipped::use() {
  stop_if_interrupted();
  ++rows_;
}

void Skipped::skip(std::string_view reason, std::string_view sentence) {
  stop_if_interrupted();
  ++rows_;
  ++skipped_;
  ++by_reason_[std::string(reason)];
  if (examples_.size() < kExamples) examples_.emplace_back(sentence);
}

void Skipped::absorb(const Skipped& part) {
  rows_ += part.rows_;
  skipped_ += part.skipped_;
  for (const auto& [reason, count] : part.by_reason_) by_reason_[reason] += count;
  for (const std::string& example : part.examples_) {
    if (examples_.size() < kExamples) examples_.push_back(example);
  }
}

void Skipped::check(double share) const {
  if (rows_ < kRowsBeforeJudging ||
      static_cast<double>(skipped_) <= share * static_cast<double>(rows_))
    return;
  fail_input(
      first() + "; " + with_commas(skipped_) + " of " + with_commas(rows_) + " skipped so far",
      "at most " + std::to_string(static_cast<int>(share * 100 + 0.5)) +
          " % of them without caption or picture",
      "Mend the source, or check that its columns or suffixes are the ones that are looked for.");
}

void Skipped::report() const {
  for (const std::string& example : examples_) {
    log_warning(example + "; " + with_commas(skipped_) + " of " + with_commas(rows_) + " skipped");
  }
}

std::string Skipped::describe() const {
  if (skipped_ == 0) return {};
  std::string text = "skipped " + with_commas(skipped_) + " of " + with_commas(rows_) + " (";
  bool first_reason = true;
  for (const auto& [reason, count] : by_reason_) {
    text += (first_reason ? "" : ", ") + reason + " " + with_commas(count);
    first_reason = false;
  }
  return text + ")";
}

}  // namespace clipwright::data::source
