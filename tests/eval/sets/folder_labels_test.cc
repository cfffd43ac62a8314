#include "eval/sets/folder_labels.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "eval/sets/class_lookup.h"

namespace clipwright::eval::sets {
namespace {

using Strings = std::vector<std::string>;

std::string refusal(const Strings& folders, const char* set) {
  try {
    folder_labels(folders, find_set(set));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    return error.what();
  }
  ADD_FAILURE() << "was not refused";
  return {};
}

TEST(Folded, SpellingsOfOneNameAreAlike) {
  EXPECT_EQ(folded("Butcher's_Knife"), "butchers knife");
  EXPECT_EQ(folded("mixing / salad bowl"), folded("mixing_salad_bowl"));
  EXPECT_EQ(folded("00007"), "7");
  EXPECT_EQ(folded("0000"), "0");
  EXPECT_EQ(folded("737-200"), "737 200");
  // A number keeps what makes it another number.
  EXPECT_EQ(folded("-1"), "-1");
  EXPECT_EQ(folded("2.5"), "2.5");
  EXPECT_EQ(folded("  (a) "), "a");
  EXPECT_EQ(folded(""), "");
  EXPECT_EQ(folded("crème_brûlée"), "crème brûlée");
}

// Every set that is distributed in folders is found by them, whatever their order.
TEST(FolderLabels, OfEverySetAreFoundByTheirNames) {
  for (const SetDescription& set : known_sets()) {
    Strings folders;
    for (size_t i = set.classes.size(); i-- > 0;) folders.push_back(set.classes[i].folder);
    if (set.name == "clevr_closest_object_distance") continue;  // a class without a name
    const FolderLabels found = folder_labels(folders, set);
    EXPECT_TRUE(found.unknown.empty()) << set.name;
    EXPECT_FALSE(found.by_number) << set.name;
    for (size_t i = 0; i < folders.size(); ++i)
      EXPECT_EQ(found.label[i], static_cast<int>(folders.size() - 1 - i)) << set.name;
  }
}

TEST(FolderLabels, CountBySpellingAndBySubfolder) {
  EXPECT_EQ(
      folder_labels({"annual_crop_land", "SeaLake/deep", "Highway"}, find_set("eurosat")).label,
      (std::vector<int>{0, 9, 3}));
  EXPECT_EQ(folder_labels({"a/alley", "a/apartment_building/outdoor"}, find_set("sun397")).label,
            (std::vector<int>{3, 8}));
  EXPECT_EQ(folder_labels({"10", "2", "999"}, find_set("imagenetv2")).label,
            (std::vector<int>{10, 2, 999}));
  EXPECT_EQ(folder_labels({"00002", "10"}, find_set("gtsrb")).label, (std::vector<int>{2, 10}));
}

// Classes that a model is not asked for are no answers: ImageNet's other 800 beside ImageNet-A's.
TEST(FolderLabels, NameTheFoldersThatTheSetDoesNotKnow) {
  const FolderLabels found =
      folder_labels({"n01440764", "n01498041", "n01531178"}, find_set("imagenet_a"));
  EXPECT_EQ(found.label, (std::vector<int>{-1, 0, 1}));
  EXPECT_EQ(found.unknown, Strings{"n01440764"});
}

TEST(FolderLabels, AreRefusedWhenNoneIsKnown) {
  EXPECT_NE(refusal({"train", "test"}, "eurosat").find("none of the folders 'test', 'train'"),
            std::string::npos)
      << refusal({"train", "test"}, "eurosat");
  EXPECT_NE(refusal({"Anual_Crop"}, "eurosat").find("Did you mean 'AnnualCrop'?"),
            std::string::npos)
      << refusal({"Anual_Crop"}, "eurosat");
}

// The folders of Flowers-102 count from 1; a copy that counts from 0 would be off by one in every
// class but the first.
TEST(FolderLabels, NumbersThatStartElsewhereAreRefused) {
  EXPECT_EQ(folder_labels({"1", "102"}, find_set("flowers")).label, (std::vector<int>{0, 101}));
  EXPECT_NE(refusal({"0", "1", "101"}, "flowers").find("'0' are none of the set's"),
            std::string::npos)
      << refusal({"0", "1", "101"}, "flowers");
  EXPECT_NE(refusal({"1", "2", "10"}, "eurosat").find("counted from 1"), std::string::npos);
  EXPECT_NE(refusal({"0", "1000"}, "imagenetv2").find("'1000'"), std::string::npos);
}

TEST(FolderLabels, NumbersAreLabelsWhereTheSetHasNamesForItsFolders) {
  const FolderLabels found = folder_labels({"0", "9", "10"}, find_set("country211"));
  EXPECT_TRUE(found.by_number);
  EXPECT_EQ(found.label, (std::vector<int>{0, 9, 10}));
  EXPECT_NE(refusal({"0", "211"}, "country211").find("0 to 210"), std::string::npos);
}

TEST(ClassLookup, ANameOfSeveralClassesIsRefused) {
  const ClassLookup lookup(find_set("imagenet1k").classes);
  EXPECT_EQ(lookup.find("n04008634"), 744);
  EXPECT_EQ(lookup.find("Granny smith APPLE"), 948);
  EXPECT_EQ(lookup.find("nothing"), -1);
  EXPECT_THROW(lookup.find("missile"), Error);
  EXPECT_EQ(lookup.nearest_to("goldfsh"), "goldfish");
}

}  // namespace
}  // namespace clipwright::eval::sets
