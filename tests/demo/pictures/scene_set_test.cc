#include "demo/pictures/scene_set.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "data/files/tar.h"
#include "demo/pictures/emoji_font.h"
#include "demo/pictures/scene_captions.h"

namespace clipwright::demo::pictures {
namespace {

/// Members of a tar: key -> extension -> bytes.
using Samples = std::map<std::string, std::map<std::string, std::string>>;

Samples read_samples(const fs::path& path) {
  const MappedFile archive(path);
  const data::files::TarIndex index = data::files::index_tar(archive);
  EXPECT_EQ(index.damage, "");
  Samples samples;
  for (const data::files::TarMember& member : index.members) {
    const size_t dot = member.name.find('.');
    samples[member.name.substr(0, dot)][member.name.substr(dot + 1)] =
        archive.text().substr(member.offset, member.size);
  }
  return samples;
}

std::vector<std::string> read_lines(const fs::path& path) {
  std::istringstream text(read_file(path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

SceneSetOptions small_set(const fs::path& folder) {
  SceneSetOptions options{.output = folder, .seed = 5, .train = 4'500, .test = 1'500};
  // A part of each collection is enough here and saves seconds.
  options.sources.clip_art /= "food";
  options.sources.stamps /= "animals";
  return options;
}

class SceneSetTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::temp_directory_path() / ("clipwright_scene_set_" + std::to_string(::getpid()));
    set_ = new SceneSet(compose_scene_set(small_set(folder_ / "one")));
  }
  static void TearDownTestSuite() {
    fs::remove_all(folder_);
    delete set_;
  }
  static inline fs::path folder_;
  static inline SceneSet* set_ = nullptr;
};

TEST_F(SceneSetTest, SameBytesForTheSameSeed) {
  const SceneSet again = compose_scene_set(small_set(folder_ / "two"));
  EXPECT_FALSE(again.reused);
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "one")) {
    if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(folder_ / "one"));
  }
  EXPECT_GT(files.size(), 15U);
  for (const fs::path& file : files) {
    EXPECT_EQ(hex(sha256_file(folder_ / "one" / file)), hex(sha256_file(folder_ / "two" / file)))
        << file;
  }
  SceneSetOptions other = small_set(folder_ / "three");
  other.seed = 6;
  other.train = 10, other.test = 10;
  compose_scene_set(other);
  EXPECT_EQ(read_file(folder_ / "three/raw_captions.txt"),
            read_file(folder_ / "one/raw_captions.txt"))
      << "recorded rewrites must fit every seed";
  EXPECT_NE(read_samples(folder_ / "three/train/00000.tar").begin()->second,
            read_samples(folder_ / "one/train/00000.tar").begin()->second);
}

TEST_F(SceneSetTest, FinishedSetIsReusedAndAnUnfinishedOneIsNot) {
  const SceneSetOptions options = small_set(folder_ / "one");
  const auto written = fs::last_write_time(folder_ / "one/train/00000.tar");
  const SceneSet again = compose_scene_set(options);
  EXPECT_TRUE(again.reused);
  EXPECT_EQ(fs::last_write_time(folder_ / "one/train/00000.tar"), written);
  EXPECT_EQ(again.zeroshot_scenes, set_->zeroshot_scenes);
  EXPECT_EQ(again.hand_drawn.describe(), set_->hand_drawn.describe());
  SceneSetOptions tiny = small_set(folder_ / "four");
  tiny.train = 10, tiny.test = 10;
  compose_scene_set(tiny);
  write_file(folder_ / "four/composed.json", "{\"made_of\": ");
  EXPECT_FALSE(compose_scene_set(tiny).reused);
  tiny.seed = 9;
  EXPECT_FALSE(compose_scene_set(tiny).reused);
}

TEST_F(SceneSetTest, TrainingScenesHaveOneRawCaptionEachAndShowEveryClass) {
  const auto lines = read_lines(set_->raw_captions);
  const std::set<std::string> raw(lines.begin(), lines.end());
  EXPECT_EQ(static_cast<int64_t>(raw.size()), set_->distinct_captions);
  Samples samples = read_samples(folder_ / "one/train/00000.tar");
  EXPECT_EQ(samples.size(), 4000U);
  samples.merge(read_samples(folder_ / "one/train/00001.tar"));
  EXPECT_EQ(samples.size(), 4500U);
  std::set<std::string> seen;
  for (const auto& [key, sample] : samples) {
    ASSERT_TRUE(sample.contains("png"));
    ASSERT_TRUE(raw.contains(sample.at("txt"))) << sample.at("txt");
    seen.insert(sample.at("txt"));
  }
  const RawCaptions captions = raw_captions(set_->classes);
  int64_t alone = 0;
  for (const auto& of_class : captions.alone) {
    EXPECT_TRUE(std::any_of(of_class.begin(), of_class.end(), [&](const RawCaption& caption) {
      return seen.contains(caption.text);
    }));
    for (const RawCaption& caption : of_class) {
      for (const auto& [key, sample] : samples) alone += sample.at("txt") == caption.text;
    }
  }
  EXPECT_NEAR(static_cast<double>(alone) / 4500, 0.7, 0.03);  // over four standard deviations
}

TEST_F(SceneSetTest, NoTestPictureIsATrainingPicture) {
  std::set<std::string> training;
  for (const char* tar : {"one/train/00000.tar", "one/train/00001.tar"}) {
    for (const auto& [key, sample] : read_samples(folder_ / tar)) training.insert(sample.at("png"));
  }
  for (const fs::path& folder : {set_->zeroshot, set_->retrieval_other_wording}) {
    const Samples samples = read_samples(folder / "test/0.tar");
    EXPECT_GT(samples.size(), 900U);
    for (const auto& [key, sample] : samples) EXPECT_FALSE(training.contains(sample.at("png")));
  }
}

TEST_F(SceneSetTest, PairsOfTheRetrievalTestNeverMetInTraining) {
  std::set<std::pair<std::string, std::string>> met;
  for (const RawCaption& caption : raw_captions(set_->classes).pairs) {
    met.insert(std::minmax(set_->classes[static_cast<size_t>(caption.facts.first)].name,
                           set_->classes[static_cast<size_t>(caption.facts.second)].name));
  }
  int pairs = 0;
  for (const auto& [key, sample] : read_samples(set_->retrieval_training_wording / "test/0.tar")) {
    const std::string& text = sample.at("txt");
    const bool above = text.find(" above ") != std::string::npos;
    const size_t middle = text.find(above ? " above " : " and ");
    if (middle == std::string::npos) continue;
    ++pairs;
    const std::string a = text.substr(0, middle), b = text.substr(middle + (above ? 7 : 5));
    EXPECT_FALSE(met.contains(std::minmax(a, b))) << text;
  }
  EXPECT_EQ(pairs, 300);
}

TEST_F(SceneSetTest, LabelsCaptionsAndPicturesBelongTogether) {
  const auto names = read_lines(set_->zeroshot / "classnames.txt");
  const auto synonyms = read_lines(set_->zeroshot_synonyms / "classnames.txt");
  ASSERT_EQ(names.size(), set_->classes.size());
  std::map<std::string, std::string> name_of, synonym_of;  // by picture
  std::map<std::string, int> count;
  for (const auto& [key, sample] : read_samples(set_->zeroshot / "test/0.tar")) {
    name_of[sample.at("png")] = names.at(std::stoul(sample.at("cls")));
    ++count[name_of[sample.at("png")]];
  }
  EXPECT_EQ(count.size(), names.size());
  for (const auto& [name, pictures] : count)
    EXPECT_NEAR(pictures, 1050.0 / names.size(), 1) << name;
  for (const auto& [key, sample] : read_samples(set_->zeroshot_synonyms / "test/0.tar")) {
    synonym_of[sample.at("png")] = synonyms.at(std::stoul(sample.at("cls")));
  }
  for (const nouns::ObjectClass& object : set_->classes) {
    for (const auto& [png, name] : name_of) {
      if (name != object.name) continue;
      EXPECT_EQ(synonym_of.contains(png) ? synonym_of[png] : "", object.synonym);
    }
  }
  std::set<std::string> told;
  const Samples other = read_samples(set_->retrieval_other_wording / "test/0.tar");
  for (const auto& [key, sample] : read_samples(set_->retrieval_training_wording / "test/0.tar")) {
    EXPECT_EQ(other.at(key).at("png"), sample.at("png"));
    EXPECT_TRUE(told.insert(sample.at("txt")).second)
        << "two pictures with the caption " << sample.at("txt");
    std::istringstream sentences(other.at(key).at("txt"));
    int count_of = 0;
    for (std::string sentence; std::getline(sentences, sentence); ++count_of) {
      EXPECT_TRUE(told.insert(sentence).second) << "two pictures with the caption " << sentence;
    }
    EXPECT_EQ(count_of, 4);
    const auto labelled = name_of.find(sample.at("png"));
    if (labelled == name_of.end()) continue;
    EXPECT_TRUE(sample.at("txt").starts_with(labelled->second));
    EXPECT_NE(other.at(key).at("txt").find("the " + labelled->second), std::string::npos);
  }
}

TEST_F(SceneSetTest, FoldersFollowTheBenchmarkLayout) {
  for (const fs::path& folder :
       {set_->zeroshot, set_->zeroshot_synonyms, set_->zeroshot_other_hands}) {
    EXPECT_EQ(read_file(folder / "test/nshards.txt"), "1\n");
    EXPECT_FALSE(fs::exists(folder / "dataset_type.txt"));
    for (const std::string& line : read_lines(folder / "zeroshot_classification_templates.txt")) {
      EXPECT_NE(line.find("{c}"), std::string::npos);
    }
  }
  EXPECT_EQ(read_file(set_->retrieval_other_wording / "dataset_type.txt"), "retrieval\n");
}

TEST_F(SceneSetTest, HandDrawnPicturesComeFromBothCollections) {
  EXPECT_GT(set_->hand_drawn.clip_art_taken, 20);
  EXPECT_GT(set_->hand_drawn.stamps_taken, 30);
  const Samples samples = read_samples(set_->zeroshot_other_hands / "test/0.tar");
  EXPECT_EQ(static_cast<int>(samples.size()),
            set_->hand_drawn.clip_art_taken + set_->hand_drawn.stamps_taken);
  std::set<std::string> pictures;
  for (const auto& [key, sample] : samples) EXPECT_TRUE(pictures.insert(sample.at("png")).second);
}

TEST_F(SceneSetTest, MissingPackageIsNamed) {
  SceneSetOptions options = small_set(folder_ / "five");
  options.sources.font = "/nowhere/emoji.ttf";
  try {
    compose_scene_set(options);
    FAIL() << "composed without a font";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kFailed);
    EXPECT_NE(std::string(error.what()).find("fonts-noto-color-emoji"), std::string::npos);
  }
}

TEST(EmojiFont, SpritesShowTheirCharacter) {
  const EmojiFont font(DemoSources().font);
  const auto mean = [](const Raster& sprite) {
    std::array<double, 3> sum{};
    double alpha = 0;
    for (size_t i = 0; i < sprite.pixels.size(); i += 4) {
      for (size_t c = 0; c < 3; ++c) sum[c] += sprite.pixels[i + c];
      alpha += sprite.pixels[i + 3];
    }
    for (double& value : sum) value *= 255 / alpha;
    return sum;
  };
  const Raster lemon = font.sprite(U'\U0001F34B');
  EXPECT_GT(std::max(lemon.width, lemon.height), 90);
  const auto yellow = mean(lemon), red = mean(font.sprite(U'\U0001F345')),
             green = mean(font.sprite(U'\U0001F951'));
  EXPECT_GT(yellow[0], 180);
  EXPECT_GT(yellow[1], 150);
  EXPECT_LT(yellow[2], 110);
  EXPECT_GT(red[0], red[1] + 80);
  EXPECT_GT(green[1], green[2] + 40);
  EXPECT_THROW(font.sprite(U'\x3042'), Error);
  EXPECT_THROW(EmojiFont(DemoSources().annotations), Error);
}

}  // namespace
}  // namespace clipwright::demo::pictures
