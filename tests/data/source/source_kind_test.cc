#include "data/source/source_kind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "data/source/columns.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::source {
namespace {

using testing::ElementsAre;

TEST(SourceKind, EveryEndingWithPicturesAndWithout) {
  const TemporaryFolder folder;
  const std::string headed = "filepath,title\n", bare = "1.jpg,a dog\n";
  const struct {
    const char* name;
    std::string contents;
    SourceKind with, without;
  } kFiles[] = {
      {"a.csv", headed, SourceKind::kCsv, SourceKind::kCsv},
      {"b.CSV", bare, SourceKind::kLaclipCsv, SourceKind::kCsv},
      {"c.tsv", bare, SourceKind::kCsv, SourceKind::kCsv},
      {"d.jsonl", "{}", SourceKind::kJsonl, SourceKind::kJsonl},
      {"e.ndjson", "{}", SourceKind::kJsonl, SourceKind::kJsonl},
      {"f.Parquet", "PAR1", SourceKind::kParquet, SourceKind::kParquet},
      {"g.tar", "", SourceKind::kTars, SourceKind::kLines},
  };
  for (const auto& [name, contents, with, without] : kFiles) {
    const std::string path = folder.write(name, contents);
    EXPECT_EQ(kind_of(path, {}), with) << name;
    EXPECT_EQ(kind_of(path, {.pictures = false}), without) << name;
  }
  const std::string text = folder.write("captions.txt", "a dog\n");
  EXPECT_EQ(kind_of(text, {.pictures = false}), SourceKind::kLines);
  EXPECT_THROW(kind_of(text, {}), Error);
  EXPECT_THROW(kind_of(folder.write("x.tar.gz", "z"), {}), Error);
  folder.write("tars/1.tar", "");
  folder.write("pictures/1.jpg", "");
  EXPECT_EQ(kind_of(folder / "tars", {}), SourceKind::kTars);
  EXPECT_EQ(kind_of(folder / "pictures", {}), SourceKind::kFolder);
}

TEST(SourceKind, HiddenFilesAreNotListed) {
  const TemporaryFolder folder;
  for (const char* name : {"b.jpg", "a/c.jpg", "._b.jpg", "a/.c.jpg", ".cache/d.jpg", "e.txt"})
    folder.write(name, "x");
  std::filesystem::create_directories(folder / "folder.jpg");
  const auto pictures = [](std::string_view name) { return name.ends_with(".jpg"); };
  EXPECT_THAT(files_below(folder.path(), pictures), ElementsAre("a/c.jpg", "b.jpg"));
  EXPECT_THROW(files_below(folder / "absent", pictures), Error);
}

TEST(SourceKind, TarsOfAFolderComeByName) {
  const TemporaryFolder folder;
  for (const char* name : {"2.tar", "10.tar", "1.tar", "sizes.json"}) folder.write(name, "");
  EXPECT_THAT(tars_in(folder.path()),
              ElementsAre(folder / "1.tar", folder / "10.tar", folder / "2.tar"));
}

TEST(Columns, AColumnThatIsNamedIsTheOnlyOneWithoutPicturesAndTheFirstWith) {
  DataOptions options{.pictures = false, .caption_column = "said"};
  EXPECT_THAT(column_names(Column::kCaption, SourceKind::kJsonl, options), ElementsAre("said"));
  options = {.csv_caption_key = "said"};
  EXPECT_THAT(column_names(Column::kCaption, SourceKind::kJsonl, options),
              ElementsAre("said", "caption", "text", "title"));
}

TEST(Columns, TheBestNameWinsWhateverTheOrderOfTheColumns) {
  const std::vector<std::string> columns = {"Text", "URL", "Caption", "id"};
  EXPECT_EQ(find_column(columns, {"caption", "text"}, true), 2);
  EXPECT_EQ(find_column(columns, {"caption", "text"}), -1);
  EXPECT_EQ(find_column(columns, {"key", "id", "url"}, true), 3);
  EXPECT_EQ(find_column({}, {"caption"}), -1);
}

}  // namespace
}  // namespace clipwright::data::source
