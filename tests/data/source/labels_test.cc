#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace clipwright::data::source
