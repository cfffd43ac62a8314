#include <algorithm>
#include <filesystem>
#include <set>

#include "core/error.h"
#include "core/log.h"
#include "data/source/image_file.h"
#include "data/source/skipped.h"
#include "data/source/sources.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::source {
namespace {

// A longer .txt beside a picture is some other document.
constexpr uint64_t kLongestCaptionFile = 64 << 10;

std::string without_extension(std::string_view name) {
  return std::string(name.substr(0, name.rfind('.')));
}

/// Texts one after the other with the offset at which each starts.
class TextArena {
 public:
  void add(std::string_view text) {
    bytes_.append(text);
    ends_.push_back(bytes_.size());
  }
  std::string_view operator[](int64_t index) const {
    const auto i = static_cast<size_t>(index);
    const uint64_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(bytes_).substr(begin, ends_[i] - begin);
  }
  int64_t size() const { return static_cast<int64_t>(ends_.size()); }

 private:
  std::string bytes_;
  std::vector<uint64_t> ends_;
};

class FolderDataset final : public Dataset {
 public:
  explicit FolderDataset(std::filesystem::path root) : root_(std::move(root)) {}

  void read(const DataOptions& options) {
    std::vector<std::string> pictures, texts;
    list(pictures, texts);
    if (pictures.empty()) {
      fail_input(root_.string() + ": holds no picture",
                 "pictures (.jpg, .jpeg, .png, .webp) with a .txt of the same name beside them");
    }
    const bool captioned =
        std::any_of(pictures.begin(), pictures.end(), [&](const std::string& picture) {
          return std::binary_search(texts.begin(), texts.end(), without_extension(picture));
        });
    if (!captioned) return read_classes(pictures);
    for (const std::string& picture : pictures) {
      const std::string stem = without_extension(picture), place = (root_ / picture).string();
      if (!std::binary_search(texts.begin(), texts.end(), stem)) {
        skipped_.skip("no caption", place + ": has no caption (looked for " + stem + ".txt)");
      } else {
        const ImageBytes file = read_image_file(root_ / (stem + ".txt"));
        const std::string_view text(reinterpret_cast<const char*>(file.view.data()),
                                    file.view.size());
        if (!file.error.empty()) {
          skipped_.skip("no caption", (root_ / stem).string() + ".txt: " + file.error);
        } else if (text.size() > kLongestCaptionFile) {
          skipped_.skip("no caption", (root_ / stem).string() + ".txt: is longer than 64 KiB");
        } else if (text::unicode::trimmed(text).empty()) {
          skipped_.skip("no caption", (root_ / stem).string() + ".txt: is empty");
        } else if (!text::unicode::is_utf8(text)) {
          skipped_.skip("not UTF-8", (root_ / stem).string() + ".txt: is not UTF-8");
        } else {
          paths_.add(picture);
          captions_.add(text);
          skipped_.use();
          continue;
        }
      }
      skipped_.check(options.max_skipped_share);
    }
    skipped_.report();
    if (paths_.size() == 0)
      fail_input(root_.string() + ": no picture has a caption; " + skipped_.first());
  }

  int64_t size() const override { return paths_.size(); }
  std::string key(int64_t index) const override { return std::string(paths_[index]); }
  std::string caption(int64_t index) const override {
    std::string first;
    if (captions_.size() > 0) {
      text::unicode::for_each_line(captions_[index], [&](std::string_view line) {
        if (first.empty()) first = line;
      });
    }
    return first;
  }
  std::vector<std::string> captions(int64_t index) const override {
    std::vector<std::string> all;
    if (captions_.size() > 0)
      text::unicode::for_each_line(captions_[index],
                                   [&](std::string_view line) { all.emplace_back(line); });
    return all.empty() ? std::vector<std::string>{""} : all;
  }
  ImageBytes image(int64_t index) const override { return read_image_file(root_ / paths_[index]); }
  int label(int64_t index) const override {
    return labels_.empty() ? -1 : labels_[static_cast<size_t>(index)];
  }
  std::string describe() const override {
    std::string text = "folder " + root_.string() + ": " + with_commas(size()) +
                       (captions_.size() > 0 ? " pairs" : " pictures without captions");
    if (classes_ > 0) text += " in " + with_commas(classes_) + " class folders";
    if (skipped_.skipped() > 0) text += ", " + skipped_.describe();
    return text;
  }

 private:
  /// Sorted paths of pictures, and of captions without their .txt, relative to the root.
  void list(std::vector<std::string>& pictures, std::vector<std::string>& texts) const {
    const auto is_text = [](std::string_view name) { return name.ends_with(".txt"); };
    for (std::string& file : files_below(
             root_, [&](std::string_view name) { return is_text(name) || is_image_name(name); })) {
      if (is_text(file)) {
        texts.push_back(without_extension(file));
      } else {
        pictures.push_back(std::move(file));
      }
    }
    std::sort(texts.begin(), texts.end());
  }

  /// No captions at all: the first folder below the root is the class, numbered in sorted order.
  void read_classes(const std::vector<std::string>& pictures) {
    std::set<std::string> names;
    for (const std::string& picture : pictures) {
      if (const size_t slash = picture.find('/'); slash != std::string::npos)
        names.insert(picture.substr(0, slash));
    }
    const std::vector<std::string> sorted(names.begin(), names.end());
    classes_ = static_cast<int64_t>(sorted.size());
    for (const std::string& picture : pictures) {
      paths_.add(picture);
      skipped_.use();
      if (sorted.empty()) continue;
      const size_t slash = picture.find('/');
      const auto found = slash == std::string::npos ? sorted.end()
                                                    : std::lower_bound(sorted.begin(), sorted.end(),
                                                                       picture.substr(0, slash));
      labels_.push_back(found == sorted.end() ? -1 : static_cast<int>(found - sorted.begin()));
    }
  }

  std::filesystem::path root_;
  TextArena paths_, captions_;
  std::vector<int> labels_;
  int64_t classes_ = 0;
  Skipped skipped_;
};

}  // namespace

std::unique_ptr<Dataset> open_folder(const std::string& path, const DataOptions& options) {
  auto dataset = std::make_unique<FolderDataset>(path);
  dataset->read(options);
  return dataset;
}

}  // namespace clipwright::data::source
