#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/npy.h"
#include "data/files/tar.h"
#include "data/source/dataset.h"
#include "tests/parquet_file.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::source {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string message_of(const DataOptions& options) {
  try {
    open_dataset(options);
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "no error for " << options.source;
  return {};
}

std::string npy(std::string_view type, const std::string& bytes, int64_t count) {
  const int64_t shape[] = {count};
  return npy_header(type, shape) + bytes;
}

class LabelledTars : public testing::Test {
 protected:
  std::unique_ptr<Dataset> open(const std::vector<std::pair<std::string, std::string>>& members,
                                bool labels = true) {
    files::TarWriter writer(folder_ / "s.tar");
    for (const auto& [name, bytes] : members) writer.add(name, bytes);
    writer.finish();
    return open_dataset({.source = folder_ / "s.tar", .labels = labels, .max_skipped_share = 0.9});
  }
  TemporaryFolder folder_;
};

TEST_F(LabelledTars, ALabelIsAWholeNumberAndNothingElse) {
  const auto dataset = open({{"1.png", "one"},
                             {"1.cls", " 12\n"},
                             {"2.png", "two"},
                             {"2.cls", "3.0"},
                             {"3.png", "three"},
                             {"3.cls", "-1"},
                             {"4.png", "four"},
                             {"4.cls", "five"}});
  ASSERT_EQ(dataset->size(), 1);
  EXPECT_EQ(dataset->label(0), 12);
}

TEST_F(LabelledTars, HoldVectorsOfAnyNumericType) {
  const float floats[] = {0, 1, 0.5F};
  const int64_t wide[] = {1, 0, 1};
  const auto bytes = [](const auto& values) {
    return std::string(reinterpret_cast<const char*>(values), sizeof(values));
  };
  const auto dataset = open({{"1.png", "one"},
                             {"1.npy", npy("<f4", bytes(floats), 3)},
                             {"2.png", "two"},
                             {"2.npy", npy("<i8", bytes(wide), 3)},
                             {"3.png", "three"},
                             {"3.cls", "0"},
                             {"4.png", "four"},
                             {"4.npy", npy("|b1", std::string("\1\1\0", 3), 3)}});
  ASSERT_EQ(dataset->size(), 4);
  EXPECT_THAT(dataset->label_vector(0), ElementsAre(0, 1, 0.5F));
  EXPECT_THAT(dataset->label_vector(1), ElementsAre(1, 0, 1));
  EXPECT_THAT(dataset->label_vector(2), IsEmpty());
  EXPECT_THAT(dataset->label_vector(3), ElementsAre(1, 1, 0));
  EXPECT_EQ(dataset->label(0), -1);
}

TEST_F(LabelledTars, ADamagedVectorIsASentence) {
  const auto dataset =
      open({{"1.png", "one"}, {"1.npy", "no array"}, {"2.png", "x"}, {"2.cls", "1"}});
  try {
    dataset->label_vector(0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("1.npy: is not an .npy file"));
  }
}

TEST_F(LabelledTars, WithoutLabelsAVectorIsNoCaption) {
  const auto dataset =
      open({{"1.png", "one"}, {"1.npy", "x"}, {"2.png", "two"}, {"2.txt", "a dog"}}, false);
  EXPECT_EQ(dataset->size(), 1);
}

TEST(LabelledTables, NeedAColumnOfLabels) {
  const TemporaryFolder folder;
  folder.write("1.png", "one");
  const std::string table = folder.write("t.csv", "filepath,klass\n1.png,cat\n");
  EXPECT_THAT(
      message_of({.source = table, .labels = true}),
      HasSubstr("has no column of labels among filepath, klass; expected label, class or cls"));
  EXPECT_THAT(message_of({.source = table, .labels = true, .label_key = "clas"}),
              HasSubstr("Did you mean 'klass'?"));
  EXPECT_EQ(open_dataset({.source = table, .labels = true, .label_key = "klass"})->class_name(0),
            "cat");
}

TEST(LabelledTables, RowsWithoutALabelAreCounted) {
  const TemporaryFolder folder;
  folder.write("1.png", "one");
  const std::string rows = "filepath,label\n1.png,0\n1.png,\n1.png,dog house\n";
  const auto dataset = open_dataset(
      {.source = folder.write("t.csv", rows), .labels = true, .max_skipped_share = 0.5});
  ASSERT_EQ(dataset->size(), 2);
  EXPECT_EQ(dataset->label(0), 0);
  EXPECT_EQ(dataset->class_name(0), "");
  EXPECT_EQ(dataset->label(1), -1);
  EXPECT_EQ(dataset->class_name(1), "dog house");
  EXPECT_THAT(dataset->describe(), HasSubstr("no label"));
}

TEST(LabelledTables, MayBeParquet) {
  const TemporaryFolder folder;
  folder.write("1.png", "one");
  const std::string words = write_parquet(
      folder / "w.parquet", {{"image_path", array_of<arrow::StringBuilder>({"1.png", "1.png"})},
                             {"class", array_of<arrow::StringBuilder>({"cat", "7"})}});
  const auto dataset = open_dataset({.source = words, .labels = true});
  ASSERT_EQ(dataset->size(), 2);
  EXPECT_EQ(dataset->class_name(0), "cat");
  EXPECT_EQ(dataset->label(1), 7);
}

/// A table of one picture and this label, in every form; a text is in quotes where the form has
/// them. Numbers of `parquet` are those of its column.
class LabelsInEveryForm : public testing::Test {
 protected:
  LabelsInEveryForm() { folder_.write("1.png", "one"); }
  std::vector<std::string> tables(const std::string& label,
                                  const std::shared_ptr<arrow::Array>& parquet) {
    return {folder_.write("t.csv", "filepath,label\n1.png," + label + "\n"),
            folder_.write("t.jsonl", R"({"image": "1.png", "label": )" + label + "}\n"),
            folder_.write("s.jsonl", R"({"image": "1.png", "label": ")" + label + "\"}\n"),
            write_parquet(
                folder_ / "t.parquet",
                {{"image_path", array_of<arrow::StringBuilder>({"1.png"})}, {"label", parquet}}),
            write_parquet(folder_ / "s.parquet",
                          {{"image_path", array_of<arrow::StringBuilder>({"1.png"})},
                           {"label", array_of<arrow::StringBuilder>({label})}})};
  }
  static std::shared_ptr<arrow::Array> whole(int64_t number) {
    arrow::Int64Builder builder;
    EXPECT_TRUE(builder.Append(number).ok());
    return builder.Finish().ValueOrDie();
  }
  TemporaryFolder folder_;
};

TEST_F(LabelsInEveryForm, WholeNumbersAreTakenHoweverTheyAreWritten) {
  for (const std::string& table : tables("7", whole(7)))
    EXPECT_EQ(open_dataset({.source = table, .labels = true})->label(0), 7) << table;
  // As tables with gaps write them.
  for (const std::string& table : tables("7.0", numbers({7.0}))) {
    const auto dataset = open_dataset({.source = table, .labels = true});
    EXPECT_EQ(dataset->label(0), 7) << table;
    EXPECT_EQ(dataset->class_name(0), "") << table;
  }
}

TEST_F(LabelsInEveryForm, NumbersThatAreNoLabelsAreRefusedWithRowAndValue) {
  const auto expect_refused = [&](const std::vector<std::string>& sources,
                                  const std::string& value) {
    for (const std::string& table : sources) {
      EXPECT_THAT(message_of({.source = table, .labels = true}),
                  testing::AllOf(testing::ContainsRegex("(row 1|line [12]): has the label"),
                                 HasSubstr("has the label " + value + "; expected a whole number")))
          << table;
    }
  };
  expect_refused(tables("2.5", numbers({2.5})), "2.5");
  expect_refused(tables("-1", whole(-1)), "-1");
  // One less than a double would say.
  expect_refused(tables("9007199254740993", whole(9007199254740993)), "9007199254740993");
  expect_refused(tables("99999999999", whole(99999999999)), "99999999999");
  expect_refused({tables("0", numbers({std::nan("")}))[3]}, "nan");
}

TEST_F(LabelsInEveryForm, WithoutLabelsAPairIsAPairWhateverTheColumnHolds) {
  const std::string jsonl =
      folder_.write("p.jsonl", R"({"image": "1.png", "caption": "a", "label": 2.5})");
  EXPECT_EQ(open_dataset({.source = jsonl})->label(0), -1);
  const std::string parquet = write_parquet(
      folder_ / "p.parquet", {{"image_path", array_of<arrow::StringBuilder>({"1.png"})},
                              {"caption", array_of<arrow::StringBuilder>({"a"})},
                              {"label", numbers({2.5})}});
  EXPECT_EQ(open_dataset({.source = parquet})->label(0), -1);
}

TEST_F(LabelsInEveryForm, KeysOf64BitsKeepTheirDigits) {
  arrow::UInt64Builder builder;
  EXPECT_TRUE(builder.AppendValues({18446744073709551615U, 9007199254740993U}).ok());
  const auto keys = builder.Finish().ValueOrDie();
  const auto dataset = open_dataset(
      {.source = write_parquet(folder_ / "k.parquet",
                               {{"image_path", array_of<arrow::StringBuilder>({"1.png", "1.png"})},
                                {"caption", array_of<arrow::StringBuilder>({"a", "b"})},
                                {"key", keys}})});
  EXPECT_EQ(dataset->key(0), "18446744073709551615");
  EXPECT_EQ(dataset->key(1), "9007199254740993");
}

}  // namespace
}  // namespace clipwright::data::source
