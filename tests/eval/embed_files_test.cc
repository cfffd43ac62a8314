#include "eval/embed_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "tests/temporary_folder.h"

namespace clipwright::eval {
namespace {

using testing::ElementsAre;

class PicturePaths : public testing::Test {
 protected:
  PicturePaths() {
    for (const char* name : {"d/0.jpg", "d/1.PNG", "d/2.gif", "d/sub/3.tif", "d/._0.jpg",
                             "d/.DS_Store", "d/__MACOSX/0.jpg", "d/notes.txt"})
      folder_.write(name, "x");
  }
  TemporaryFolder folder_;
};

TEST_F(PicturePaths, AFolderGivesWhatADataSetOfItGives) {
  EXPECT_THAT(picture_paths({folder_ / "d"}),
              ElementsAre(folder_ / "d/0.jpg", folder_ / "d/1.PNG", folder_ / "d/2.gif",
                          folder_ / "d/sub/3.tif"));
}

TEST_F(PicturePaths, AListMayHaveAMarkBlankLinesAndHiddenFiles) {
  const auto expected = ElementsAre(folder_ / "d/0.jpg", folder_ / "d/1.PNG");
  const char* kLists[] = {"0.jpg\n1.PNG\n", "0.jpg\n1.PNG",
                          "\xEF\xBB\xBF"
                          "0.jpg\r\n1.PNG\r\n",
                          "\n0.jpg\n \n\t\n1.PNG\n\n \r\n",
                          "0.jpg\n._0.jpg\n.DS_Store\n__MACOSX/0.jpg\n1.PNG\n"};
  for (const char* list : kLists) {
    EXPECT_THAT(picture_paths({folder_.write("d/list.txt", list)}), expected) << list;
    EXPECT_THAT(picture_paths({folder_.write("d/LIST.TXT", list)}), expected) << list;
  }
  // The folders above a picture are the user's.
  folder_.write(".cache/p.jpg", "x");
  EXPECT_THAT(picture_paths({folder_.write("l.txt", folder_ / ".cache/p.jpg")}),
              ElementsAre(folder_ / ".cache/p.jpg"));
}

TEST_F(PicturePaths, PatternsAndBracesAreThoseOfADataSource) {
  EXPECT_THAT(picture_paths({folder_ / "d/*.jpg", folder_ / "d/{1,9}.PNG"}),
              ElementsAre(folder_ / "d/0.jpg", folder_ / "d/1.PNG", folder_ / "d/9.PNG"));
  EXPECT_THROW(picture_paths({"https://example.org/0.jpg"}), Error);
}

}  // namespace
}  // namespace clipwright::eval
