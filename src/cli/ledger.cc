#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "core/error.h"
#include "core/log.h"
#include "rewrite/archive/ledger_export.h"
#include "rewrite/archive/ledger_import.h"
#include "rewrite/archive/ledger_merge.h"
#include "rewrite/archive/ledger_report.h"
#include "rewrite/archive/replay_texts.h"

namespace clipwright::cli {
namespace {

struct Flags {
  std::string ledger = "sqlite:rewrites.db", output, format = "records", into;
  std::vector<std::string> from;
  rewrite::archive::LedgerExport choice;
  bool json = false;
};

template <typename Report>
void print(const Report& report, bool json) {
  std::fputs((json ? to_line(report.to_json()) + "\n" : rewrite::archive::describe(report)).c_str(),
             stdout);
}

std::unique_ptr<rewrite::ledger::Ledger> open_existing(const std::string& url) {
  return rewrite::ledger::open_ledger(url, {.create = false});
}

void run_status(const Flags& flags) {
  print(rewrite::archive::ledger_status(*open_existing(flags.ledger)), flags.json);
}

void run_export(Flags& flags) {
  flags.choice.format = rewrite::archive::parse_export_format(flags.format);
  const int64_t count =
      rewrite::archive::export_ledger(*open_existing(flags.ledger), flags.output, flags.choice);
  log_info(with_commas(count) + " rewrites written to " + flags.output);
}

void run_merge(const Flags& flags) {
  for (const std::string& name : flags.from) {
    if (!rewrite::archive::names_records(name)) open_existing(name);  // before one is made in vain
  }
  const std::unique_ptr<rewrite::ledger::Ledger> into =
      rewrite::ledger::open_ledger(flags.into, {.fill = false});
  Json all = Json::object();
  for (const std::string& name : flags.from) {
    if (rewrite::archive::names_records(name)) {
      const int64_t records = rewrite::archive::import_records(name, *into);
      all[name] = {{"records", records}};
      if (!flags.json) std::puts((name + ": " + with_commas(records) + " records read").c_str());
      continue;
    }
    const rewrite::archive::LedgerMerge merge =
        rewrite::archive::merge_ledger(*into, *open_existing(name));
    if (flags.json) {
      all[rewrite::ledger::ledger_name(name)] = merge.to_json();
    } else {
      std::fputs(
          (rewrite::ledger::ledger_name(name) + ": " + rewrite::archive::describe(merge)).c_str(),
          stdout);
    }
  }
  if (flags.json) std::puts(to_line(all).c_str());
}

void run_verify(const Flags& flags) {
  const rewrite::archive::LedgerFindings findings =
      rewrite::archive::verify_ledger(*open_existing(flags.ledger));
  print(findings, flags.json);
  if (!findings.whole())
    fail_input(rewrite::ledger::ledger_name(flags.ledger) + ": is damaged", "a whole ledger",
               "Restore it from a copy, or merge what can be read into a new one: 'clipwright "
               "ledger merge --into sqlite:new.db'.");
}

void add_ledger_option(CLI::App* app, const std::shared_ptr<Flags>& flags) {
  app->add_option("--ledger", flags->ledger, "the ledger to look at")
      ->type_name("sqlite:FILE|postgresql://HOST/DB")
      ->capture_default_str();
}

void add_json_flag(CLI::App* app, const std::shared_ptr<Flags>& flags) {
  app->add_flag("--json", flags->json, "one JSON object on stdout");
}

}  // namespace

void add_ledger_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("ledger", "what rewriting has kept: look, copy, join");
  app->description(
      "Works on the ledgers that 'clipwright rewrite' writes (docs/formats/ledger.md): a file, or "
      "a "
      "PostgreSQL database.");
  app->require_subcommand(1);
  auto flags = std::make_shared<Flags>();

  CLI::App* status =
      app->add_subcommand("status", "attempts, tokens, time, workers and what they hold");
  add_ledger_option(status, flags);
  add_json_flag(status, flags);
  status->footer(
      "Examples:\n"
      "  clipwright ledger status --ledger sqlite:cc3m.db\n"
      "  clipwright ledger status --ledger postgresql://worker@db/rewrites --json");
  status->callback([flags] { run_status(*flags); });

  CLI::App* copy = app->add_subcommand("export", "rewrites as lines of JSON");
  add_ledger_option(copy, flags);
  copy->add_option("--output", flags->output, "file to write; records may end in .gz")
      ->type_name("FILE.jsonl")
      ->required();
  copy->add_option("--format", flags->format,
                   "records: accepted texts to keep and replay; rewrites: as rewrites.jsonl, under "
                   "the caption's hash; attempts: everything")
      ->type_name("FORMAT")
      ->capture_default_str();
  copy->add_option("--mode", flags->choice.mode, "only this mode")->type_name("MODE");
  copy->add_option("--recipe", flags->choice.recipe, "only the recipe whose hash begins so")
      ->type_name("HEX");
  copy->footer(
      "Examples:\n"
      "  clipwright ledger export --ledger sqlite:cc3m.db --output cc3m.jsonl.gz\n"
      "  clipwright ledger export --ledger sqlite:cc3m.db --format rewrites --mode human --output "
      "human.jsonl\n"
      "  clipwright audit --rewrites human.jsonl --output audit.json");
  copy->callback([flags] { run_export(*flags); });

  CLI::App* merge = app->add_subcommand("merge", "adds ledgers to one");
  merge->add_option("--into", flags->into, "the ledger that grows; made when there is none")
      ->type_name("LEDGER")
      ->required();
  merge->add_option("FROM", flags->from, "ledgers or records (.jsonl, .jsonl.gz) to add")
      ->required()
      ->type_name("LEDGER...");
  add_json_flag(merge, flags);
  merge->footer(
      "The same attempt with different texts is a conflict: the older one counts, and it is "
      "told.\n\n"
      "Examples:\n"
      "  clipwright ledger merge --into sqlite:all.db machine1.db machine2.db\n"
      "  clipwright ledger merge --into postgresql://worker@db/rewrites sqlite:laptop.db");
  merge->callback([flags] { run_merge(*flags); });

  CLI::App* verify = app->add_subcommand("verify", "reads everything and checks it");
  add_ledger_option(verify, flags);
  add_json_flag(verify, flags);
  verify->footer(
      "Checks the database itself, that captions and recipes hash to their keys, that attempts "
      "have "
      "no gaps and that\n"
      "every status exists. Exit code 3 when something is damaged.\n\n"
      "Examples:\n"
      "  clipwright ledger verify --ledger sqlite:cc3m.db");
  verify->callback([flags] { run_verify(*flags); });
}

}  // namespace clipwright::cli
