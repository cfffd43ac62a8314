// Pictures, or parts of pictures, that a selection test shows to a model.
#pragma once

#include <compare>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/source/dataset.h"

namespace clipwright::eval::selection {

/// In pixels from the upper left corner, rounded as Pillow rounds (half to even).
struct Box {
  double x = 0, y = 0, width = 0, height = 0;
  auto operator<=>(const Box&) const = default;
};

struct BoxedPicture {
  std::string path;
  std::optional<Box> box;  ///< none: the whole picture
  auto operator<=>(const BoxedPicture&) const = default;
};

/// Pictures below a folder, found with and without one of the usual endings (Winoground's names
/// have none). A box is cut out as ARO does it, by Pillow's `convert("RGB").crop`: what lies
/// outside the picture is black. A box that is empty, has nothing of the picture, or is larger than
/// any picture makes its picture unreadable.
class BoxedPictures final : public data::source::Dataset {
 public:
  BoxedPictures(std::filesystem::path root, std::vector<BoxedPicture> pictures)
      : root_(std::move(root)), pictures_(std::move(pictures)) {}

  int64_t size() const override { return static_cast<int64_t>(pictures_.size()); }
  std::string key(int64_t index) const override;
  std::string caption(int64_t index) const override { return {}; }
  data::source::ImageBytes image(int64_t index) const override;
  std::string describe() const override;

  /// Where the picture is looked for; whether it is there.
  std::filesystem::path file(int64_t index) const;
  bool exists(int64_t index) const;

 private:
  const BoxedPicture& at(int64_t index) const { return pictures_[static_cast<size_t>(index)]; }
  std::filesystem::path root_;
  std::vector<BoxedPicture> pictures_;
};

}  // namespace clipwright::eval::selection
