#include "data/tools/rewrite_tars.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string_view>

#include "core/error.h"
#include "core/log.h"
#include "core/loose_json.h"
#include "core/process/interrupt.h"
#include "data/captions/caption_table.h"
#include "data/files/file_names.h"
#include "data/files/tar.h"
#include "data/files/tar_samples.h"
#include "data/files/walk.h"
#include "data/source/brace_expansion.h"
#include "data/source/dataset.h"
#include "data/source/source_kind.h"
#include "data/source/sources.h"
#include "data/tools/unfinished_tars.h"

namespace clipwright::data::tools {
namespace {

/// The members of a sample in the order of the archive, with those of no sample between them.
struct Sample {
  std::string key;
  std::vector<files::TarMember> members;
  std::vector<std::string> suffixes;  ///< of the members, lower case; empty for one of no sample
};

/// Copies one archive.
class TarCopy {
 public:
  TarCopy(std::string_view archive, files::TarWriter& target, const source::Dataset& dataset,
          const captions::CaptionTable& captions, int64_t& next, RewriteTarsResult& result)
      : archive_(archive),
        target_(target),
        dataset_(dataset),
        captions_(captions),
        next_(next),
        result_(result) {}

  /// How many samples it wrote.
  int64_t run() {
    files::walk_tar(archive_, [&](const files::TarMember& member) { add(member); });
    finish_sample();
    return samples_;
  }

 private:
  void add(const files::TarMember& member) {
    if (member.sparse) {
      fail_input(member.name + ": is sparse, so it lies in pieces and cannot be copied",
                 "members that are whole", "Pack the tar again without tar's --sparse.");
    }
    using Place = files::TarSamples::Place;
    const Place place = grouping_.add(member.name);
    if (place == Place::kAnother) finish_sample();
    if (place == Place::kNone && now_.members.empty()) return copy(member);
    if (place != Place::kNone) now_.key = grouping_.key();
    now_.members.push_back(member);
    now_.suffixes.push_back(place == Place::kNone ? std::string() : grouping_.suffix());
  }

  void finish_sample() {
    if (now_.members.empty()) return;
    ++samples_, ++result_.samples;
    // The dataset holds the usable samples in this same order. Keys alone do not tell them apart:
    // of two that differ in the case of an ending one may be unusable.
    const bool known =
        next_ < dataset_.size() && dataset_.key(next_) == now_.key && holds(dataset_.image(next_));
    const int64_t index = known ? next_++ : -1;
    const Json texts = known ? texts_of(index) : Json::object();
    bool added = false;
    for (size_t i = 0; i < now_.members.size(); ++i) {
      if (now_.suffixes[i] != "json" || texts.empty()) {
        copy(now_.members[i]);
        continue;
      }
      Json object = parse_loosely(bytes(now_.members[i]));
      if (!object.is_object()) {
        ++result_.bad_json;
        copy(now_.members[i]);
        added = true;  // a second .json would only shadow the first
        continue;
      }
      write_json(now_.members[i].name, std::move(object), texts, index);
      added = true;
      ++result_.rewritten;
    }
    if (!texts.empty() && !added) {
      write_json(now_.key + ".json", Json::object(), texts, index);
      ++result_.rewritten;
    }
    if (texts.empty()) ++result_.without;
    now_ = {};
  }

  Json texts_of(int64_t index) const {
    Json texts = Json::object();
    for (int slot = 1; slot <= captions_.rewrites(); ++slot) {
      if (std::string text = captions_.text(index, slot); !text.empty())
        texts[captions_.slot_name(slot)] = std::move(text);
    }
    return texts;
  }

  void write_json(const std::string& name, Json object, const Json& texts, int64_t index) {
    if (!object.contains("key")) object["key"] = dataset_.key(index);
    if (!object.contains("caption")) object["caption"] = dataset_.caption(index);
    for (const auto& [slot, text] : texts.items()) object[slot] = text;
    target_.add(name, to_line(object));
  }

  bool holds(const source::ImageBytes& picture) const {
    const std::string_view wanted(reinterpret_cast<const char*>(picture.view.data()),
                                  picture.view.size());
    return std::any_of(now_.members.begin(), now_.members.end(),
                       [&](const files::TarMember& member) { return bytes(member) == wanted; });
  }
  std::string_view bytes(const files::TarMember& member) const {
    return archive_.substr(member.offset, member.size);
  }
  void copy(const files::TarMember& member) { target_.add(member.name, bytes(member)); }

  std::string_view archive_;
  files::TarWriter& target_;
  const source::Dataset& dataset_;
  const captions::CaptionTable& captions_;
  int64_t& next_;
  RewriteTarsResult& result_;
  files::TarSamples grouping_;
  Sample now_;
  int64_t samples_ = 0;
};

}  // namespace

std::vector<std::string> tar_paths(const std::string& source) {
  std::vector<std::string> paths;
  for (const std::string& path : source::expand_paths(source)) {
    source::check_exists(path);
    if (!source::is_folder(path) && files::lower_extension(path) != "tar") {
      fail_usage(path + ": is no tar", "webdataset tars, to which rewrites can be added",
                 files::is_compressed_archive(path) ? files::unpacking_advice(path) : "");
    }
    const std::vector<std::string> found = source::tars_of(path);
    paths.insert(paths.end(), found.begin(), found.end());
  }
  return paths;
}

void check_tar_target(const std::vector<std::string>& paths, const fs::path& folder) {
  std::set<std::string> names;
  for (const std::string& path : paths) {
    const std::string name = fs::path(path).filename().string();
    if (!names.insert(name).second)
      fail_usage("two of the tars are called " + name, "names that can stand in one folder");
    std::error_code error;
    if (fs::equivalent(fs::path(path), folder / name, error)) {
      fail_usage(folder.string() + ": holds the tars that are read",
                 "another folder for those with rewrites");
    }
  }
  std::string other;
  for (const std::string& path : files::files_in(folder, "tar")) {
    const std::string name = fs::path(path).filename().string();
    if (other.empty() && !names.contains(name)) other = name;
  }
  if (!other.empty()) {
    fail_usage(folder.string() + ": holds " + other + ", which is none of the tars to be written",
               "an empty folder, or one with tars of the same names",
               "Choose another folder or remove its tars: all tars of a folder are read as one "
               "data set.");
  }
}

RewriteTarsResult rewrite_tars(const RewriteTarsOptions& options) {
  const std::vector<std::string> paths = tar_paths(options.source);
  check_tar_target(paths, options.folder);
  tell_unfinished_tars(options.folder);
  const std::unique_ptr<source::Dataset> dataset = source::open_tars(paths, {});
  const captions::CaptionTable captions =
      captions::CaptionTable::build(*dataset, options.rewrites, options.keep_if);
  log_info(captions.describe());
  make_folder(options.folder);
  RewriteTarsResult result;
  Json sizes = Json::object();
  int64_t next = 0;
  // Tars with rewrites among those of before would be read as one data set.
  std::vector<std::unique_ptr<files::TarWriter>> targets;
  std::vector<AtomicFile*> written;
  Progress progress("repacking", dataset->size());
  for (const std::string& path : paths) {
    stop_if_interrupted();
    const MappedFile archive{fs::path(path)};
    const std::string name = fs::path(path).filename().string();
    files::TarWriter& target =
        *targets.emplace_back(std::make_unique<files::TarWriter>(options.folder / name));
    sizes[name] = TarCopy(archive.text(), target, *dataset, captions, next, result).run();
    written.push_back(&target.close());
    ++result.tars;
    progress.update(next);
  }
  progress.finish();
  if (next != dataset->size()) {
    fail_input("sample " + dataset->key(next) + " was not met again in its tar",
               "tars that do not change while they are read");
  }
  if (result.bad_json > 0) {
    log_warning(with_commas(result.bad_json) +
                " samples have a .json that is no JSON object; they keep it and got no rewrites");
  }
  AtomicFile file(options.folder / "sizes.json");
  file.write(sizes.dump(1) + "\n");
  written.push_back(&file);
  commit_together(written);
  return result;
}

}  // namespace clipwright::data::tools
