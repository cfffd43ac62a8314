#include "eval/embed_files.h"

#include "core/error.h"
#include "core/file.h"
#include "core/log.h"
#include "core/npy.h"
#include "data/files/file_names.h"
#include "data/files/walk.h"
#include "data/source/brace_expansion.h"
#include "data/source/image_file.h"
#include "models/encoders/find_sentence_encoder.h"
#include "records/lines.h"
#include "tensor/device.h"
#include "text/unicode/utf8.h"

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
  const std::vector<std::string> files =
      data::files::files_below(folder, data::files::is_image_name);
  if (files.empty()) {
    fail_input(folder + ": holds no picture",
               "files that end in " + data::files::listed_picture_endings());
  }
  for (const std::string& file : files) paths.push_back((fs::path(folder) / file).string());
}

void add_list(const std::string& list, std::vector<std::string>& paths) {
  std::error_code ignored;
  const fs::path folder = fs::path(list).parent_path();
  int64_t hidden = 0;
  for (const std::string& whole : read_lines(list)) {
    const std::string line(text::unicode::trimmed(whole));
    if (line.empty()) continue;
    if (data::files::is_hidden_file(line)) {
      ++hidden;
      continue;
    }
    const bool beside = !fs::exists(line, ignored) && fs::exists(folder / line, ignored);
    paths.push_back(beside ? (folder / line).string() : line);
  }
  if (hidden > 0)
    log_warning(list + ": " + with_commas(hidden) + " lines name hidden files, which get no row");
}

/// The arguments with the files that their patterns and braces name.
std::vector<std::string> expanded(const std::vector<std::string>& arguments) {
  std::vector<std::string> paths;
  for (const std::string& argument : arguments) {
    for (std::string& path : data::source::expand_paths(argument)) paths.push_back(std::move(path));
  }
  return paths;
}

Tensor embed_pictures(const OpenedModel& opened, const EmbedRequest& request,
                      EmbedSummary& summary) {
  const PictureFiles pictures(picture_paths(request.images));
  EvalOptions options = request.options;
  options.max_bad_share = request.skip_bad ? 1 : 0;
  options.class_tokens = class_tokens_to_average(opened, request.class_tokens);
  const ImageFeatures features = embed_images(*opened.model, pictures, options);
  summary.bad = static_cast<int64_t>(features.bad.size());
  return features.rows;
}

Tensor embed(const EmbedRequest& request, const std::vector<std::string>& texts,
             EmbedSummary& summary) {
  int longest = 0;
  TextFeatures features;
  if (const fs::path folder = models::encoders::find_sentence_encoder(request.model.model);
      !folder.empty()) {
    if (request.texts.empty()) {
      fail_usage(
          "--model " + request.model.model + " is a sentence encoder, which reads no pictures",
          "--texts FILE, or a model with an image tower");
    }
    models::encoders::SentenceEncoder encoder(folder);
    encoder.to(tensor::open_device(request.device));
    longest = encoder.context_length();
    features = embed_and_count(encoder, texts, request.options);
  } else {
    const OpenedModel opened = open_model(request.model, request.device);
    warn_without_global_features(request.model.model);
    if (request.texts.empty()) return embed_pictures(opened, request, summary);
    longest = opened.model->config().text.context_length;
    features = embed_and_count(*opened.model, texts, request.options);
  }
  summary.cut = features.cut;
  if (features.cut > 0) {
    log_warning(request.texts + ": " + with_commas(features.cut) + " of " +
                with_commas(static_cast<int64_t>(texts.size())) + " texts have more than the " +
                std::to_string(longest) + " tokens that the model reads, and are cut there");
  }
  return features.rows;
}

}  // namespace

std::vector<std::string> read_lines(const std::string& path) {
  records::LineReader reader(path);
  std::vector<std::string> lines;
  for (std::string line; reader.next(line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> picture_paths(const std::vector<std::string>& arguments) {
  std::vector<std::string> paths;
  std::error_code ignored;
  for (const std::string& argument : expanded(arguments)) {
    if (fs::is_directory(argument, ignored)) {
      add_folder(argument, paths);
    } else if (data::files::lower_extension(argument) == "txt") {
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
  if (request.images.empty() && request.class_tokens != "first")
    fail_usage("--class-tokens is of pictures, and there are texts", "--images");
  tensor::open_device(request.device);  // before anything is read
  const std::vector<std::string> texts =
      request.texts.empty() ? std::vector<std::string>() : read_lines(request.texts);
  if (!request.texts.empty() && texts.empty())
    fail_input(request.texts + ": is empty", "a text a line");
  EmbedSummary summary;
  Tensor features = embed(request, texts, summary);
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
