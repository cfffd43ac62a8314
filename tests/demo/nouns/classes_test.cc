#include "demo/nouns/classes.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"
#include "demo/pictures/sources.h"

namespace clipwright::demo::nouns {
namespace {

TEST(Annotations, NamesAndKeywordsOfCldr) {
  const auto annotations = read_annotations(pictures::DemoSources().annotations);
  const Annotation& beetle = annotations.at(U'\U0001F41E');
  EXPECT_EQ(beetle.name, "lady beetle");
  EXPECT_EQ(beetle.keywords,
            (std::vector<std::string>{"beetle", "insect", "lady beetle", "ladybird", "ladybug"}));
  EXPECT_EQ(annotations.at(U'\x2615').name, "hot beverage");
  EXPECT_THROW(read_annotations(pictures::DemoSources().font), Error);
}

TEST(Classes, ListIsCheckedAgainstCldr) {
  const std::map<char32_t, Annotation> annotations{{U'A', {"ay", {"letter", "first"}}},
                                                   {U'B', {"bee", {}}}};
  const fs::path path =
      fs::temp_directory_path() / ("classes_" + std::to_string(::getpid()) + ".txt");
  const auto read = [&](const char* text) {
    write_file(path, text);
    return read_classes(path, annotations);
  };
  const auto classes = read("# two\n41 | ay | first\n\n42 | bee\n");
  ASSERT_EQ(classes.size(), 2U);
  EXPECT_EQ(classes[0].code_point, U'A');
  EXPECT_EQ(classes[0].synonym, "first");
  EXPECT_EQ(classes[1].synonym, "");
  for (const char* wrong : {"41 | bee\n42 | bee\n", "41 | ay | second\n42 | bee\n",
                            "43 | sea\n42 | bee\n", "41 | ay\n"}) {
    EXPECT_THROW(read(wrong), Error) << wrong;
  }
  try {
    read("41 | ay\n42 | be\n");
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("line 2"), std::string::npos) << error.what();
  }
  fs::remove(path);
}

}  // namespace
}  // namespace clipwright::demo::nouns
