#include <filesystem>

#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "data/source/image_file.h"
#include "core/mapped_files.h"
#include "data/source/skipped.h"
#include "data/source/sources.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::source {
namespace {

constexpr uint64_t kScanStride = 64 << 20;

/// What a row says; empty fields are missing.
struct Row {
  std::string key, image;
  std::vector<std::string> captions;
  int label = -1;
};

std::string first_text(const Json& object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const auto found = object.find(name);
    if (found != object.end() && found->is_string() &&
        !text::unicode::trimmed(found->get_ref<const std::string&>()).empty())
      return std::string(text::unicode::trimmed(found->get_ref<const std::string&>()));
  }
  return {};
}

class JsonlDataset final : public Dataset {
 public:
  JsonlDataset(const std::string& path, const DataOptions& options)
      : image_key_(options.csv_image_key), caption_key_(options.csv_caption_key) {
    files_.add(path);
    root_ = options.image_root.empty() ? std::filesystem::path(path).parent_path()
                                       : std::filesystem::path(options.image_root);
  }

  void read(const DataOptions& options) {
    const std::string path = files_[0].path().string();
    const std::string_view text = files_[0].text();
    if (text.empty()) fail_input(path + ": is empty", "a JSON object a line");
    uint64_t at = 0, released = 0;
    for (int64_t line = 1; at < text.size(); ++line) {
      const uint64_t end = std::min(text.find('\n', at), text.size());
      const std::string_view raw = text::unicode::trimmed(text.substr(at, end - at));
      if (!raw.empty()) {
        const std::string place = path + ", line " + std::to_string(line);
        Row row;
        if (!parse(raw, row)) {
          skipped_.skip("not JSON", place + ": is not a JSON object");
        } else if (row.image.empty()) {
          skipped_.skip("no picture", place + ": has no picture (looked for " + image_key_ +
                                          ", image, image_path, filepath, file_name, path)");
        } else if (row.captions.empty() && row.label < 0) {
          skipped_.skip("no caption", place + ": has no caption (looked for " + caption_key_ +
                                          ", caption, text, title, captions)");
        } else {
          skipped_.use();
          offsets_.push_back(at);
        }
        skipped_.check(options.max_skipped_share);
      }
      at = end + 1;
      if (at - released > kScanStride) {
        released = at;
        files_.release();
      }
    }
    files_.release();
    skipped_.report();
    if (offsets_.empty())
      fail_input(path + ": no line has a picture and a caption; " + skipped_.first());
    offsets_.shrink_to_fit();
  }

  int64_t size() const override { return static_cast<int64_t>(offsets_.size()); }
  std::string key(int64_t index) const override {
    const Row at = row(index);
    return at.key.empty() ? at.image : at.key;
  }
  std::string caption(int64_t index) const override { return captions(index)[0]; }
  std::vector<std::string> captions(int64_t index) const override {
    Row at = row(index);
    return at.captions.empty() ? std::vector<std::string>{""} : std::move(at.captions);
  }
  ImageBytes image(int64_t index) const override {
    return read_image_file(root_ / row(index).image);
  }
  int label(int64_t index) const override { return row(index).label; }
  std::string describe() const override {
    std::string text = "JSONL " + files_[0].path().string() + ": " + with_commas(size()) + " pairs";
    if (skipped_.skipped() > 0) text += ", " + skipped_.describe();
    return text;
  }

 private:
  bool parse(std::string_view raw, Row& row) const {
    const Json object = Json::parse(raw, nullptr, false);
    if (!object.is_object()) return false;
    row.image =
        first_text(object, {image_key_, "image", "image_path", "filepath", "file_name", "path"});
    row.key = first_text(object, {"key"});
    if (std::string caption = first_text(object, {caption_key_, "caption", "text", "title"});
        !caption.empty())
      row.captions.push_back(caption);
    if (const auto several = object.find("captions");
        several != object.end() && several->is_array()) {
      for (const Json& caption : *several) {
        const std::string text(caption.is_string() ? text::unicode::trimmed(caption.get_ref<const std::string&>())
                                                   : std::string_view());
        if (!text.empty() && (row.captions.empty() || text != row.captions[0]))
          row.captions.push_back(text);
      }
    }
    if (const auto label = object.find("label");
        label != object.end() && label->is_number_integer())
      row.label = label->get<int>();
    return true;
  }

  Row row(int64_t index) const {
    const std::string_view rest = files_.from(0, offsets_[static_cast<size_t>(index)]);
    Row found;
    parse(rest.substr(0, rest.find('\n')), found);
    return found;
  }

  MappedFiles files_;
  std::filesystem::path root_;
  std::string image_key_, caption_key_;
  std::vector<uint64_t> offsets_;
  Skipped skipped_;
};

}  // namespace

std::unique_ptr<Dataset> open_jsonl(const std::string& path, const DataOptions& options) {
  auto dataset = std::make_unique<JsonlDataset>(path, options);
  dataset->read(options);
  return dataset;
}

}  // namespace clipwright::data::source
