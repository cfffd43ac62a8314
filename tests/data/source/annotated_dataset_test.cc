#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "data/files/tar.h"
#include "data/source/dataset.h"
#include "data/source/source_kind.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::source {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string bytes_of(const ImageBytes& image) {
  EXPECT_EQ(image.error, "");
  return {reinterpret_cast<const char*>(image.view.data()), image.view.size()};
}

std::string message_of(const DataOptions& options) {
  try {
    open_dataset(options);
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "no error for " << options.source;
  return {};
}

TEST(AnnotatedDataset, KnowsItsFilesByEndingAndContent) {
  const TemporaryFolder folder;
  EXPECT_EQ(kind_of(folder.write("a.json", "{}"), {}), SourceKind::kCaptionJson);
  EXPECT_EQ(kind_of(folder.write("b.txt", "image,caption\nx.jpg,a dog\n"), {}),
            SourceKind::kFlickrText);
  EXPECT_EQ(kind_of(folder / "b.txt", {.pictures = false}), SourceKind::kFlickrText);
  EXPECT_EQ(kind_of(folder / "b.txt", {.type = "caption-json"}), SourceKind::kCaptionJson);
  EXPECT_EQ(kind_of(folder / "a.json", {.type = "flickr-text"}), SourceKind::kFlickrText);
}

TEST(AnnotatedDataset, HasAllCaptionsOfAPictureAndThePictureUnderItsRoot) {
  const TemporaryFolder folder;
  folder.write("val2014/1.jpg", "one");
  folder.write("val2014/2.jpg", "two");
  const std::string coco = folder.write("coco_test_karpathy.json", R"({
      "images": [{"id": 5, "file_name": "2.jpg"}, {"id": 4, "file_name": "1.jpg"}],
      "annotations": [{"image_id": 4, "caption": "c1"}, {"image_id": 5, "caption": "c2"},
                      {"image_id": 4, "caption": "c3"}, {"image_id": 4, "caption": "  "}]})");
  const auto pairs = open_dataset({.source = coco, .image_root = folder / "val2014"});
  ASSERT_EQ(pairs->size(), 2);
  EXPECT_EQ(pairs->key(0), "2.jpg");
  EXPECT_EQ(pairs->caption(1), "c1");
  EXPECT_THAT(pairs->captions(1), ElementsAre("c1", "c3"));
  EXPECT_EQ(bytes_of(pairs->image(0)), "two");
  EXPECT_EQ(pairs->describe(),
            "COCO JSON " + coco + ": 2 pictures, 3 captions, skipped 1 of 4 (blank caption 1)");

  // Karpathy's paths start above the folder; both roots find them.
  const std::string karpathy = folder.write("dataset_coco.json", R"({"images": [
      {"filepath": "val2014", "filename": "1.jpg", "split": "test", "sentences": [{"raw": "a"}]},
      {"filepath": "val2014", "filename": "3.jpg", "split": "val", "sentences": [{"raw": "b"}]}]})");
  for (const std::string& root : {folder.path().string(), folder / "val2014"}) {
    const auto test = open_dataset({.source = karpathy, .split = "test", .image_root = root});
    ASSERT_EQ(test->size(), 1);
    EXPECT_EQ(test->key(0), "val2014/1.jpg");
    EXPECT_EQ(bytes_of(test->image(0)), "one");
  }
  EXPECT_THAT(message_of({.source = karpathy}), HasSubstr("holds the splits test and val"));
  EXPECT_THAT(
      message_of({.source = karpathy, .split = "val"}),
      HasSubstr("pictures that were looked for exists, e.g. " + (folder / "val2014/3.jpg")));

  const std::string flickr =
      folder.write("flickr.txt", "image,caption\n2.jpg,a, b\n1.jpg,c\n2.jpg,\"d\"\n");
  const auto pictures = open_dataset({.source = flickr, .image_root = folder / "val2014"});
  EXPECT_THAT(pictures->captions(0), ElementsAre("a, b", "\"d\""));
  EXPECT_THAT(pictures->captions(1), ElementsAre("c"));
}

TEST(AnnotatedDataset, TooManyUnusableCaptionsAreRefused) {
  const TemporaryFolder folder;
  folder.write("1.jpg", "one");
  std::string text = "image,caption\n";
  for (int i = 0; i < 250; ++i) text += i % 10 == 5 ? "nothing\n" : "1.jpg,a dog\n";
  EXPECT_THAT(message_of({.source = folder.write("flickr.txt", text)}),
              HasSubstr("line 7: has no picture"));
  EXPECT_THAT(message_of({.source = folder.write("none.json", "{\"images\": []}")}),
              HasSubstr("no picture has a caption"));
}

TEST(ClipBenchmarkFolder, DividesCaptionsAsPythonDoes) {
  const TemporaryFolder folder;
  folder.write("wds_flickr30k/dataset_type.txt", "retrieval");
  for (const char* split : {"test", "train"}) {
    const std::string place = "wds_flickr30k/" + std::string(split);
    folder.write(place + "/nshards.txt", "1");
    files::TarWriter tar(folder / (place + "/0.tar"));
    tar.add("s0000000.jpg", "one");
    tar.add("s0000000.txt", std::string("first of ") + split +
                                "\rsecond\\nhalf\x0B\u2028third, \"x\"\u0085\n fourth \n");
    tar.finish();
  }
  const auto pairs = open_dataset({.source = folder / "wds_flickr30k"});
  EXPECT_THAT(pairs->captions(0),
              ElementsAre("first of test", "second\\nhalf", "third, \"x\"", "fourth"));
  EXPECT_EQ(pairs->caption(0), "first of test");
  EXPECT_THAT(pairs->describe(), HasSubstr("2 blank captions left out"));
  const auto train = open_dataset({.source = folder / "wds_flickr30k", .split = "train"});
  EXPECT_EQ(train->caption(0), "first of train");
  EXPECT_THAT(
      message_of({.source = folder / "wds_flickr30k", .type = "clip-benchmark", .split = "val"}),
      HasSubstr("nor has its folder val"));
}

}  // namespace
}  // namespace clipwright::data::source
