// POSIX tar: an index of a mapped archive, and a writer that the reader (and webdataset, GNU tar)
// accepts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"

namespace clipwright::data::files {

/// One regular file inside an archive. A sparse one lies in pieces with the holes left out: its
/// `size` bytes are not the file's.
struct TarMember {
  std::string name;
  uint64_t offset = 0;  ///< of its first byte in the archive
  uint64_t size = 0;
  bool sparse = false;
};

/// Walks the headers of a mapped archive (ustar, GNU long names, pax path records). A truncated or
/// damaged archive gives the members before the damage and a sentence in `damage`; one without an
/// end mark gives all there are, and says so in `damage` too: it may have been cut between members.
struct TarIndex {
  std::vector<TarMember> members;
  std::string damage;
};
TarIndex index_tar(const MappedFile& archive);

/// The same walk without keeping anything: calls `use` for each regular file. Returns the damage.
std::string walk_tar(std::string_view archive, const std::function<void(const TarMember&)>& use);

/// Writes members in order; the archive appears under its name when `finish` has succeeded, or with
/// others when what `close` gives is committed.
class TarWriter {
 public:
  explicit TarWriter(const std::filesystem::path& path);
  void add(std::string_view name, std::string_view bytes);
  void finish() { close().commit(); }
  /// Ends the archive on disk, without its name; lives as long as the writer.
  AtomicFile& close();

 private:
  AtomicFile file_;
};

}  // namespace clipwright::data::files
