// Tar archives: the walk over members, samples of webdataset, and what the writer makes of them.
#include "data/files/tar.h"

#include "data/source/tar_shard.h"
#include "tests/fuzz/dataset.h"

namespace clipwright::fuzz {
namespace {

void check_written_again(std::string_view archive, const data::files::TarIndex& index) {
  const std::string path = folder() / "again.tar";
  data::files::TarWriter writer(path);
  std::vector<const data::files::TarMember*> kept;
  for (const data::files::TarMember& member : index.members) {
    // A NUL ends a name in the format that is written.
    if (member.name.empty() || member.name.find('\0') != std::string::npos) continue;
    writer.add(member.name, archive.substr(member.offset, member.size));
    kept.push_back(&member);
  }
  writer.finish();
  const MappedFile file{std::filesystem::path(path)};
  const data::files::TarIndex again = data::files::index_tar(file);
  require(again.damage.empty(), "a written tar is whole: " + again.damage);
  require(again.members.size() == kept.size(), "a written tar has its members");
  for (size_t i = 0; i < kept.size(); ++i) {
    require(again.members[i].name == kept[i]->name, "a written member has its name");
    require(file.text().substr(again.members[i].offset, again.members[i].size) ==
                archive.substr(kept[i]->offset, kept[i]->size),
            "a written member has its bytes");
  }
}

void try_tar(std::string_view archive) {
  const std::string path = file_of("input.tar", archive);
  const MappedFile file{std::filesystem::path(path)};
  const data::files::TarIndex index = data::files::index_tar(file);
  for (const data::files::TarMember& member : index.members) {
    require(member.offset <= archive.size() && member.size <= archive.size() - member.offset,
            "a member lies in its archive");
  }
  check_written_again(archive, index);
  for (const bool labels : {false, true}) {
    data::source::index_shard(file.text(), "input.tar", labels);
    data::source::DataOptions options{.source = path, .type = "webdataset"};
    options.labels = labels;
    try_dataset(options);
  }
}

}  // namespace
}  // namespace clipwright::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  clipwright::fuzz::try_tar(clipwright::fuzz::text_of(data, size));
  return 0;
}
