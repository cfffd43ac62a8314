#include "data/source/dataset.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include "core/error.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::source {
namespace {

using testing::HasSubstr;

class CaptionsAlone : public testing::Test {
 protected:
  std::unique_ptr<Dataset> open(const std::string& name, const std::string& contents,
                                const std::string& caption = {}, const std::string& key = {}) {
    return open_dataset({.source = folder_.write(name, contents),
                         .pictures = false,
                         .caption_column = caption,
                         .key_column = key});
  }
  std::string complaint(const std::string& name, const std::string& contents,
                        const std::string& caption = {}, const std::string& key = {}) {
    try {
      open(name, contents, caption, key);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      return error.what();
    }
    return "no complaint";
  }
  /// "key=caption" of every row.
  static std::vector<std::string> rows(const Dataset& dataset) {
    std::vector<std::string> all;
    for (int64_t i = 0; i < dataset.size(); ++i)
      all.push_back(dataset.key(i) + "=" + dataset.caption(i));
    return all;
  }
  using Rows = std::vector<std::string>;
  TemporaryFolder folder_;
};

TEST_F(CaptionsAlone, CsvWithAHeader) {
  EXPECT_EQ(
      rows(*open("a.csv",
                 "\xEF\xBB\xBFurl,Caption\r\nu1,a dog\r\n\r\nu2,\"two, \"\"big\"\" cats\"\n")),
      (Rows{"u1=a dog", "u2=two, \"big\" cats"}));
  EXPECT_EQ(rows(*open("b.csv", "filepath;title;text\nx.jpg; a dog ;other\n")),
            (Rows{"x.jpg=a dog"}));
  EXPECT_EQ(rows(*open("c.tsv", "said\tn\na dog\t7\n", "said", "n")), (Rows{"7=a dog"}));
}

TEST_F(CaptionsAlone, CsvWithoutAHeader) {
  EXPECT_EQ(rows(*open("cc3m.tsv", "a dog\thttp://1\na cat\thttp://2\n", "#1", "#2")),
            (Rows{"http://1=a dog", "http://2=a cat"}));
  EXPECT_EQ(rows(*open("x.csv", "1.jpg,a dog\n2.jpg,a cat\n", "#2")), (Rows{"0=a dog", "1=a cat"}));
  EXPECT_THAT(complaint("x.csv", "1.jpg,a dog\n", "#3"), HasSubstr("'#3'"));
}

TEST_F(CaptionsAlone, EveryRowKeepsItsPlace) {
  EXPECT_EQ(rows(*open("a.csv", "caption,key\na dog,k1\nshort\n,k3\na cat,k4\n", "", "key")),
            (Rows{"k1=a dog", "1=short", "k3=", "k4=a cat"}));
  EXPECT_EQ(rows(*open("b.csv", "key,caption\nk1,a dog\nk2\nk3,a cat\n")),
            (Rows{"k1=a dog", "k2=", "k3=a cat"}));
  EXPECT_EQ(rows(*open("c.jsonl",
                       "{\"caption\":\"a dog\"}\nnot json\n\n{\"id\":4,\"caption\":\" a cat \"}\n"
                       "{\"caption\":7,\"title\":\"\"}")),
            (Rows{"0=a dog", "1=", "4=a cat", "3=7"}));
}

TEST_F(CaptionsAlone, BytesThatAreNoUtf8AreHandedOnToBeCounted) {
  EXPECT_EQ(open("a.csv",
                 "caption\nb\xff"
                 "d\n")
                ->caption(0),
            "b\xff"
            "d");
}

TEST_F(CaptionsAlone, WhatCannotBeUsedIsASentence) {
  EXPECT_THAT(complaint("a.csv", "url,captoin\nu,a dog\n"),
              HasSubstr("a.csv: has no column of captions among 'url', 'captoin'"));
  EXPECT_THAT(complaint("a.csv", "url,captoin\nu,a dog\n", "caption"),
              HasSubstr("Did you mean 'captoin'? Name it with --caption-column."));
  EXPECT_THAT(complaint("a.csv", "url,caption\nu,a dog\n", "caption", "uid"),
              HasSubstr("no column 'uid'"));
  EXPECT_THAT(complaint("a.csv", "caption\n\"never closed\na dog\n"), HasSubstr("never closed"));
  EXPECT_THAT(complaint("a.csv", ""), HasSubstr("is empty"));
  EXPECT_THAT(complaint("a.csv", "caption\n"), HasSubstr("no row with a caption"));
  EXPECT_THAT(complaint("a.csv",
                        "\xFF\xFE"
                        "c\0a\0"),
              HasSubstr("UTF-16"));
  EXPECT_THAT(complaint("a.jsonl", "oops\n[1]\n"), HasSubstr("no line is a JSON object"));
  EXPECT_THAT(complaint("a.jsonl", "{\"url\":1,\"said\":\"a dog\"}\n"),
              HasSubstr("among 'url', 'said'"));
  EXPECT_THAT(complaint("a.jsonl", "\n"), HasSubstr("is empty"));
  EXPECT_THAT(complaint("a.parquet", "PAR1 no parquet"), HasSubstr("cannot be read as Parquet"));
  std::string damaged = "{\"caption\":\"good\"}\n";
  for (int i = 0; i < 300; ++i) damaged += "{\"caption\": \"cut\n";
  EXPECT_THAT(complaint("a.jsonl", damaged), HasSubstr("line 2: is not a JSON object"));
  EXPECT_THROW(open_dataset({.source = folder_ / "missing.csv", .pictures = false}), Error);
  EXPECT_THROW(open_dataset({.source = folder_ / "missing.parquet", .pictures = false}), Error);
}

TEST_F(CaptionsAlone, ATextIsACaptionALine) {
  const auto captions = open("a.txt", "\xEF\xBB\xBF a dog\r\n\na cat");
  EXPECT_EQ(rows(*captions), (Rows{"0= a dog", "1=", "2=a cat"}));
  EXPECT_NE(captions->image(0).error, "");
  try {
    open("other.txt", "a dog\n", "caption");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("is a text file, which has no columns"));
  }
}

TEST_F(CaptionsAlone, ATableOfPicturesHasTheSameCaptionsWithoutThem) {
  folder_.write("1.jpg", "x");
  for (const auto& [name, contents] : std::vector<std::pair<std::string, std::string>>{
           {"p.csv", "filepath,title\n1.jpg, a dog\n2.jpg,\"a \"\"big\"\" cat\"\n"},
           {"p.tsv", "filepath\ttitle\n1.jpg\ta dog\n2.jpg\ta cat \n"},
           {"p.jsonl", "{\"filepath\":\"1.jpg\",\"title\":\"a dog\"}\n"}}) {
    const std::string path = folder_.write(name, contents);
    EXPECT_EQ(rows(*open_dataset({.source = path, .pictures = false})),
              rows(*open_dataset({.source = path})))
        << name;
  }
}

TEST_F(CaptionsAlone, ACaptionHasNoPicture) {
  EXPECT_NE(open("a.csv", "caption\na dog\n")->image(0).error, "");
}

TEST_F(CaptionsAlone, Parquet) {
  arrow::StringBuilder url, said;
  arrow::Int64Builder id;
  ASSERT_TRUE(url.AppendValues({"u1", "u2", "u3"}).ok());
  ASSERT_TRUE(said.Append("a dog").ok() && said.AppendNull().ok() && said.Append(" a cat").ok());
  ASSERT_TRUE(id.AppendValues({7, 8, 9}).ok());
  const auto table = arrow::Table::Make(
      arrow::schema({arrow::field("number", arrow::int64()), arrow::field("TEXT", arrow::utf8()),
                     arrow::field("URL", arrow::utf8())}),
      arrow::ArrayVector{id.Finish().ValueOrDie(), said.Finish().ValueOrDie(),
                         url.Finish().ValueOrDie()});
  const std::string path = folder_ / "t.parquet";
  const auto out = arrow::io::FileOutputStream::Open(path).ValueOrDie();
  ASSERT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, 2).ok());
  ASSERT_TRUE(out->Close().ok());
  EXPECT_EQ(rows(*open_dataset({.source = path, .pictures = false})),
            (Rows{"u1=a dog", "u2=", "u3=a cat"}));
  EXPECT_EQ(rows(*open_dataset({.source = path, .pictures = false, .key_column = "number"})),
            (Rows{"7=a dog", "8=", "9=a cat"}));
  const auto fails_with = [&](const DataOptions& options) -> std::string {
    try {
      open_dataset(options);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      return error.what();
    }
    return "no complaint";
  };
  EXPECT_THAT(fails_with({.source = path, .pictures = false, .caption_column = "caption"}),
              HasSubstr("no column 'caption' among 'number', 'TEXT', 'URL'"));
  EXPECT_THAT(fails_with({.source = path, .pictures = false, .caption_column = "number"}),
              HasSubstr("holds numbers"));
}

}  // namespace
}  // namespace clipwright::data::source
