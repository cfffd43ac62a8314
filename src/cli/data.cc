#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "cli/source_flags.h"
#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "data/captions/caption_table.h"
#include "data/gcompris/photographs.h"
#include "data/tools/inspect.h"
#include "data/tools/manifest.h"
#include "data/tools/pack.h"
#include "data/tools/rewrite_tars.h"

namespace clipwright::cli {
namespace {

struct DataFlags {
  data::source::DataOptions source;
  std::vector<std::string> rewrites;
  std::string keep_if, output, first, second;
  int64_t sample = 2000, samples_per_tar = 10'000;
};

void add_rewrite_flags(CLI::App& command, DataFlags& flags) {
  command
      .add_option("--rewrites", flags.rewrites,
                  "line-aligned .txt files, rewrites.jsonl or .parquet; several are allowed")
      ->type_name("FILE");
  command.add_option(
      "--keep-if", flags.keep_if,
      "drop rewrites that fail it, e.g. \"audit.score >= 0.6 and not flag:number-changed\"");
}

/// To stdout, or to a file that appears when all of it is written.
void write_output(
    const std::string& path,
    const std::function<void(const std::function<void(std::string_view)>&)>& produce) {
  if (path.empty())
    return produce([](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); });
  AtomicFile file(path);
  produce([&](std::string_view text) { file.write(text); });
  file.commit();
}

void add_inspect(CLI::App& data, const std::shared_ptr<DataFlags>& flags) {
  CLI::App* command = data.add_subcommand(
      "inspect",
      "what a source holds: counts, caption lengths, picture sizes and kinds, bad items by reason");
  add_source_flags(*command, flags->source, "--data,source");
  command->add_option("--sample", flags->sample, "pairs to look at, spread evenly")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--output", flags->output, "also write the figures as JSON")
      ->type_name("FILE");
  command->footer("Example:\n  clipwright data inspect --data 'cc3m/{00000..00331}.tar'");
  command->callback([flags] {
    const data::tools::Inspection found =
        data::tools::inspect(*data::source::open_dataset(flags->source), flags->sample);
    std::fputs(found.describe().c_str(), stdout);
    if (!flags->output.empty()) write_file(flags->output, found.to_json().dump(1) + "\n");
  });
}

void add_manifest(CLI::App& data, const std::shared_ptr<DataFlags>& flags) {
  CLI::App* command = data.add_subcommand(
      "manifest", "a line of JSON for each pair: key and SHA-256 of picture and caption");
  add_source_flags(*command, flags->source, "--data,source");
  command->add_option("--output", flags->output, "default: stdout")->type_name("FILE");
  command->footer("Example:\n  clipwright data manifest --data pictures/ --output manifest.jsonl");
  command->callback([flags] {
    const auto dataset = data::source::open_dataset(flags->source);
    write_output(flags->output, [&](const auto& write) {
      if (const int64_t bad = data::tools::write_manifest(*dataset, write); bad > 0)
        log_warning(with_commas(bad) + " pictures cannot be read");
    });
  });
}

void add_diff(CLI::App& data, const std::shared_ptr<DataFlags>& flags) {
  CLI::App* command =
      data.add_subcommand("diff", "how two manifests differ; exit code 3 when they do");
  command->add_option("first", flags->first, "a manifest")->required()->type_name("FILE");
  command->add_option("second", flags->second, "another one")->required()->type_name("FILE");
  command->footer("Example:\n  clipwright data diff before.jsonl after.jsonl");
  command->callback([flags] {
    const data::tools::ManifestDifference found =
        data::tools::compare_manifests(flags->first, flags->second);
    std::printf(
        "same %s, only in the first %s, only in the second %s, another picture %s, another caption "
        "%s\n",
        with_commas(found.same).c_str(), with_commas(found.only_first).c_str(),
        with_commas(found.only_second).c_str(), with_commas(found.other_image).c_str(),
        with_commas(found.other_caption).c_str());
    for (const std::string& example : found.examples) std::printf("%s\n", example.c_str());
    if (!found.equal()) fail_input("the manifests differ");
  });
}

void add_pack(CLI::App& data, const std::shared_ptr<DataFlags>& flags) {
  CLI::App* command =
      data.add_subcommand("pack", "write any source, with its rewrites, as webdataset tars");
  add_source_flags(*command, flags->source);
  add_rewrite_flags(*command, *flags);
  command->add_option("--output", flags->output, "folder for 00000.tar, 00001.tar, ...")
      ->required()
      ->type_name("DIR");
  command->add_option("--samples-per-tar", flags->samples_per_tar, "samples in each tar")
      ->capture_default_str();
  command->footer(
      "Example:\n  clipwright data pack --data train.csv --rewrites rewrites.jsonl --output tars/");
  command->callback([flags] {
    const data::tools::PackOptions options{.folder = flags->output,
                                           .samples_per_tar = flags->samples_per_tar};
    data::tools::check_pack_options(options);  // before a large source is opened
    const auto dataset = data::source::open_dataset(flags->source);
    log_info(dataset->describe());
    const data::captions::CaptionTable captions =
        data::captions::CaptionTable::build(*dataset, flags->rewrites, flags->keep_if);
    const data::tools::PackResult done = data::tools::pack(*dataset, &captions, options);
    std::printf("%s samples in %s tars, %s skipped\n", with_commas(done.samples).c_str(),
                with_commas(done.tars).c_str(), with_commas(done.skipped).c_str());
  });
}

void add_repack(CLI::App& data, const std::shared_ptr<DataFlags>& flags) {
  CLI::App* command =
      data.add_subcommand("repack",
                          "tars again, sample for sample, with the rewrites in each sample's JSON "
                          "(open_clip --json-text-key rewrite:MODE)");
  command
      ->add_option("--data", flags->source.source, "tars with {0000..0099} and ::, or their folder")
      ->required()
      ->type_name("SRC");
  add_rewrite_flags(*command, *flags);
  command->add_option("--output", flags->output, "folder for tars of the same names")
      ->required()
      ->type_name("DIR");
  command->footer(
      "Example:\n  clipwright data repack --data 'cc3m/{00000..00331}.tar' --rewrites "
      "rewrites.jsonl --output cc3m-rewritten");
  command->callback([flags] {
    if (flags->rewrites.empty()) {
      fail_usage("no --rewrites are given", "the rewrites that the tars are to get",
                 "Without them the tars would be copied as they are.");
    }
    const data::tools::RewriteTarsResult done =
        data::tools::rewrite_tars({.source = flags->source.source,
                                   .rewrites = flags->rewrites,
                                   .keep_if = flags->keep_if,
                                   .folder = flags->output});
    std::printf("%s samples in %s tars, %s with rewrites\n", with_commas(done.samples).c_str(),
                with_commas(done.tars).c_str(), with_commas(done.rewritten).c_str());
  });
}

void add_join(CLI::App& data, const std::shared_ptr<DataFlags>& flags) {
  CLI::App* command = data.add_subcommand("join",
                                          "all texts of each pair by its key, a line of JSON each; "
                                          "checks that rewrites belong to their captions");
  add_source_flags(*command, flags->source);
  add_rewrite_flags(*command, *flags);
  command->add_option("--output", flags->output, "default: stdout")->type_name("FILE");
  command->footer(
      "Example:\n  clipwright data join --data train.csv --rewrites chatgpt.txt bard.txt --output "
      "texts.jsonl");
  command->callback([flags] {
    const auto dataset = data::source::open_dataset(flags->source);
    const data::captions::CaptionTable captions =
        data::captions::CaptionTable::build(*dataset, flags->rewrites, flags->keep_if);
    log_info(captions.describe());
    write_output(flags->output,
                 [&](const auto& write) { data::tools::join_texts(*dataset, captions, write); });
  });
}

void add_photographs(CLI::App& data) {
  struct Flags {
    std::string root = "/", output;
    std::vector<std::string> resources;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* command = data.add_subcommand(
      "photographs",
      "test sets of the photographs and drawings in the distribution's package gcompris-qt-data");
  CLI::Option* root =
      command
          ->add_option("--package-root", flags->root,
                       "where the package is: / once it is installed, or a folder into which it "
                       "was unpacked")
          ->type_name("DIR")
          ->capture_default_str();
  command
      ->add_option("--rcc", flags->resources,
                   "GCompris' resource files themselves (categorization.rcc, explore_*.rcc, "
                   "lang.rcc)")
      ->type_name("FILE")
      ->excludes(root);
  command->add_option("--output", flags->output, "gets a folder a set, and README.md")
      ->required()
      ->type_name("DIR");
  command->footer(
      "Examples:\n  apt-get install gcompris-qt-data && clipwright data photographs --output "
      "photographs\n"
      "  clipwright eval zeroshot --model logs/run --data photographs/gcompris-categories\n"
      "What is in the sets, and whose the pictures are: docs/evaluation/photographs.md.");
  command->callback([flags] {
    data::gcompris::PhotographOptions options;
    if (flags->resources.empty()) {
      options = data::gcompris::find_package(flags->root, flags->output);
    } else {
      options.resources.assign(flags->resources.begin(), flags->resources.end());
      options.output = flags->output;
    }
    std::fputs(data::gcompris::write_photographs(options).describe().c_str(), stdout);
  });
}

}  // namespace

void add_data_command(CLI::App& program) {
  CLI::App* data =
      program.add_subcommand("data", "look at data sources, compare, join and pack them");
  data->require_subcommand(1);
  data->footer(
      "Example:\n  clipwright data inspect --data train.tsv\nSource kinds: docs/formats/data.md. "
      "Rewrites: docs/formats/captions.md.");
  const auto flags = std::make_shared<DataFlags>();
  add_inspect(*data, flags);
  add_manifest(*data, flags);
  add_diff(*data, flags);
  add_pack(*data, flags);
  add_repack(*data, flags);
  add_join(*data, flags);
  add_photographs(*data);
}

}  // namespace clipwright::cli
