#include "eval/sets/set_description.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/json.h"
#include "eval/sets/class_lookup.h"
#include "eval/sets/set_files.h"
#include "text/templates/templates.h"

namespace clipwright::eval::sets {
namespace {

Json lists() { return read_json(fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/sets/lists.json"); }

std::string digest(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return hex(sha256(text));
}

std::vector<std::string> sorted(std::vector<std::string> list) {
  std::sort(list.begin(), list.end());
  return list;
}

// What tables print beside their numbers: classes, prompts, pictures of the test split, metric
// (evaluation of CLIP, LaCLIP, DeCLIP; CLIP_benchmark where they have none).
struct Promised {
  const char* name;
  size_t classes, templates;
  int64_t pictures;
  const char* metric;
};
const Promised kPromised[] = {
    {"food101", 101, 1, 25250, "acc1"},
    {"cifar10", 10, 18, 10000, "acc1"},
    {"cifar100", 100, 18, 10000, "acc1"},
    {"sun397", 397, 2, 19850, "acc1"},
    {"cars", 196, 8, 8041, "acc1"},
    {"fgvc_aircraft", 100, 2, 3333, "mean_per_class_recall"},
    {"dtd", 47, 8, 1880, "acc1"},
    {"pets", 37, 1, 3669, "mean_per_class_recall"},
    {"caltech101", 102, 34, 6085, "mean_per_class_recall"},
    {"flowers", 102, 1, 6149, "mean_per_class_recall"},
    {"stl10", 10, 2, 8000, "acc1"},
    {"eurosat", 10, 3, 5400, "acc1"},
    {"resisc45", 45, 18, 6300, "acc1"},
    {"gtsrb", 43, 3, 12630, "acc1"},
    {"country211", 211, 5, 21100, "acc1"},
    {"imagenet1k", 1000, 80, 50000, "acc1"},
    {"imagenetv2", 1000, 80, 10000, "acc1"},
    {"imagenet_sketch", 1000, 80, 50889, "acc1"},
    {"imagenet_a", 200, 80, 7500, "acc1"},
    {"imagenet_r", 200, 80, 30000, "acc1"},
    {"imagenet_o", 200, 80, 2000, "acc1"},
    {"objectnet", 113, 80, 18574, "acc1"},
    {"mnist", 10, 1, 10000, "acc1"},
    {"fer2013", 7, 6, 7178, "acc1"},
    {"voc2007", 20, 1, 14976, "acc1"},
    {"voc2007_multilabel", 20, 1, 4952, "mean_average_precision"},
    {"renderedsst2", 2, 1, 1821, "acc1"},
    {"pcam", 2, 2, 32768, "acc1"},
    {"svhn", 10, 6, 26032, "acc1"},
    {"clevr_count_all", 8, 1, 15000, "acc1"},
    {"clevr_closest_object_distance", 6, 1, 15000, "acc1"},
    {"dmlab", 6, 1, 22735, "acc1"},
    {"diabetic_retinopathy", 5, 1, 42670, "acc1"},
    {"kitti_closest_vehicle_distance", 4, 1, 711, "acc1"},
    {"dsprites_label_orientation", 40, 4, 73728, "acc1"},
    {"dsprites_label_x_position", 32, 1, 73728, "acc1"},
    {"smallnorb_label_azimuth", 18, 4, 12150, "acc1"},
    {"smallnorb_label_elevation", 9, 4, 12150, "acc1"},
};

TEST(Sets, AreWhatTheyPromise) {
  EXPECT_EQ(known_sets().size(), std::size(kPromised));
  for (const Promised& promised : kPromised) {
    const SetDescription& set = find_set(promised.name);
    EXPECT_EQ(set.classes.size(), promised.classes) << set.name;
    EXPECT_EQ(set.templates.size(), promised.templates) << set.name;
    EXPECT_EQ(set.test_pictures.front(), promised.pictures) << set.name;
    EXPECT_EQ(set.metric, promised.metric) << set.name;
    EXPECT_FALSE(set.title.empty() || set.source.empty() || set.licence.empty() ||
                 set.layout.empty())
        << set.name;
  }
}

TEST(Sets, StandInTheDocumentation) {
  const std::string text =
      read_file(fs::path(CLIPWRIGHT_SOURCE_DIR) / "docs/evaluation/zeroshot.md");
  for (const SetDescription& set : known_sets()) {
    const std::string row = "| `" + set.name + "` | " + set.title + " | " +
                            std::to_string(set.classes.size()) + " | " +
                            std::to_string(set.templates.size());
    EXPECT_NE(text.find(row), std::string::npos) << row;
    for (const std::string& note : set.notes) EXPECT_NE(text.find(note), std::string::npos) << note;
  }
}

TEST(Sets, ClassesStandInTheOrderOfClipBenchmarksLabels) {
  for (const auto& [name, list] : lists()["classnames"].items()) {
    const SetDescription& set = find_set(name);
    EXPECT_EQ(set.classes.size(), list["count"]) << name;
    EXPECT_EQ(digest(set.classnames()), list["sha256"]) << name;
  }
}

TEST(Sets, PromptsAreOpenAis) {
  for (const auto& [name, list] : lists()["templates"].items()) {
    // Sets of VTAB whose class names a loader makes.
    const SetDescription* set = find_set_if_known(name);
    if (set == nullptr) continue;
    const bool other = !set->clip_benchmark_templates.empty();
    EXPECT_EQ(digest(sorted(other ? set->clip_benchmark_templates : set->templates)),
              list["sha256"])
        << name;
  }
  EXPECT_EQ(digest(sorted(text::templates::templates_7())), lists()["imagenet_7"]["sha256"]);
}

TEST(Sets, EveryPromptHasAPlaceForTheName) {
  for (const SetDescription& set : known_sets()) {
    for (const auto* list : {&set.templates, &set.clip_benchmark_templates}) {
      for (const std::string& prompt : *list)
        EXPECT_NE(prompt.find("{c}"), std::string::npos) << set.name << ": " << prompt;
      EXPECT_EQ(std::set<std::string>(list->begin(), list->end()).size(), list->size()) << set.name;
    }
  }
}

TEST(Sets, NoTwoClassesShareANameButTheFourThatAreKnown) {
  for (const SetDescription& set : known_sets()) {
    std::map<std::string, std::vector<size_t>> places, folders;
    for (size_t i = 0; i < set.classes.size(); ++i) {
      places[set.classes[i].name].push_back(i);
      folders[folded(set.classes[i].folder)].push_back(i);
    }
    for (const auto& [name, of] : places) {
      if (of.size() == 1) continue;
      EXPECT_EQ(set.name.rfind("imagenet", 0), 0U) << set.name << ": " << name;
      EXPECT_TRUE(name == "missile" || name == "sunglasses") << name;
      if (set.classes.size() == 1000)
        EXPECT_EQ(of, (name == "missile" ? std::vector<size_t>{657, 744}
                                         : std::vector<size_t>{836, 837}));
    }
    for (const auto& [folder, of] : folders) EXPECT_EQ(of.size(), 1U) << set.name << folder;
  }
}

// Names that are read to a model, not names of folders.
TEST(Sets, NamesAreWordsAndNotFolders) {
  for (const SetDescription& set : known_sets()) {
    for (const SetClass& one : set.classes) {
      EXPECT_EQ(one.name.find('_'), std::string::npos) << set.name << ": " << one.name;
      EXPECT_TRUE(!one.name.empty() || set.name == "clevr_closest_object_distance");
    }
  }
  EXPECT_EQ(find_set("eurosat").classes[0].name, "annual crop land");
  EXPECT_EQ(find_set("eurosat").classes[0].folder, "AnnualCrop");
  EXPECT_EQ(find_set("sun397").classes[8].name, "apartment building outdoor");
  EXPECT_EQ(find_set("sun397").classes[8].folder, "a/apartment_building/outdoor");
}

int label_of(const char* set, const char* name) {
  const std::vector<std::string> names = find_set(set).classnames();
  return static_cast<int>(std::find(names.begin(), names.end(), name) - names.begin());
}

// Lists that circulate in another order than the labels, each of which has cost someone a table.
TEST(Sets, LabelsAreNotThoseOfListsInAnotherOrder) {
  EXPECT_EQ(label_of("pets", "American Bulldog"), 1);  // OpenAI's list: cats first
  EXPECT_EQ(label_of("eurosat", "forest"), 1);         // OpenAI's list: 0
  EXPECT_EQ(label_of("fer2013", "neutral"), 4);        // OpenAI's list: 6
  EXPECT_EQ(label_of("voc2007", "diningtable"), 10);   // OpenAI's list: 16
  EXPECT_EQ(label_of("caltech101", "background"), 4);  // OpenAI's and torchvision's lists: 0
  EXPECT_EQ(label_of("food101", "cheese plate"), 16);  // sorted without blanks: 17
  EXPECT_EQ(label_of("kitti_closest_vehicle_distance",
                     "a photo i took of a car on my left or right side."),
            0);  // nearest first; sorted sentences: 2
  EXPECT_EQ(label_of("stl10", "monkey"), 7);
  EXPECT_EQ(label_of("cifar10", "automobile"), 1);
  EXPECT_EQ(label_of("clevr_count_all", "ten"), 7);  // sorted as text: 0
  EXPECT_EQ(find_set("imagenetv2").classes[10].folder, "10");
  EXPECT_EQ(find_set("flowers").classes[0].folder, "1");
}

TEST(Sets, PartsOfImageNetKeepItsOrderAndNames) {
  const SetDescription& whole = find_set("imagenet1k");
  for (const char* name : {"imagenet_a", "imagenet_r", "imagenet_o"}) {
    size_t at = 0;
    for (const SetClass& one : find_set(name).classes) {
      while (at < whole.classes.size() && whole.classes[at].folder != one.folder) ++at;
      ASSERT_LT(at, whole.classes.size()) << name << ": " << one.folder;
      EXPECT_EQ(whole.classes[at].name, one.name);
    }
  }
  std::vector<std::string> wnids;
  for (const SetClass& one : whole.classes) wnids.push_back(one.folder);
  EXPECT_TRUE(std::is_sorted(wnids.begin(), wnids.end()));
  EXPECT_EQ(wnids.front(), "n01440764");
  EXPECT_EQ(whole.classes[999].name, "toilet paper");
}

TEST(Sets, AreFoundByEveryUsualName) {
  for (const auto& [wanted, name] :
       std::map<std::string, std::string>{{"wds/vtab/eurosat", "eurosat"},
                                          {"wds_vtab-eurosat", "eurosat"},
                                          {"EuroSAT", "eurosat"},
                                          {"imagenet-a", "imagenet_a"},
                                          {"wds/imagenet-r", "imagenet_r"},
                                          {"ImageNet", "imagenet1k"},
                                          {"imagenet1k-unverified", "imagenet1k"},
                                          {"vtab/clevr_count_all", "clevr_count_all"},
                                          {"FGVC-Aircraft", "fgvc_aircraft"}}) {
    EXPECT_EQ(find_set(wanted).name, name) << wanted;
  }
}

TEST(Sets, AnUnknownNameIsAnsweredWithTheNearest) {
  try {
    find_set("food110");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("Did you mean 'food101'?"), std::string::npos)
        << error.what();
  }
  EXPECT_EQ(find_set_if_known("nothing of the kind"), nullptr);
}

SetDescription parse(const std::string& text) {
  return parse_set(text, "tiny.toml",
                   [](const std::string& name) -> const SetDescription& { return find_set(name); });
}

constexpr const char* kHead =
    "title = 'Tiny'\nmetric = 'acc1'\ntest_pictures = [4]\nsource = 's'\nlicence = 'l'\n"
    "layout = 'x'\n";

TEST(SetFiles, ReadWhatTheyNeed) {
  const SetDescription set =
      parse(std::string(kHead) + "templates = ['a {c}']\nclasses = [['cat'], ['dog', 'D1']]\n");
  EXPECT_EQ(set.name, "tiny");
  EXPECT_EQ(set.classes[0].folder, "cat");
  EXPECT_EQ(set.classes[1].folder, "D1");
  EXPECT_EQ(parse(std::string(kHead) +
                  "templates = '7'\nclasses_of = 'imagenet1k'\nonly = ['n01440764']\n")
                .classes[0]
                .name,
            "tench");
}

TEST(SetFiles, RefuseWhatTheyCannotMean) {
  const std::string good = std::string(kHead) + "templates = ['a {c}']\n";
  for (const auto& [text, said] : std::map<std::string, std::string>{
           {good + "classes = [['cat'", "tiny.toml, line"},
           {good, "'classes' is missing"},
           {good + "classes = ['cat']", "[name]"},
           {good + "classes = [['cat']]\ncolour = 'red'", "has the key 'colour'"},
           {std::string(kHead) + "templates = ['a cat']\nclasses = [['cat']]", "no place"},
           {good + "classes_of = 'imagenet1k'\nonly = ['n00000000']", "n00000000"},
           {good + "classes_of = 'imagenet1k'\nfolders = 'words'", "'numbers'"},
           {"title = 3", "'title'"}}) {
    try {
      parse(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      EXPECT_NE(std::string(error.what()).find(said), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace clipwright::eval::sets
