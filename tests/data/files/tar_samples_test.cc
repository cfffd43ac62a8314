#include "data/files/tar_samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clipwright::data::files {
namespace {

using testing::ElementsAre;

/// Each member as "key|suffix", with "+" before the first of a sample; "-" for one of none.
std::vector<std::string> grouped(const std::vector<std::string>& members) {
  TarSamples samples;
  std::vector<std::string> told;
  for (const std::string& member : members) {
    const TarSamples::Place place = samples.add(member);
    if (place == TarSamples::Place::kNone) {
      told.emplace_back("-");
      continue;
    }
    told.push_back((place == TarSamples::Place::kAnother ? "+" : "") + samples.key() + "|" +
                   samples.suffix());
  }
  return told;
}

TEST(TarSamples, NeighboursWithOnePathUpToTheFirstDot) {
  EXPECT_THAT(grouped({"0.jpg", "0.TXT", "a.b/1.seg.npy", "a.b/1.jpg", "2.jpg"}),
              ElementsAre("+0|jpg", "0|txt", "+a.b/1|seg.npy", "a.b/1|jpg", "+2|jpg"));
}

TEST(TarSamples, ASuffixThatComesAgainStartsAnother) {
  EXPECT_THAT(grouped({"0.jpg", "0.txt", "0.JPG", "0.txt"}),
              ElementsAre("+0|jpg", "0|txt", "+0|jpg", "0|txt"));
}

TEST(TarSamples, WhatBelongsToNonePartsNone) {
  EXPECT_THAT(grouped({"README", "0.jpg", "._0.jpg", "x", "__MACOSX/0.txt", ".d/0.txt", "0.txt",
                       "./1.jpg"}),
              ElementsAre("-", "+0|jpg", "-", "-", "-", "-", "0|txt", "+./1|jpg"));
}

}  // namespace
}  // namespace clipwright::data::files
