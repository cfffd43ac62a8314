#include "rewrite/job/distinct_captions.h"

#include <algorithm>
#include <limits>
#include <string>

#include "core/error.h"
#include "core/log.h"
#include "rewrite/engine/reply.h"
#include "text/unicode/utf8.h"

namespace clipwright::rewrite::job {
namespace {

constexpr double kMostNotUtf8 = 0.05;

void report_not_utf8(const RewriteSummary& summary, int64_t count, int64_t first) {
  const std::string found = with_commas(summary.not_utf8) + " of " + with_commas(count) +
                            " captions are not UTF-8, first number " + std::to_string(first) +
                            " (counted from 0)";
  if (static_cast<double>(summary.not_utf8) > kMostNotUtf8 * static_cast<double>(count)) {
    fail_input(found, "UTF-8 text", "Convert the file, for example with iconv -f latin1 -t utf-8.");
  }
  log_warning(found + "; they get no rewrite.");
}

/// Gives every occurrence but the first a key of its own.
void tell_apart(const records::CaptionSource& captions, std::vector<KeyedCaption>& all,
                std::vector<LaterOccurrence>& later) {
  uint32_t number = 0;
  for (size_t i = 1; i < all.size(); ++i) {
    number = all[i].same_key(all[i - 1]) ? number + 1 : 0;
    if (number > 0) later.push_back({all[i].caption, number});
  }
  std::sort(later.begin(), later.end(),
            [](const auto& a, const auto& b) { return a.caption < b.caption; });
  for (KeyedCaption& entry : all) {
    const auto at = std::lower_bound(
        later.begin(), later.end(), entry.caption,
        [](const LaterOccurrence& occurrence, uint32_t c) { return occurrence.caption < c; });
    if (at == later.end() || at->caption != entry.caption) continue;
    entry = KeyedCaption::of(
        ledger::short_key(ledger::source_key(captions.caption(entry.caption), at->number)),
        entry.caption);
  }
  std::sort(all.begin(), all.end());
}

}  // namespace

std::vector<KeyedCaption> distinct_captions(const records::CaptionSource& captions, int64_t count,
                                            bool keep_duplicates, RewriteSummary& summary,
                                            std::vector<LaterOccurrence>& later) {
  if (count > std::numeric_limits<uint32_t>::max()) {
    fail_input("a job of " + with_commas(count) + " captions", "at most 4,294,967,295",
               "Split the captions into several files; one ledger serves all "
               "of them.");
  }
  std::vector<KeyedCaption> all;
  all.reserve(static_cast<size_t>(count));
  int64_t first_bad = -1;
  for (int64_t i = 0; i < count; ++i) {
    const std::string text = captions.caption(i);
    if (!text::unicode::is_utf8(text)) {
      ++summary.not_utf8;
      if (first_bad < 0) first_bad = i;
    } else if (!usable_caption(text)) {
      ++summary.empty;
    } else {
      all.push_back(
          KeyedCaption::of(ledger::short_key(ledger::source_key(text)), static_cast<uint32_t>(i)));
    }
  }
  if (first_bad >= 0) report_not_utf8(summary, count, first_bad);
  if (all.empty())
    fail_input("there is no caption to rewrite among " + with_commas(count), "a caption a line");
  std::sort(all.begin(), all.end());
  const auto same = [](const KeyedCaption& a, const KeyedCaption& b) { return a.same_key(b); };
  if (keep_duplicates) {
    tell_apart(captions, all, later);
  } else {
    all.erase(std::unique(all.begin(), all.end(), same), all.end());
  }
  return all;
}

}  // namespace clipwright::rewrite::job
