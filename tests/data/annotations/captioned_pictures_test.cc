#include "data/annotations/captioned_pictures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::annotations {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::vector<std::string> paths_of(const CaptionedPictures& found) {
  std::vector<std::string> paths;
  for (const CaptionedPicture& picture : found.pictures) paths.push_back(picture.path);
  return paths;
}

std::vector<std::string> reasons_of(const CaptionedPictures& found) {
  std::vector<std::string> reasons;
  for (const Unusable& unusable : found.unusable) reasons.push_back(unusable.reason);
  return reasons;
}

std::string refusal(const std::string& path, const std::string& split, ExitCode code) {
  try {
    read_caption_json(path, split);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

TEST(CaptionJson, CocosCaptionsGoToTheirPicturesByIdsOf64Bits) {
  const TemporaryFolder folder;
  const std::string path = folder.write("coco_test_karpathy.json", R"({
    "info": {"images": 3},
    "images": [
      {"license": 3, "file_name": "b.jpg", "id": 18446744073709551615},
      {"file_name": "a.jpg", "id": 18446744073709551614},
      {"file_name": "c.jpg", "id": -9223372036854775808},
      {"file_name": "d.jpg", "id": "18446744073709551615"}],
    "annotations": [
      {"image_id": 18446744073709551614, "id": 1, "caption": "a one"},
      {"image_id": 18446744073709551615, "id": 2, "caption": " b one, \"quoted\"\n"},
      {"image_id": 18446744073709551614, "id": 3, "caption": "a two"},
      {"image_id": -9223372036854775808, "id": 4, "caption": "c"},
      {"image_id": "18446744073709551615", "id": 4, "caption": "d"},
      {"image_id": 18446744073709551614, "id": 5, "caption": "a one"}]})");
  const CaptionedPictures found = read_caption_json(path, "");
  EXPECT_EQ(found.kind, "COCO JSON");
  EXPECT_THAT(paths_of(found), ElementsAre("b.jpg", "a.jpg", "c.jpg", "d.jpg"));
  EXPECT_THAT(found.pictures[0].captions, ElementsAre("b one, \"quoted\""));
  // All of them are kept, twins too.
  EXPECT_THAT(found.pictures[1].captions, ElementsAre("a one", "a two", "a one"));
  EXPECT_THAT(found.pictures[2].captions, ElementsAre("c"));
  EXPECT_THAT(found.pictures[3].captions, ElementsAre("d"));
  EXPECT_THAT(found.unusable, SizeIs(0));
}

TEST(CaptionJson, KarpathysFileGivesOneSplit) {
  const TemporaryFolder folder;
  const std::string path = folder.write("dataset_coco.json", R"({"images": [
      {"filepath": "val2014", "filename": "1.jpg", "imgid": 0, "split": "test", "sentids": [1, 2],
       "sentences": [{"tokens": ["a"], "raw": "a man.", "imgid": 0}, {"raw": "a men."}]},
      {"filepath": "train2014", "filename": "2.jpg", "split": "restval", "sentences": [{"raw": "x"}]},
      {"filename": "3.jpg", "split": "test", "sentences": [{"raw": "three"}]}], "dataset": "coco"})");
  const CaptionedPictures found = read_caption_json(path, "test");
  EXPECT_EQ(found.kind, "Karpathy JSON (split test)");
  EXPECT_THAT(paths_of(found), ElementsAre("val2014/1.jpg", "3.jpg"));
  EXPECT_THAT(found.pictures[0].captions, ElementsAre("a man.", "a men."));
  EXPECT_THAT(paths_of(read_caption_json(path, "restval")), ElementsAre("train2014/2.jpg"));
  EXPECT_THAT(refusal(path, "", ExitCode::kUsage), HasSubstr("holds the splits restval and test"));
  EXPECT_THAT(refusal(path, "val", ExitCode::kUsage), HasSubstr("and no 'val'"));
}

TEST(CaptionJson, AListOfPicturesWithTheirCaptions) {
  const TemporaryFolder folder;
  const std::string path = folder.write("coco_karpathy_test.json", R"([
      {"image": "val2014/1.jpg", "caption": ["one", "uno"]},
      {"image": "val2014/2.jpg", "caption": "two"},
      {"file_name": "3.jpg", "captions": ["three"]}])");
  // A split is for files that have some.
  const CaptionedPictures found = read_caption_json(path, "test");
  EXPECT_THAT(paths_of(found), ElementsAre("val2014/1.jpg", "val2014/2.jpg", "3.jpg"));
  EXPECT_THAT(found.pictures[0].captions, ElementsAre("one", "uno"));
  EXPECT_THAT(found.pictures[1].captions, ElementsAre("two"));
}

TEST(CaptionJson, WhatCannotBeUsedIsNamed) {
  const TemporaryFolder folder;
  const std::string path = folder.write("bad.json", R"({
    "images": [7, {"id": 1}, {"id": 2, "file_name": "2.jpg"}, {"id": 2, "file_name": "again.jpg"},
               {"id": 3, "file_name": "3.jpg"}, {"file_name": 4}],
    "annotations": ["x", {"image_id": 9, "caption": "no picture"}, {"image_id": 2},
                    {"image_id": 2, "caption": 5}, {"image_id": 2, "caption": " \t"},
                    {"image_id": 2.0, "caption": "no id"}, {"image_id": 2, "caption": "good"}]})");
  const CaptionedPictures found = read_caption_json(path, "");
  EXPECT_THAT(paths_of(found), ElementsAre("2.jpg"));
  EXPECT_THAT(found.pictures[0].captions, ElementsAre("good"));
  EXPECT_THAT(reasons_of(found),
              ElementsAre("not an object", "no picture", "id again", "no picture", "not an object",
                          "no picture", "no caption", "no caption", "blank caption", "no picture",
                          "no caption"));
  EXPECT_EQ(found.unusable[2].sentence, path + ": picture 3 (again.jpg) has the id 2 again");
  EXPECT_EQ(found.unusable.back().sentence, path + ": 3.jpg has no caption");
}

TEST(CaptionJson, RefusesWhatIsNoSuchFile) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& contents) {
    return refusal(folder.write("x.json", contents), "", ExitCode::kInput);
  };
  EXPECT_THAT(refused(""), HasSubstr("is not valid JSON"));
  EXPECT_THAT(refused("{\"a\": 1}\n{\"a\": 2}\n"), HasSubstr("--dataset-type jsonl"));
  EXPECT_THAT(refused("{\"images\": {\"1\": 2}}"), HasSubstr("holds no list of pictures"));
  EXPECT_THAT(refused("12"), HasSubstr("holds no list of pictures"));
  EXPECT_THAT(refused("{\"images\": [\"\xFF\"]}"), HasSubstr("is not valid JSON"));
  EXPECT_THAT(refused(std::string(100'000, '[')), HasSubstr("JSON that is nested less"));
  EXPECT_THROW(read_caption_json(folder / "absent.json", ""), Error);
}

TEST(FlickrText, ACaptionIsAllThatFollowsThePicture) {
  const TemporaryFolder folder;
  const std::string path = folder.write("flickr30k_test_karpathy.txt",
                                        "image,caption\n"
                                        "1.jpg,A man, a dog, and a cat .\n"
                                        "2.JPG,\"Quotes\" stay, as they stand: a.jpg, b\r\n"
                                        "\n"
                                        "1.jpg, Second of the first\n"
                                        "folder/3.png,Three");
  const CaptionedPictures found = read_flickr_text(path);
  EXPECT_THAT(paths_of(found), ElementsAre("1.jpg", "2.JPG", "folder/3.png"));
  EXPECT_THAT(found.pictures[0].captions,
              ElementsAre("A man, a dog, and a cat .", "Second of the first"));
  EXPECT_THAT(found.pictures[1].captions, ElementsAre("\"Quotes\" stay, as they stand: a.jpg, b"));
  EXPECT_THAT(found.pictures[2].captions, ElementsAre("Three"));
  EXPECT_THAT(found.unusable, SizeIs(0));
  EXPECT_TRUE(is_flickr_text(path));
}

TEST(FlickrText, WhatCannotBeUsedIsNamedAndAFirstPairIsNoHeader) {
  const TemporaryFolder folder;
  const std::string path =
      folder.write("x.txt", "1.jpg,first\nno picture here\n2.jpg, \n3.jpg,\xFF\n");
  const CaptionedPictures found = read_flickr_text(path);
  EXPECT_THAT(paths_of(found), ElementsAre("1.jpg"));
  EXPECT_THAT(reasons_of(found), ElementsAre("no picture", "no caption", "not UTF-8"));
  EXPECT_EQ(found.unusable[0].sentence,
            path + ", line 2: has no picture (looked for NAME.jpg and a comma)");
  EXPECT_FALSE(is_flickr_text(folder.write("captions.txt", "a dog\na cat\n1.jpg,a\n")));
  EXPECT_FALSE(is_flickr_text(folder.write("empty.txt", "")));
}

}  // namespace
}  // namespace clipwright::data::annotations
