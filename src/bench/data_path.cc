#include "bench/data_path.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "data/transform/transform.h"
#include "text/bpe/tokenizer.h"

namespace clipwright::bench {
namespace {

std::vector<std::string> read_folder(const std::string& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  if (error)
    fail_input(folder + ": cannot be listed (" + error.message() + ")", "a folder of pictures");
  if (paths.empty()) fail_input(folder + ": holds no files", "a folder of pictures");
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> files;
  for (const auto& path : paths) files.push_back(read_file(path));
  return files;
}

/// Two views with every operation in them, the same numbers as in benchmarks/peers/images.py.
std::vector<data::transform::DrawnView> given_views(int width, int height) {
  using enum data::transform::ColourChange;
  return {{.crop = {0, 0, width, height},
           .jitter = {{kBrightness, 1.25}, {kContrast, 0.75}, {kSaturation, 1.35}, {kHue, -0.06}},
           .blur_radius = 1.3,
           .mirrored = true},
          {.crop = {width / 4, height / 4, width / 2, height / 2},
           .jitter = {{kHue, 0.09}, {kSaturation, 0.7}, {kContrast, 1.3}, {kBrightness, 0.8}},
           .grey = true,
           .blur_radius = 0.4}};
}

}  // namespace

Measurement benchmark_images(const std::string& folder, const std::string& recipe, int size,
                             int runs) {
  const std::vector<std::string> files = read_folder(folder);
  data::transform::ImagePipeline pipeline(find_recipe(recipe), size);
  const auto plane = static_cast<size_t>(3 * size * size);
  std::string pixels(plane * files.size(), '\0');
  const auto slot = [&](size_t i) {
    return std::span(reinterpret_cast<uint8_t*>(pixels.data()) + i * plane, plane);
  };
  Measurement result{
      .name = "images", .mode = recipe + " training transform, one thread", .unit = "images/s"};
  for (size_t i = 0; i < files.size(); ++i) {
    const std::string problem = pipeline.evaluate(std::as_bytes(std::span(files[i])), slot(i));
    if (!problem.empty())
      fail_input(folder + ", picture " + std::to_string(i) + ": " + problem,
                 "pictures that can be decoded");
  }
  result.check["evaluation_sha256"] = hex(sha256(pixels));
  for (int run = 0; run <= runs; ++run) {  // the first one warms up
    const double seconds = seconds_of([&] {
      for (size_t i = 0; i < files.size(); ++i) {
        Random random(0, "benchmark-crop", static_cast<uint64_t>(run), i);
        (void)pipeline.train(std::as_bytes(std::span(files[i])), random, slot(i));
      }
    });
    if (run > 0) result.runs.push_back(static_cast<double>(files.size()) / seconds);
  }
  return result;
}

Measurement benchmark_views(const std::string& folder, const std::string& recipe, int size,
                            int runs) {
  const std::vector<std::string> files = read_folder(folder);
  const std::vector<data::transform::ViewRecipe> pair(2, data::transform::find_view_recipe(recipe));
  data::transform::ImagePipeline pipeline(find_recipe("declip"), size);
  std::vector<uint8_t> pixels(6 * static_cast<size_t>(size) * static_cast<size_t>(size));
  Measurement result{
      .name = "views", .mode = recipe + ", two views a picture, one thread", .unit = "pairs/s"};
  std::string given;
  for (size_t i = 0; i < files.size(); ++i) {
    const std::span<const std::byte> file = std::as_bytes(std::span(files[i]));
    data::transform::RgbImage whole;
    std::string problem = data::transform::decode_rgb(file, whole);
    if (problem.empty())
      problem = pipeline.views(file, given_views(whole.width, whole.height), pixels);
    if (!problem.empty())
      fail_input(folder + ", picture " + std::to_string(i) + ": " + problem,
                 "pictures that can be decoded");
    given.append(pixels.begin(), pixels.end());
  }
  result.check["given_views_sha256"] = hex(sha256(given));
  for (int run = 0; run <= runs; ++run) {  // the first one warms up
    const double seconds = seconds_of([&] {
      for (size_t i = 0; i < files.size(); ++i) {
        std::array<Random, 2> random = {Random(0, "view 0", static_cast<uint64_t>(run), i),
                                        Random(0, "view 1", static_cast<uint64_t>(run), i)};
        (void)pipeline.views(std::as_bytes(std::span(files[i])), pair, random, pixels);
      }
    });
    if (run > 0) result.runs.push_back(static_cast<double>(files.size()) / seconds);
  }
  return result;
}

Measurement benchmark_tokenizer(const std::string& captions, int runs) {
  const MappedFile file(captions);
  std::vector<std::string_view> lines;
  for (size_t at = 0; at < file.text().size();) {
    const size_t end = std::min(file.text().find('\n', at), file.text().size());
    lines.push_back(file.text().substr(at, end - at));
    at = end + 1;
  }
  const text::bpe::Tokenizer& tokenizer = text::bpe::Tokenizer::standard();
  Measurement result{.name = "tokenizer", .mode = "one thread", .unit = "captions/s"};
  std::vector<int32_t> ids;
  for (const std::string_view line : lines) tokenizer.encode(line, ids);
  result.check["ids_sha256"] =
      hex(sha256({reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(int32_t)}));
  result.check["ids"] = ids.size();
  for (int run = 0; run < runs; ++run) {
    ids.clear();
    const double seconds = seconds_of([&] {
      for (const std::string_view line : lines) tokenizer.encode(line, ids);
    });
    result.runs.push_back(static_cast<double>(lines.size()) / seconds);
  }
  return result;
}

}  // namespace clipwright::bench
