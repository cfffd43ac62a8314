#include "records/kept_texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "core/error.h"
#include "tests/temporary_folder.h"

namespace clipwright::records {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Recipes and texts in the order of the file.
std::vector<std::string> read(const std::string& path) {
  std::vector<std::string> all;
  each_kept_text(
      path,
      [&](const Sha256& recipe, const Json& description) {
        all.push_back(hex(recipe).substr(0, 4) + to_line(description));
      },
      [&](const KeptText& kept) {
        all.push_back(hex(kept.recipe).substr(0, 4) + kept.source + "|" + kept.mode + "|" +
                      kept.text + "|" + std::to_string(kept.attempt) +
                      std::to_string(kept.occurrence));
      });
  return all;
}

std::string refusal(const std::string& path) {
  try {
    read(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kInput);
    return error.what();
  }
  return "taken";
}

Sha256 recipe_of(uint8_t digit) {
  Sha256 recipe;
  recipe.fill(digit);
  return recipe;
}

void write(const std::string& path) {
  KeptTextWriter writer(path);
  writer.add_recipe(recipe_of(0xaa), {{"engine", "a"}});
  writer.add_recipe(recipe_of(0xbb), {{"engine", "b"}});
  writer.add_recipe(recipe_of(0xcc), {{"engine", "unused"}});
  writer.add({"a dog", "human", recipe_of(0xaa), "one dog"});
  writer.add({"a dog", "human", recipe_of(0xaa), "one dog"});  // the caption occurs again
  writer.add({"a dog", "human", recipe_of(0xaa), "a hound", 0, 1});
  writer.add({"a dog", "human", recipe_of(0xbb), "the dog", 2});
  writer.add({"a dog", "coco", recipe_of(0xaa), "dog"});
  writer.add({"a cat", "coco", recipe_of(0xdd), "cat"});  // nobody said what the recipe is
  EXPECT_FALSE(fs::exists(path));                         // whole or not at all
  writer.commit();
}

TEST(KeptTexts, ComeBackWithTheirRecipesPlainAndGzipped) {
  const TemporaryFolder folder;
  for (const std::string name : {"r.jsonl", "r.jsonl.gz"}) {
    write(folder / name);
    EXPECT_THAT(read(folder / name),
                ElementsAre(R"(aaaa{"engine":"a"})", "aaaaa dog|human|one dog|00",
                            "aaaaa dog|human|a hound|01", R"(bbbb{"engine":"b"})",
                            "bbbba dog|human|the dog|20", "aaaaa dog|coco|dog|00", "dddd{}",
                            "dddda cat|coco|cat|00"));
  }
  EXPECT_EQ(read_file(folder / "r.jsonl.gz").substr(0, 2), "\x1f\x8b");
}

TEST(KeptTexts, EqualTextsGiveEqualBytes) {
  const TemporaryFolder folder;
  write(folder / "a.gz");
  write(folder / "b.gz");
  EXPECT_EQ(read_file(folder / "a.gz"), read_file(folder / "b.gz"));
}

TEST(KeptTexts, ALineThatIsNoneIsRefusedWithItsNumber) {
  const TemporaryFolder folder;
  const std::string head = "{\"clipwright_records\":1}\n", recipe = std::string(64, 'a'),
                    told = head + "{\"recipe_sha256\":\"" + recipe + "\",\"description\":{}}\n";
  const auto refused = [&](const std::string& text) {
    return refusal(folder.write("bad.jsonl", text));
  };
  EXPECT_EQ(refused(told + R"({"source":"a","mode":"m","text":"t"})"), "taken");
  const struct {
    std::string text;
    const char* complaint;
  } kCases[] = {
      {"{}\n", "line 1: does not say {\"clipwright_records\": 1}"},
      {"{\"clipwright_records\":2}\n", "line 1: does not say"},
      {head + "{\"recipe_sha256\":\"xyz\",\"description\":{}}\n", "line 2: 'xyz' is no SHA-256"},
      {head + "{\"description\":{}}\n", "line 2: has no text 'recipe_sha256'"},
      {head + R"({"source":"a","mode":"m","text":"t"})", "line 2: names recipe 0"},
      {told + "not json\n", "line 3: is no JSON"},
      {told + "\n", "line 3: is no JSON"},
      {told + R"({"mode":"m","text":"t"})", "line 3: has no text 'source'"},
      {told + R"({"source":"a","text":"t"})", "line 3: has no text 'mode'"},
      {told + R"({"source":"a","mode":"m"})", "line 3: has no text 'text'"},
      {told + R"({"source":"a","mode":"m","text":7})", "line 3: has no text 'text'"},
      {told + R"({"source":"a","mode":"m","text":"t","recipe":1})", "line 3: names recipe 1"},
      {told + R"({"source":"a","mode":"m","text":"t","recipe":-1})", "line 3: names recipe -1"},
      {told + std::string(3 << 20, 'x'), "line 3: is longer than 1 MiB"},
      {"\x1f\x8b\x08 this is no gzip", "is damaged"},
  };
  for (const auto& [text, complaint] : kCases) EXPECT_THAT(refused(text), HasSubstr(complaint));
  write(folder / "r.gz");
  const std::string whole = read_file(folder / "r.gz");
  EXPECT_THAT(refusal(folder.write("cut.gz", whole.substr(0, whole.size() - 12))),
              HasSubstr("is damaged after line"));
  EXPECT_THAT(refusal(folder / "absent"), HasSubstr("cannot be opened"));
  EXPECT_THAT(refusal(folder.path()), HasSubstr("cannot be opened"));
}

}  // namespace
}  // namespace clipwright::records
