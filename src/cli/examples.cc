#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "cli/caption_flags.h"
#include "cli/commands.h"
#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "rewrite/examples/example_chat.h"
#include "rewrite/examples/example_coco.h"
#include "rewrite/examples/example_session.h"
#include "rewrite/examples/example_table.h"
#include "rewrite/job/engines.h"
#include "rewrite/prompt/example_pack.h"

namespace clipwright::cli {
namespace {

struct ExampleFlags {
  CaptionFlags captions;
  rewrite::job::EngineOptions engine;
  rewrite::examples::ChatExamplesOptions chat;
  rewrite::examples::CocoExamplesOptions coco;
  rewrite::examples::ExampleSessionOptions session;
  rewrite::examples::ExampleTableOptions table;
  std::string input, output, export_tsv, import_tsv;
};

std::string named_with_hash(const std::string& path) {
  return path + ", sha256 " + hex(sha256_file(path));
}

void note_captions(rewrite::examples::ExampleDraft& draft, const CaptionFlags& flags) {
  draft.note("captions", flags.captions.empty() ? flags.data : named_with_hash(flags.captions));
}

/// A pack that can be made again from its source at once is written only when it can be used: the
/// file may hold a good one.
void refuse_unusable(const rewrite::examples::ExampleDraft& draft, const std::string& source,
                     const std::string& output) {
  const rewrite::prompt::ExampleRows file = rewrite::prompt::parse_example_rows(draft.contents());
  if (file.findings.empty()) return;
  const rewrite::prompt::ExampleFinding& first = file.findings.front();
  fail_input(source + ": gives a pack that " + first.found, first.expected,
             (first.advice.empty() ? "" : first.advice + " ") + output + " is left as it was.");
}

/// Writes the pack and tells whether it can be used.
void finish_pack(const rewrite::examples::ExampleDraft& draft, const std::string& output) {
  draft.write(output);
  const rewrite::prompt::ExampleRows file = rewrite::prompt::read_example_rows(output);
  for (const rewrite::prompt::ExampleFinding& finding : file.findings)
    log_warning(output + ": " + finding.sentence());
  std::printf("%s: %zu examples, pack %s%s\n", output.c_str(), draft.rows.size(),
              hex(sha256(file.canonical)).c_str(), file.findings.empty() ? "" : ", not usable yet");
}

void tell_refused(const std::string& path,
                  const std::vector<rewrite::prompt::ExampleFinding>& refused) {
  for (const rewrite::prompt::ExampleFinding& finding : refused)
    log_warning(path + ", " + finding.sentence() + " Left out.");
}

void add_output_flag(CLI::App& command, ExampleFlags& flags) {
  command.add_option("--output", flags.output, "the pack, for rewrite --examples")
      ->required()
      ->type_name("FILE.tsv");
}

void add_seed_flag(CLI::App& command, uint64_t& seed, const char* what) {
  command.add_option("--seed", seed, what)->type_name("N")->capture_default_str();
}

void add_chat(CLI::App& app, const std::shared_ptr<ExampleFlags>& flags) {
  CLI::App* command = app.add_subcommand(
      "chat", "a sample of captions, rewritten by a chat model on request (LaCLIP's chatgpt mode)");
  add_caption_flags(*command, flags->captions);
  flags->engine.name.clear();
  command
      ->add_option("--engine", flags->engine.name,
                   "llama or openai; default: openai when there is a --base-url, else llama")
      ->type_name("ENGINE");
  command->add_option("--model", flags->engine.model, "an instruct model for this process")
      ->type_name("FILE.gguf");
  command
      ->add_option("--base-url", flags->engine.base_url,
                   "OpenAI-compatible server; its key is read from OPENAI_API_KEY")
      ->type_name("URL");
  command
      ->add_option("--model-name", flags->engine.model_name,
                   "the model as the server names it; default: the only one it has")
      ->type_name("NAME");
  command
      ->add_option("--prompt", flags->chat.prompt, "what the model is asked; the caption follows")
      ->type_name("TEXT")
      ->capture_default_str();
  command->add_option("--count", flags->chat.count, "pairs to make")
      ->type_name("N")
      ->capture_default_str();
  add_seed_flag(*command, flags->chat.seed, "decides the captions, and the model's draws");
  command->add_option("--threads", flags->engine.threads, "of a local model; 0: one a core")
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option("--temperature", flags->chat.sampling.temperature, "0 takes the likeliest token")
      ->type_name("T")
      ->capture_default_str();
  command
      ->add_option("--attempts", flags->chat.attempts,
                   "tries a caption before another takes its place")
      ->type_name("N")
      ->capture_default_str();
  add_output_flag(*command, *flags);
  command->footer(
      "Example:\n  clipwright examples chat --captions captions.txt --base-url "
      "http://127.0.0.1:8000 --output vivid.tsv");
  command->callback([flags] {
    rewrite::job::EngineOptions options = flags->engine;
    const bool server = !options.base_url.empty();
    if (options.name.empty()) options.name = server ? "openai" : "llama";
    if (options.name == "openai") options.api = "chat";
    if (options.name == "llama") options.chat = "on";
    const auto captions = open_captions(flags->captions);
    const auto engine = rewrite::job::make_engine(options);
    rewrite::examples::ChatExamples made =
        rewrite::examples::chat_examples(*captions, flags->chat, *engine);
    made.draft.note("made", "chat");
    made.draft.note("prompt", flags->chat.prompt);
    note_captions(made.draft, flags->captions);
    made.draft.note("engine", to_line(engine->identity()));
    made.draft.note("temperature", Json(flags->chat.sampling.temperature).dump());
    made.draft.note("seed", std::to_string(flags->chat.seed));
    made.draft.note("date", rewrite::examples::today());
    for (const auto& [status, count] : made.outcomes) log_info(status + ": " + with_commas(count));
    finish_pack(made.draft, flags->output);
  });
}

void add_coco(CLI::App& app, const std::shared_ptr<ExampleFlags>& flags) {
  CLI::App* command = app.add_subcommand(
      "coco", "captions of the same pictures by different people, from COCO's annotations");
  command->add_option("--annotations", flags->input, "captions_train2017.json or one like it")
      ->required()
      ->type_name("FILE.json");
  command->add_option("--pictures", flags->coco.pictures, "rows to draw")
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option("--captions-each", flags->coco.captions_each,
                   "2: a pair, in this order; 3 to 16: any two of them in either order")
      ->type_name("N")
      ->capture_default_str();
  add_seed_flag(*command, flags->coco.seed, "decides the pictures");
  add_output_flag(*command, *flags);
  command->footer(
      "Example:\n  clipwright examples coco --annotations captions_train2017.json --output "
      "coco.tsv");
  command->callback([flags] {
    rewrite::examples::ExampleDraft draft =
        rewrite::examples::coco_examples(flags->input, flags->coco);
    draft.note("made", "coco");
    draft.note("annotations", named_with_hash(flags->input));
    draft.note("seed", std::to_string(flags->coco.seed));
    draft.note("date", rewrite::examples::today());
    refuse_unusable(draft, flags->input, flags->output);
    finish_pack(draft, flags->output);
  });
}

void add_human(CLI::App& app, const std::shared_ptr<ExampleFlags>& flags) {
  CLI::App* command = app.add_subcommand(
      "human", "a person rewrites a sample of captions, in the terminal or in a table");
  add_caption_flags(*command, flags->captions);
  command->add_option("--count", flags->session.count, "rewrites wanted in all")
      ->type_name("N")
      ->capture_default_str();
  add_seed_flag(*command, flags->session.seed, "decides the captions");
  command
      ->add_option("--export-tsv", flags->export_tsv,
                   "write a table to be filled in, instead of asking")
      ->type_name("FILE.tsv");
  command->add_option("--import-tsv", flags->import_tsv, "take the filled table into the pack")
      ->type_name("FILE.tsv")
      ->excludes("--export-tsv");
  add_output_flag(*command, *flags);
  command->footer(
      "Every answer is saved at once; the same command goes on where it stopped.\n\nExamples:\n  "
      "clipwright examples human --data train.csv --output own.tsv\n  clipwright examples human "
      "--data train.csv --export-tsv table.tsv --output own.tsv\n  clipwright examples human "
      "--import-tsv table.tsv --output own.tsv");
  command->callback([flags] {
    rewrite::examples::ExampleDraft draft =
        fs::exists(flags->output) ? rewrite::examples::ExampleDraft::read(flags->output)
                                  : rewrite::examples::ExampleDraft{};
    if (!flags->import_tsv.empty()) {
      const rewrite::examples::ImportedExamples found =
          rewrite::examples::import_example_table(flags->import_tsv, draft);
      tell_refused(flags->import_tsv, found.refused);
      draft.note("made", "human");
      draft.note("table", named_with_hash(flags->import_tsv));
      draft.note("date", rewrite::examples::today());
      log_info(with_commas(static_cast<int64_t>(found.added)) + " rewrites taken, " +
               with_commas(static_cast<int64_t>(found.empty)) + " rows left empty");
      return finish_pack(draft, flags->output);
    }
    const auto captions = open_captions(flags->captions);
    flags->session.file = flags->output;
    if (!flags->export_tsv.empty()) {
      const size_t rows = rewrite::examples::export_example_table(*captions, flags->session, draft,
                                                                  flags->export_tsv);
      std::printf("%s: %zu captions to rewrite\n", flags->export_tsv.c_str(), rows);
      return;
    }
    draft.note("made", "human");
    note_captions(draft, flags->captions);
    draft.note("seed", std::to_string(flags->session.seed));
    draft.note("date", rewrite::examples::today());
    const rewrite::examples::ExampleSessionResult result = rewrite::examples::run_example_session(
        *captions, flags->session, draft, std::cin, std::cout);
    std::printf("\n%zu rewrites in %s, %zu of them new%s\n", result.rows, flags->output.c_str(),
                result.written, result.complete ? "" : "; go on with the same command");
  });
}

void add_from_tsv(CLI::App& app, const std::shared_ptr<ExampleFlags>& flags) {
  CLI::App* command =
      app.add_subcommand("from-tsv", "a pack from any tab-separated table: cleaned and checked");
  command->add_option("table", flags->input, "the table")->required()->type_name("FILE.tsv");
  command
      ->add_option("--columns", flags->table.columns,
                   "caption and rewrite by the header's names, or #1,#2; default: all columns of a "
                   "table without a header")
      ->delimiter(',')
      ->type_name("A,B,...");
  command->add_option("--count", flags->table.count, "rows to draw; 0: all")
      ->type_name("N")
      ->capture_default_str();
  add_seed_flag(*command, flags->table.seed, "decides the rows of --count");
  add_output_flag(*command, *flags);
  command->footer(
      "Example:\n  clipwright examples from-tsv pairs.tsv --columns original,better --count 16 "
      "--output own.tsv");
  command->callback([flags] {
    rewrite::examples::ExamplesFromTable made =
        rewrite::examples::examples_from_table(flags->input, flags->table);
    tell_refused(flags->input, made.refused);
    made.draft.note("made", "from-tsv");
    made.draft.note("table", named_with_hash(flags->input));
    if (flags->table.count > 0) made.draft.note("seed", std::to_string(flags->table.seed));
    made.draft.note("date", rewrite::examples::today());
    refuse_unusable(made.draft, flags->input, flags->output);
    finish_pack(made.draft, flags->output);
  });
}

void add_check(CLI::App& app, const std::shared_ptr<ExampleFlags>& flags) {
  CLI::App* command = app.add_subcommand(
      "check", "everything that is wrong with a pack; exit code 3 when it cannot be used");
  command->add_option("pack", flags->input, "the pack")->required()->type_name("FILE.tsv");
  command->footer("Example:\n  clipwright examples check own.tsv");
  command->callback([flags] {
    const rewrite::prompt::ExampleRows file = rewrite::prompt::read_example_rows(flags->input);
    for (const rewrite::prompt::ExampleFinding& finding : file.findings)
      std::printf("%s\n", finding.sentence().c_str());
    if (!file.findings.empty())
      fail_input(flags->input + ": cannot be used, for " +
                 with_commas(static_cast<int64_t>(file.findings.size())) +
                 (file.findings.size() == 1 ? " reason" : " reasons"));
    std::printf("%zu examples of %zu columns, pack %s\n", file.rows.size(),
                file.rows.front().size(), hex(sha256(file.canonical)).c_str());
  });
}

}  // namespace

void add_examples_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "examples", "make and check example packs, which give a rewriting mode its style");
  app->require_subcommand(1);
  app->footer(
      "The four ways of LaCLIP, from your own data; a pack is used with rewrite --examples "
      "FILE.tsv.\n\nExample:\n  clipwright examples check own.tsv\nFormat: "
      "docs/formats/examples.md");
  // Each subcommand has flags of its own: the same names hold other things.
  add_chat(*app, std::make_shared<ExampleFlags>());
  add_coco(*app, std::make_shared<ExampleFlags>());
  add_human(*app, std::make_shared<ExampleFlags>());
  add_from_tsv(*app, std::make_shared<ExampleFlags>());
  add_check(*app, std::make_shared<ExampleFlags>());
}

}  // namespace clipwright::cli
