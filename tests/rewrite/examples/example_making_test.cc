// The ways to make a pack: a chat model, COCO's captions, a person, a table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "rewrite/engine/reply.h"
#include "rewrite/examples/example_chat.h"
#include "rewrite/examples/example_coco.h"
#include "rewrite/examples/example_draft.h"
#include "rewrite/examples/example_sample.h"
#include "rewrite/examples/example_session.h"
#include "rewrite/examples/example_table.h"
#include "rewrite/prompt/example_pack.h"
#include "tests/temporary_folder.h"

namespace clipwright::rewrite::examples {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Making : public testing::Test {
 protected:
  Making() {
    std::string text = "dog\n\nday => night in town\nbad \xff bytes here\n#no comment at all\n";
    for (int i = 0; i < 100; ++i) text += "caption of picture " + std::to_string(i) + "\n";
    captions_ = std::make_unique<records::CaptionLines>(write("captions.txt", text));
  }

  fs::path write(const std::string& name, const std::string& contents) const {
    std::ofstream(folder_ / name, std::ios::binary) << contents;
    return folder_ / name;
  }
  template <typename Call>
  std::string complaint(ExitCode code, Call call) {
    try {
      call();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    return "no complaint";
  }

  const TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
  std::unique_ptr<records::CaptionLines> captions_;
};

TEST_F(Making, TheSampleGivesEveryUsableCaptionOnceInAKeyedOrder) {
  const auto drawn = [&](uint64_t seed) {
    ExampleSample sample(*captions_, seed);
    std::vector<std::string> all;
    while (auto caption = sample.next()) {
      EXPECT_EQ(captions_->caption(std::stol(sample.key())), *caption);
      all.push_back(*caption);
    }
    return all;
  };
  const auto order = drawn(1);
  EXPECT_EQ(order.size(), 100u);  // the five at the top cannot be in a pack
  EXPECT_EQ(std::set<std::string>(order.begin(), order.end()).size(), 100u);
  EXPECT_EQ(order, drawn(1));
  EXPECT_NE(order, drawn(2));
}

/// Answers in reverse order; some captions it spoils at first or for good.
class ChatEngine final : public engine::Engine {
 public:
  Json identity() const override { return {{"engine", "test"}}; }
  void run(engine::RequestQueue& queue, const language::Sampling&,
           engine::ReplySink& sink) override {
    std::vector<engine::Request> waiting;
    for (;;) {
      while (auto request = queue.next()) waiting.push_back(*request);
      if (waiting.empty()) return;
      const engine::Request request = waiting.back();
      waiting.pop_back();
      bodies.push_back(request.prefix + request.body);
      seeds.insert(request.seed);
      sink.put(request, answer(request));
    }
  }
  engine::Reply answer(const engine::Request& request) const {
    const int number = std::stoi(request.source.substr(request.source.rfind(' ')));
    if (refuses || number % 5 == 0) return {.text = "I'm sorry, I cannot do that."};
    if (number % 5 == 1 && request.attempt == 0) return {.text = "Sure, here is one"};
    if (number % 5 == 2 && request.attempt == 0) {
      std::string wordy = "a";
      for (int i = 0; i < 29; ++i) wordy += " word" + std::to_string(i);
      return {.text = wordy};
    }
    if (number % 5 == 3) return {.text = "always the very same picture"};
    return {.text = "\"A vivid picture " + std::to_string(number) + " in other words\""};
  }
  bool refuses = false;
  std::vector<std::string> bodies;
  std::set<uint64_t> seeds;
};

TEST_F(Making, ChatExamplesAskForWhatThePaperAsksFor) {
  ChatEngine engine;
  const ChatExamples made = chat_examples(*captions_, {.seed = 4}, engine);
  ASSERT_EQ(made.draft.rows.size(), 16u);
  for (const auto& row : made.draft.rows) {
    EXPECT_THAT(row[0], HasSubstr("caption of picture"));
    EXPECT_LT(prompt::count_words(row[1]), 30u);
    EXPECT_THAT(engine.bodies,
                testing::Contains("Rewrite this caption of an image vividly, and keep it less than "
                                  "thirty words: " +
                                  row[0]));
  }
  EXPECT_EQ(made.outcomes.at("accepted"), 16);
  EXPECT_GT(made.outcomes.at("rejected:refused"), 0);
  EXPECT_GT(made.outcomes.at("rejected:too-long"), 0);
  EXPECT_GT(made.outcomes.at("rejected:copy-of-example"), 0);  // the very same picture
  EXPECT_EQ(engine.seeds.size(), engine.bodies.size());
  EXPECT_TRUE(prompt::parse_example_rows(made.draft.contents()).findings.empty());
  ChatEngine again;
  EXPECT_EQ(chat_examples(*captions_, {.seed = 4}, again).draft.rows, made.draft.rows);
  EXPECT_NE(chat_examples(*captions_, {.seed = 5}, again).draft.rows, made.draft.rows);
}

TEST_F(Making, AModelThatRefusesIsAFailureWithTheReasons) {
  ChatEngine engine;
  engine.refuses = true;
  EXPECT_THAT(
      complaint(ExitCode::kFailed, [&] { chat_examples(*captions_, {.count = 4}, engine); }),
      HasSubstr("of 4 examples 0 were made (of 120 replies 120 were rejected as refused ("));
  const records::CaptionLines few(write("few.txt", "one two three 1\nfour five six 4\n"));
  ChatEngine good;
  EXPECT_THAT(complaint(ExitCode::kInput, [&] { chat_examples(few, {}, good); }),
              HasSubstr("more captions"));
}

// COCO -------------------------------------------------------------------------------------------

std::string coco_file(int pictures) {
  Json file = {{"info", {{"annotations", {{{"image_id", 1}, {"caption", "not this"}}}}}},
               {"images", Json::array()},
               {"annotations", Json::array()}};
  // As in the real file, captions of one picture do not stand together.
  for (int k = 0; k < 5; ++k) {
    for (int i = 0; i < pictures; ++i) {
      file["annotations"].push_back({{"id", 10 * i + k},
                                     {"image_id", 1000 + i},
                                     {"caption", "Person " + std::to_string(k) + " on picture\n" +
                                                     std::to_string(i) + ". "}});
    }
  }
  file["annotations"].push_back({{"image_id", 1}, {"caption", "only one of this"}});
  file["annotations"].push_back({{"image_id", "text"}, {"caption", "bad id"}});
  file["annotations"].push_back({{"image_id", 2}, {"segmentation", {{{"caption", "deep"}}}}});
  return file.dump();
}

TEST_F(Making, CocoDrawsPicturesAndCaptionsOfThem) {
  const fs::path file = write("captions.json", coco_file(60));
  const ExampleDraft draft = coco_examples(file, {.pictures = 20, .captions_each = 2, .seed = 3});
  ASSERT_EQ(draft.rows.size(), 20u);
  std::set<std::string> pictures;
  for (const auto& row : draft.rows) {
    ASSERT_EQ(row.size(), 2u);
    const std::string picture = row[0].substr(row[0].rfind(' '));
    EXPECT_EQ(row[0], "Person 0 on picture" + picture);
    EXPECT_EQ(row[1], "Person 1 on picture" + picture);
    pictures.insert(picture);
  }
  EXPECT_EQ(pictures.size(), 20u);
  EXPECT_EQ(coco_examples(file, {.pictures = 20, .seed = 3}).rows, draft.rows);
  EXPECT_NE(coco_examples(file, {.pictures = 20, .seed = 4}).rows, draft.rows);
  EXPECT_EQ(coco_examples(file, {.captions_each = 5}).rows.front().size(), 5u);
  EXPECT_EQ(draft.provenance.front().first, "pictures");
}

TEST_F(Making, WhatIsNoCocoFileIsRefused) {
  const auto refused = [&](const std::string& contents) {
    return complaint(ExitCode::kInput,
                     [&] { coco_examples(write("bad.json", contents), {.pictures = 2}); });
  };
  EXPECT_THAT(refused(coco_file(3).substr(0, 400)), HasSubstr("stops being JSON at byte 40"));
  EXPECT_THAT(refused("a,b\n1,2\n"), HasSubstr("stops being JSON at byte 1"));
  EXPECT_THAT(refused("[1, 2]"), HasSubstr("no list \"annotations\""));
  EXPECT_THAT(refused(R"({"annotations": [{"image_id": 1, "bbox": [1, 2]}]})"),
              HasSubstr("among 1 annotations"));
  EXPECT_THAT(refused(coco_file(1)), HasSubstr("has 1 pictures with 2 usable captions"));
  EXPECT_THAT(refused("{\"annotations\": [{\"caption\": \"\xff\"}]}"), HasSubstr("JSON"));
  EXPECT_THAT(refused(std::string(100'000, '[')), HasSubstr("JSON"));
  EXPECT_THAT(complaint(ExitCode::kInput, [&] { coco_examples(folder_ / "none", {}); }),
              HasSubstr("cannot be read"));
}

// A person ---------------------------------------------------------------------------------------

class Session : public Making {
 protected:
  std::string answer(const std::string& lines, size_t count = 16) {
    ExampleDraft draft = fs::exists(file_) ? ExampleDraft::read(file_) : ExampleDraft{};
    std::istringstream in(lines);
    std::ostringstream out;
    result_ =
        run_example_session(*captions_, {.file = file_, .count = count, .seed = 9}, draft, in, out);
    return out.str();
  }
  std::vector<std::string> order() {
    ExampleSample sample(*captions_, 9);
    std::vector<std::string> all;
    while (auto caption = sample.next()) all.push_back(*caption);
    return all;
  }
  const fs::path file_ = folder_ / "own.tsv";
  ExampleSessionResult result_;
};

TEST_F(Session, EveryAnswerIsSavedAndTheNextSessionGoesOn) {
  const auto shown = order();
  const std::string first = answer("a scene told anew\n\n/undo\nanother way to say\n");
  EXPECT_THAT(first, HasSubstr("[1 of 16]"));
  EXPECT_THAT(first, HasSubstr("caption: " + shown[0]));
  EXPECT_THAT(ExampleDraft::read(file_).rows,
              ElementsAre(ElementsAre(shown[0], "a scene told anew"),
                          ElementsAre(shown[1], "another way to say")));
  EXPECT_EQ(result_.written, 2u);
  EXPECT_FALSE(result_.complete);
  // Skipped captions stay skipped; /undo reaches back into the session before.
  answer("\nthird in other words\n/quit\nnever read\n");
  EXPECT_THAT(ExampleDraft::read(file_).skipped, ElementsAre(shown[2]));
  EXPECT_EQ(ExampleDraft::read(file_).rows.back()[0], shown[3]);
  const std::string third = answer("/undo\nthird told once more\n");
  EXPECT_EQ(ExampleDraft::read(file_).rows.back(),
            (std::vector<std::string>{shown[3], "third told once more"}));
}

TEST_F(Session, WhatCannotBeInAPackIsAskedAgain) {
  const std::string caption = order()[0];
  const std::string out =
      answer(caption + "!\nnow => then\nword\n/help\n# a comment\n  fine  now \n" + caption + "\n");
  EXPECT_THAT(out, HasSubstr("Not taken: the rewrite repeats the caption"));
  EXPECT_THAT(out, HasSubstr("holds the arrow"));
  EXPECT_THAT(out, HasSubstr("one word"));
  EXPECT_THAT(out, HasSubstr("no command /help"));
  EXPECT_THAT(out, HasSubstr("begins with #"));
  EXPECT_THAT(out, HasSubstr("is in the pack already"));
  EXPECT_THAT(ExampleDraft::read(file_).rows, ElementsAre(ElementsAre(caption, "fine now")));
}

TEST_F(Session, EndsWhenThereAreEnough) {
  std::string lines;
  for (int i = 0; i < 20; ++i) lines += "telling number " + std::to_string(i) + "\n";
  answer(lines);
  EXPECT_TRUE(result_.complete);
  EXPECT_EQ(result_.rows, 16u);
  EXPECT_EQ(prompt::ExamplePack::read(file_, "own").rows().size(), 16u);
  EXPECT_THAT(answer("", 17), HasSubstr("[17 of 17]"));
}

TEST_F(Session, ATableGoesOutAndComesBack) {
  ExampleDraft draft;
  const fs::path table = folder_ / "table.tsv";
  EXPECT_EQ(export_example_table(*captions_, {.file = file_, .count = 4, .seed = 9}, draft, table),
            4u);
  std::istringstream rows(read_file(table));
  std::string line, filled;
  std::getline(rows, line);
  EXPECT_EQ(line, "key\tcaption\trewrite");
  for (int i = 0; std::getline(rows, line); ++i) {
    EXPECT_THAT(line, testing::EndsWith(order()[static_cast<size_t>(i)] + "\t"));
    filled += line + (i == 1 ? "" : i == 2 ? "=> no" : " told anew " + std::to_string(i)) + "\r\n";
  }
  const ImportedExamples found =
      import_example_table(write("filled.tsv", "key\tcaption\trewrite\r\n" + filled), draft);
  EXPECT_EQ(found.added, 2u);
  EXPECT_EQ(found.empty, 1u);
  ASSERT_EQ(found.refused.size(), 1u);
  EXPECT_EQ(found.refused[0].line, 4u);
  EXPECT_EQ(draft.rows[1], (std::vector<std::string>{order()[3], "told anew 3"}));
  EXPECT_THAT(
      complaint(ExitCode::kInput, [&] { import_example_table(write("x.tsv", "a\tb\n"), draft); }),
      HasSubstr("first line is 'a\tb'"));
  EXPECT_THAT(complaint(ExitCode::kInput, [&] { import_example_table(write("y", ""), draft); }),
              HasSubstr("is empty"));
}

TEST_F(Session, APackOfGroupsTakesNoPairs) {
  write("own.tsv", "a b\tc d\te f\n");
  EXPECT_THAT(complaint(ExitCode::kInput, [&] { answer("told anew\n"); }),
              HasSubstr("groups of 3 captions"));
}

// Files and tables -------------------------------------------------------------------------------

TEST_F(Making, ADraftKeepsItsProvenanceOutOfTheDigest) {
  ExampleDraft draft;
  for (int i = 0; i < 16; ++i)
    draft.rows.push_back({"source " + std::to_string(i), "target no " + std::to_string(i)});
  draft.note("seed", "1");
  draft.write(folder_ / "a.tsv");
  const std::string digest = prompt::ExamplePack::read(folder_ / "a.tsv", "m").digest();
  draft.note("seed", "2\nsource\ttarget");  // a comment stays one line
  draft.skipped = {"a caption"};
  draft.write(folder_ / "b.tsv");
  EXPECT_EQ(prompt::ExamplePack::read(folder_ / "b.tsv", "m").digest(), digest);
  const ExampleDraft again = ExampleDraft::read(folder_ / "b.tsv");
  EXPECT_EQ(again.rows, draft.rows);
  EXPECT_EQ(again.skipped, draft.skipped);
  EXPECT_THAT(again.provenance, ElementsAre(testing::Pair("seed", "2 source target")));
  EXPECT_THAT(complaint(ExitCode::kInput,
                        [&] {
                          ExampleDraft::read(
                              write("c.tsv", "# clipwright example pack, version 2\na b\tc d\n"));
                        }),
              HasSubstr("later version"));
  EXPECT_THAT(complaint(ExitCode::kInput,
                        [&] { ExampleDraft::read(write("d.tsv", "a b\tc d\na b\te f\n")); }),
              HasSubstr("line 2"));
}

TEST_F(Making, ATableBecomesAPack) {
  std::string text = "n\tbefore\tafter\n";
  for (int i = 0; i < 30; ++i) {
    const std::string n = std::to_string(i);
    text += n + "\t source  text " + n + "\t" + (i == 3 ? "a => b" : "target text " + n) + "\r\n";
  }
  const fs::path table = write("table.tsv", text);
  const ExamplesFromTable all = examples_from_table(table, {.columns = {"before", "after"}});
  EXPECT_EQ(all.draft.rows.size(), 29u);
  EXPECT_EQ(all.draft.rows[0], (std::vector<std::string>{"source text 0", "target text 0"}));
  ASSERT_EQ(all.refused.size(), 1u);
  EXPECT_EQ(all.refused[0].line, 5u);
  const auto drawn = [&](uint64_t seed) {
    return examples_from_table(table, {.columns = {"before", "after"}, .count = 16, .seed = seed})
        .draft.rows;
  };
  EXPECT_EQ(drawn(1).size(), 16u);
  EXPECT_EQ(drawn(1), drawn(1));
  EXPECT_NE(drawn(1), drawn(2));
  // The header is a row then, and refused for its single word.
  const ExamplesFromTable numbered = examples_from_table(table, {.columns = {"#2", "#3"}});
  EXPECT_EQ(numbered.draft.rows.size(), 29u);
  EXPECT_EQ(numbered.refused.front().line, 1u);
  EXPECT_EQ(examples_from_table(write("groups.tsv", "a b\tc d\te f\n"), {}).draft.rows[0].size(),
            3u);
  EXPECT_THAT(complaint(ExitCode::kInput,
                        [&] {
                          examples_from_table(table, {.columns = {"before", "aftr"}});
                        }),
              HasSubstr("Did you mean 'after'?"));
  EXPECT_THAT(
      complaint(ExitCode::kUsage, [&] { examples_from_table(table, {.columns = {"before"}}); }),
      HasSubstr("one column"));
  EXPECT_THAT(complaint(ExitCode::kUsage,
                        [&] {
                          examples_from_table(table, {.columns = {"before", "#2"}});
                        }),
              HasSubstr("mixes"));
}

}  // namespace
}  // namespace clipwright::rewrite::examples
