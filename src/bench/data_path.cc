#include <algorithm>
#include <filesystem>

#include "bench/benchmarks.h"
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
  if (error || paths.empty()) fail_input(folder + ": holds no files", "a folder of pictures");
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> files;
  for (const auto& path : paths) files.push_back(read_file(path));
  return files;
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
