#include "report/audit_page.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/log.h"
#include "core/words.h"
#include "text/unicode/utf8.h"

namespace clipwright::report {
namespace {

// A page with megabytes of one caption helps nobody.
constexpr size_t kMostShown = 400;

std::string shortened(const std::string& text) {
  if (text.size() <= kMostShown) return text;
  return std::string(text::unicode::whole_characters(text, kMostShown)) + " \xE2\x80\xA6 (" +
         with_commas(static_cast<int64_t>(text.size())) + " bytes)";
}

std::string share_of(int64_t part, int64_t whole) {
  return percent(whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0);
}

std::string two_digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

std::vector<audit::verdict::AuditFlag> all_flags() {
  std::vector<audit::verdict::AuditFlag> flags = audit::verdict::audit_flags();
  flags.insert(flags.end(), audit::verdict::model_flags().begin(),
               audit::verdict::model_flags().end());
  return flags;
}

double mean_score(const audit::verdict::AuditSummary& summary) {
  return summary.pairs > 0 ? summary.score_sum / static_cast<double>(summary.pairs) : 0;
}

Card card_of(const audit::verdict::AuditedPair& audited) {
  Card card;
  card.title = (audited.pair.mode.empty() ? "" : audited.pair.mode + " \xC2\xB7 ") +
               shortened(audited.pair.key);
  card.lines.push_back({"source", shortened(audited.pair.source), {}});
  card.lines.push_back({"rewrite",
                        audited.pair.text.empty() ? "(empty)" : shortened(audited.pair.text),
                        audit_badges(audited.record)});
  const audit::verdict::PairScores& scores = audited.scores;
  std::string values;
  for (const auto& [name, value] :
       {std::pair("similarity", scores.similarity), std::pair("follows", scores.entails_forward),
        std::pair("implies", scores.entails_backward),
        std::pair("picture", scores.image_difference())}) {
    if (!std::isnan(value)) values += std::string(name) + " " + two_digits(value) + "  ";
  }
  if (!values.empty()) card.lines.push_back({"models", values, {}});
  return card;
}

void add_examples(HtmlReport& report, const std::string& title,
                  const std::vector<audit::verdict::AuditedPair>& examples, bool open) {
  std::vector<Card> cards;
  for (const audit::verdict::AuditedPair& audited : examples) cards.push_back(card_of(audited));
  report.begin_section(title, open);
  report.add_gallery(cards);
  report.end_section();
}

void add_histogram(HtmlReport& report, const audit::corpus::CorpusAudit& audit) {
  BarChart chart{.title = "Scores",
                 .x_label = "score; red is below 0.6 and dropped",
                 .y_label = "%",
                 .labels = {},
                 .places = {},
                 .series = {{.name = "rewrites", .heights = {}, .tones = {}}}};
  const double pairs = std::max<double>(1, static_cast<double>(audit.summary.pairs));
  for (size_t bin = 0; bin < audit.histogram.size(); ++bin) {
    const double from = static_cast<double>(bin) / static_cast<double>(audit.histogram.size());
    chart.labels.push_back(two_digits(from));
    const double to = static_cast<double>(bin + 1) / static_cast<double>(audit.histogram.size());
    chart.places.push_back("score " + two_digits(from) + " to " + two_digits(to));
    chart.series[0].heights.push_back(100 * static_cast<double>(audit.histogram[bin]) / pairs);
    chart.series[0].tones.push_back(from + 1e-9 >= audit::verdict::kDefaultKeepScore ? Tone::kGood
                                                                                     : Tone::kBad);
  }
  report.add_bars(chart);
}

void add_tiers(HtmlReport& report, const audit::corpus::CorpusAudit& audit) {
  if (audit.tiers.empty()) return;
  report.add_heading("Models asked");
  for (const std::string& tier : audit.tiers) report.add_text(tier);
  Table table{.caption =
                  "Values depend on the model; 'clipwright audit --calibrate' measures what "
                  "they tell.",
              .columns = {{"field"}, {"pairs"}, {"mean"}},
              .rows = {}};
  for (const auto& [name, values] : audit.scores)
    table.rows.push_back({name, with_commas(values.count), Cell::number(values.mean(), 3)});
  report.add_table(table);
}

void add_lengths(HtmlReport& report, const audit::diversity::DiversityReport& sources,
                 const audit::diversity::DiversityReport& rewrites) {
  BarChart chart{.title = "Lengths",
                 .x_label = "words",
                 .y_label = "%",
                 .labels = {},
                 .places = {},
                 .series = {{.name = "sources", .heights = {}, .tones = {}},
                            {.name = "rewrites", .heights = {}, .tones = {}}}};
  size_t longest = 1;
  for (size_t length = 0; length < sources.lengths.size(); ++length) {
    if (200 * sources.lengths[length] >= sources.texts ||
        200 * rewrites.lengths[length] >= rewrites.texts)
      longest = length;
  }
  const auto height = [](const audit::diversity::DiversityReport& report, size_t from, size_t to) {
    int64_t count = 0;
    for (size_t i = from; i < to; ++i) count += report.lengths[i];
    return 100 * static_cast<double>(count) /
           std::max<double>(1, static_cast<double>(report.texts));
  };
  const size_t all = sources.lengths.size();
  for (size_t length = 0; length <= longest; ++length) {
    const bool last = length == longest;
    chart.labels.push_back(std::to_string(length) + (last && longest + 1 < all ? "+" : ""));
    chart.places.push_back(chart.labels.back() + " words");
    const size_t to = last ? all : length + 1;
    chart.series[0].heights.push_back(height(sources, length, to));
    chart.series[1].heights.push_back(height(rewrites, length, to));
  }
  for (size_t i = 0; i + 1 < chart.labels.size(); ++i) {
    if (longest > 24 && i % 5 != 0) chart.labels[i].clear();
  }
  report.add_bars(chart);
}

void add_diversity(HtmlReport& report, const audit::corpus::CorpusAudit& audit) {
  if (!audit.sources || !audit.rewrites) return;
  report.add_heading("Surface diversity");
  report.add_text(
      "How varied the texts are as a whole. Rewrites that begin alike, repeat themselves or say "
      "the same of many pictures make poor negatives in training, though each may be true.");
  std::vector<std::pair<std::string, const audit::diversity::DiversityReport*>> columns = {
      {"sources", &*audit.sources}, {"rewrites", &*audit.rewrites}};
  constexpr size_t kMostModes = 6;
  if (audit.mode_diversity.size() > 1) {
    for (const auto& [mode, one] : audit.mode_diversity) {
      if (columns.size() < 2 + kMostModes) columns.emplace_back(mode, &one);
    }
  }
  Table table{.caption = audit.rewrites->estimated
                             ? "Some values are estimates: a large corpus is counted by samples."
                             : "",
              .columns = {{"measure"}, {"what it counts"}},
              .rows = {}};
  std::vector<std::vector<audit::diversity::DiversityRow>> values;
  for (const auto& [name, one] : columns) {
    table.columns.push_back({name});
    values.push_back(audit::diversity::diversity_rows(*one));
  }
  for (size_t row = 0; row < values[0].size(); ++row) {
    std::vector<Cell> cells = {values[0][row].name, values[0][row].meaning};
    for (const auto& column : values) cells.emplace_back(column[row].value);
    table.rows.push_back(std::move(cells));
  }
  report.add_table(table);
  add_lengths(report, *audit.sources, *audit.rewrites);
  Table openers{.caption = "The commonest beginnings of three words.",
                .columns = {{"sources"}, {"share"}, {"rewrites"}, {"share"}},
                .rows = {}};
  const auto& from = audit.sources->openers;
  const auto& to = audit.rewrites->openers;
  for (size_t i = 0; i < std::max(from.size(), to.size()); ++i) {
    std::vector<Cell> cells;
    for (const auto& [list, texts] :
         {std::pair(&from, audit.sources->texts), std::pair(&to, audit.rewrites->texts)}) {
      const bool there = i < list->size();
      cells.emplace_back(there ? (*list)[i].text : "");
      cells.emplace_back(there ? share_of((*list)[i].count, texts) : "");
    }
    openers.rows.push_back(std::move(cells));
  }
  if (!openers.rows.empty()) report.add_table(openers);
}

void add_calibration_note(HtmlReport& report) {
  report.add_heading("How far to trust it");
  report.add_text(
      "Flags are found by words, with WordNet's synonyms; they miss what only a reader sees, and "
      "flag some rewrites that are right. What each flag finds and how often it errs was measured "
      "on captions damaged in known ways: docs/audit.md has the table, and 'clipwright audit "
      "--calibrate --captions FILE' makes it for your own captions.");
}

}  // namespace

std::vector<Badge> audit_badges(const audit::verdict::AuditRecord& record) {
  const bool kept = record.score >= audit::verdict::kDefaultKeepScore;
  std::vector<Badge> badges = {{(kept ? "kept " : "suspicious ") + two_digits(record.score),
                                kept ? Tone::kGood : Tone::kBad}};
  for (const std::string& flag : record.flags)
    badges.push_back({flag, kept ? Tone::kWarning : Tone::kBad});
  return badges;
}

void write_audit_page(const audit::corpus::CorpusAudit& audit, const std::filesystem::path& path) {
  const audit::verdict::AuditSummary& summary = audit.summary;
  HtmlReport report({.title = "Audit of the rewrites"});
  report.add_facts({{"pairs", with_commas(summary.pairs)},
                    {"kept", share_of(summary.kept, summary.pairs)},
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
  for (const audit::verdict::AuditFlag& flag : all_flags()) {
    const auto found = summary.flags.find(std::string(flag.name));
    if (found == summary.flags.end()) continue;
    flags.rows.push_back({std::string(flag.name), std::string(flag.meaning),
                          with_commas(found->second), share_of(found->second, summary.pairs)});
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
  add_histogram(report, audit);
  add_tiers(report, audit);
  add_diversity(report, audit);
  add_calibration_note(report);
  report.add_heading("Examples");
  report.add_text("Drawn at random, the same for every run over the same rewrites.");
  if (const auto kept = audit.examples.find(""); kept != audit.examples.end())
    add_examples(report, "Kept", kept->second, true);
  for (const audit::verdict::AuditFlag& flag : all_flags()) {
    const auto found = audit.examples.find(std::string(flag.name));
    if (found != audit.examples.end())
      add_examples(report, std::string(flag.name) + ": " + std::string(flag.meaning), found->second,
                   false);
  }
  report.write(path);
}

}  // namespace clipwright::report
