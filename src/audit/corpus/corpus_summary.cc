#include "audit/corpus/corpus_summary.h"

#include <algorithm>
#include <cstdio>

#include "core/log.h"
#include "core/words.h"

namespace clipwright::audit::corpus {
namespace {

std::string diversity_table(const CorpusAudit& audit) {
  const std::vector<diversity::DiversityRow> sources = diversity::diversity_rows(*audit.sources),
                                             rewrites = diversity::diversity_rows(*audit.rewrites);
  std::vector<std::vector<diversity::DiversityRow>> columns = {sources, rewrites};
  std::vector<std::string> names = {"sources", "rewrites"};
  if (audit.mode_diversity.size() > 1) {
    for (const auto& [mode, report] : audit.mode_diversity) {
      columns.push_back(diversity::diversity_rows(report));
      names.push_back(mode);
    }
  }
  constexpr size_t kMostColumns = 8;
  const size_t count = std::min(columns.size(), kMostColumns);
  char cell[64];
  std::snprintf(cell, sizeof cell, "%-22s", "surface diversity");
  std::string text = cell;
  const auto add_cell = [&](const std::string& value) {
    std::snprintf(cell, sizeof cell, " %12.12s", value.c_str());
    text += cell;
  };
  for (size_t c = 0; c < count; ++c) add_cell(names[c]);
  text += '\n';
  for (size_t row = 0; row < sources.size(); ++row) {
    std::snprintf(cell, sizeof cell, "  %-20s", sources[row].name.c_str());
    text += cell;
    for (size_t c = 0; c < count; ++c) add_cell(columns[c][row].value);
    text += '\n';
  }
  return text;
}

}  // namespace

void ScoreSummary::add(double value) {
  ++count;
  sum += value;
  ++histogram[static_cast<size_t>(std::clamp(value * 20, 0.0, 19.0))];
}

Json CorpusAudit::to_json() const {
  Json json = summary.to_json();
  json["wordnet"] = wordnet;
  json["histogram"] = histogram;
  json["passed_over"] = passed_over;
  json["modes"] = Json::object();
  for (const auto& [mode, counts] : modes) json["modes"][mode] = counts.to_json();
  json["tiers"] = tiers;
  json["scores"] = Json::object();
  for (const auto& [name, values] : scores) {
    json["scores"][name] = {
        {"pairs", values.count}, {"mean", rounded(values.mean())}, {"histogram", values.histogram}};
  }
  if (sources && rewrites) {
    Json& diversity = json["diversity"];
    diversity = {{"sources", sources->to_json()}, {"rewrites", rewrites->to_json()}};
    diversity["modes"] = Json::object();
    for (const auto& [mode, report] : mode_diversity) diversity["modes"][mode] = report.to_json();
  }
  return json;
}

std::string describe(const CorpusAudit& audit) {
  const verdict::AuditSummary& summary = audit.summary;
  const double count = std::max<double>(1, static_cast<double>(summary.pairs));
  char line[200];
  std::snprintf(
      line, sizeof line, "%s pairs, %s kept at score >= %.1f (%.1f %%), mean score %.3f%s\n",
      with_commas(summary.pairs).c_str(), with_commas(summary.kept).c_str(),
      verdict::kDefaultKeepScore, 100 * static_cast<double>(summary.kept) / count,
      summary.score_sum / count,
      audit.wordnet ? "" : "; without WordNet (wordnet-base), so that synonyms count as lost");
  std::string text = line;
  const auto add_flags = [&](const std::vector<verdict::AuditFlag>& flags) {
    for (const verdict::AuditFlag& flag : flags) {
      const auto found = summary.flags.find(std::string(flag.name));
      if (found == summary.flags.end()) continue;
      std::snprintf(line, sizeof line, "  %-17s %10s  %5.1f %%  ", std::string(flag.name).c_str(),
                    with_commas(found->second).c_str(),
                    100 * static_cast<double>(found->second) / count);
      text += line;
      text += flag.meaning;
      text += '\n';
    }
  };
  add_flags(verdict::audit_flags());
  add_flags(verdict::model_flags());
  for (const auto& [reason, number] : audit.passed_over)
    text += "  passed over: " + with_commas(number) + " " + reason + "\n";
  for (const std::string& tier : audit.tiers) text += tier + "\n";
  for (const auto& [name, values] : audit.scores) {
    std::snprintf(line, sizeof line, "  %-17s mean %6.3f over %s pairs\n", name.c_str(),
                  values.mean(), with_commas(values.count).c_str());
    text += line;
  }
  if (audit.sources && audit.rewrites && audit.sources->texts > 0) text += diversity_table(audit);
  return text;
}

}  // namespace clipwright::audit::corpus
