#include "eval/embed_files.h"

#include <algorithm>

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/npy.h"
#include "data/source/image_file.h"
#include "tensor/device.h"

namespace clipwright::eval {
namespace {

class PictureFiles final : public data::source::Dataset {
 public:
  explicit PictureFiles(std::vector<std::string> paths) : paths_(std::move(paths)) {}
  int64_t size() const override { return static_cast<int64_t>(paths_.size()); }
  std::string key(int64_t index) const override { return paths_[static_cast<size_t>(index)]; }
  std::string caption(int64_t index) const override { return {}; }
  data::source::ImageBytes image(int64_t index) const override {
    return data::source::read_image_file(paths_[static_cast<size_t>(index)]);
  }
  std::string describe() const override { return with_commas(size()) + " pictures"; }

 private:
  std::vector<std::string> paths_;
};

void add_folder(const std::string& folder, std::vector<std::string>& paths) {
  const size_t before = paths.size();
  std::error_code problem;
  for (fs::recursive_directory_iterator
           it(folder, fs::directory_options::skip_permission_denied, problem),
       end;
       !problem && it != end; it.increment(problem)) {
    if (it->is_regular_file(problem) && data::source::is_image_name(it->path().filename().string()))
      paths.push_back(it->path().string());
  }
  if (problem)
    fail_input(folder + ": cannot be listed (" + problem.message() + ")", "a folder of pictures");
  if (paths.size() == before)
    fail_input(folder + ": holds no picture", "files that end in .jpg, .jpeg, .png or .webp");
  std::sort(paths.begin() + static_cast<int64_t>(before), paths.end());
}

void add_list(const std::string& list, std::vector<std::string>& paths) {
  std::error_code ignored;
  const fs::path folder = fs::path(list).parent_path();
  for (const std::string& line : read_lines(list)) {
    const bool beside = !fs::exists(line, ignored) && fs::exists(folder / line, ignored);
    paths.push_back(beside ? (folder / line).string() : line);
  }
}

Tensor embed_pictures(models::Clip& model, const EmbedRequest& request, EmbedSummary& summary) {
  const PictureFiles pictures(picture_paths(request.images));
  EvalOptions options = request.options;
  options.max_bad_share = request.skip_bad ? 1 : 0;
  const ImageFeatures features = embed_images(model, pictures, options);
  summary.bad = static_cast<int64_t>(features.bad.size());
  return features.rows;
}

}  // namespace

std::vector<std::string> read_lines(const std::string& path) {
  const std::string text = read_file(path);
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    if (!lines.back().empty() && lines.back().back() == '\r') lines.back().pop_back();
    at = end + 1;
  }
  return lines;
}

std::vector<std::string> picture_paths(const std::vector<std::string>& arguments) {
  std::vector<std::string> paths;
  std::error_code ignored;
  for (const std::string& argument : arguments) {
    if (fs::is_directory(argument, ignored)) {
      add_folder(argument, paths);
    } else if (data::source::lower_extension(argument) == "txt") {
      add_list(argument, paths);
    } else {
      paths.push_back(argument);
    }
  }
  return paths;
}

EmbedSummary embed_files(const EmbedRequest& request) {
  if (request.images.empty() == request.texts.empty()) {
    fail_usage(
        request.texts.empty() ? "there is nothing to embed" : "both --images and --texts are given",
        "--images FILE... or --texts FILE");
  }
  if (request.options.batch_size < 1 || request.options.workers < 1)
    fail_usage("--batch-size or --workers is below 1", "at least 1");
  const fs::path folder = fs::path(request.output).parent_path();
  if (!folder.empty() && !fs::is_directory(folder))
    fail_usage(request.output + ": its folder does not exist", "a place to write a .npy file");
  const torch::Device device = tensor::open_device(request.device);
  const std::vector<std::string> texts =
      request.texts.empty() ? std::vector<std::string>() : read_lines(request.texts);
  if (!request.texts.empty() && texts.empty())
    fail_input(request.texts + ": is empty", "a text a line");
  const auto model = models::load_model_to_evaluate(request.model);
  model->to(device);
  EmbedSummary summary;
  Tensor features = request.texts.empty() ? embed_pictures(*model, request, summary)
                                          : embed_texts(*model, texts, request.options);
  if (!request.raw) features = unit_rows(features);
  features = features.contiguous();
  summary.rows = features.size(0);
  summary.width = features.size(1);
  const int64_t shape[] = {summary.rows, summary.width};
  write_npy(
      request.output,
      std::span<const float>(features.data_ptr<float>(), static_cast<size_t>(features.numel())),
      shape);
  return summary;
}

}  // namespace clipwright::eval
