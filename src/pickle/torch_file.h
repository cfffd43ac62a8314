// Files of torch.save: zip archives (since torch 1.6), the stream that they were before, and
// TorchScript archives, whose code is left alone.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "pickle/value.h"

namespace clipwright::pickle {

/// Whether a file's first bytes are those of a zip archive or of a pickle.
bool looks_like_torch_file(std::string_view first_bytes);

class TorchFile {
 public:
  /// Reads what the file says of its tensors; their bytes are read when they are asked for. Throws
  /// Error(kInput) for what is damaged, cut short, or of another kind, which it names.
  explicit TorchFile(const std::filesystem::path& path);
  ~TorchFile();

  const Value* root() const;
  /// TorchScript: an archive with code.
  bool is_script() const;
  /// The bytes of a storage of this file, checked against the archive's checksum; valid as long as
  /// this. Throws Error(kInput) when the file holds other ones than it says.
  std::string_view bytes(const Storage& storage);
  /// No longer needed; what `bytes` gave is gone.
  void forget(const Storage& storage);

 private:
  class Content;
  class ZipContent;
  class StreamContent;
  std::unique_ptr<Content> content_;
};

}  // namespace clipwright::pickle
