#include <algorithm>
#include <filesystem>
#include <set>

#include "core/error.h"
#include "core/log.h"
#include "data/files/file_names.h"
#include "data/files/walk.h"
#include "data/source/image_file.h"
#include "data/source/skipped.h"
#include "data/source/sources.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::source {
namespace {

// A longer .txt beside a picture is some other document.
constexpr uint64_t kLongestCaptionFile = 64 << 10;

std::string_view without_extension(std::string_view name) {
  return name.substr(0, name.rfind('.'));
}

/// Files of captions, found by their path without ending.
class CaptionFiles {
 public:
  /// `paths` in rising order.
  explicit CaptionFiles(std::vector<std::string> paths) : paths_(std::move(paths)) {
    std::stable_sort(paths_.begin(), paths_.end(), [](const std::string& a, const std::string& b) {
      return without_extension(a) < without_extension(b);
    });
  }
  /// The caption of a picture; of x.TXT and x.txt the second. Nothing when there is none.
  const std::string* of(std::string_view picture) const {
    const auto after = std::upper_bound(paths_.begin(), paths_.end(), without_extension(picture),
                                        [](std::string_view stem, const std::string& path) {
                                          return stem < without_extension(path);
                                        });
    if (after == paths_.begin()) return nullptr;
    const std::string& path = *std::prev(after);
    return without_extension(path) == without_extension(picture) ? &path : nullptr;
  }

 private:
  std::vector<std::string> paths_;
};

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

/// Says what a folder holds instead of pictures, and what to do with it.
[[noreturn]] void holds_no_picture(const std::filesystem::path& root) {
  std::string tar, compressed, table, foreign;
  const auto first = [](std::string& kept, const std::string& file) {
    if (kept.empty()) kept = file;
  };
  for (const std::string& file : files::files_below(root, [](std::string_view) { return true; })) {
    const std::string ending = files::lower_extension(file);
    if (ending == "tar") first(tar, file);
    if (files::is_compressed_archive(file)) first(compressed, file);
    for (const char* known : {"csv", "tsv", "jsonl", "ndjson", "parquet", "json"}) {
      if (ending == known) first(table, file);
    }
    for (const char* known : {"avif", "heic", "heif", "jp2", "jxl", "svg", "psd", "eps", "pdf"}) {
      if (ending == known) first(foreign, file);
    }
  }
  const std::string found = root.string() + ": holds no picture";
  const std::string expected =
      "pictures (" + files::listed_picture_endings() + ") with a .txt of the same name beside them";
  if (!tar.empty()) {
    fail_input(found + ", but tars in its folders such as " + tar, expected,
               "Name the tars: '" + (root / "**/*.tar").string() + "'.");
  }
  if (!compressed.empty()) {
    fail_input(found + ", but compressed archives such as " + compressed,
               "plain tars, which can be read at any place", files::unpacking_advice(compressed));
  }
  if (!table.empty())
    fail_input(found + ", but " + table, expected, "Name that file: " + (root / table).string());
  if (!foreign.empty()) {
    fail_input(found + " of a kind that is read, but " + foreign, expected,
               "Convert them once, e.g. to PNG with ImageMagick.");
  }
  fail_input(found, expected);
}

class FolderDataset final : public Dataset {
 public:
  explicit FolderDataset(std::filesystem::path root) : root_(std::move(root)) {}

  void read(FolderFiles found, const DataOptions& options) {
    const std::vector<std::string>& pictures = found.pictures;
    const CaptionFiles texts(std::move(found.texts));
    if (pictures.empty()) holds_no_picture(root_);
    const bool captioned =
        std::any_of(pictures.begin(), pictures.end(),
                    [&](const std::string& picture) { return texts.of(picture) != nullptr; });
    if (!captioned) return read_classes(pictures);
    for (const std::string& picture : pictures) {
      const std::string* caption = texts.of(picture);
      if (caption == nullptr) {
        skipped_.skip("no caption", (root_ / picture).string() + ": has no caption (looked for " +
                                        std::string(without_extension(picture)) + ".txt)");
      } else {
        const std::string text_place = (root_ / *caption).string();
        const ImageBytes file = read_image_file(text_place);
        const std::string_view text = text::unicode::without_mark(
            {reinterpret_cast<const char*>(file.view.data()), file.view.size()});
        if (!file.error.empty()) {
          skipped_.skip("no caption", text_place + ": " + file.error);
        } else if (text.size() > kLongestCaptionFile) {
          skipped_.skip("no caption", text_place + ": is longer than 64 KiB");
        } else if (text::unicode::trimmed(text).empty()) {
          skipped_.skip("no caption", text_place + ": is empty");
        } else if (!text::unicode::is_utf8(text)) {
          skipped_.skip("not UTF-8", text_place + ": is not UTF-8");
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

std::unique_ptr<Dataset> open_folder(const std::string& path, FolderFiles found,
                                     const DataOptions& options) {
  auto dataset = std::make_unique<FolderDataset>(path);
  dataset->read(std::move(found), options);
  return dataset;
}

}  // namespace clipwright::data::source
