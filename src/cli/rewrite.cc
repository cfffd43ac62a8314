#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "cli/commands.h"
#include "core/error.h"
#include "data/dataset.h"
#include "rewrite/engines.h"
#include "rewrite/job.h"

namespace clipwright {
namespace {

struct Flags {
  std::string captions, data, examples, examples_mode, prompt = "clean", output, records;
  std::vector<std::string> modes = ExamplePack::shipped_modes();
  RewriteOptions options;
  EngineOptions engine;
  bool dry_run = false, json = false, audit = true;
};

/// The captions of any data argument.
class DatasetCaptions final : public CaptionSource {
 public:
  explicit DatasetCaptions(std::unique_ptr<Dataset> dataset) : dataset_(std::move(dataset)) {}
  int64_t size() const override { return dataset_->size(); }
  std::string key(int64_t index) const override { return dataset_->key(index); }
  std::string text(int64_t index) const override { return dataset_->caption(index); }

 private:
  std::unique_ptr<Dataset> dataset_;
};

std::unique_ptr<CaptionSource> open_captions(const Flags& flags) {
  if (flags.captions.empty() == flags.data.empty())
    fail_usage("rewrite needs captions", "either --captions FILE or --data SRC");
  if (!flags.captions.empty()) return std::make_unique<CaptionLines>(flags.captions);
  return std::make_unique<DatasetCaptions>(open_dataset({.source = flags.data}));
}

Scorer audit_scorer(const std::vector<ExamplePack>& packs) {
  auto auditor = std::make_shared<Auditor>();
  for (const ExamplePack& pack : packs) auditor->add_examples(pack.texts());
  return [auditor](std::string_view source, std::string_view text) -> Json {
    const AuditRecord record = auditor->audit(source, text);
    return {{"audit", record.score}, {"flags", record.flags}};
  };
}

void run(Flags& flags) {
  RewriteOptions& options = flags.options;
  options.layout = parse_prompt_layout(flags.prompt);
  options.output = flags.output;
  options.records = flags.records;
  if (!flags.examples.empty()) {
    const std::string mode = flags.examples_mode.empty() ? fs::path(flags.examples).stem().string()
                                                         : flags.examples_mode;
    options.packs.push_back(ExamplePack::read(flags.examples, mode));
  } else {
    for (const std::string& mode : flags.modes) options.packs.push_back(ExamplePack::shipped(mode));
  }
  const std::unique_ptr<CaptionSource> captions = open_captions(flags);
  const std::unique_ptr<Engine> engine = make_engine(flags.engine);
  if (flags.dry_run) {
    const RewriteForecast forecast = forecast_rewrite(*captions, options, *engine);
    std::puts((flags.json ? to_line(forecast.to_json()) : describe(forecast)).c_str());
    return;
  }
  if (flags.audit && !flags.output.empty()) options.scorer = audit_scorer(options.packs);
  const RewriteSummary summary = rewrite_captions(*captions, options, *engine);
  std::puts((flags.json ? to_line(summary.to_json()) : describe(summary)).c_str());
}

}  // namespace

void add_rewrite_command(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("rewrite", "captions told in other words by a language model");
  app->description(
      "Rewrites captions by few-shot completion (LaCLIP): an instruction, three example pairs, the "
      "caption. Every attempt goes into a\n"
      "ledger; run the same command again after any interruption and it goes on where it stopped. "
      "A caption's text depends on the\n"
      "caption, mode, seed, examples, prompt, decoding and model only, never on order, threads or "
      "restarts.");
  auto flags = std::make_shared<Flags>();
  RewriteOptions& options = flags->options;
  app->add_option("--captions", flags->captions, "a caption a line, UTF-8")->type_name("FILE");
  app->add_option("--data", flags->data,
                  "captions of a data set: tars, CSV/TSV, JSONL, Parquet or a folder")
      ->type_name("SRC");
  app->add_option("--modes", flags->modes, "styles of the examples: chatgpt, bard, coco, human")
      ->delimiter(',')
      ->type_name("M,M,...")
      ->capture_default_str();
  app->add_option("--examples", flags->examples,
                  "own examples instead: TSV of caption and rewrite, 16 rows or more "
                  "(docs/formats/examples.md)")
      ->type_name("FILE");
  app->add_option("--examples-mode", flags->examples_mode,
                  "name of the mode that --examples makes; default: the file's name")
      ->type_name("NAME");
  app->add_option("--prompt", flags->prompt, "layout: clean, or laclip (as its script builds it)")
      ->type_name("LAYOUT")
      ->capture_default_str();
  app->add_option("--triples", options.triples,
                  "distinct example triples a mode, so that captions share prompt beginnings; 0: "
                  "all ordered triples")
      ->type_name("N")
      ->capture_default_str();
  app->add_option("--engine", flags->engine.name,
                  "llama: a GGUF model in this process; replay: texts made before")
      ->type_name("ENGINE")
      ->capture_default_str();
  app->add_option("--model", flags->engine.model,
                  "language model; default: SmolLM2-135M-Instruct, which comes along")
      ->type_name("FILE.gguf");
  app->add_option("--replay", flags->engine.replay,
                  "what --engine replay reads: a ledger, or records written with --records")
      ->type_name("FILE");
  app->add_option("--ledger", options.ledger, "where every attempt is kept")
      ->type_name("sqlite:FILE")
      ->capture_default_str();
  app->add_option("--output", flags->output,
                  "folder for <mode>.txt (line-aligned) and rewrites.jsonl")
      ->type_name("DIR");
  app->add_option(
         "--records", flags->records,
         "also write the accepted texts as records for --engine replay (.jsonl or .jsonl.gz)")
      ->type_name("FILE");
  app->add_option("--seed", options.seed, "decides examples and sampling")
      ->type_name("N")
      ->capture_default_str();
  app->add_option("--temperature", options.sampling.temperature, "0 takes the likeliest token")
      ->type_name("T")
      ->capture_default_str();
  app->add_option("--top-p", options.sampling.top_p, "nucleus mass")
      ->type_name("P")
      ->capture_default_str();
  app->add_option("--max-tokens", options.sampling.max_tokens,
                  "new tokens at most; a reply that does not end in time is rejected")
      ->type_name("N")
      ->capture_default_str();
  app->add_option("--attempts", options.attempts, "tries a caption while replies are rejected")
      ->type_name("N")
      ->capture_default_str();
  app->add_option("--limit", options.limit, "only the first N captions; 0: all")
      ->type_name("N")
      ->capture_default_str();
  app->add_option("--parallel", flags->engine.parallel, "texts in flight; 0: 8 a thread")
      ->type_name("N")
      ->capture_default_str();
  app->add_option("--threads", flags->engine.threads, "0: one a core")
      ->type_name("N")
      ->capture_default_str();
  app->add_flag("--audit,!--no-audit", flags->audit,
                "score the accepted texts in rewrites.jsonl (default: yes)");
  app->add_flag("--dry-run", flags->dry_run,
                "forecast of tokens and time from a small sample; writes nothing");
  app->add_flag("--json", flags->json, "summary or forecast as one JSON object");
  app->footer(
      "Rejected replies (empty, one word, copy of the caption or an example, several lines, "
      "preamble, prompt leak, endless) are tried\n"
      "again with a fresh seed; a caption without an accepted text has an empty line, for which "
      "training uses the original.\n\n"
      "Examples:\n"
      "  clipwright rewrite --captions captions.txt --output rewrites\n"
      "  clipwright rewrite --captions captions.txt --dry-run\n"
      "  clipwright rewrite --data 'cc3m/{00000..00331}.tar' --modes human,coco --model "
      "qwen2.5-7b-q4_k_m.gguf --ledger sqlite:cc3m.db --output rewrites\n"
      "  clipwright rewrite --captions captions.txt --engine replay --replay old.db --ledger "
      "sqlite:new.db --output rewrites\n"
      "Formats: docs/formats/{examples,ledger,rewrites}.md. Exit code 130 after Ctrl-C, with "
      "everything finished in the ledger.");
  app->callback([flags] { run(*flags); });
}

}  // namespace clipwright
