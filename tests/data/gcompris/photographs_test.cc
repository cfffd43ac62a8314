#include "data/gcompris/photographs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "data/source/dataset.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::gcompris {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kSmall = CLIPWRIGHT_SOURCE_DIR "/tests/golden/gcompris";

std::map<std::string, std::string> files_below(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file())
      files[fs::relative(entry.path(), folder).string()] = read_file(entry.path());
  }
  return files;
}

const PhotographSet& set_named(const PhotographSets& sets, const std::string& name) {
  const auto found = std::find_if(sets.sets.begin(), sets.sets.end(),
                                  [&](const PhotographSet& set) { return set.name == name; });
  EXPECT_NE(found, sets.sets.end()) << name;
  return *found;
}

class PhotographsTest : public testing::Test {
 protected:
  PhotographSets write() { return write_photographs(find_package(kSmall, folder_ / "out")); }
  std::string file(const std::string& name) { return read_file(folder_ / ("out/" + name)); }
  std::string split_of(const std::string& set) const { return folder_ / ("out/" + set); }
  TemporaryFolder folder_;
};

TEST_F(PhotographsTest, SetsAreOnesThatTheProgramOpens) {
  const PhotographSets written = write();
  std::vector<std::string> names;
  for (const PhotographSet& set : written.sets) names.push_back(set.name);
  EXPECT_THAT(names, ElementsAre("gcompris-categories", "gcompris-titles", "gcompris-animals",
                                 "gcompris-retrieval", "gcompris-drawings"));
  EXPECT_EQ(file("gcompris-categories/classnames.txt"), "fish\nhousehold objects\ntools\n");
  EXPECT_EQ(file("gcompris-titles/classnames.txt"), "Grey heron\nE\u0301el, Europ\u00e4ischer\n");
  EXPECT_EQ(file("gcompris-drawings/classnames.txt"), "orange\ncat\n")
      << "equal words are one class";
  EXPECT_EQ(file("gcompris-retrieval/dataset_type.txt"), "retrieval\n");
  EXPECT_EQ(file("gcompris-categories/test/nshards.txt"), "1\n");

  const auto categories = source::open_dataset({.source = split_of("gcompris-categories")});
  ASSERT_EQ(categories->size(), 5);
  std::vector<int> labels;
  for (int64_t i = 0; i < categories->size(); ++i) {
    labels.push_back(categories->label(i));
    EXPECT_EQ(categories->image(i).error, "");
  }
  EXPECT_THAT(labels, ElementsAre(0, 0, 1, 2, 2));

  const auto pairs = source::open_dataset({.source = split_of("gcompris-retrieval")});
  ASSERT_EQ(pairs->size(), 2);
  EXPECT_THAT(pairs->captions(0),
              ElementsAre("Herons stand still.", "\"Kraak\", they say!", "They eat fish."));
  EXPECT_THAT(pairs->captions(1), ElementsAre("This animal is long."));
  EXPECT_EQ(set_named(written, "gcompris-retrieval").texts, 4);
  EXPECT_EQ(set_named(written, "gcompris-drawings").pictures, 3);
  EXPECT_EQ(set_named(written, "gcompris-drawings").classes, 2);
}

TEST_F(PhotographsTest, WhatIsLeftOutIsCountedAndSaid) {
  const PhotographSets written = write();
  EXPECT_EQ(written.left_out, 5);
  for (const char* expected :
       {"categorization/resource/images/alphabets: 1 of no category", "fishes/fish3.webp",
        "animals/unicorn.webp is not in the resources", "board2.qml: an entry without a picture",
        "words_sample.json: an entry without a word"}) {
    EXPECT_THAT(written.notes, Contains(HasSubstr(expected)));
    EXPECT_THAT(file("README.md"), HasSubstr(expected));
    EXPECT_THAT(written.describe(), HasSubstr(expected));
  }
}

TEST_F(PhotographsTest, EveryPictureHasItsCredit) {
  write();
  const std::string images = "/gcompris/src/activities/categorization/resource/images/";
  const std::string categories = file("gcompris-categories/LICENSES.txt");
  for (const std::string& expected : std::vector<std::string>{
           "s0000000\t" + images +
               "fishes/fish1.webp\tFia Fisher\tPublic Domain\thttps://example.org/fish1\tREADME "
               "beside "
               "it\tCC-BY-SA-3.0, An Earlier Author (of fish1.jpg)\n",
           // Nobody names this one: what is said of an earlier picture is not its licence.
           "s0000001\t" + images +
               "fishes/fish2.webp\t-\t-\t-\tnowhere\tCC-BY-SA-3.0, An Earlier Author (of "
               "fish2.jpg)\n",
           "tools/hammer.webp\tTom Tool\tCC-BY 2.0\thttps://example.org/s\tREADME beside "
           "it\tGPL-3+, "
           "2014 Everybody (of *)\n",
           "tools/screwDriver.webp\tTom Tool\tCC-BY 2.0\thttps://example.org/s\tREADME "
           "beside it (as screDriver.webp)\t",
           std::string("others/cup.webp\t2014 Everybody\tGPL-3+\t-\tcopyright file of the package "
                       "(*)\t-\n")})
    EXPECT_THAT(categories, HasSubstr(expected));
  EXPECT_THAT(file("gcompris-drawings/LICENSES.txt"),
              HasSubstr("words_sample/cat.webp\tA Drawing Project\tCC-BY-SA-3.0\t-\tcopyright file "
                        "of the package (src/activities/lang/resource/words_sample/*)\t-\n"));
  EXPECT_THAT(file("README.md"), HasSubstr("| CC-BY-SA 4.0 | 2 |"));
  EXPECT_THAT(file("README.md"),
              HasSubstr("- GPL-3.0-or-later, 2015 Ann Author <ann@example.org>"));
}

TEST_F(PhotographsTest, EqualResourcesGiveEqualBytes) {
  write();
  const auto first = files_below(folder_ / "out");
  write();  // over the first
  EXPECT_EQ(files_below(folder_ / "out"), first);
  write_photographs(find_package(kSmall, folder_ / "again"));
  EXPECT_EQ(files_below(folder_ / "again"), first);
}

TEST_F(PhotographsTest, ResourcesMayBeNamedOneByOne) {
  const std::string rcc = std::string(kSmall) + "/usr/share/gcompris-qt/rcc/";
  const PhotographSets written = write_photographs(
      {.resources = {rcc + "lang.rcc"}, .copyright = {}, .output = folder_ / "out"});
  ASSERT_EQ(written.sets.size(), 1u);
  EXPECT_EQ(written.sets[0].name, "gcompris-drawings");
  EXPECT_THAT(written.notes, Contains(HasSubstr("copyright file is not there")));
  EXPECT_THAT(written.notes, Contains(HasSubstr("author of 3 pictures is not stated")));
}

TEST_F(PhotographsTest, WithoutThePackageTheErrorSaysHowToGetIt) {
  const auto message = [](const std::function<void()>& call) -> std::string {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      return error.what();
    }
    return "no error";
  };
  EXPECT_FALSE(package_is_there(folder_.path()));
  EXPECT_TRUE(package_is_there(kSmall));
  EXPECT_THAT(message([&] { find_package(folder_.path(), folder_ / "out"); }),
              HasSubstr("apt-get install gcompris-qt-data"));
  const std::string other = CLIPWRIGHT_SOURCE_DIR "/tests/golden/qt_resource/version3.rcc";
  EXPECT_THAT(
      message([&] {
        write_photographs({.resources = {other}, .copyright = {}, .output = folder_ / "out"});
      }),
      HasSubstr("none of the pictures that are looked for"));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  EXPECT_THAT(message([&] {
                write_photographs({.resources = {folder_.write("x.rcc", "qres")},
                                   .copyright = {},
                                   .output = folder_ / "out"});
              }),
              HasSubstr("x.rcc"));
}

// The real pictures, where they are installed.
TEST_F(PhotographsTest, TheInstalledPackageGivesItsPhotographs) {
  if (!package_is_there("/"))
    GTEST_SKIP()
        << "the package gcompris-qt-data is not installed; apt-get install gcompris-qt-data "
           "brings 140 photographs in five categories and 82 with titles";
  const PhotographOptions package = find_package("/", folder_ / "out");
  const PhotographSets written = write_photographs(package);
  for (const PhotographSet& set : written.sets) {
    const auto dataset = source::open_dataset({.source = split_of(set.name)});
    EXPECT_EQ(dataset->size(), set.pictures) << set.name;
  }
  EXPECT_GE(set_named(written, "gcompris-categories").pictures, 100);
  EXPECT_EQ(set_named(written, "gcompris-categories").classes, 5);

  // Version 3.1-2 of Debian 12; others have other pictures.
  if (hex(sha256_file(package.resources.front())) !=
      "984852ac8377a224c94e26a5bc8a13d0a589612030902c6d76c14509fef3c984")
    return;
  const std::map<std::string, std::pair<int64_t, int64_t>> expected = {
      {"gcompris-categories", {140, 5}}, {"gcompris-titles", {82, 82}},
      {"gcompris-animals", {24, 24}},    {"gcompris-monuments", {49, 49}},
      {"gcompris-music", {9, 9}},        {"gcompris-retrieval", {82, 0}},
      {"gcompris-drawings", {116, 115}}};
  ASSERT_EQ(written.sets.size(), expected.size());
  for (const auto& [name, counts] : expected) {
    EXPECT_EQ(set_named(written, name).pictures, counts.first) << name;
    EXPECT_EQ(set_named(written, name).classes, counts.second) << name;
    EXPECT_THAT(file(name + "/LICENSES.txt"), testing::Not(HasSubstr("\tnowhere\t"))) << name;
  }
  EXPECT_EQ(set_named(written, "gcompris-retrieval").texts, 218);
  EXPECT_EQ(written.left_out, 2) << "blocks of letters and of numbers";
  EXPECT_THAT(file("gcompris-titles/LICENSES.txt"),
              HasSubstr("aulaPalatina.webp\tBerthold Werner\tPublic Domain"));
  EXPECT_THAT(file("gcompris-categories/classnames.txt"),
              "fish\nmonuments\nhousehold objects\nrenewable energy\ntools\n");
}

}  // namespace
}  // namespace clipwright::data::gcompris
