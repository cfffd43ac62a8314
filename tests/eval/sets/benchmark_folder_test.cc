#include "eval/sets/benchmark_folder.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "tests/temporary_folder.h"

namespace clipwright::eval::sets {
namespace {

using Strings = std::vector<std::string>;

TEST(StrippedLines, AreThoseOfPython) {
  EXPECT_EQ(stripped_lines("a\nb\n"), (Strings{"a", "b"}));
  EXPECT_EQ(stripped_lines(" a \r\n\tb\rc"), (Strings{"a", "b", "c"}));
  EXPECT_EQ(stripped_lines("a\n\nb"), (Strings{"a", "", "b"}));
  EXPECT_EQ(stripped_lines("a\n\n"), (Strings{"a", ""}));
  EXPECT_EQ(stripped_lines(""), Strings());
  EXPECT_EQ(stripped_lines("a\vb\fc\x1c"
                           "d\u0085e\u2028f\u2029g"),
            (Strings{"a", "b", "c", "d", "e", "f", "g"}));
  EXPECT_EQ(stripped_lines("é\u00e8"), Strings{"é\u00e8"});
}

class BenchmarkFolders : public testing::Test {
 protected:
  BenchmarkFolders() {
    fs::create_directories(folder_ / "test");
    write_file(folder_ / "test/nshards.txt", "1\n");
    write_file(folder_ / "classnames.txt", "cat\n\nbig dog \n");
  }
  TemporaryFolder folder_;
};

TEST_F(BenchmarkFolders, AreReadFromTheSplitOrAbove) {
  write_file(folder_ / "zeroshot_classification_templates.txt", "a {c}\n");
  const std::string root = folder_.path();
  for (const std::string& path : {root, root + "/test", root + "/test/"}) {
    const BenchmarkFolder found = read_benchmark_folder(path);
    EXPECT_EQ(found.type, "classification");
    EXPECT_EQ(*found.classnames, (Strings{"cat", "", "big dog"})) << path;
    EXPECT_EQ(*found.templates, Strings{"a {c}"});
  }
}

TEST_F(BenchmarkFolders, SayWhatTheyHold) {
  write_file(folder_ / "dataset_type.txt", " MultiLabel\n");
  EXPECT_EQ(read_benchmark_folder(folder_.path()).type, "multilabel");
  EXPECT_FALSE(read_benchmark_folder(folder_.path()).templates.has_value());
  write_file(folder_ / "dataset_type.txt", "segmentation");
  EXPECT_THROW(read_benchmark_folder(folder_.path()), Error);
  write_file(folder_ / "dataset_type.txt", "retrieval");
  write_file(folder_ / "classnames.txt", "");
  EXPECT_THROW(read_benchmark_folder(folder_.path()), Error);
}

}  // namespace
}  // namespace clipwright::eval::sets
