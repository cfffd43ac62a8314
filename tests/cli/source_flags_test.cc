#include "cli/source_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/source/source_kind.h"

namespace clipwright::cli {
namespace {

TEST(SourceFlags, HelpNamesEveryTypeOfSource) {
  CLI::App app;
  data::source::DataOptions source;
  add_source_flags(app, source);
  const std::string help = app.get_option("--dataset-type")->get_description();
  for (const std::string& type : data::source::dataset_types())
    EXPECT_THAT(help, testing::HasSubstr(type));
}

TEST(SourceFlags, EveryFlagReachesItsSetting) {
  CLI::App app;
  data::source::DataOptions source;
  add_source_flags(app, source, "--data,source");
  app.parse(
      "pairs.csv --dataset-type csv --csv-separator ; --csv-img-key file --csv-caption-key words "
      "--image-root pictures --split val");
  EXPECT_EQ(source.source, "pairs.csv");
  EXPECT_EQ(source.type, "csv");
  EXPECT_EQ(source.csv_separator, ";");
  EXPECT_EQ(source.csv_image_key, "file");
  EXPECT_EQ(source.csv_caption_key, "words");
  EXPECT_EQ(source.image_root, "pictures");
  EXPECT_EQ(source.split, "val");
}

}  // namespace
}  // namespace clipwright::cli
