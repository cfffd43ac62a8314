#include "demo/story/rewriting.h"

#include <gtest/gtest.h>

namespace clipwright::demo::story {
namespace {

const std::vector<nouns::ObjectClass> kClasses = {
    {.code_point = 0x1F407, .name = "rabbit", .synonym = "bunny"},
    {.code_point = 0x1F981, .name = "lion", .synonym = ""},
    {.code_point = 0x1F525, .name = "fire", .synonym = "flame"}};

TEST(FoundSynonyms, OnlyKeptRewritesOfTheClassCount) {
  const std::vector<bool> none(3, false);
  EXPECT_EQ(classes_with_found_synonym(
                kClasses,
                {{.source = "rabbit icon", .mode = "bard", .text = "a small bunny", .score = 0.3}}),
            none);
  EXPECT_EQ(
      classes_with_found_synonym(
          kClasses, {{.source = "lion icon", .mode = "bard", .text = "a small bunny", .score = 1}}),
      none);
  EXPECT_EQ(
      classes_with_found_synonym(
          kClasses, {{.source = "rabbit icon", .mode = "bard", .text = "bunnyhop", .score = 1}}),
      none);
  EXPECT_EQ(classes_with_found_synonym(kClasses, {{.source = "rabbit, green",
                                                   .mode = "bard",
                                                   .text = "Two bunnies on green",
                                                   .score = 0.8}}),
            (std::vector<bool>{true, false, false}))
      << "a plural teaches the word as well";
  EXPECT_EQ(classes_with_found_synonym(
                kClasses,
                {{.source = "rabbit icon", .mode = "bard", .text = "A small Bunny.", .score = 0.8},
                 {.source = "lion and fire",
                  .mode = "bard",
                  .text = "a lion by the flames",
                  .score = 0.7}}),
            (std::vector<bool>{true, false, true}));
}

TEST(AuditNumbers, CountsByMode) {
  const Json numbers = audit_numbers(
      {{.source = "rabbit", .mode = "bard", .text = "a bunny", .score = 1, .flags = {}},
       {.source = "rabbit",
        .mode = "human",
        .text = "a seal",
        .score = 0.2,
        .flags = {"content-lost"}},
       {.source = "lion",
        .mode = "human",
        .text = "a big cat",
        .score = 0.7,
        .flags = {"content-lost"}}});
  EXPECT_EQ(numbers["pairs"], 3);
  EXPECT_EQ(numbers["kept"], 2);
  EXPECT_EQ(numbers["flags"]["content-lost"], 2);
  EXPECT_EQ(numbers["modes"]["human"]["pairs"], 2);
  EXPECT_EQ(numbers["modes"]["human"]["kept"], 1);
}

}  // namespace
}  // namespace clipwright::demo::story
