#include "eval/selection/selection_set.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/words.h"
#include "eval/selection/entries.h"
#include "eval/selection/layouts.h"

namespace clipwright::eval::selection {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<const char*, Layout>, 5> kLayouts = {
    {{"sugarcrepe", Layout::kSugarCrepe},
     {"winoground", Layout::kWinoground},
     {"aro-relation", Layout::kAroRelation},
     {"aro-attribution", Layout::kAroAttribution},
     {"aro-order", Layout::kAroOrder}}};

/// SugarCrepe's seven, and what the other tests' files are called.
constexpr std::array kSugarCrepeFiles = {"add_att.json",     "add_obj.json",     "replace_att.json",
                                         "replace_obj.json", "replace_rel.json", "swap_att.json",
                                         "swap_obj.json"};
constexpr std::array<std::pair<const char*, Layout>, 3> kOtherFiles = {
    {{"examples.jsonl", Layout::kWinoground},
     {"visual_genome_relation.json", Layout::kAroRelation},
     {"visual_genome_attribution.json", Layout::kAroAttribution}}};

std::optional<Layout> named_layout(const std::string& name) {
  if (name == "auto") return {};
  for (const auto& [known, layout] : kLayouts) {
    if (name == known) return layout;
  }
  const std::string near = nearest(name, layout_names());
  fail_usage("--layout is '" + name + "'", listed(layout_names(), " or "),
             near.empty() ? "" : "Did you mean '" + near + "'?");
}

std::vector<fs::path> files_in(const fs::path& folder, std::optional<Layout> layout) {
  std::vector<fs::path> files;
  std::error_code error;
  const auto wanted = [&](Layout of) { return !layout || *layout == of; };
  for (const char* name : kSugarCrepeFiles) {
    if (wanted(Layout::kSugarCrepe) && fs::is_regular_file(folder / name, error))
      files.push_back(folder / name);
  }
  if (!files.empty() && files.size() < kSugarCrepeFiles.size()) {
    log_warning(folder.string() + ": holds " + std::to_string(files.size()) +
                " of SugarCrepe's 7 files");
  }
  for (const auto& [name, of] : kOtherFiles) {
    if (wanted(of) && fs::is_regular_file(folder / name, error)) files.push_back(folder / name);
  }
  if (files.empty()) {
    fail_input(folder.string() + ": holds no file of a known test" +
                   (layout ? " (" + name_of(*layout) + ")" : std::string()),
               "SugarCrepe's add_att.json to swap_obj.json, examples.jsonl (Winoground), "
               "visual_genome_relation.json or visual_genome_attribution.json",
               "Name the file itself.");
  }
  return files;
}

fs::path root_of(const fs::path& file, const std::string& image_root) {
  if (!image_root.empty()) return image_root;
  std::error_code error;
  for (const char* name : {"images", "val2017"}) {
    if (fs::is_directory(file.parent_path() / name, error)) return file.parent_path() / name;
  }
  return file.parent_path();
}

Layout detect(const std::vector<Entry>& entries, const fs::path& file) {
  for (const Entry& entry : entries) {
    if (const std::optional<Layout> layout = layout_of(entry.object)) return *layout;
  }
  fail_input(file.string() + ": has no entry of a known test", listed(layout_names(), " or "),
             "Say which it is with --layout to learn what is missing.");
}

class SetReader {
 public:
  void add_file(const fs::path& file, const std::vector<Entry>& entries, Layout layout,
                bool name_keys) {
    const std::string stem = file.stem().string();
    for (const Entry& entry : entries) {
      ParsedCase parsed = parse_case(entry.object, layout);
      if (!parsed.problem.empty()) {
        set_.skipped.skip(parsed.reason, entry.place + " " + parsed.problem);
        continue;
      }
      set_.skipped.use();
      SelectionCase added{.key = name_keys ? stem + "/" + entry.key : entry.key,
                          .group = layout == Layout::kSugarCrepe ? stem : parsed.group,
                          .captions = std::move(parsed.captions)};
      for (BoxedPicture& picture : parsed.pictures) {
        const auto [place, first] =
            places_.try_emplace(picture, static_cast<int64_t>(pictures_.size()));
        if (first) pictures_.push_back(std::move(picture));
        added.pictures.push_back(place->second);
      }
      set_.cases.push_back(std::move(added));
    }
  }

  SelectionSet finish(Layout layout, const fs::path& file, const std::string& image_root) {
    set_.layout = layout;
    if (set_.cases.empty())
      fail_input(file.string() + ": no entry can be used; " + set_.skipped.first());
    set_.skipped.report();
    const fs::path root = root_of(file, image_root);
    set_.pictures = std::make_shared<BoxedPictures>(root, std::move(pictures_));
    check_pictures(root);
    return std::move(set_);
  }

 private:
  /// A wrong folder should be told before a model is read.
  void check_pictures(const fs::path& root) const {
    constexpr int64_t kProbes = 100;
    const int64_t count = set_.pictures->size(), step = std::max<int64_t>(1, count / kProbes);
    for (int64_t i = 0; i < count; i += step) {
      if (set_.pictures->exists(i)) return;
    }
    fail_input(
        "none of the test's pictures that were looked for exists, e.g. " +
            set_.pictures->file(0).string(),
        "pictures below " + (root.empty() ? std::string("the working folder") : root.string()),
        "Set --image-root to their folder.");
  }

  SelectionSet set_;
  std::vector<BoxedPicture> pictures_;
  std::map<BoxedPicture, int64_t> places_;
};

}  // namespace

std::string name_of(Layout layout) {
  for (const auto& [name, known] : kLayouts) {
    if (known == layout) return name;
  }
  return {};
}

std::vector<std::string> layout_names() {
  std::vector<std::string> names = {"auto"};
  for (const auto& [name, layout] : kLayouts) names.emplace_back(name);
  return names;
}

std::string SelectionSet::describe() const {
  std::set<std::string> groups;
  for (const SelectionCase& one : cases) groups.insert(one.group);
  std::string text = name_of(layout) + ": " + with_commas(static_cast<int64_t>(cases.size())) +
                     " cases, " + pictures->describe();
  if (groups.size() > 1)
    text += ", " + with_commas(static_cast<int64_t>(groups.size())) + " groups";
  if (skipped.skipped() > 0) text += ", " + skipped.describe();
  return text;
}

SelectionSet read_selection_set(const std::string& path, const std::string& layout_name,
                                const std::string& image_root) {
  const std::optional<Layout> named = named_layout(layout_name);
  std::error_code error;
  if (!fs::exists(path, error))
    fail_input(path + ": does not exist", "a test's file, or the folder that holds it");
  const std::vector<fs::path> files =
      fs::is_directory(path, error) ? files_in(path, named) : std::vector<fs::path>{fs::path(path)};
  SetReader reader;
  std::optional<Layout> layout = named;
  for (const fs::path& file : files) {
    const std::vector<Entry> entries = read_entries(file);
    const Layout here = named ? *named : detect(entries, file);
    if (layout && here != *layout) {
      fail_usage(path + ": holds several tests, " + name_of(*layout) + " and " + name_of(here),
                 "--layout with the one that is meant");
    }
    layout = here;
    reader.add_file(file, entries, here, files.size() > 1);
  }
  return reader.finish(*layout, files.front(), image_root);
}

}  // namespace clipwright::eval::selection
