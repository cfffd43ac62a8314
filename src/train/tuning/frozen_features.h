// What a locked tower gave, by content: later epochs need not run it
// (docs/formats/frozen_features.md).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/append_file.h"
#include "core/hash.h"
#include "losses/objective.h"
#include "models/clip.h"
#include "train/options/options.h"

namespace clipwright::train::tuning {

/// Names the bytes of a picture or a text.
using ContentHash = std::array<uint64_t, 2>;
ContentHash content_hash(std::span<const std::byte> bytes);

/// The features of one tower.
class FrozenFeatures {
 public:
  /// Reads the file or makes it. What of it is damaged is told and not used.
  FrozenFeatures(const std::filesystem::path& folder, const std::string& tower, const Sha256& key,
                 int64_t width);
  ~FrozenFeatures();

  /// The rows (N, E) of these contents on the CPU. `compute` is asked once for those that are not
  /// known, by their places, for rows (M, E).
  Tensor rows(const std::vector<ContentHash>& contents,
              const std::function<Tensor(const std::vector<int64_t>& missing)>& compute);

  int64_t known() const { return static_cast<int64_t>(places_.size()); }
  int64_t computed() const { return computed_; }  ///< by this object

 private:
  struct Hash {
    size_t operator()(const ContentHash& content) const { return content[0]; }
  };
  void read(const std::filesystem::path& path, const std::string& header);
  void append(const std::string& records);
  size_t record_bytes() const;

  int64_t width_, computed_ = 0;
  std::vector<float> numbers_;  // row after row
  std::unordered_map<ContentHash, size_t, Hash> places_;
  std::optional<AppendFile> file_;  // none where the disk refused, or another run writes it
  int lock_ = -1;
};

/// Those of a run's towers.
struct FrozenTowers {
  std::unique_ptr<FrozenFeatures> image, text;  ///< null: computed every time
};

/// Of the towers that are locked as a whole. Throws Error(kUsage) where no tower is, where a locked
/// image tower would see another picture every epoch (--augment other than none) or still moves its
/// running statistics, and where terms read more of it than its embedding. Does nothing without
/// --cache-features.
FrozenTowers open_frozen_features(const options::TrainOptions& options,
                                  const losses::Objective& objective, const models::Clip& model);

}  // namespace clipwright::train::tuning
