#include "data/tools/manifest.h"

#include <map>
#include <unordered_map>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/log.h"
#include "core/process/interrupt.h"
#include "records/lines.h"
#include "text/unicode/utf8.h"

namespace clipwright::data::tools {
namespace {

constexpr size_t kExamples = 10;

struct Entry {
  std::string image, caption;
  bool seen = false;
};

/// Entries by key; the second and later ones of a key carry their number.
template <typename Use>
void each_entry(const std::filesystem::path& path, const Use& use) {
  const MappedFile file(path);
  std::unordered_map<std::string, int> occurrences;
  int64_t line_number = 0;
  const std::string_view lines = file.text().substr(records::first_json_line(file.text(), path));
  text::unicode::for_each_line(lines, [&](std::string_view line) {
    stop_if_interrupted();
    ++line_number;
    const Json json = try_json(line);
    if (!json.is_object() || !json.contains("key") || !json["key"].is_string() ||
        !json.contains("caption_sha256")) {
      fail_input(
          path.string() + ", record " + std::to_string(line_number) + ": is no entry of a manifest",
          "lines written by 'clipwright data manifest'");
    }
    std::string key = json["key"];
    const int occurrence = ++occurrences[key];
    if (occurrence > 1) key += " (occurrence " + std::to_string(occurrence) + ")";
    use(std::move(key),
        Entry{json.contains("image_sha256") ? json["image_sha256"].dump() : "unreadable",
              json["caption_sha256"].dump()});
  });
}

}  // namespace

int64_t write_manifest(const source::Dataset& dataset,
                       const std::function<void(std::string_view)>& write) {
  int64_t unreadable = 0;
  Progress progress("hashing pairs", dataset.size());
  for (int64_t i = 0; i < dataset.size(); ++i) {
    stop_if_interrupted();
    Json entry;
    entry["key"] = dataset.key(i);
    const source::ImageBytes image = dataset.image(i);
    if (image.error.empty()) {
      entry["image_sha256"] =
          hex(sha256({reinterpret_cast<const char*>(image.view.data()), image.view.size()}));
      entry["image_bytes"] = image.view.size();
    } else {
      entry["error"] = image.error;
      ++unreadable;
    }
    entry["caption_sha256"] = hex(sha256(dataset.caption(i)));
    if (const int label = dataset.label(i); label >= 0) entry["label"] = label;
    write(to_line(entry) + "\n");
    progress.update(i + 1);
  }
  progress.finish();
  return unreadable;
}

ManifestDifference compare_manifests(const std::filesystem::path& first,
                                     const std::filesystem::path& second) {
  std::map<std::string, Entry> entries;
  each_entry(first, [&](std::string key, Entry entry) {
    entries.emplace(std::move(key), std::move(entry));
  });
  ManifestDifference difference;
  const auto tell = [&](const std::string& sentence) {
    if (difference.examples.size() < kExamples) difference.examples.push_back(sentence);
  };
  each_entry(second, [&](const std::string& key, const Entry& entry) {
    const auto found = entries.find(key);
    if (found == entries.end()) {
      ++difference.only_second;
      return tell(key + ": only in the second");
    }
    found->second.seen = true;
    const bool image = found->second.image == entry.image,
               caption = found->second.caption == entry.caption;
    difference.same += image && caption ? 1 : 0;
    difference.other_image += image ? 0 : 1;
    difference.other_caption += caption ? 0 : 1;
    if (!image) tell(key + ": another picture");
    if (!caption) tell(key + ": another caption");
  });
  for (const auto& [key, entry] : entries) {
    if (entry.seen) continue;
    ++difference.only_first;
    tell(key + ": only in the first");
  }
  return difference;
}

}  // namespace clipwright::data::tools
