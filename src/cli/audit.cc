#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "audit/calibration/calibration.h"
#include "audit/calibration/example_texts.h"
#include "audit/corpus/corpus.h"
#include "audit/pairs/pairs.h"
#include "audit/verdict/model_tiers.h"
#include "cli/commands.h"
#include "cli/model_flags.h"
#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "eval/pair_similarity.h"
#include "models/encoders/find_sentence_encoder.h"
#include "report/audit_page.h"
#include "rewrite/archive/ledger_pairs.h"

namespace clipwright::cli {
namespace {

constexpr const char* kNoModel = "none";

struct Flags {
  std::string ledger, output, html, markdown, embedding_model, entailment, data;
  models::ModelArgument model;
  std::string device = "cpu";
  std::vector<std::string> captions, rewrites, examples;
  int threads = 0;
  bool calibrate = false, no_diversity = false;
  uint64_t seed = 0;
  size_t sample = 0;
  audit::verdict::ScoreLimits limits;
};

/// The sentence encoder that gives `similarity`: the one that is named, or the one that was fetched
/// where nothing else gives it; empty: none.
fs::path sentence_encoder(const Flags& flags) {
  if (flags.embedding_model == kNoModel) return {};
  if (!flags.embedding_model.empty())
    return models::encoders::find_sentence_encoder(flags.embedding_model);
  return flags.model.empty() ? models::encoders::fetched_sentence_encoder() : fs::path();
}

/// The tiers above words that the flags ask for.
std::vector<std::unique_ptr<audit::verdict::PairScorer>> open_tiers(const Flags& flags) {
  std::vector<std::unique_ptr<audit::verdict::PairScorer>> tiers;
  if (!flags.data.empty() && flags.model.empty())
    fail_usage("--data was given and no --model", "the CLIP model that looks at the pictures");
  if (!flags.model.empty() && flags.data.empty() && !flags.embedding_model.empty() &&
      flags.embedding_model != kNoModel)
    fail_usage("--embedding-model and --model would both give 'similarity'",
               "one of them, or --data with the pictures for --model");
  const fs::path encoder = sentence_encoder(flags);
  const bool named = !flags.embedding_model.empty() && flags.embedding_model != kNoModel;
  const auto set = [](double limit) { return !std::isnan(limit); };
  if (set(flags.limits.similarity) && !named && encoder.empty() && flags.model.empty())
    fail_usage("--flag-similarity-below has no values to look at", "--embedding-model or --model");
  if (set(flags.limits.entailment) && flags.entailment.empty())
    fail_usage("--flag-entailment-below has no values to look at", "--entailment");
  if (set(flags.limits.image_difference) && flags.data.empty())
    fail_usage("--flag-picture-below has no values to look at", "--model with --data");
  if (!encoder.empty()) {
    if (!named)
      log_info("tier 1: " + encoder.filename().string() +
               " is there and compares the texts; --embedding-model none leaves it out");
    tiers.push_back(eval::encoder_similarity(encoder, flags.device));
  } else if (named) {
    tiers.push_back(audit::verdict::embedding_similarity(flags.embedding_model, flags.threads));
  }
  if (!flags.entailment.empty()) {
    tiers.push_back(audit::verdict::entailment(
        flags.entailment == "default" ? shared_file("default.gguf") : fs::path(flags.entailment),
        flags.threads));
  }
  if (!flags.model.empty()) {
    tiers.push_back(eval::clip_similarity(
        {.model = flags.model, .data = flags.data, .texts = !named, .device = flags.device}));
  }
  return tiers;
}

std::vector<audit::verdict::PairScorer*> pointers(
    const std::vector<std::unique_ptr<audit::verdict::PairScorer>>& tiers) {
  std::vector<audit::verdict::PairScorer*> list;
  for (const auto& tier : tiers) list.push_back(tier.get());
  return list;
}

void add_examples(const Flags& flags, audit::verdict::Auditor& auditor) {
  if (flags.examples.empty()) auditor.add_examples(audit::calibration::shipped_example_texts());
  for (const std::string& file : flags.examples)
    auditor.add_examples(audit::calibration::read_example_texts(file));
}

void run_calibration(const Flags& flags) {
  if (!flags.rewrites.empty() || !flags.ledger.empty() || !flags.html.empty()) {
    fail_usage("--calibrate was given with --rewrites, --ledger or --html",
               "captions alone: it makes the rewrites itself");
  }
  const audit::verdict::Auditor auditor;
  const auto tiers = open_tiers(flags);
  const audit::calibration::Calibration calibration = audit::calibration::calibrate(
      auditor,
      !flags.captions.empty() ? audit::calibration::read_captions(flags.captions)
      : !flags.data.empty()   ? eval::captions_of_data(flags.data)
                              : audit::calibration::shipped_captions(),
      pointers(tiers), {.seed = flags.seed, .most_captions = flags.sample});
  if (!flags.output.empty()) write_file(flags.output, to_line(calibration.to_json()) + "\n");
  if (!flags.markdown.empty()) write_file(flags.markdown, calibration.to_markdown());
  std::fputs(calibration.to_markdown().c_str(), stdout);
}

void run(const Flags& flags) {
  if (flags.calibrate) return run_calibration(flags);
  if (flags.rewrites.empty() == flags.ledger.empty()) {
    fail_usage(
        flags.ledger.empty() ? "no rewrites were given" : "both --rewrites and --ledger were given",
        "either --rewrites FILE... or --ledger LEDGER", "See 'clipwright audit --help'.");
  }
  if (flags.sample > 0 || !flags.markdown.empty())
    fail_usage("--sample or --markdown was given without --calibrate", "--calibrate");
  if (flags.captions.size() > 1)
    fail_usage("several --captions were given", "one file with the sources of the rewrites");
  const auto pairs = flags.ledger.empty()
                         ? audit::pairs::open_pairs(flags.captions.empty() ? "" : flags.captions[0],
                                                    {flags.rewrites.begin(), flags.rewrites.end()})
                         : rewrite::archive::open_ledger_pairs(flags.ledger);
  audit::verdict::Auditor auditor;
  add_examples(flags, auditor);
  const auto tiers = open_tiers(flags);
  const audit::corpus::CorpusAudit audit =
      audit::corpus::audit_corpus(auditor, *pairs,
                                  {.output = flags.output,
                                   .threads = flags.threads,
                                   .diversity = !flags.no_diversity,
                                   .scorers = pointers(tiers),
                                   .limits = flags.limits});
  if (interrupted()) return;
  if (!flags.html.empty()) report::write_audit_page(audit, flags.html);
  std::fputs(audit::corpus::describe(audit).c_str(), stdout);
}

}  // namespace

void add_audit_command(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("audit", "does each rewrite still say what its source says?");
  auto flags = std::make_shared<Flags>();
  app->add_option("--captions", flags->captions,
                  "sources of line-aligned rewrites, a caption a line; with --calibrate: captions "
                  "to damage, any number of files")
      ->type_name("FILE");
  app->add_option("--rewrites", flags->rewrites,
                  "rewrites, any number: the output folder of 'clipwright rewrite', its "
                  "rewrites.jsonl or Parquet side-car, or line-aligned .txt (needs --captions)")
      ->type_name("FILE|DIR");
  app->add_option("--ledger", flags->ledger, "the accepted rewrites of a ledger instead of files")
      ->type_name("sqlite:FILE|postgresql://HOST/DB");
  app->add_option("--examples", flags->examples,
                  "in-context examples (text or TSV): rewrites that repeat one are flagged; "
                  "default: those that ship with the program")
      ->type_name("FILE");
  app->add_option("--output", flags->output,
                  "audit.json: a record a pair with flags and score, then the summary")
      ->type_name("FILE");
  app->add_option("--html", flags->html, "the same as a page with examples of every flag")
      ->type_name("FILE");
  app->add_flag("--no-diversity", flags->no_diversity,
                "leave the surface diversity of sources and rewrites out");
  app->add_option("--embedding-model", flags->embedding_model,
                  "tier 1: cosine of the texts' embeddings by a sentence encoder's folder, a GGUF "
                  "embedding model, or any GGUF language model; default, without --model: "
                  "all-MiniLM-L6-v2 where it was fetched (./run fetch minilm)")
      ->type_name("DIR|all-MiniLM-L6-v2|FILE.gguf|none");
  app->add_option("--entailment", flags->entailment,
                  "tier 2: does each text follow from the other? Probability of yes by a GGUF "
                  "language model")
      ->type_name("FILE.gguf|default");
  add_model_flags(*app, flags->model,
                  "a trained CLIP, as 'embed' takes it: tier 1 by "
                  "its text tower; with --data tier 3: the picture against source and rewrite");
  app->add_option("--data", flags->data, "the pictures, joined by key")->type_name("SRC");
  app->add_option("--device", flags->device, "of --model and a sentence encoder: cpu or cuda[:N]")
      ->capture_default_str();
  app->add_option("--flag-similarity-below", flags->limits.similarity,
                  "flag 'dissimilar' and lower the score; see --calibrate for a limit");
  app->add_option("--flag-entailment-below", flags->limits.entailment,
                  "flag 'not-entailed' when either direction is below");
  app->add_option("--flag-picture-below", flags->limits.image_difference,
                  "flag 'picture-mismatch' when the rewrite fits the picture that much worse than "
                  "the source (a negative number)");
  app->add_flag("--calibrate", flags->calibrate,
                "instead of auditing: damage captions in known ways and measure what each tier "
                "finds; --output gets it as JSON");
  app->add_option("--sample", flags->sample, "--calibrate: captions drawn, 0 for all")
      ->type_name("N")
      ->capture_default_str();
  app->add_option("--seed", flags->seed, "--calibrate: of the draw and the damage")
      ->type_name("N")
      ->capture_default_str();
  app->add_option("--markdown", flags->markdown, "--calibrate: the tables as markdown")
      ->type_name("FILE");
  app->add_option("--threads", flags->threads, "0: one a core")
      ->type_name("N")
      ->capture_default_str();
  app->footer(
      "A score of 0.6 or more keeps a rewrite (train --keep-if \"audit.score >= 0.6\"). Synonyms "
      "need Debian's wordnet-base.\n\n"
      "Examples:\n"
      "  clipwright audit --captions captions.txt --rewrites chatgpt.txt bard.txt --output "
      "audit.json\n"
      "  clipwright audit --rewrites rewrites --output audit.json --html "
      "audit.html\n"
      "  clipwright audit --ledger sqlite:rewrites.sqlite --html audit.html\n"
      "  clipwright audit --rewrites rewrites.jsonl --model logs/run/model --data pairs.tar "
      "--entailment default --output audit.json\n"
      "  clipwright audit --calibrate --captions captions.txt --entailment default --sample 200\n"
      "How to read it: docs/audit.md; formats: docs/formats/audit.md. Exit code 3 when captions "
      "and rewrites do not line up.");
  app->callback([flags] { run(*flags); });
}

}  // namespace clipwright::cli
