#include "report/audit_page.h"

#include <algorithm>
#include <cstdio>

#include "core/log.h"

namespace clipwright {
namespace {

// A page with megabytes of one caption helps nobody.
constexpr size_t kMostShown = 400;

std::string shortened(const std::string& text) {
  if (text.size() <= kMostShown) return text;
  size_t cut = kMostShown;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return text.substr(0, cut) + " \xE2\x80\xA6 (" + with_commas(static_cast<int64_t>(text.size())) +
         " bytes)";
}

std::string percent(int64_t part, int64_t whole) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%",
                whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0.0);
  return text;
}

std::string two_digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

double mean_score(const AuditSummary& summary) {
  return summary.pairs > 0 ? summary.score_sum / static_cast<double>(summary.pairs) : 0;
}

Card card_of(const AuditedPair& audited) {
  Card card;
  card.title = (audited.pair.mode.empty() ? "" : audited.pair.mode + " \xC2\xB7 ") +
               shortened(audited.pair.key);
  card.lines.push_back({"source", shortened(audited.pair.source), {}});
  card.lines.push_back({"rewrite",
                        audited.pair.text.empty() ? "(empty)" : shortened(audited.pair.text),
                        audit_badges(audited.record)});
  return card;
}

void add_examples(HtmlReport& report, const std::string& title,
                  const std::vector<AuditedPair>& examples, bool open) {
  std::vector<Card> cards;
  for (const AuditedPair& audited : examples) cards.push_back(card_of(audited));
  report.begin_section(title, open);
  report.add_gallery(cards);
  report.end_section();
}

void add_score_chart(HtmlReport& report, const CorpusAudit& audit) {
  LineChart chart{.title = "How many rewrites reach a score",
                  .x_label = "score",
                  .y_label = "share of rewrites at or above (%)",
                  .series = {}};
  Series series{.name = "all modes", .x = {}, .y = {}, .lower = {}, .upper = {}};
  int64_t left = audit.summary.pairs;
  for (size_t bin = 0; bin < audit.histogram.size(); ++bin) {
    series.x.push_back(static_cast<double>(bin) / static_cast<double>(audit.histogram.size()));
    series.y.push_back(audit.summary.pairs > 0 ? 100.0 * static_cast<double>(left) /
                                                     static_cast<double>(audit.summary.pairs)
                                               : 0);
    left -= audit.histogram[bin];
  }
  chart.series.push_back(std::move(series));
  report.add_chart(chart);
}

}  // namespace

std::vector<Badge> audit_badges(const AuditRecord& record) {
  const bool kept = record.score >= kDefaultKeepScore;
  std::vector<Badge> badges = {{(kept ? "kept " : "suspicious ") + two_digits(record.score),
                                kept ? Tone::kGood : Tone::kBad}};
  for (const std::string& flag : record.flags)
    badges.push_back({flag, kept ? Tone::kWarning : Tone::kBad});
  return badges;
}

void write_audit_page(const CorpusAudit& audit, const std::filesystem::path& path) {
  const AuditSummary& summary = audit.summary;
  HtmlReport report({.title = "Audit of the rewrites"});
  report.add_facts({{"pairs", with_commas(summary.pairs)},
                    {"kept", percent(summary.kept, summary.pairs)},
                    {"mean score", two_digits(mean_score(summary))}});
  report.add_text(
      "Each rewrite is compared with its source by words alone: numbers, colours, negations, "
      "names, what is kept and what is added. "
      "A score of 0.6 or more keeps it for training; below, training falls back to the original "
      "caption.");
  if (!audit.wordnet) {
    report.add_text(
        "WordNet (Debian: wordnet-base) was not found, so that synonyms count as lost words and "
        "scores are too low.");
  }
  report.add_heading("What was found");
  Table flags{.caption = "A rewrite may have several flags.",
              .columns = {{"flag"}, {"meaning"}, {"rewrites"}, {"share"}},
              .rows = {}};
  for (const AuditFlag& flag : audit_flags()) {
    const auto found = summary.flags.find(std::string(flag.name));
    if (found == summary.flags.end()) continue;
    flags.rows.push_back({std::string(flag.name), std::string(flag.meaning),
                          with_commas(found->second), percent(found->second, summary.pairs)});
  }
  if (flags.rows.empty()) {
    report.add_text("No rewrite was flagged.");
  } else {
    report.add_table(flags);
  }
  if (audit.modes.size() > 1) {
    Table modes{.caption = "By the way the rewrites were made.",
                .columns = {{"mode"},
                            {"pairs"},
                            {"kept (%)", Best::kHighest},
                            {"mean score", Best::kHighest}},
                .rows = {}};
    for (const auto& [mode, counts] : audit.modes) {
      const double share = counts.pairs > 0 ? 100.0 * static_cast<double>(counts.kept) /
                                                  static_cast<double>(counts.pairs)
                                            : 0;
      modes.rows.push_back({mode, with_commas(counts.pairs), Cell::number(share, 1),
                            Cell::number(mean_score(counts), 3)});
    }
    report.add_table(modes);
  }
  if (!audit.passed_over.empty()) {
    Table passed{.caption = "Rows that are no accepted rewrites.",
                 .columns = {{"passed over"}, {"rows"}},
                 .rows = {}};
    for (const auto& [reason, count] : audit.passed_over)
      passed.rows.push_back({reason, with_commas(count)});
    report.add_table(passed);
  }
  add_score_chart(report, audit);
  report.add_heading("Examples");
  report.add_text("Drawn at random, the same for every run over the same rewrites.");
  if (const auto kept = audit.examples.find(""); kept != audit.examples.end())
    add_examples(report, "Kept", kept->second, true);
  for (const AuditFlag& flag : audit_flags()) {
    const auto found = audit.examples.find(std::string(flag.name));
    if (found != audit.examples.end())
      add_examples(report, std::string(flag.name) + ": " + std::string(flag.meaning), found->second,
                   false);
  }
  report.write(path);
}

}  // namespace clipwright
