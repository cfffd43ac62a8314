// Which members of a tar make up a sample: said once, for whoever reads tars and whoever writes
// them again.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

namespace clipwright::data::files {

/// Groups members in the order of the archive, as webdataset does: neighbours with the same path up
/// to the first dot of the file name; a suffix that comes again starts a new sample. Suffixes count
/// in lower case. A member without a suffix and a hidden one (file_names.h) belong to no sample and
/// part none.
class TarSamples {
 public:
  enum class Place {
    kNone,    ///< belongs to no sample
    kSame,    ///< to that of the member before
    kAnother  ///< to a new one
  };
  Place add(std::string_view path);
  /// Of the member that `add` was last called with, unless it belongs to none.
  const std::string& key() const { return key_; }
  const std::string& suffix() const { return suffix_; }

 private:
  std::string key_, suffix_;
  std::unordered_set<std::string> suffixes_;  // of this sample; of one key there may be millions
};

}  // namespace clipwright::data::files
