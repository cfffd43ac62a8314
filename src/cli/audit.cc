#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "audit/corpus.h"
#include "cli/commands.h"
#include "core/error.h"
#include "core/interrupt.h"
#include "report/audit_page.h"

namespace clipwright {
namespace {

struct Flags {
  std::string captions, ledger, output, html;
  std::vector<std::string> rewrites, examples;
  int threads = 0;
};

void run(const Flags& flags) {
  if (flags.rewrites.empty() == flags.ledger.empty()) {
    fail_usage(
        flags.ledger.empty() ? "no rewrites were given" : "both --rewrites and --ledger were given",
        "either --rewrites FILE... or --ledger sqlite:FILE", "See 'clipwright audit --help'.");
  }
  const auto pairs =
      flags.ledger.empty()
          ? open_pairs(flags.captions, {flags.rewrites.begin(), flags.rewrites.end()})
          : open_ledger_pairs(flags.ledger);
  Auditor auditor;
  if (flags.examples.empty()) auditor.add_examples(shipped_example_texts());
  for (const std::string& file : flags.examples) auditor.add_examples(read_example_texts(file));
  const CorpusAudit audit =
      audit_corpus(auditor, *pairs, {.output = flags.output, .threads = flags.threads});
  if (interrupted()) return;
  if (!flags.html.empty()) write_audit_page(audit, flags.html);
  std::fputs(describe(audit).c_str(), stdout);
}

}  // namespace

void add_audit_command(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("audit", "does each rewrite still say what its source says?");
  auto flags = std::make_shared<Flags>();
  app->add_option("--captions", flags->captions,
                  "sources of line-aligned rewrites, a caption a line")
      ->type_name("FILE");
  app->add_option("--rewrites", flags->rewrites,
                  "rewrites: line-aligned .txt (needs --captions) or rewrites.jsonl, any number")
      ->type_name("FILE");
  app->add_option("--ledger", flags->ledger, "the accepted rewrites of a ledger instead of files")
      ->type_name("sqlite:FILE");
  app->add_option("--examples", flags->examples,
                  "in-context examples (text or TSV): rewrites that repeat one are flagged; "
                  "default: those that ship with the program")
      ->type_name("FILE");
  app->add_option("--output", flags->output,
                  "audit.json: a record a pair with flags and score, then the summary")
      ->type_name("FILE");
  app->add_option("--html", flags->html, "the same as a page with examples of every flag")
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
      "  clipwright audit --rewrites rewrites/rewrites.jsonl --output audit.json --html "
      "audit.html\n"
      "  clipwright audit --ledger sqlite:rewrites.sqlite --html audit.html\n"
      "Formats: docs/formats/audit.md. Exit code 3 when captions and rewrites do not line up.");
  app->callback([flags] { run(*flags); });
}

}  // namespace clipwright
