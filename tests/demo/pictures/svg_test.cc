#include "demo/pictures/svg.h"

#include <gtest/gtest.h>

namespace clipwright::demo::pictures {
namespace {

constexpr std::string_view kCircle =
    R"(<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">
<metadata><rdf:RDF xmlns:rdf="r" xmlns:cc="c" xmlns:dc="d"><cc:Work><dc:title>Ball</dc:title>
<dc:subject><rdf:Bag><rdf:li>round</rdf:li><rdf:li>toy</rdf:li></rdf:Bag></dc:subject>
<dc:publisher><cc:Agent><dc:title>Someone</dc:title></cc:Agent></dc:publisher></cc:Work></rdf:RDF></metadata>
<rect x="10" y="5" width="20" height="10" fill="#ff0000"/></svg>)";

TEST(Svg, TitleAndKeywordsOfTheWork) {
  const auto metadata = read_svg_metadata(kCircle);
  ASSERT_TRUE(metadata);
  EXPECT_EQ(metadata->title, "Ball");
  EXPECT_EQ(metadata->keywords, (std::vector<std::string>{"round", "toy"}));
  EXPECT_FALSE(read_svg_metadata("<svg/>"));
  EXPECT_FALSE(read_svg_metadata("<metadata><a></metadata>"));
}

TEST(Svg, DrawnToFillTheSquareWithAndWithoutViewBox) {
  std::string with_box(kCircle);
  with_box.replace(with_box.find("width=\"40\""), 0, "viewBox=\"0 0 40 20\" ");
  for (const std::string& file : {std::string(kCircle), with_box}) {
    std::string error;
    const Raster picture = render_svg(file, 80, &error);
    EXPECT_EQ(error, "");
    EXPECT_EQ(picture.width, 40);  // half of the file's width, at twice its size
    EXPECT_EQ(picture.height, 20);
    EXPECT_EQ(picture.at(20, 10)[0], 255);
    EXPECT_EQ(picture.at(20, 10)[1], 0);
  }
}

TEST(Svg, WhatCannotBeDrawnIsAReason) {
  for (const char* file : {"", "<svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "\x89PNG"}) {
    std::string error;
    EXPECT_EQ(render_svg(file, 32, &error).width, 0) << file;
    EXPECT_NE(error, "") << file;
  }
}

}  // namespace
}  // namespace clipwright::demo::pictures
