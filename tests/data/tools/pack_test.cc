#include "data/tools/pack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "data/tools/inspect.h"
#include "data/tools/manifest.h"
#include "tests/data/golden_pictures.h"
#include "tests/data/test_pictures.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class PackTest : public testing::Test {
 protected:
  PackTest() {
    for (int i = 0; i < 7; ++i) {
      folder_.write("in/" + std::to_string(i) + ".png", i == 4 ? "junk" : test_png(i, 20 + i));
      folder_.write("in/" + std::to_string(i) + ".txt",
                    i == 2 ? "two\nzwei" : "picture " + std::to_string(i));
    }
    source_ = source::open_dataset({.source = folder_ / "in"});
  }

  std::string manifest_of(const source::Dataset& dataset) {
    std::string text;
    write_manifest(dataset, [&](std::string_view line) { text += line; });
    return text;
  }

  TemporaryFolder folder_;
  std::unique_ptr<source::Dataset> source_;
};

TEST_F(PackTest, TarsHoldTheSamePicturesCaptionsAndRewrites) {
  const auto captions = captions::CaptionTable::build(
      *source_, {folder_.write("bard.txt", "0\n1 a\n2\n3\n4\n5 b\n\n")});
  const PackResult done =
      pack(*source_, &captions, {.folder = folder_ / "out", .samples_per_tar = 4});
  EXPECT_EQ(done.samples, 6);
  EXPECT_EQ(done.skipped, 1);
  EXPECT_EQ(done.tars, 2);
  const auto packed = source::open_dataset({.source = folder_ / "out/{00000..00001}.tar"});
  ASSERT_EQ(packed->size(), 6);
  for (int64_t i = 0; i < 6; ++i) {
    const int64_t from = i < 4 ? i : i + 1;
    const auto a = source_->image(from), b = packed->image(i);
    EXPECT_TRUE(std::equal(a.view.begin(), a.view.end(), b.view.begin(), b.view.end()));
  }
  EXPECT_EQ(packed->caption(2), "two");
  EXPECT_EQ(packed->caption(4), "picture 5");
  const Json sizes = read_json(folder_ / "out/sizes.json");
  EXPECT_EQ(sizes["00000.tar"], 4);
  EXPECT_EQ(sizes["00001.tar"], 2);
  EXPECT_THAT(read_file(folder_ / "out/00001.tar"),
              HasSubstr(R"({"key":"5.png","caption":"picture 5","rewrite:bard":"5 b"})"));
  EXPECT_THAT(read_file(folder_ / "out/00001.tar"),
              HasSubstr(R"({"key":"6.png","caption":"picture 6"})"));
}

TEST_F(PackTest, TheSameDataGivesTheSameBytes) {
  pack(*source_, nullptr, {.folder = folder_ / "a"});
  pack(*source_, nullptr, {.folder = folder_ / "b"});
  EXPECT_EQ(read_file(folder_ / "a/00000.tar"), read_file(folder_ / "b/00000.tar"));
}

TEST_F(PackTest, OfSeveralCaptionsTheTarsReaderTakesTheOneThatTrainingTakes) {
  folder_.write("stamps/a.png", test_png(1, 20));
  folder_.write("stamps/a.txt", "A dog.\r\nde.utf8=Ein Hund.\r\nfr.utf8=Un chien.\r\n");
  folder_.write("stamps/b.png", test_png(2, 20));
  folder_.write("stamps/b.txt", "\n  A cat.\nde.utf8=Eine Katze.\n");
  folder_.write("stamps/c.png", test_png(3, 20));
  folder_.write("stamps/c.txt", "A cow.");
  const auto stamps = source::open_dataset({.source = folder_ / "stamps"});
  const std::string rewrites = folder_.write("bard.txt", "one dog\none cat\none cow\n");
  const auto captions = captions::CaptionTable::build(*stamps, {rewrites});
  pack(*stamps, &captions, {.folder = folder_ / "out"});
  const auto packed = source::open_dataset({.source = folder_ / "out"});
  ASSERT_EQ(packed->size(), 3);
  const auto packed_captions = captions::CaptionTable::build(*packed, {rewrites});
  for (int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(packed->caption(i), stamps->caption(i));
    EXPECT_EQ(packed_captions.text(i, 1), captions.text(i, 1));
  }
  EXPECT_EQ(packed->caption(1), "A cat.");
  EXPECT_THAT(read_file(folder_ / "out/00000.tar"),
              HasSubstr(R"("caption":"A cat.","rewrite:bard":"one cat",)"
                        R"("captions":["A cat.","de.utf8=Eine Katze."]})"));
}

TEST_F(PackTest, AFolderWithTarsOfAnEarlierPackIsRefused) {
  const auto refused = [&](const std::string& folder) -> std::string {
    try {
      pack(*source_, nullptr, {.folder = folder});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage);
      return error.what();
    }
    return "packed";
  };
  pack(*source_, nullptr, {.folder = folder_ / "out", .samples_per_tar = 2});
  const std::string before = read_file(folder_ / "out/00000.tar");
  EXPECT_THAT(refused(folder_ / "out"), HasSubstr("holds 00000.tar already"));
  EXPECT_THAT(refused(folder_ / "out"), HasSubstr("Choose another folder"));
  EXPECT_EQ(read_file(folder_ / "out/00000.tar"), before);
  folder_.write("sizes/sizes.json", "{}");
  EXPECT_THAT(refused(folder_ / "sizes"), HasSubstr("holds sizes.json already"));
  folder_.write("notes/readme.md", "about this set");
  EXPECT_EQ(refused(folder_ / "notes"), "packed");
}

TEST_F(PackTest, TarsOfNoSampleAreAUsageError) {
  EXPECT_THROW(pack(*source_, nullptr, {.folder = folder_ / "out", .samples_per_tar = 0}), Error);
}

/// Named by what it is, whatever its file was called, and found again.
TEST_F(PackTest, EveryKindOfPictureThatIsDecodedIsPacked) {
  const TemporaryFolder folder;
  const std::vector<std::pair<std::string, std::string>> pictures = {
      {"jpeg_420.jpg", "jpg"},    {"png_rgb.png", "png"}, {"webp_lossy.webp", "webp"},
      {"gif_palette.gif", "gif"}, {"bmp_rgb.bmp", "bmp"}, {"tiff_rgb.tif", "tif"}};
  for (const auto& [name, suffix] : pictures) {
    folder.write("in/" + name.substr(0, 3) + ".jpg", golden_picture(name).bytes);
    folder.write("in/" + name.substr(0, 3) + ".txt", suffix);
  }
  folder.write("in/page.jpg", "<html>404</html>");
  folder.write("in/page.txt", "html");
  const auto source = source::open_dataset({.source = folder / "in"});
  configure_log({});
  testing::internal::CaptureStderr();
  const PackResult done = pack(*source, nullptr, {.folder = folder / "out"});
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_EQ(done.samples, 6);
  EXPECT_EQ(done.skipped, 1);
  EXPECT_EQ(done.rare, 3);
  EXPECT_THAT(told, HasSubstr("page.jpg: an HTML page, which is not decoded"));
  EXPECT_THAT(told, HasSubstr("3 pictures are GIF, BMP or TIFF"));
  const std::string tar = read_file(folder / "out/00000.tar");
  const auto packed = source::open_dataset({.source = folder / "out/00000.tar"});
  ASSERT_EQ(packed->size(), 6);
  for (int64_t i = 0; i < 6; ++i) {
    EXPECT_TRUE(packed->image(i).error.empty());
    EXPECT_THAT(tar, HasSubstr(packed->key(i) + "." + packed->caption(i)));
  }
  const Inspection found = inspect(*packed, 100);
  for (const char* kind : {"JPEG colour or grey", "PNG colour or grey", "WebP colour or grey",
                           "GIF palette or one bit", "BMP colour or grey", "TIFF colour or grey"})
    EXPECT_EQ(found.kinds.count(kind), 1u) << kind;
}

TEST_F(PackTest, JoinedTextsCarryKeysAndSlots) {
  const auto captions = captions::CaptionTable::build(
      *source_, {folder_.write("bard.txt", "zero\n1\n2\n3\n4\n5\n\n")});
  std::vector<std::string> lines;
  join_texts(*source_, captions, [&](std::string_view line) { lines.emplace_back(line); });
  ASSERT_EQ(lines.size(), 7u);
  EXPECT_EQ(lines[0], "{\"key\":\"0.png\",\"raw\":\"picture 0\",\"rewrite:bard\":\"zero\"}\n");
  EXPECT_EQ(lines[6], "{\"key\":\"6.png\",\"raw\":\"picture 6\"}\n");
}

TEST_F(PackTest, ManifestsTellWhatChanged) {
  folder_.write("first.jsonl", manifest_of(*source_));
  EXPECT_TRUE(compare_manifests(folder_ / "first.jsonl", folder_ / "first.jsonl").equal());
  folder_.write("in/1.png", test_png(99));
  folder_.write("in/3.txt", "another caption");
  std::filesystem::remove(folder_ / "in/5.png");
  folder_.write("in/9.png", test_png(9));
  folder_.write("in/9.txt", "nine");
  folder_.write("second.jsonl", manifest_of(*source::open_dataset({.source = folder_ / "in"})));
  const ManifestDifference found =
      compare_manifests(folder_ / "first.jsonl", folder_ / "second.jsonl");
  EXPECT_EQ(found.same, 4);
  EXPECT_THAT(found.examples, ElementsAre("1.png: another picture", "3.png: another caption",
                                          "9.png: only in the second", "5.png: only in the first"));
}

TEST_F(PackTest, InspectionCountsWhatThereIs) {
  folder_.write("in/0.txt", "word " + std::string(400, 'x') + std::string(300, '!'));
  const Inspection found = inspect(*source::open_dataset({.source = folder_ / "in"}), 100);
  EXPECT_EQ(found.pairs, 7);
  EXPECT_EQ(found.sampled, 7);
  EXPECT_EQ(found.several_captions, 1);
  EXPECT_EQ(found.without_caption, 0);
  EXPECT_NEAR(found.share_truncated, 1.0 / 8, 1e-9);
  EXPECT_EQ(found.tokens.median, 4);  // start, picture, a digit, end
  EXPECT_EQ(found.width.smallest, 20);
  EXPECT_EQ(found.width.largest, 26);
  EXPECT_EQ(found.kinds.size(), 1u);
  EXPECT_EQ(found.kinds.at("PNG colour or grey"), 6);
  EXPECT_EQ(found.bad.size(), 1u);
  EXPECT_THAT(found.bad_keys, ElementsAre("4.png"));
  EXPECT_THAT(found.describe(), HasSubstr("longer than 77: 12.50 %"));
}

}  // namespace
}  // namespace clipwright::data::tools
