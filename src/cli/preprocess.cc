#include "data/tools/preprocess.h"

#include <memory>

#include "cli/commands.h"

namespace clipwright::cli {

void add_preprocess_command(CLI::App& program) {
  auto options = std::make_shared<data::tools::PreprocessOptions>();
  CLI::App* command = program.add_subcommand("preprocess", "Pictures to a tensor file");
  command->description(
      "Prepares pictures as a model's evaluation does and writes them as one (N, 3, S, S) .npy "
      "file, bit-equal to Pillow and\n"
      "torchvision: the shorter side is resized in the picture's own mode, the centre is cut out, "
      "then it becomes RGB. JPEG,\n"
      "PNG, WebP, GIF, BMP and TIFF; EXIF rotation is ignored. A picture that cannot be read ends "
      "the command, and "
      "nothing is written.");
  command->add_option("--images", options->images, "picture files, in the order of the output")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--recipe", options->recipe,
                   "openai: bicubic, CLIP mean/std; laclip, imagenet: bilinear, ImageNet mean/std; "
                   "declip: the same, but resized\n"
                   "to size x 256/224 before the crop")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--size", options->size, "side length of the result in pixels")
      ->capture_default_str()
      ->check(CLI::Range(1, 8192))
      ->type_name("S");
  command->add_flag("--raw", options->raw)
      ->description("uint8 before normalising instead of float32");
  command->add_option("--output", options->output, "the .npy file to write")
      ->required()
      ->type_name("FILE");
  command->footer(
      "Examples:\n"
      "  clipwright preprocess --images cat.jpg dog.png --output x.npy\n"
      "  clipwright preprocess --images photos/*.jpg --recipe laclip --raw --output x.npy");
  command->callback([options] { data::tools::preprocess_images(*options); });
}

}  // namespace clipwright::cli
