#include <cstdio>
#include <memory>
#include <string>

#include "card/inspection.h"
#include "card/model_card.h"
#include "cli/commands.h"
#include "cli/model_flags.h"
#include "core/file.h"
#include "train/folder/converted_model.h"

namespace clipwright::cli {
namespace {

struct ModelFlags {
  models::ModelArgument model;
  std::string other, format = "open_clip", dtype = "f32", output;
  double alpha = 0.5;
  bool json = false;
};

void add_model_argument(CLI::App& command, ModelFlags& flags) {
  command.add_option("model", flags.model.model, "a model in any form that --model takes")
      ->required()
      ->type_name("MODEL");
  add_weights_file_flags(command, flags.model.configuration, flags.model.names);
}

void add_inspect(CLI::App& parent) {
  auto flags = std::make_shared<ModelFlags>();
  CLI::App* command = parent.add_subcommand(
      "inspect",
      "what a model is: towers, sizes, preprocessing, storage, provenance, what is missing");
  add_model_argument(*command, *flags);
  command->add_flag("--json", flags->json, "as JSON: open_clip's configuration and the counts");
  command->callback([flags] {
    const card::Inspection found = card::inspect(flags->model);
    std::printf("%s", (flags->json ? found.json().dump(2) + "\n" : found.text()).c_str());
  });
}

void add_output(CLI::App& command, ModelFlags& flags) {
  command
      .add_option("--format", flags.format,
                  "open_clip: a directory of open_clip's; hf: a folder of transformers' CLIPModel "
                  "with tokenizer and preprocessor; onnx: two graphs, as immich and darktable read "
                  "them; gguf: a file as llama.cpp and clip.cpp name its tensors")
      ->check(CLI::IsMember(train::folder::model_formats()))
      ->type_name("open_clip|hf|onnx|gguf")
      ->capture_default_str();
  command.add_option("--output", flags.output, "the folder to write; not there, or empty")
      ->required()
      ->type_name("DIR");
}

void add_convert(CLI::App& parent) {
  auto flags = std::make_shared<ModelFlags>();
  CLI::App* command = parent.add_subcommand("convert", "write a model for other programs");
  add_model_argument(*command, *flags);
  add_output(*command, *flags);
  command
      ->add_option("--dtype", flags->dtype, "how matrices are stored; f16 with --format gguf only")
      ->check(CLI::IsMember(train::folder::model_dtypes()))
      ->type_name("f32|f16")
      ->capture_default_str();
  command->callback([flags] {
    train::folder::convert_model(flags->model, flags->format, flags->output, flags->dtype);
  });
  command->footer(
      "Examples:\n"
      "  clipwright model convert laclip_cc12m.pt --output laclip\n"
      "  clipwright model convert logs/run --format hf --output my-clip\n"
      "  clipwright model convert logs/run --format onnx --output for-immich\n"
      "  clipwright model convert logs/run --format gguf --dtype f16 --output small\n"
      "What is written: docs/formats/open_clip_directory.md, hugging_face.md, onnx.md, gguf.md.");
}

void add_interpolate(CLI::App& parent) {
  auto flags = std::make_shared<ModelFlags>();
  CLI::App* command = parent.add_subcommand(
      "interpolate", "the weights between two models, as WiSE-FT: (1 - alpha) A + alpha B");
  command->add_option("first", flags->model.model, "A: the model that was fine-tuned")
      ->required()
      ->type_name("A");
  command->add_option("second", flags->other, "B: what became of it")->required()->type_name("B");
  command->add_option("--alpha", flags->alpha, "0: the first model, 1: the second, bit for bit")
      ->type_name("0..1")
      ->capture_default_str();
  add_output(*command, *flags);
  command->callback([flags] {
    train::folder::interpolate_models(flags->model.model, flags->other, flags->alpha, flags->format,
                                      flags->output);
  });
  command->footer(
      "Both models must be of one architecture, vocabulary and preprocessing. A half is a good\n"
      "first guess; which alpha keeps most of both, a second set tells "
      "(docs/formats/model_files.md).\n"
      "Examples:\n"
      "  clipwright model interpolate ViT-B-32.pt logs/tuned --alpha 0.5 --output between\n"
      "  clipwright model interpolate start logs/tuned --alpha 0.3 --format hf --output between");
}

struct CardFlags {
  card::CardRequest request;
  std::string output;
};

void add_card(CLI::App& parent) {
  auto flags = std::make_shared<CardFlags>();
  CLI::App* command =
      parent.add_subcommand("card", "a model card in Markdown from what a run and results know");
  command
      ->add_option("model", flags->request.model.model,
                   "the folder of a run, or a model in any form that --model takes")
      ->required()
      ->type_name("RUN|MODEL");
  add_weights_file_flags(*command, flags->request.model.configuration, flags->request.model.names);
  command
      ->add_option("--results", flags->request.results,
                   "results of eval: files, folders, the output of 'eval suite' (default: of a "
                   "run's own evaluation)")
      ->type_name("PATH...");
  command->add_option("--name", flags->request.name, "title (default: the folder's name)")
      ->type_name("NAME");
  command
      ->add_option("--license", flags->request.license,
                   "of the weights, as Hugging Face names it; no run knows it")
      ->type_name("ID");
  command->add_option("--output", flags->output, "the file to write; one that is there is replaced")
      ->required()
      ->type_name("FILE.md");
  command->callback([flags] { write_file(flags->output, card::write_card(flags->request)); });
  command->footer(
      "Examples:\n"
      "  clipwright model card logs/run --output logs/run/README.md\n"
      "  clipwright model card logs/run --results suite/results/run --license mit --output "
      "card.md\n"
      "What it states and where from: docs/formats/model_card.md.");
}

}  // namespace

void add_model_command(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("model", "files of models: inspect, convert, interpolate, card");
  command->require_subcommand(1);
  add_inspect(*command);
  add_convert(*command);
  add_interpolate(*command);
  add_card(*command);
  command->footer(
      "Examples:\n"
      "  clipwright model inspect ViT-B-32.pt\n"
      "  clipwright model convert laclip_cc12m.pt --output laclip\n"
      "  clipwright model convert laion400m_b32.pt --model-config ViT-B-32 --output laion\n"
      "  clipwright model convert unknown.pt --names names.toml --output read\n"
      "  clipwright model convert logs/run --format hf --output my-clip\n"
      "  clipwright model convert logs/run --format onnx --output for-immich\n"
      "  clipwright model interpolate ViT-B-32.pt logs/tuned --alpha 0.5 --output between\n"
      "  clipwright model card logs/run --output card.md\n"
      "What is read: docs/formats/model_files.md.");
}

}  // namespace clipwright::cli
