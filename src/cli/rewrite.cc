#include <cstdio>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audit/verdict/audit.h"
#include "cli/caption_flags.h"
#include "cli/commands.h"
#include "core/error.h"
#include "core/log.h"
#include "data/tools/rewrite_tars.h"
#include "lexicon/eda.h"
#include "rewrite/job/engines.h"
#include "rewrite/job/fruitless_job.h"
#include "rewrite/job/job.h"
#include "rewrite/job/job_forecast.h"
#include "rewrite/ledger/ledger.h"

namespace clipwright::cli {
namespace {

struct Flags {
  CaptionFlags source;
  std::vector<std::string> examples;
  std::string examples_mode, prompt = "clean";
  std::string output, output_parquet, output_tars, records;
  std::vector<std::string> modes;
  rewrite::job::RewriteOptions options;
  rewrite::job::EngineOptions engine;
  bool dry_run = false, json = false, audit = true;
};

rewrite::job::Scorer audit_scorer(const std::vector<rewrite::prompt::ExamplePack>& packs) {
  auto auditor = std::make_shared<audit::verdict::Auditor>();
  for (const rewrite::prompt::ExamplePack& pack : packs) auditor->add_examples(pack.texts());
  return [auditor](std::string_view source, std::string_view text) -> Json {
    const audit::verdict::AuditRecord record = auditor->audit(source, text);
    return {{"audit", record.score}, {"flags", record.flags}};
  };
}

/// A flag that would be ignored is a mistake better told at once; those of the engines themselves
/// are checked in make_engine.
void refuse(const CLI::App& app, std::initializer_list<const char*> flags,
            const std::string& where) {
  for (const char* flag : flags) {
    if (app.count(flag) > 0)
      fail_usage(std::string(flag) + " says nothing " + where, {}, "Leave it out.");
  }
}

void refuse_ignored(const CLI::App& app, const Flags& flags,
                    const rewrite::engine::Engine& engine) {
  const std::string here = "to --engine " + flags.engine.name;
  if (!engine.uses_examples())
    refuse(app, {"--examples", "--examples-mode", "--prompt", "--triples"}, here);
  if (!engine.uses_examples() && engine.modes().empty()) refuse(app, {"--modes"}, here);
  if (!engine.uses_sampling())
    refuse(app, {"--temperature", "--top-p", "--max-tokens", "--budget-tokens"}, here);
  if (!flags.dry_run) refuse(app, {"--sample", "--price-in", "--price-out"}, "without --dry-run");
}

/// The modes named, and one of each of the user's own packs.
std::vector<rewrite::prompt::ExamplePack> packs_of(const Flags& flags,
                                                   const rewrite::engine::Engine& engine) {
  if (!flags.examples_mode.empty() && flags.examples.size() != 1)
    fail_usage("--examples-mode names the mode of one file", "one --examples FILE");
  std::vector<rewrite::prompt::ExamplePack> packs;
  if (flags.examples.empty() || !flags.modes.empty())
    packs = rewrite::job::choose_packs(flags.modes, engine);
  for (const std::string& file : flags.examples) {
    packs.push_back(rewrite::prompt::ExamplePack::read(
        file, flags.examples_mode.empty() ? fs::path(file).stem().string() : flags.examples_mode));
  }
  return packs;
}

void run(const CLI::App& app, Flags& flags) {
  rewrite::job::RewriteOptions& options = flags.options;
  options.layout = rewrite::prompt::parse_prompt_layout(flags.prompt);
  options.output = flags.output;
  options.records = flags.records;
  options.parquet = flags.output_parquet;
  const std::unique_ptr<records::CaptionSource> captions = open_captions(flags.source);
  // What is no tars is better known before the work than after it.
  if (!flags.output_tars.empty())
    data::tools::check_tar_target(data::tools::tar_paths(flags.source.data), flags.output_tars);
  flags.engine.patience = options.ledger_options.patience;
  flags.engine.forecast = flags.dry_run;
  const std::unique_ptr<rewrite::engine::Engine> engine = rewrite::job::make_engine(flags.engine);
  refuse_ignored(app, flags, *engine);
  options.packs = packs_of(flags, *engine);
  if (flags.dry_run) {
    const rewrite::job::RewriteForecast forecast =
        rewrite::job::forecast_rewrite(*captions, options, *engine);
    std::fputs((flags.json ? to_line(forecast.to_json()) + "\n" : rewrite::job::describe(forecast))
                   .c_str(),
               stdout);
    rewrite::job::require_rewrites(forecast.made, *engine);
    return;
  }
  if (flags.audit && !(flags.output.empty() && flags.output_parquet.empty()))
    options.scorer = audit_scorer(options.packs);
  const rewrite::job::RewriteSummary summary =
      rewrite::job::rewrite_captions(*captions, options, *engine);
  std::fputs(
      (flags.json ? to_line(summary.to_json()) + "\n" : rewrite::job::describe(summary)).c_str(),
      stdout);
  if (summary.interrupted) {
    log_info("Everything finished is in " + rewrite::ledger::ledger_name(options.ledger) +
             "; the same command goes on where this one stopped.");
    return;
  }
  log_info(options.output.empty()
               ? "The texts are in the ledger " + rewrite::ledger::ledger_name(options.ledger) +
                     "; with --output DIR they are written for training."
               : "Wrote " + (options.output / "rewrites.jsonl").string() +
                     " and a text file a mode.");
  rewrite::job::require_rewrites(summary, *engine);
  if (!flags.output_tars.empty()) {
    data::tools::rewrite_tars({.source = flags.source.data,
                               .rewrites = {(options.output / "rewrites.jsonl").string()},
                               .folder = flags.output_tars});
  }
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
  rewrite::job::RewriteOptions& options = flags->options;
  add_caption_flags(*app, flags->source);
  app->add_option("--modes", flags->modes,
                  "styles of the examples: chatgpt, bard, coco, human (default: all; with replay, "
                  "those that were recorded)")
      ->delimiter(',')
      ->type_name("M,M,...");
  app->add_option("--examples", flags->examples,
                  "own examples, a mode of each file: TSV of caption and rewrite, 16 rows or more "
                  "(docs/formats/examples.md); instead of the modes that ship, or with --modes "
                  "besides them")
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
                  "llama: a GGUF model in this process; openai: a server; batch: files that a "
                  "service answers; back-translation; eda: words exchanged and moved, no model; "
                  "replay: texts made before (docs/engines.md)")
      ->type_name("ENGINE")
      ->capture_default_str();
  app->add_option("--model", flags->engine.model,
                  "language model; default: SmolLM2-135M-Instruct, which comes along")
      ->type_name("FILE.gguf");
  app->add_option("--quantize", flags->engine.quantize,
                  "llama: compute with a copy of the model with weights of this type, made once in "
                  "the cache folder; q4_0 is the fastest. Other weights write other texts: they "
                  "count as another model. Default: the weights as they are")
      ->type_name("q4_0|iq4_nl|q8_0|bf16|f16");
  app->add_option("--chat", flags->engine.chat,
                  "llama: the model's own chat template around the prompt; default: off")
      ->type_name("on|off");
  app->add_option(
         "--base-url", flags->engine.base_url,
         "OpenAI-compatible server, http://127.0.0.1:8080 say, or what a client appends to "
         "(.../v1, .../v1beta/openai); its key is read from OPENAI_API_KEY")
      ->type_name("URL");
  app->add_option("--model-name", flags->engine.model_name,
                  "the model as the server names it; default: the only one it has")
      ->type_name("NAME");
  app->add_option("--model-revision", flags->engine.revision,
                  "openai and batch: which weights stand behind the name, in words of your own; "
                  "another revision makes its own texts")
      ->type_name("TEXT");
  app->add_option("--api", flags->engine.api,
                  "completions, chat, or auto (the default): completions where the server has them")
      ->type_name("API");
  app->add_option("--concurrency", flags->engine.concurrency,
                  "requests in flight at most; fewer while the server is slow or pushes back; "
                  "default: 32")
      ->type_name("N");
  app->add_option("--timeout", flags->engine.timeout,
                  "seconds a server may take to begin a reply; default: 120")
      ->type_name("S");
  app->add_option("--batch-dir", flags->engine.batch_dir,
                  "batch: folder of requests*.jsonl (written) and results*.jsonl (read)")
      ->type_name("DIR");
  app->add_option(
         "--pivot", flags->engine.pivot,
         "back-translation: the language on the way, de, es, fr, it, nl or pt; default: de")
      ->type_name("LANGUAGE");
  app->add_option_function<std::string>(
         "--eda-recipe",
         [flags](const std::string& name) {
           flags->engine.eda.recipe = lexicon::parse_eda_recipe(name);
         },
         "eda: original (Wei and Zou), or declip (DeCLIP's: no cleaning, one change)")
      ->type_name("RECIPE")
      ->default_str("original");
  app->add_option("--eda-alpha", flags->engine.eda.alpha,
                  "eda: share of the words that change; the chance of each to be deleted")
      ->type_name("A")
      ->capture_default_str();
  app->add_option("--replay", flags->engine.replay,
                  "what --engine replay reads: a ledger, or records written with --records")
      ->type_name("FILE");
  app->add_option("--recipe", flags->engine.recipe,
                  "replay: only texts of the recipe whose hash begins so ('clipwright ledger "
                  "status')")
      ->type_name("DIGITS");
  app->add_option("--ledger", options.ledger,
                  "where every attempt is kept: a file, or a PostgreSQL database that workers on "
                  "many machines share (docs/formats/ledger.md)")
      ->type_name("sqlite:FILE|postgresql://HOST/DB")
      ->capture_default_str();
  app->add_option(
         "--lease", options.ledger_options.lease,
         "seconds after which a database gives the captions of a worker that died to others")
      ->type_name("S")
      ->capture_default_str();
  app->add_option(
         "--patience", options.ledger_options.patience,
         "seconds to wait for a database or a server that went away; what is finished is kept")
      ->type_name("S")
      ->capture_default_str();
  app->add_option("--output", flags->output,
                  "folder for <mode>.txt (line-aligned) and rewrites.jsonl")
      ->type_name("DIR");
  app->add_option("--output-parquet", flags->output_parquet,
                  "also write the records as a Parquet side-car with typed columns")
      ->type_name("FILE");
  app->add_option("--output-tars", flags->output_tars,
                  "also write the tars of --data again with the texts in each sample's JSON, for "
                  "open_clip's --json-text-key; needs --output")
      ->type_name("DIR")
      ->needs("--data")
      ->needs("--output");
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
  app->add_flag("--keep-duplicates", options.keep_duplicates,
                "equal captions get a rewrite each, instead of one that all of them get");
  app->add_option("--budget-tokens", options.budget_tokens,
                  "begin nothing more when prompt and new tokens of this run reach N (what is in "
                  "flight is finished); 0: no limit")
      ->type_name("N")
      ->capture_default_str();
  app->add_option("--budget-time", options.budget_seconds,
                  "begin nothing more after so long: seconds, or with a unit as in 90m, 8h, 2d; 0: "
                  "no limit")
      ->transform(CLI::AsNumberWithUnit(
          std::map<std::string, double>{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}}))
      ->type_name("TIME")
      ->capture_default_str();
  app->add_option("--limit", options.limit, "only the first N captions; 0: all")
      ->type_name("N")
      ->capture_default_str();
  app->add_option("--parallel", flags->engine.parallel, "texts in flight; 0: 16 a thread")
      ->type_name("N")
      ->capture_default_str();
  app->add_option("--threads", flags->engine.threads, "0: one a core")
      ->type_name("N")
      ->capture_default_str();
  app->add_flag("--audit,!--no-audit", flags->audit,
                "score the accepted texts in rewrites.jsonl (default: yes)");
  app->add_flag("--dry-run", flags->dry_run,
                "forecast of tokens, time and cost from a small sample; writes nothing");
  app->add_option("--sample", options.sample, "rewrites that --dry-run makes to find out")
      ->type_name("N")
      ->capture_default_str();
  app->add_option("--price-in", options.price_in,
                  "for --dry-run: price of a million prompt tokens, in any currency")
      ->type_name("P")
      ->capture_default_str();
  app->add_option("--price-out", options.price_out, "for --dry-run: price of a million new tokens")
      ->type_name("P")
      ->capture_default_str();
  app->add_flag("--json", flags->json, "summary or forecast as one JSON object");
  app->footer(
      "Rejected replies (empty, one word, copy of the caption or an example, several lines, "
      "preamble, prompt leak, another script, endless) are tried\n"
      "again with a fresh seed; a caption without an accepted text has an empty line, for which "
      "training uses the original.\n\n"
      "Examples:\n"
      "  clipwright rewrite --captions captions.txt --output rewrites\n"
      "  clipwright rewrite --captions captions.txt --dry-run\n"
      "  clipwright rewrite --data 'cc3m/{00000..00331}.tar' --modes human,coco --model "
      "qwen2.5-7b-q4_k_m.gguf --ledger sqlite:cc3m.db --output rewrites\n"
      "  clipwright rewrite --captions captions.txt --engine openai --base-url "
      "http://127.0.0.1:8000 --concurrency 128 --output rewrites\n"
      "  clipwright rewrite --captions captions.txt --engine batch --batch-dir batch --model-name "
      "gpt-4o-mini --api chat --output rewrites\n"
      "  clipwright rewrite --captions captions.txt --engine back-translation --pivot fr --output "
      "rewrites\n"
      "  clipwright rewrite --captions captions.txt --engine replay --replay old.db --ledger "
      "sqlite:new.db --output rewrites\n"
      "  clipwright rewrite --captions cc12m.txt --engine openai --base-url http://gpu1:8000/v1 "
      "--ledger postgresql://worker@db/rewrites --budget-time 8h --output rewrites\n"
      "Several of these may run at once on one ledger, on one machine or many: each caption is "
      "rewritten by one of them.\n"
      "Formats: docs/formats/{examples,ledger,rewrites}.md. Exit code 130 after Ctrl-C, with "
      "everything finished in the ledger.");
  app->callback([app, flags] { run(*app, *flags); });
}

}  // namespace clipwright::cli
