#include "data/files/json_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clipwright::data::files {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> captions_of(const char* json) {
  std::vector<std::string> captions;
  add_captions(Json::parse(json), captions);
  return captions;
}

TEST(JsonFields, AFieldIsFoundByItsNameItsPathOrOtherLetters) {
  const Json object = Json::parse(
      R"({"caption": 1, "Caption": 2, "TEXT": 3, "meta": {"caption": 4, "en": {"text": 5}},
          "meta.caption": 6, "a.b": {"c": 7}})");
  const auto value = [&](const char* name) {
    const Json* field = find_field(object, name);
    return field == nullptr ? -1 : field->get<int>();
  };
  EXPECT_EQ(value("caption"), 1);
  EXPECT_EQ(value("text"), 3);
  EXPECT_EQ(value("meta.caption"), 6) << "a name with a dot comes before the path";
  EXPECT_EQ(value("meta.en.text"), 5);
  EXPECT_EQ(value("a.b.c"), 7);
  EXPECT_EQ(value("meta.fr"), -1);
  EXPECT_EQ(find_field(Json::array(), "caption"), nullptr);
}

TEST(JsonFields, CaptionsOfEveryForm) {
  EXPECT_THAT(captions_of(R"(" a dog ")"), ElementsAre("a dog"));
  EXPECT_THAT(captions_of(R"(["a dog", "", 5, null, "a cat"])"), ElementsAre("a dog", "a cat"));
  EXPECT_THAT(captions_of(R"([{"raw": "a"}, {"caption": "b"}, {"text": "c"}, {"x": "d"}])"),
              ElementsAre("a", "b", "c"));
  EXPECT_THAT(captions_of(R"({"raw": "a"})"), ElementsAre("a"));
  EXPECT_THAT(captions_of("7"), ElementsAre("7"));
  for (const char* nothing : {"null", "\" \"", "[]", "{}", "1.5", "true", "[[\"a\"]]"})
    EXPECT_THAT(captions_of(nothing), IsEmpty()) << nothing;
}

TEST(JsonFields, APathMayStandInAnObject) {
  EXPECT_EQ(text_of(Json::parse(R"({"bytes": null, "path": "1.jpg"})")), "1.jpg");
  EXPECT_EQ(text_of(Json::parse(R"(["1.jpg"])")), "1.jpg");
  EXPECT_EQ(text_of(Json::parse(R"(["1.jpg", "2.jpg"])")), "");
  EXPECT_EQ(text_of(Json::parse("9007199254740993")), "9007199254740993");
}

TEST(JsonFields, TellsWhereAFieldStands) {
  const Json object = Json::parse(R"({"a": 1, "meta": {"x": {"caption": "a dog"}}})");
  EXPECT_EQ(nested_place(object, {"caption", "text"}), "meta.x.caption");
  EXPECT_EQ(nested_place(object, {"title"}), "");
}

}  // namespace
}  // namespace clipwright::data::files
