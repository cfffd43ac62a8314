#include "demo/story/demo_page.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "core/file.h"
#include "core/log.h"
#include "core/random.h"
#include "data/transform/transform.h"
#include "demo/pictures/raster.h"
#include "demo/story/demo_text.h"
#include "demo/story/evaluation.h"
#include "report/audit_page.h"
#include "report/html_report.h"

namespace clipwright::demo::story {
namespace {

constexpr int kThumbnailSide = 96;
constexpr int64_t kExamples = 9, kSearches = 6;
constexpr int kNearest = 4;
constexpr size_t kExtremes = 12;

/// A small PNG of any picture; empty when it cannot be read.
std::string thumbnail(const data::source::Dataset& pictures, int64_t index) {
  const data::source::ImageBytes file = pictures.image(index);
  data::transform::ImagePipeline pipeline(find_recipe("openai"), kThumbnailSide);
  constexpr size_t kPlane = static_cast<size_t>(kThumbnailSide) * kThumbnailSide;
  std::vector<uint8_t> planes(3 * kPlane);
  if (!file.error.empty() || !pipeline.evaluate(file.view, planes).empty()) return {};
  pictures::Raster raster = pictures::plain(kThumbnailSide, kThumbnailSide, {0, 0, 0});
  for (size_t i = 0; i < kPlane; ++i) {
    for (size_t c = 0; c < 3; ++c) raster.pixels[4 * i + c] = planes[c * kPlane + i];
  }
  return pictures::encode_png(raster);
}

report::Table comparison_table(const Comparison& comparison, const std::string& caption) {
  report::Table table{.caption = caption,
                      .columns = {{"% right"}, {"pictures"}, {"chance"}},
                      .rows = {},
                      .best_in_row = true};
  for (const std::string& arm : comparison.arms)
    table.columns.push_back({arm, report::Best::kHighest});
  for (size_t a = 1; a < comparison.arms.size(); ++a)
    table.columns.push_back({comparison.arms[a] + " \xE2\x88\x92 " + comparison.arms[0]});
  for (const ComparedMetric& metric : comparison.metrics) {
    std::vector<report::Cell> row = {metric.title, with_commas(metric.pictures),
                                     report::Cell::number(metric.chance)};
    row[2].value.reset();
    for (size_t a = 0; a < metric.mean.size(); ++a) {
      row.push_back(comparison.seeds > 1 ? report::Cell::spread(metric.mean[a], metric.deviation[a])
                                         : report::Cell::number(metric.mean[a]));
    }
    for (const Interval& interval : metric.difference) {
      report::Cell cell(interval.text());
      cell.tone = interval.better()  ? report::Tone::kGood
                  : interval.worse() ? report::Tone::kBad
                                     : report::Tone::kPlain;
      row.push_back(std::move(cell));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

/// Losses of a run, averaged over stretches so that the curve can be read.
report::Series loss_curve(const fs::path& metrics, const std::string& name) {
  constexpr size_t kPoints = 60;
  report::Series series{.name = name, .x = {}, .y = {}, .lower = {}, .upper = {}};
  const MappedFile file(metrics);
  std::vector<std::pair<double, double>> rows;
  std::string_view rest = file.text();
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size() - 1);
    const Json row = try_json(rest.substr(0, end + 1));
    rest.remove_prefix(end + 1);
    if (row.is_object() && row.contains("loss") && row["loss"].is_number())
      rows.emplace_back(row.value("step", 0.0), row["loss"].get<double>());
  }
  const size_t stretch = std::max<size_t>(1, rows.size() / kPoints);
  for (size_t first = 0; first + stretch <= rows.size(); first += stretch) {
    double loss = 0;
    for (size_t i = first; i < first + stretch; ++i)
      loss += rows[i].second / static_cast<double>(stretch);
    series.x.push_back(rows[first + stretch / 2].first);
    series.y.push_back(loss);
  }
  return series;
}

audit::verdict::AuditRecord record_of(const AuditedRewrite& rewrite) {
  audit::verdict::AuditRecord record;
  record.score = rewrite.score;
  record.flags = rewrite.flags;
  return record;
}

class Page {
 public:
  Page(const DemoReport& report, const DemoData& data, const std::vector<AuditedRewrite>& rewrites,
       const std::vector<fs::path>& models, StageProgress& progress)
      : report_(report),
        data_(data),
        rewrites_(rewrites),
        models_(models),
        progress_(progress),
        page_({.title = "What rewriting captions changes"}) {}

  void write() {
    add_summary();
    add_results();
    add_training();
    add_rewriting();
    progress_.update(0.3, "examples");
    add_examples();
    add_searches();
    page_.write(report_.page);
  }

 private:
  void add_summary() {
    const RewritingReport& rewriting = report_.rewriting;
    page_.add_text(
        "Three models of the same size saw the same pictures in the same order with the same "
        "crops. They differ in the texts: CLIP has the original "
        "captions, LaCLIP one text a step drawn from the original and its rewrites, LaCLIP-MT all "
        "of them at once.");
    page_.add_facts(
        {{"data", report_.data_title},
         {"pictures", with_commas(report_.pairs)},
         {"different captions", with_commas(report_.captions)},
         {"rewrites kept", with_commas(rewriting.audit.value("kept", int64_t{0})) + " of " +
                               with_commas(rewriting.audit.value("pairs", int64_t{0}))},
         {"steps", with_commas(report_.twins.front().steps)},
         {"seeds", std::to_string(report_.comparison.seeds)}});
    page_.add_text(report_.data_line + "\n\n" + report_.photographs + ".");
  }

  void add_results() {
    page_.add_heading("Results");
    std::string caption =
        "Differences are paired, picture by picture; in brackets the 95 % bootstrap interval over "
        "pictures" +
        std::string(
            report_.comparison.seeds > 1
                ? " and seeds."
                : ". One seed only: what another start of training would change is not in them.");
    page_.add_table(comparison_table(report_.comparison, "The same number of steps. " + caption));
    add_verdicts(report_.comparison);
    if (!report_.equal_time) return;
    page_.add_heading("Equal time", 3);
    page_.add_table(comparison_table(*report_.equal_time,
                                     "CLIP and LaCLIP trained for the time that LaCLIP-MT took."));
    add_verdicts(*report_.equal_time);
  }

  void add_verdicts(const Comparison& comparison) {
    std::string text;
    for (const std::string& sentence : verdicts(comparison))
      text += (text.empty() ? "" : "\n\n") + sentence;
    page_.add_text(text);
  }

  void add_training() {
    page_.add_heading("Training");
    report::LineChart chart{
        .title = "Training loss, seed " + std::to_string(report_.twins.front().seed),
        .x_label = "step",
        .y_label = "loss",
        .series = {}};
    for (size_t a = 0; a < models_.size(); ++a) {
      chart.series.push_back(
          loss_curve(models_[a].parent_path() / "metrics.jsonl", report_.twins[a].arm.title));
    }
    page_.add_chart(chart);
    page_.add_text(
        "Losses of different arms are not on one scale: LaCLIP-MT's is a sum over texts divided by "
        "the number of rewrites (as published), and "
        "rewritten captions are harder to tell apart than terse ones.");
    report::Table table{.caption = "",
                        .columns = {{"model"},
                                    {"steps"},
                                    {"seconds", report::Best::kLowest},
                                    {"pictures/s", report::Best::kHighest},
                                    {"loss at the end"}},
                        .rows = {}};
    for (size_t i = 0; i < report_.twins.size(); ++i) {
      const Json& training = report_.training[i];
      table.rows.push_back({report_.twins[i].title(), with_commas(report_.twins[i].steps),
                            report::Cell::number(training.value("seconds", 0.0), 0),
                            report::Cell::number(training.value("samples_per_s", 0.0), 0),
                            report::Cell::number(training.value("loss", 0.0), 3)});
    }
    page_.add_table(table);
  }

  void add_rewriting() {
    const RewritingReport& rewriting = report_.rewriting;
    page_.add_heading("Rewriting");
    const Json& named = rewriting.check.is_null() || !rewriting.check.value("same_model", false)
                            ? rewriting.job
                            : rewriting.check;
    const std::string model = named.value("model", std::string());
    page_.add_text(
        (rewriting.live ? "All captions were rewritten here"
                        : "The rewrites were recorded earlier with the same program and replayed") +
        std::string(model.empty() ? "" : ", by " + model) + ". " + describe_audit(rewriting) + "." +
        (rewriting.check.is_null() ? "" : "\n\n" + describe_check(rewriting) + "."));
    if (!rewriting.job.value("wordnet", true))
      page_.add_text("WordNet was not found, so that synonyms count as lost words.");
    if (rewriting.synonym_classes > 0) {
      page_.add_text(std::to_string(rewriting.found_synonyms) + " of " +
                     std::to_string(rewriting.synonym_classes) +
                     " classes have a synonym that no training caption holds but a kept rewrite "
                     "does: the only ones that rewriting can teach.");
    }
    const Json& audit = rewriting.audit;
    report::Table modes{.caption = "By style of the examples.",
                        .columns = {{"mode"},
                                    {"rewrites"},
                                    {"kept (%)", report::Best::kHighest},
                                    {"mean score", report::Best::kHighest}},
                        .rows = {}};
    if (audit.contains("modes")) {
      for (const auto& [mode, counts] : audit["modes"].items()) {
        modes.rows.push_back({mode, with_commas(counts.value("pairs", int64_t{0})),
                              report::Cell::number(100 * counts.value("kept_share", 0.0)),
                              report::Cell::number(counts.value("mean_score", 0.0), 3)});
      }
    }
    page_.add_table(modes);
    report::Table flags{.caption = "What the audit found. A rewrite may have several flags.",
                        .columns = {{"flag"}, {"meaning"}, {"rewrites"}},
                        .rows = {}};
    for (const audit::verdict::AuditFlag& flag : audit::verdict::audit_flags()) {
      if (!audit.contains("flags") || !audit["flags"].contains(std::string(flag.name))) continue;
      flags.rows.push_back({std::string(flag.name), std::string(flag.meaning),
                            with_commas(audit["flags"][std::string(flag.name)].get<int64_t>())});
    }
    page_.add_table(flags);
    add_extremes();
  }

  void add_extremes() {
    std::vector<size_t> order(rewrites_.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    // Of equal scores any may come first; hashes make it the same ones every time.
    const auto key = [&](size_t i) {
      return hash64(rewrites_[i].text, hash64(rewrites_[i].source));
    };
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return rewrites_[a].score != rewrites_[b].score ? rewrites_[a].score < rewrites_[b].score
                                                      : key(a) < key(b);
    });
    const auto table_of = [&](auto first, auto last, const std::string& title) {
      page_.begin_section(title);
      report::Table table{.caption = "",
                          .columns = {{"caption"}, {"rewrite"}, {"mode"}, {"score"}, {"flags"}},
                          .rows = {}};
      for (; first != last; ++first) {
        const AuditedRewrite& rewrite = rewrites_[*first];
        std::string flags;
        for (const std::string& flag : rewrite.flags) flags += (flags.empty() ? "" : ", ") + flag;
        report::Cell score = report::Cell::number(rewrite.score, 2);
        score.tone = rewrite.kept() ? report::Tone::kGood : report::Tone::kBad;
        table.rows.push_back({rewrite.source, rewrite.text, rewrite.mode, score, flags});
      }
      page_.add_table(table);
      page_.end_section();
    };
    const size_t count = std::min(kExtremes, order.size());
    table_of(order.begin(), order.begin() + static_cast<int64_t>(count), "The worst rewrites");
    table_of(order.rbegin(), order.rbegin() + static_cast<int64_t>(count), "The best rewrites");
  }

  void add_examples() {
    page_.add_heading("Pictures with their texts");
    page_.add_text("Drawn at random. Red rewrites are not used in training.");
    std::map<std::string, std::vector<const AuditedRewrite*>> by_source;
    for (const AuditedRewrite& rewrite : rewrites_) by_source[rewrite.source].push_back(&rewrite);
    const data::source::Dataset& train = *data_.train;
    const Permutation order(static_cast<uint64_t>(train.size()), report_.options.seed,
                            "demo page examples", 0);
    std::vector<report::Card> cards;
    for (int64_t i = 0; i < std::min(kExamples, train.size()); ++i) {
      const auto index = static_cast<int64_t>(order(static_cast<uint64_t>(i)));
      const std::string caption = train.caption(index);
      report::Card card{.title = caption,
                        .picture = thumbnail(train, index),
                        .lines = {},
                        .neighbours_title = "",
                        .neighbours = {}};
      card.lines.push_back({"caption", caption, {}});
      for (const AuditedRewrite* rewrite : by_source[caption])
        card.lines.push_back(
            {rewrite->mode, rewrite->text, report::audit_badges(record_of(*rewrite))});
      cards.push_back(std::move(card));
    }
    page_.add_gallery(cards);
  }

  void add_searches() {
    const RetrievalTest& test = data_.tests.retrieval.front();
    page_.add_heading("What each model finds");
    page_.add_text("A text (" + test.title + ") and, for each model, the " +
                   std::to_string(kNearest) + " nearest of " + with_commas(test.pairs->size()) +
                   " test pictures, best first. A tick marks the picture the text belongs to, "
                   "shown at the top.");
    std::vector<std::vector<Search>> searches;
    for (const fs::path& model : models_) {
      searches.push_back(search_pictures(model, test, kSearches, kNearest, report_.options.seed));
      progress_.update(0.3 + 0.7 * static_cast<double>(searches.size()) /
                                 static_cast<double>(models_.size() + 1),
                       "searches");
    }
    for (size_t q = 0; q < searches.front().size(); ++q) {
      const Search& asked = searches.front()[q];
      std::vector<report::Card> cards;
      cards.push_back({.title = asked.query,
                       .picture = thumbnail(*test.pairs, asked.picture),
                       .lines = {},
                       .neighbours_title = "",
                       .neighbours = {}});
      for (size_t a = 0; a < searches.size(); ++a) {
        report::Card card{.title = report_.twins[a].arm.title,
                          .picture = "",
                          .lines = {},
                          .neighbours_title = "",
                          .neighbours = {}};
        for (const int64_t found : searches[a][q].nearest)
          card.neighbours.push_back(
              {thumbnail(*test.pairs, found), found == asked.picture ? "\xE2\x9C\x93" : ""});
        cards.push_back(std::move(card));
      }
      page_.add_gallery(cards);
    }
  }

  const DemoReport& report_;
  const DemoData& data_;
  const std::vector<AuditedRewrite>& rewrites_;
  const std::vector<fs::path>& models_;
  StageProgress& progress_;
  report::HtmlReport page_;
};

}  // namespace

void write_demo_page(const DemoReport& report, const DemoData& data,
                     const std::vector<AuditedRewrite>& rewrites,
                     const std::vector<fs::path>& models, StageProgress& progress) {
  Page(report, data, rewrites, models, progress).write();
}

}  // namespace clipwright::demo::story
