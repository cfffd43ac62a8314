#include "text/templates/templates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "tests/temporary_folder.h"

namespace clipwright::text::templates {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Templates : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& contents) {
    std::ofstream(folder_ / name, std::ios::binary) << contents;
    return (folder_ / name).string();
  }
  std::string refusal(const std::string& path) {
    try {
      load_templates(path);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      return error.what();
    }
    return "accepted";
  }
  const TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(Templates, AreOpenAis) {
  const Json published = read_json(CLIPWRIGHT_SOURCE_DIR "/tests/golden/tokens/templates.json");
  EXPECT_EQ(templates_7(), published.at("7").get<std::vector<std::string>>());
  EXPECT_EQ(templates_80(), published.at("80").get<std::vector<std::string>>());
  EXPECT_EQ(load_templates("7"), templates_7());
  EXPECT_EQ(load_templates("80"), templates_80());
  EXPECT_THAT(load_templates("plain"), ElementsAre("{c}"));
}

TEST_F(Templates, FillsInTheName) {
  EXPECT_EQ(fill_template("a photo of a {c}.", "tabby cat"), "a photo of a tabby cat.");
  EXPECT_EQ(fill_template("{}", "{c}"), "{c}");
  EXPECT_EQ(fill_template("{c}, a {c}, {d}", "cat"), "cat, a cat, {d}");
}

TEST_F(Templates, ReadsALineEach) {
  EXPECT_THAT(load_templates(file("a.txt", "a photo of a {c}.\r\n\n  art of {}  \n[{c}]")),
              ElementsAre("a photo of a {c}.", "art of {}", "[{c}]"));
}

TEST_F(Templates, ReadsClipBenchmarksLists) {
  EXPECT_THAT(load_templates(file("a.json", R"({"imagenet1k": ["a {c}", "the {c}"]})")),
              ElementsAre("a {c}", "the {c}"));
  EXPECT_THAT(load_templates(file("b.json", R"(["a {c}"])")), ElementsAre("a {c}"));
}

TEST_F(Templates, SaysWhatIsWrong) {
  EXPECT_THAT(refusal(file("a.txt", "a {c}\na photo\n")),
              HasSubstr("line 2: \"a photo\" has no place"));
  EXPECT_THAT(refusal(file("b.txt", "\n \n")), HasSubstr("is empty"));
  EXPECT_THAT(refusal(file("c.json", R"(["a {c}", 3])")), HasSubstr("template 2 is no string"));
  EXPECT_THAT(refusal(file("d.json", R"({"a": ["{c}"], "b": ["{c}"]})")), HasSubstr("2 data sets"));
  EXPECT_THAT(refusal(file("e.json", "3")), HasSubstr("no list"));
  EXPECT_THAT(refusal((folder_ / "none").string()), HasSubstr("no template set or file"));
}

}  // namespace
}  // namespace clipwright::text::templates
