#include "data/captions/text_slot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "core/error.h"
#include "data/captions/caption_policy.h"
#include "lexicon/eda.h"
#include "lexicon/wordnet_files.h"
#include "tests/data/captions/texts.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::captions {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kKey = "image/0.jpg";

const lexicon::Thesaurus& thesaurus() {
  static const lexicon::Thesaurus thesaurus(lexicon::default_wordnet_folder());
  return thesaurus;
}

TextMaker maker(const CaptionTable& table, std::vector<TextSlot> slots, bool all_rewrites = false) {
  return {std::move(slots), all_rewrites, table, &thesaurus(), 1};
}

template <typename Call>
std::string usage_error(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kUsage);
    return error.what();
  }
  return "nothing was thrown";
}

/// How often each text was seen, within five standard deviations of its chance.
void expect_shares(const std::map<std::string, int>& seen, int draws,
                   const std::map<std::string, double>& chances) {
  ASSERT_EQ(seen.size(), chances.size());
  for (const auto& [text, chance] : chances) {
    ASSERT_TRUE(seen.contains(text)) << text;
    EXPECT_NEAR(seen.at(text), draws * chance, 5 * std::sqrt(draws * chance * (1 - chance)))
        << text;
  }
}

std::map<std::string, int> seen_of(const TextMaker& maker, int64_t index, int draws) {
  std::map<std::string, int> seen;
  for (int epoch = 0; epoch < draws; ++epoch)
    ++seen[maker.make(index, static_cast<uint64_t>(epoch), kKey).at(0)];
  return seen;
}

TEST(TextSlot, NamesAreReadAndWritten) {
  const std::vector<std::pair<std::string, TextSlot>> names = {
      {"original", {}},
      {"uniform", {TextSource::kUniform}},
      {"eda", {TextSource::kEda}},
      {"sentence+masked", {TextSource::kSentence, "", true}},
      {"rewrite", {TextSource::kRewrite}},
      {"rewrite+masked", {TextSource::kRewrite, "", true}},
      {"rewrite:my+mode", {TextSource::kRewrite, "my+mode"}},
      {"rewrite:chatgpt+masked", {TextSource::kRewrite, "chatgpt", true}},
  };
  for (const auto& [name, slot] : names) {
    EXPECT_EQ(parse_text_slot(name), slot) << name;
    EXPECT_EQ(name_of(slot), name);
  }
}

TEST(TextSlot, UnknownNamesNameTheNearest) {
  const auto error = [](const std::string& name) {
    return usage_error([&] { parse_text_slot(name); });
  };
  EXPECT_THAT(error("sentense"), HasSubstr("Did you mean 'sentence'?"));
  EXPECT_THAT(error("originl+masked"), HasSubstr("Did you mean 'original+masked'?"));
  EXPECT_THAT(error("eda+maskd"), HasSubstr("Did you mean 'eda+masked'?"));
  for (const std::string bad : {"", "+masked", "rewrite:", "eda+masked+masked", "caption"})
    EXPECT_THAT(error(bad), HasSubstr("'" + bad + "' is no text slot; expected original, uniform"));
}

TEST(TextSlot, PoliciesAreWords) {
  EXPECT_EQ(parse_caption_policy("original"), CaptionPolicy::kOriginal);
  EXPECT_EQ(parse_caption_policy("uniform"), CaptionPolicy::kUniform);
  EXPECT_EQ(parse_caption_policy("all"), CaptionPolicy::kAll);
  EXPECT_THAT(usage_error([] { parse_caption_policy("unifrom"); }), HasSubstr("'uniform'?"));
}

TEST(TextSlot, DrawsAreKeyedByThePurposeAndTheSlotsNumber) {
  EXPECT_EQ(slot_draws(1, "caption", 0, 5, "k").bits(), Random(1, "caption", 5, "k").bits());
  EXPECT_EQ(slot_draws(1, "mask", 2, 5, "k").bits(), Random(1, "mask 2", 5, "k").bits());
}

TEST(TextMaker, UniformDrawsEverySlotEquallyOftenAndFallsBack) {
  const TemporaryFolder folder;
  const Texts data({"the original", "another original"});
  const auto table = CaptionTable::build(
      data, {folder.write("a.txt", "one two\nword\n"), folder.write("b.txt", "three four\n\n"),
             folder.write("c.txt", "five six\nword \n")});
  const TextMaker uniform = maker(table, {{TextSource::kUniform}});
  const int draws = 8000;
  expect_shares(
      seen_of(uniform, 0, draws), draws,
      {{"the original", 0.25}, {"one two", 0.25}, {"three four", 0.25}, {"five six", 0.25}});
  // Only the original and the word with a blank after it.
  expect_shares(seen_of(uniform, 1, draws), draws, {{"another original", 0.75}, {"word ", 0.25}});
}

TEST(TextMaker, TheFirstUniformSlotIsWhatRunsHaveAlwaysSeen) {
  const TemporaryFolder folder;
  const Texts data({"the original"});
  const auto table = CaptionTable::build(
      data, {folder.write("a.txt", "one two\n"), folder.write("b.txt", "three four\n")});
  const TextMaker uniform = maker(table, {{TextSource::kUniform}, {TextSource::kUniform}});
  int alike = 0;
  for (uint64_t epoch = 0; epoch < 900; ++epoch) {
    const std::vector<std::string> texts = uniform.make(0, epoch, kKey);
    ASSERT_EQ(texts.size(), 2u);
    EXPECT_EQ(texts[0],
              table.text(0, static_cast<int>(Random(1, "caption", epoch, kKey).below(3))));
    EXPECT_EQ(texts[1],
              table.text(0, static_cast<int>(Random(1, "caption 1", epoch, kKey).below(3))));
    alike += texts[0] == texts[1];
  }
  EXPECT_NEAR(alike, 300, 71) << "slots draw on their own; five standard deviations";
}

TEST(TextMaker, AllGivesEverySlotWithTheOriginalStandingIn) {
  const TemporaryFolder folder;
  const Texts data({"the original"});
  const auto table = CaptionTable::build(
      data, {folder.write("a.txt", "one two\n"), folder.write("b.txt", "word\n")});
  const TextMaker all = maker(table, {{}}, true);
  EXPECT_EQ(all.texts(), 3u);
  EXPECT_THAT(all.make(0, 0, "k"), ElementsAre("the original", "one two", "the original"));
  const TextMaker two = maker(table, {{TextSource::kRewrite}, {}}, true);
  EXPECT_EQ(two.texts(), 4u);
  EXPECT_THAT(two.make(0, 0, "k"),
              ElementsAre("one two", "the original", "one two", "the original"));
  EXPECT_EQ(maker(table, {{}}).texts(), 1u);
  EXPECT_THAT(maker(table, {{}}).make(0, 0, "k"), ElementsAre("the original"));
}

TEST(TextMaker, RewritesAreThoseThatThePairHas) {
  const TemporaryFolder folder;
  const Texts data({"first original", "second original", "third original", ""});
  const auto table =
      CaptionTable::build(data, {folder.write("chatgpt.txt", "gpt one\nword\nx\nempty no more\n"),
                                 folder.write("bard.txt", "bard one\nbard two\n\n\n"),
                                 folder.write("human.txt", "human one\nhuman two\n\n\n")});
  const TextMaker any = maker(table, {{TextSource::kRewrite}});
  const int draws = 6000;
  expect_shares(seen_of(any, 0, draws), draws,
                {{"gpt one", 1.0 / 3}, {"bard one", 1.0 / 3}, {"human one", 1.0 / 3}});
  expect_shares(seen_of(any, 1, draws), draws, {{"bard two", 0.5}, {"human two", 0.5}});
  expect_shares(seen_of(any, 2, 100), 100, {{"third original", 1}});
  expect_shares(seen_of(any, 3, 100), 100, {{"empty no more", 1}});
  for (const std::string mode : {"chatgpt", "rewrite:chatgpt"}) {
    const TextMaker one = maker(table, {{TextSource::kRewrite, mode}});
    EXPECT_THAT(one.make(0, 0, "k"), ElementsAre("gpt one"));
    EXPECT_THAT(one.make(1, 0, "k"), ElementsAre("second original"));
  }
}

TEST(TextMaker, ModesThatTheDataDoesNotHaveAreRefused) {
  const TemporaryFolder folder;
  const Texts data({"the original"});
  const auto table = CaptionTable::build(
      data, {folder.write("chatgpt.txt", "one two\n"), folder.write("bard.txt", "three four\n")});
  const auto error = [](const CaptionTable& of, const std::string& slot) {
    return usage_error([&] { maker(of, {{}, parse_text_slot(slot)}); });
  };
  EXPECT_EQ(error(table, "rewrite:chatgtp+masked"),
            "the text slot 'rewrite:chatgtp+masked' wants rewrites that the data does not have; "
            "expected one of chatgpt, bard. Did you mean 'rewrite:chatgpt'?");
  EXPECT_THAT(error(table, "rewrite:raw"), HasSubstr("expected one of chatgpt, bard"));
  const auto none = CaptionTable::build(data, {});
  EXPECT_THAT(error(none, "rewrite"), HasSubstr("the data has none; expected rewrites"));
  EXPECT_THAT(error(none, "rewrite:bard"), HasSubstr("Give their files with --rewrites."));
}

TEST(TextMaker, SentencesAreSpansOfUpToThree) {
  const Texts data({"A dog runs.  It is brown! Who is it?\nNobody knows", "Two here. And there.",
                    "only one", ""});
  const auto table = CaptionTable::build(data, {});
  const TextMaker sentence = maker(table, {{TextSource::kSentence}});
  const int draws = 14400;
  expect_shares(seen_of(sentence, 0, draws), draws,
                {{"A dog runs.", 1.0 / 12},
                 {"It is brown!", 1.0 / 12},
                 {"Who is it?", 1.0 / 12},
                 {"Nobody knows", 1.0 / 12},
                 {"A dog runs.  It is brown!", 1.0 / 9},
                 {"It is brown! Who is it?", 1.0 / 9},
                 {"Who is it?\nNobody knows", 1.0 / 9},
                 {"A dog runs.  It is brown! Who is it?", 1.0 / 6},
                 {"It is brown! Who is it?\nNobody knows", 1.0 / 6}});
  expect_shares(seen_of(sentence, 1, 4000), 4000,
                {{"Two here.", 0.25}, {"And there.", 0.25}, {"Two here. And there.", 0.5}});
  expect_shares(seen_of(sentence, 2, 50), 50, {{"only one", 1}});
  expect_shares(seen_of(sentence, 3, 50), 50, {{"", 1}});
}

TEST(TextMaker, EdaIsDeclipsOnTheOriginal) {
  const TemporaryFolder folder;
  const Texts data({"A small dog runs over the green grass.", "dog", "", " \t "});
  const auto table = CaptionTable::build(data, {folder.write("a.txt", "a b\na b\na b\na b\n")});
  const TextMaker eda = maker(table, {{TextSource::kEda}, {TextSource::kEda}});
  std::set<std::string> seen;
  for (uint64_t epoch = 0; epoch < 200; ++epoch) {
    const std::vector<std::string> texts = eda.make(0, epoch, kKey);
    for (size_t slot = 0; slot < 2; ++slot) {
      Random random = slot_draws(1, "eda", slot, epoch, kKey);
      EXPECT_EQ(texts.at(slot), lexicon::eda(data.caption(0), {lexicon::EdaRecipe::kDeclip, 0.1},
                                             thesaurus(), random));
      seen.insert(texts[slot]);
    }
    EXPECT_NE(eda.make(1, epoch, kKey)[0], "");
    EXPECT_THAT(eda.make(2, epoch, kKey), ElementsAre("", ""));
    EXPECT_THAT(eda.make(3, epoch, kKey), ElementsAre(" \t ", " \t "))
        << "nothing to change: the original";
  }
  EXPECT_GT(seen.size(), 50u);
}

TEST(TextMaker, TextsDependOnSeedEpochKeyAndSlotAlone) {
  const TemporaryFolder folder;
  const std::string caption = "A dog runs. It is brown. Who is it? Nobody knows. A cat sleeps.";
  const Texts data({caption, caption});
  const auto table = CaptionTable::build(data, {folder.write("a.txt", "one two\none two\n"),
                                                folder.write("b.txt", "three x\nthree x\n"),
                                                folder.write("c.txt", "five six\nfive six\n")});
  for (const TextSource source :
       {TextSource::kUniform, TextSource::kEda, TextSource::kSentence, TextSource::kRewrite}) {
    const std::vector<TextSlot> slots = {{source}, {source}};
    const TextMaker one = maker(table, slots), same = maker(table, slots),
                    other(slots, false, table, &thesaurus(), 2);
    int by_seed = 0, by_epoch = 0, by_key = 0, by_slot = 0;
    for (uint64_t epoch = 0; epoch < 50; ++epoch) {
      const auto texts = one.make(0, epoch, "k");
      EXPECT_EQ(texts, one.make(0, epoch, "k"));
      EXPECT_EQ(texts, same.make(1, epoch, "k")) << "another pair of the same key and texts";
      by_seed += texts[0] != other.make(0, epoch, "k")[0];
      by_epoch += texts[0] != one.make(0, epoch + 1, "k")[0];
      by_key += texts[0] != one.make(0, epoch, "l")[0];
      by_slot += texts[0] != texts[1];
    }
    for (const int changes : {by_seed, by_epoch, by_key, by_slot})
      EXPECT_GT(changes, 15) << static_cast<int>(source);
  }
}

}  // namespace
}  // namespace clipwright::data::captions
