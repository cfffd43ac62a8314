// One thing, one reading: what a source is, which column holds what and where a line ends does not
// depend on whether its pictures are read (--data, evaluation) or its captions alone (--captions).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "core/error.h"
#include "data/files/tar.h"
#include "data/source/columns.h"
#include "data/source/dataset.h"
#include "data/source/source_kind.h"
#include "tests/parquet_file.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::source {
namespace {

using testing::ElementsAre;

const std::vector<std::string> kKeys = {"1.jpg", "2.jpg"}, kCaptions = {"a dog", "a cat, white"};

void write_tar(const std::string& path, const std::string& ending) {
  files::TarWriter writer(path);
  for (const char* key : {"1", "2"}) {
    const std::string text = *key == '1' ? "a dog" : "a cat, white";
    writer.add(std::string(key) + ".jpg", "picture");
    writer.add(std::string(key) + "." + ending,
               ending == "txt" ? text : "{\"caption\": \"" + text + "\"}");
  }
  writer.finish();
}

struct Kind {
  std::string name;
  std::function<std::string(const TemporaryFolder&)> write;  ///< gives what names the source
  std::vector<std::string> keys = kKeys;
};

/// A table in text under a header.
Kind table(const std::string& name, const std::string& contents) {
  return {name + ": " + contents.substr(0, 30),
          [=](const TemporaryFolder& folder) { return folder.write(name, contents); }};
}

std::vector<Kind> kinds() {
  const std::string mark = "\xEF\xBB\xBF";
  std::vector<Kind> all = {
      table("a.csv", "filepath,title\n1.jpg,a dog\n2.jpg,\"a cat, white\"\n"),
      table("b.csv", mark + "title;filepath\r\na dog;1.jpg\r\n\r\na cat, white;2.jpg"),
      table("c.csv", "image\tcaption\n1.jpg\ta dog\n2.jpg\ta cat, white\n"),
      table("d.csv",
            "image_name| comment_number| comment\n1.jpg| 0| a dog\n2.jpg| 1| a cat, white\n"),
      table("e.CSV", "1.jpg,a dog\n2.jpg,\"a cat, white\"\n"),
      table("f.tsv", mark + "file_name\ttext\r1.jpg\t a dog \r2.jpg\ta cat, white\r"),
      table("g.tsv", "caption\tid\timage_path\na dog\t7\t1.jpg\na cat, white\t8\t2.jpg\n"),
      table("h.csv", "title,caption,filepath\na dog,x,1.jpg\n\"a cat, white\",y,2.jpg\n"),
      table("a.jsonl",
            "{\"image\": \"1.jpg\", \"caption\": \"a dog\", \"id\": 3}\r\n\r\n"
            "{\"image\": \"2.jpg\", \"caption\": \" a cat, white \"}"),
      table("b.ndjson",
            mark + "{\"filepath\": \"1.jpg\", \"title\": \"a dog\", \"caption\": \"x\"}\n"
                   "{\"file_name\": \"2.jpg\", \"captions\": [\"a cat, white\", \"y\"]}\n"),
      table("a.json", mark + "[{\"image\": \"1.jpg\", \"caption\": [\"a dog\", \"x\"]}, "
                             "{\"image\": \"2.jpg\", \"caption\": \"a cat, white\"}]"),
      table("b.json",
            "{\"images\": [{\"id\": 1, \"file_name\": \"1.jpg\"}, {\"id\": 2, "
            "\"file_name\": \"2.jpg\"}], \"annotations\": [{\"image_id\": 1, \"caption\": "
            "\"a dog\"}, {\"image_id\": 2, \"caption\": \"a cat, white\"}]}"),
      table("captions.txt", mark + "image,caption\r\n1.jpg,a dog\r\n\r\n2.jpg,a cat, white\r\n"),
      {"Parquet",
       [](const TemporaryFolder& folder) {
         return write_parquet(
             folder / "a.parquet",
             {{"url", array_of<arrow::StringBuilder>({"u1", "u2"})},
              {"image_path", array_of<arrow::StringBuilder>({"1.jpg", "2.jpg"})},
              {"TEXT", array_of<arrow::StringBuilder>({"a dog", " a cat, white"})}});
       }},
      {"Parquet with pictures inside",
       [](const TemporaryFolder& folder) {
         return write_parquet(
             folder / "b.parquet",
             {{"image_bytes", array_of<arrow::BinaryBuilder>({"picture", "picture"})},
              {"uid", array_of<arrow::StringBuilder>({"u1", "u2"})},
              {"title", array_of<arrow::StringBuilder>({"a dog", "a cat, white"})}});
       },
       {"u1", "u2"}},
      {"folder",
       [](const TemporaryFolder& folder) {
         for (const char* name : {"1", "2"}) folder.write("set/" + std::string(name) + ".jpg", "x");
         folder.write("set/1.txt", "a dog\n");
         folder.write("set/2.txt", "a cat, white");
         folder.write("set/._1.jpg", "hidden");
         return folder / "set";
       }},
      {"folder with metadata",
       [](const TemporaryFolder& folder) {
         for (const char* name : {"1", "2"}) folder.write("hf/" + std::string(name) + ".jpg", "x");
         folder.write("hf/metadata.csv", "file_name,text\n1.jpg,a dog\n2.jpg,\"a cat, white\"\n");
         return folder / "hf";
       }},
  };
  for (const std::string ending : {"txt", "json"}) {
    all.push_back({"tar with ." + ending,
                   [=](const TemporaryFolder& folder) {
                     write_tar(folder / (ending + ".tar"), ending);
                     return folder / (ending + ".tar");
                   },
                   {"1", "2"}});
  }
  all.push_back({"folder of tars",
                 [](const TemporaryFolder& folder) {
                   std::filesystem::create_directories(folder / "tars");
                   write_tar(folder / "tars/0.tar", "txt");
                   return folder / "tars";
                 },
                 {"1", "2"}});
  return all;
}

TEST(SameSource, EveryKindIsTheSameWithPicturesAndWithout) {
  for (const Kind& kind : kinds()) {
    const TemporaryFolder folder;
    for (const char* name : {"1.jpg", "2.jpg"}) folder.write(name, "picture");
    const std::string source = kind.write(folder);
    EXPECT_EQ(kind_of(source, {}), kind_of(source, {.pictures = false})) << kind.name;
    for (const bool pictures : {true, false}) {
      std::vector<std::string> keys, captions;
      try {
        const auto dataset = open_dataset({.source = source, .pictures = pictures});
        for (int64_t i = 0; i < dataset->size(); ++i) {
          keys.push_back(dataset->key(i));
          captions.push_back(dataset->caption(i));
          EXPECT_EQ(dataset->captions(i)[0], captions.back()) << kind.name;
          if (pictures) EXPECT_EQ(dataset->image(i).error, "") << kind.name;
        }
      } catch (const Error& error) {
        ADD_FAILURE() << kind.name << ": " << error.what();
      }
      EXPECT_EQ(keys, kind.keys) << kind.name << (pictures ? " with" : " without") << " pictures";
      EXPECT_EQ(captions, kCaptions)
          << kind.name << (pictures ? " with" : " without") << " pictures";
    }
  }
}

TEST(SameSource, OneListOfNamesForEveryKindOfTable) {
  const DataOptions with, without{.pictures = false};
  for (const Column column : {Column::kCaption, Column::kKey, Column::kPicture}) {
    const auto names = column_names(column, SourceKind::kCsv, with);
    EXPECT_EQ(names, column_names(column, SourceKind::kJsonl, with));
    EXPECT_EQ(names, column_names(column, SourceKind::kCsv, without));
    EXPECT_EQ(names, column_names(column, SourceKind::kJsonl, without));
    const auto of_parquet = column_names(column, SourceKind::kParquet, with);
    ASSERT_GE(of_parquet.size(), names.size());
    EXPECT_TRUE(std::equal(names.begin(), names.end(), of_parquet.begin()));
  }
}

/// With pictures a text of captions is of no known kind; whatever else it may be is refused alike.
TEST(SameSource, WhatIsNoSourceIsNoneForBoth) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& source, bool pictures) -> std::string {
    try {
      open_dataset({.source = source, .pictures = pictures});
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  };
  for (const auto& [name, contents] :
       std::vector<std::pair<std::string, std::string>>{{"x.tar.gz", "\x1f\x8b"},
                                                        {"1.jpg", "\xff\xd8"},
                                                        {"a.tar", std::string(3000, 'j')},
                                                        {"a.json", "not json"},
                                                        {"a.parquet", "PAR1"},
                                                        {"empty.csv", ""},
                                                        {"empty.jsonl", "\n"}}) {
    const std::string source = folder.write(name, contents);
    for (const bool pictures : {true, false}) EXPECT_NE(refused(source, pictures), "") << name;
  }
  EXPECT_NE(refused(folder / "absent.csv", false), "");
  EXPECT_NE(refused(folder.path().string() + "/{a,b}.csv", false), "");
}

TEST(SameSource, NamedColumnsNeedATable) {
  const TemporaryFolder folder;
  write_tar(folder / "a.tar", "txt");
  try {
    open_dataset({.source = folder / "a.tar", .pictures = false, .caption_column = "said"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_THAT(error.what(), testing::HasSubstr("has no columns"));
  }
}

}  // namespace
}  // namespace clipwright::data::source
