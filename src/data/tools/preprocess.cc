#include "data/tools/preprocess.h"

#include <array>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/npy.h"
#include "core/process/interrupt.h"
#include "data/source/image_file.h"
#include "data/transform/transform.h"

namespace clipwright::data::tools {

void preprocess_images(const PreprocessOptions& options) {
  const Preprocessing& recipe = find_recipe(options.recipe);
  if (options.size < 1) fail_usage("--size " + std::to_string(options.size), "at least 1");
  if (options.images.empty()) fail_usage("no pictures were named", "--images FILE...");
  const int64_t size = options.size;
  const std::array<int64_t, 4> shape = {static_cast<int64_t>(options.images.size()), 3, size, size};
  transform::ImagePipeline pipeline(recipe, options.size);
  std::vector<uint8_t> bytes(static_cast<size_t>(3 * size * size));
  std::vector<float> values(options.raw ? 0 : bytes.size());
  AtomicFile file(options.output);
  file.write(npy_header(options.raw ? "|u1" : "<f4", shape));
  Progress progress("preprocess", shape[0]);
  int64_t done = 0;
  for (const std::string& path : options.images) {
    stop_if_interrupted();
    const source::ImageBytes image = source::read_image_file(path);
    std::string problem = image.error;
    if (problem.empty()) problem = pipeline.evaluate(image.view, bytes);
    if (!problem.empty()) fail_input(path + ": " + problem, {}, "Nothing was written.");
    if (options.raw) {
      file.write(std::as_bytes(std::span(bytes)));
    } else {
      transform::normalize(bytes, options.size, recipe, values);
      file.write(std::as_bytes(std::span(values)));
    }
    progress.update(++done);
  }
  file.commit();
}

}  // namespace clipwright::data::tools
