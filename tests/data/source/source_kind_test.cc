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
      {"b.CSV", bare, SourceKind::kLaclipCsv, SourceKind::kLaclipCsv},
      {"c.tsv", bare, SourceKind::kCsv, SourceKind::kCsv},
      {"d.jsonl", "{}", SourceKind::kJsonl, SourceKind::kJsonl},
      {"e.ndjson", "{}", SourceKind::kJsonl, SourceKind::kJsonl},
      {"f.Parquet", "PAR1", SourceKind::kParquet, SourceKind::kParquet},
      {"g.tar", "", SourceKind::kTars, SourceKind::kTars},
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

TEST(SourceKind, TarsOfASourceComeByName) {
  const TemporaryFolder folder;
  for (const char* name : {"2.tar", "10.tar", "1.tar", "._1.tar", "sizes.json"})
    folder.write(name, "");
  EXPECT_THAT(tars_of(folder.path()),
              ElementsAre(folder / "1.tar", folder / "10.tar", folder / "2.tar"));
  EXPECT_THAT(tars_of(folder / "1.tar"), ElementsAre(folder / "1.tar"));
  folder.write("gz/0.tar.gz", "");
  EXPECT_THROW(tars_of(folder / "gz"), Error);
}

TEST(Columns, AColumnThatIsNamedIsTheOnlyOneWithoutPicturesAndTheFirstWith) {
  DataOptions options{.pictures = false, .caption_column = "said"};
  EXPECT_THAT(column_names(Column::kCaption, SourceKind::kJsonl, options), ElementsAre("said"));
  options = {.csv_caption_key = "said"};
  EXPECT_THAT(column_names(Column::kCaption, SourceKind::kJsonl, options),
              ElementsAre("said", "title", "caption", "text", "txt", "comment"));
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
