#include "demo/story/demo_data.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_set>

#include "core/error.h"
#include "core/log.h"
#include "core/random.h"
#include "data/gcompris/photographs.h"
#include "demo/pictures/scene_captions.h"
#include "eval/sets/evaluation_data.h"

namespace clipwright::demo::story {
namespace {

constexpr int64_t kMostHeldOut = 1'000;
constexpr int64_t kFewestPairs = 40;
constexpr int64_t kMostFolderClasses = 200;

std::shared_ptr<const data::source::Dataset> open_source(const std::string& source) {
  data::source::DataOptions options;
  options.source = source;
  // A folder of mixed files is welcome here; `train` is stricter.
  options.max_skipped_share = 0.5;
  return data::source::open_dataset(options);
}

ZeroshotTest zeroshot_test(const std::filesystem::path& folder) {
  data::source::DataOptions options;
  options.source = folder.string();
  eval::sets::ClassificationData data = eval::sets::open_classification(options, {}, {});
  return {.set = folder.filename().string(),
          .pictures = data.pictures,
          .classnames = data.classnames,
          .templates = data.templates};
}

void add_zeroshot(TestSets& tests, ZeroshotTest test, const std::string& id,
                  const std::string& title, bool bare) {
  test.id = id;
  test.title = title;
  if (bare) test.templates = {"{c}"};
  tests.zeroshot.push_back(std::move(test));
}

std::string digest_of(const data::source::Dataset& dataset) {
  uint64_t hash = 0;
  for (int64_t i = 0; i < dataset.size(); ++i)
    hash = hash64(dataset.caption(i), hash64(dataset.key(i), hash));
  char text[17];
  std::snprintf(text, sizeof text, "%016lx", static_cast<unsigned long>(hash));
  return text;
}

/// Pairs of which only the first caption is known: further lines of a caption file may be
/// translations or notes.
class FirstCaptions final : public data::source::Dataset {
 public:
  FirstCaptions(std::shared_ptr<const data::source::Dataset> base, std::vector<int> labels)
      : base_(std::move(base)), labels_(std::move(labels)) {}
  int64_t size() const override { return base_->size(); }
  std::string key(int64_t index) const override { return base_->key(index); }
  std::string caption(int64_t index) const override { return base_->caption(index); }
  data::source::ImageBytes image(int64_t index) const override { return base_->image(index); }
  int label(int64_t index) const override {
    return labels_.empty() ? -1 : labels_[static_cast<size_t>(index)];
  }
  std::string describe() const override { return base_->describe(); }

 private:
  std::shared_ptr<const data::source::Dataset> base_;
  std::vector<int> labels_;
};

/// The folder that a pair lies in, or nothing.
std::string folder_of(const data::source::Dataset& dataset, int64_t index) {
  const std::string key = dataset.key(index);
  const size_t slash = key.find('/');
  return slash == std::string::npos || slash == 0 ? "" : key.substr(0, slash);
}

/// Names of the folders that the pairs lie in, if that is a question worth asking.
std::vector<std::string> folder_classes(const data::source::Dataset& dataset) {
  std::set<std::string> names;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    const std::string name = folder_of(dataset, i);
    if (name.empty()) return {};
    names.insert(name);
    if (static_cast<int64_t>(names.size()) > kMostFolderClasses) return {};
  }
  if (names.size() < 2) return {};
  return {names.begin(), names.end()};
}

}  // namespace

DemoData open_scenes(const pictures::SceneSet& scenes) {
  DemoData data;
  data.title = "emoji scenes";
  data.train = open_source(scenes.train);
  data.classes = scenes.classes;
  data.digest = digest_of(*data.train);
  const ZeroshotTest plain = zeroshot_test(scenes.zeroshot),
                     synonyms = zeroshot_test(scenes.zeroshot_synonyms),
                     hands = zeroshot_test(scenes.zeroshot_other_hands);
  const std::string templates = std::to_string(plain.templates.size()) + " templates";
  add_zeroshot(data.tests, plain, "zeroshot-templates", "zero-shot, " + templates, false);
  add_zeroshot(data.tests, plain, "zeroshot-bare", "zero-shot, bare name (training wording)", true);
  add_zeroshot(data.tests, synonyms, "zeroshot-synonyms", "zero-shot, synonyms no caption holds",
               true);
  add_zeroshot(data.tests, hands, "other-hands-templates", "drawn by other hands, " + templates,
               false);
  add_zeroshot(data.tests, hands, "other-hands-bare", "drawn by other hands, bare name", true);
  for (const auto& [folder, title] :
       {std::pair(scenes.retrieval_other_wording, "other wording"),
        std::pair(scenes.retrieval_training_wording, "training wording")}) {
    const std::string name = folder.filename().string();
    data.tests.retrieval.push_back(
        {.id = name, .title = title, .set = name, .pairs = open_source(folder.string())});
  }
  return data;
}

std::string add_photographs(TestSets& tests, const std::filesystem::path& root,
                            const std::filesystem::path& folder) {
  constexpr const char* kSet = "gcompris-categories";
  const std::string package = data::gcompris::kPackage;
  const auto without = [&](const std::string& why) {
    return "no real photographs among the tests: " + why;
  };
  if (!data::gcompris::package_is_there(root))
    return without("apt-get install " + package + " adds 140 of them (44 MB)");
  const data::gcompris::PhotographSets sets =
      data::gcompris::write_photographs(data::gcompris::find_package(root, folder));
  if (std::none_of(sets.sets.begin(), sets.sets.end(),
                   [&](const data::gcompris::PhotographSet& set) { return set.name == kSet; }))
    return without("this version of " + package + " has none in categories");
  const ZeroshotTest test = zeroshot_test(folder / kSet);
  const std::string classes = std::to_string(test.classnames.size()) + " classes";
  add_zeroshot(tests, test, "photographs", "photographs (gcompris), " + classes, false);
  return "real photographs among the tests: " + with_commas(test.pictures->size()) +
         " of the package " + package + ", " + classes + " (" + (folder / "README.md").string() +
         ")";
}

DemoData open_own_data(const std::string& source, uint64_t seed) {
  DemoData data;
  const std::shared_ptr<const data::source::Dataset> whole = open_source(source);
  data.title = source;
  data.digest = digest_of(*whole);
  std::vector<int64_t> captioned;
  for (int64_t i = 0; i < whole->size(); ++i) {
    if (!whole->caption(i).empty()) captioned.push_back(i);
  }
  const auto pairs = static_cast<int64_t>(captioned.size());
  if (pairs < kFewestPairs) {
    fail_input(source + ": has " + with_commas(pairs) + " pictures with captions",
               "at least " + with_commas(kFewestPairs) + " to train and test on");
  }
  const int64_t held_out = std::min(kMostHeldOut, pairs / 10);
  const Permutation order(static_cast<uint64_t>(pairs), seed, "demo held out", 0);
  std::vector<int64_t> train, test;
  for (int64_t i = 0; i < pairs; ++i)
    (i < held_out ? test : train).push_back(captioned[order(static_cast<uint64_t>(i))]);
  std::sort(train.begin(), train.end());
  std::sort(test.begin(), test.end());
  data.train = data::source::subset(whole, train);
  const std::shared_ptr<const data::source::Dataset> tested = data::source::subset(whole, test);

  std::vector<std::string> names = folder_classes(*whole);
  std::vector<int> labels;
  for (int64_t i = 0; !names.empty() && i < tested->size(); ++i) {
    labels.push_back(static_cast<int>(
        std::lower_bound(names.begin(), names.end(), folder_of(*tested, i)) - names.begin()));
  }
  const auto pictures = std::make_shared<FirstCaptions>(tested, labels);
  if (!names.empty()) {
    for (std::string& name : names) std::replace(name.begin(), name.end(), '_', ' ');
    ZeroshotTest test{.set = "held-out",
                      .pictures = pictures,
                      .classnames = names,
                      .templates = pictures::wording_of("en").templates};
    add_zeroshot(data.tests, test, "zeroshot-folders",
                 "zero-shot, the " + std::to_string(names.size()) + " folders, " +
                     std::to_string(test.templates.size()) + " templates",
                 false);
    add_zeroshot(data.tests, test, "zeroshot-folders-bare", "zero-shot, the folders' bare names",
                 true);
  }
  data.tests.retrieval.push_back({.id = "retrieval-held-out",
                                  .title = "held-out captions",
                                  .set = "held-out",
                                  .pairs = pictures});
  return data;
}

DistinctCaptions::DistinctCaptions(const data::source::Dataset& dataset, int64_t limit) {
  std::unordered_set<std::string> seen;
  for (int64_t i = 0; i < dataset.size() && (limit <= 0 || size() < limit); ++i) {
    std::string text = dataset.caption(i);
    if (!text.empty() && seen.insert(text).second) texts_.push_back(std::move(text));
  }
}

}  // namespace clipwright::demo::story
