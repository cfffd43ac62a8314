#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "data/annotations/captioned_pictures.h"
#include "data/source/image_file.h"
#include "data/source/skipped.h"
#include "data/source/sources.h"

namespace clipwright::data::source {
namespace {

namespace fs = std::filesystem;

/// Pictures in files with all their captions, held in memory: sets of this kind are small.
class AnnotatedDataset final : public Dataset {
 public:
  AnnotatedDataset(const std::string& path, annotations::CaptionedPictures found,
                   const DataOptions& options)
      : path_(path), kind_(std::move(found.kind)), pictures_(std::move(found.pictures)) {
    root_ =
        options.image_root.empty() ? fs::path(path).parent_path() : fs::path(options.image_root);
    for (const annotations::CaptionedPicture& picture : pictures_) {
      captions_ += static_cast<int64_t>(picture.captions.size());
      for (size_t i = 0; i < picture.captions.size(); ++i) skipped_.use();
    }
    for (const auto& [reason, sentence] : found.unusable) skipped_.skip(reason, sentence);
    if (pictures_.empty()) {
      fail_input(path + ": no picture has a caption" +
                 (skipped_.skipped() > 0 ? "; " + skipped_.first() : std::string()));
    }
    skipped_.check(options.max_skipped_share);
    skipped_.report();
    if (options.pictures) find_pictures();
  }

  int64_t size() const override { return static_cast<int64_t>(pictures_.size()); }
  std::string key(int64_t index) const override { return at(index).path; }
  std::string caption(int64_t index) const override { return at(index).captions[0]; }
  std::vector<std::string> captions(int64_t index) const override { return at(index).captions; }
  ImageBytes image(int64_t index) const override { return read_image_file(file(at(index).path)); }
  std::string describe() const override {
    std::string text = kind_ + " " + path_ + ": " + with_commas(size()) + " pictures, " +
                       with_commas(captions_) + " captions";
    if (skipped_.skipped() > 0) text += ", " + skipped_.describe();
    return text;
  }

 private:
  const annotations::CaptionedPicture& at(int64_t index) const {
    return pictures_[static_cast<size_t>(index)];
  }
  fs::path file(const fs::path& picture) const {
    return root_ / (without_folders_ ? picture.filename() : picture);
  }

  /// Karpathy's files name the folder val2014, which the image root may already be.
  void find_pictures() {
    if (any_exists()) return;
    without_folders_ = true;
    if (any_exists()) return;
    without_folders_ = false;
    check_pictures(path_, root_, size(), [this](int64_t i) { return at(i).path; });
  }

  bool any_exists() const {
    constexpr size_t kProbes = 100;
    const size_t step = std::max<size_t>(1, pictures_.size() / kProbes);
    std::error_code error;
    for (size_t i = 0; i < pictures_.size(); i += step) {
      if (fs::exists(file(pictures_[i].path), error)) return true;
    }
    return false;
  }

  std::string path_, kind_;
  fs::path root_;
  std::vector<annotations::CaptionedPicture> pictures_;
  bool without_folders_ = false;
  int64_t captions_ = 0;
  Skipped skipped_;
};

}  // namespace

std::unique_ptr<Dataset> open_annotated(const std::string& path, SourceKind kind,
                                        const DataOptions& options) {
  return std::make_unique<AnnotatedDataset>(
      path,
      kind == SourceKind::kFlickrText ? annotations::read_flickr_text(path)
                                      : annotations::read_caption_json(path, options.split),
      options);
}

}  // namespace clipwright::data::source
