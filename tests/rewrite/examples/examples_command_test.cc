// `clipwright examples` and the outputs of `rewrite`, as a user runs them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/hash.h"
#include "core/json.h"
#include "tests/rewrite/fake_server.h"
#include "tests/temporary_folder.h"

namespace clipwright::rewrite::examples {
namespace {

using testing::HasSubstr;

class ExamplesCommand : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(fs::exists(CLIPWRIGHT_PROGRAM))
        << "build the program first: cmake --build build --target clipwright";
    std::string text;
    for (int i = 0; i < 40; ++i)
      text += "a small brown dog runs over green grass number " + std::to_string(i) + "\n";
    write("captions.txt", text);
  }

  void write(const std::string& name, const std::string& contents) const {
    std::ofstream(folder_ / name, std::ios::binary) << contents;
  }
  std::string read(const std::string& name) const { return read_file(folder_ / name); }
  /// Runs the program in the folder; its exit code.
  int run(const std::string& arguments, const std::string& input = "") {
    write("input", input);
    const std::string command = "cd '" + folder_.string() + "' && '" CLIPWRIGHT_PROGRAM "' " +
                                arguments + " < input > stdout 2> stderr";
    const int status = std::system(command.c_str());
    out_ = read("stdout");
    errors_ = read("stderr");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  const TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
  std::string out_, errors_;
};

TEST_F(ExamplesCommand, CheckTellsEveryFindingAndExitsWithThree) {
  EXPECT_EQ(run("examples check " CLIPWRIGHT_SOURCE_DIR "/data/examples/human.tsv"), 0) << errors_;
  EXPECT_THAT(out_, HasSubstr("16 examples of 2 columns, pack d1a0f6a997cf7675"));
  write("bad.tsv", "one column\na => b\tc d\n");
  EXPECT_EQ(run("examples check bad.tsv"), 3);
  EXPECT_THAT(out_, HasSubstr("line 1: has one column"));
  EXPECT_THAT(out_, HasSubstr("line 2: 'a => b' holds the arrow"));
  EXPECT_THAT(errors_, HasSubstr("for 3 reasons"));
  EXPECT_EQ(run("examples check missing.tsv"), 3);
}

TEST_F(ExamplesCommand, APersonsAnswersMakeAPackWithProvenance) {
  std::string answers;
  for (int i = 0; i < 16; ++i) answers += "a tiny hound on a lawn " + std::to_string(i) + "\n";
  EXPECT_EQ(run("examples human --captions captions.txt --output own.tsv", answers), 0) << errors_;
  EXPECT_THAT(out_, HasSubstr("[16 of 16]"));
  EXPECT_EQ(run("examples check own.tsv"), 0) << out_;
  const std::string pack = read("own.tsv");
  EXPECT_THAT(pack, HasSubstr("# clipwright example pack, version 1\n# made: human\n"));
  EXPECT_THAT(pack, HasSubstr("# captions: captions.txt, sha256 " +
                              hex(sha256(read("captions.txt"))) + "\n"));
  EXPECT_EQ(run("examples human --captions captions.txt --output table.tsv --count 3 --export-tsv "
                "out.tsv"),
            0)
      << errors_;
  EXPECT_THAT(read("out.tsv"), HasSubstr("key\tcaption\trewrite\n"));
}

TEST_F(ExamplesCommand, CocoAndTables) {
  Json coco = {{"annotations", Json::array()}};
  for (int k = 0; k < 2; ++k) {
    for (int i = 0; i < 20; ++i)
      coco["annotations"].push_back(
          {{"image_id", i},
           {"caption", "Person " + std::to_string(k) + " saw " + std::to_string(i)}});
  }
  write("coco.json", coco.dump());
  EXPECT_EQ(run("examples coco --annotations coco.json --output coco.tsv"), 0) << errors_;
  EXPECT_EQ(run("examples check coco.tsv"), 0) << out_;
  const std::string good = read("coco.tsv");
  EXPECT_EQ(run("examples from-tsv coco.tsv --count 15 --output coco.tsv"), 2);
  EXPECT_THAT(errors_, HasSubstr("would be written over coco.tsv"));
  EXPECT_EQ(run("examples from-tsv coco.tsv --count 15 --output few.tsv"), 3);
  EXPECT_THAT(errors_, HasSubstr("gives a pack that holds 15 examples; expected 16 or more"));
  EXPECT_EQ(run("examples coco --annotations coco.json --pictures 3 --output coco.tsv"), 3);
  EXPECT_EQ(read("coco.tsv"), good);
  EXPECT_EQ(run("examples coco --annotations captions.txt --output x.tsv"), 3);
  EXPECT_FALSE(fs::exists(folder_ / "x.tsv"));
  EXPECT_EQ(run("examples coco --annotations coco.json --captions-each 1 --output x.tsv"), 2);
}

TEST_F(ExamplesCommand, AChatServerMakesAPack) {
  std::mutex mutex;
  std::vector<Json> asked;
  FakeServer server([&](const FakeServer::Asked& request) {
    if (request.method == "GET") return models_reply();
    if (request.path != "/v1/chat/completions") return error_reply(404, "no such path");
    const Json body = Json::parse(request.body);
    const std::string prompt = body["messages"].back()["content"];
    {
      const std::lock_guard lock(mutex);
      asked.push_back(body);
    }
    const std::string text =
        "\"One lively hound bounds across a lawn" + prompt.substr(prompt.rfind(' ')) + "\"";
    return FakeReply{.body =
                         to_line({{"choices",
                                   {{{"message", {{"role", "assistant"}, {"content", text}}},
                                     {"finish_reason", "stop"}}}},
                                  {"usage", {{"prompt_tokens", 30}, {"completion_tokens", 9}}}})};
  });
  EXPECT_EQ(run("examples chat --captions captions.txt --base-url " + server.url() +
                " --seed 3 --output vivid.tsv"),
            0)
      << errors_;
  EXPECT_EQ(run("examples check vivid.tsv"), 0) << out_;
  EXPECT_THAT(out_, HasSubstr("16 examples of 2 columns"));
  const std::string pack = read("vivid.tsv");
  EXPECT_THAT(pack, HasSubstr("# made: chat\n"));
  EXPECT_THAT(pack, HasSubstr("\"model\":\"tiny\""));
  EXPECT_THAT(pack, HasSubstr("# seed: 3\n"));
  const Json messages = asked.back()["messages"];
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_THAT(messages[0]["content"].get<std::string>(),
              testing::StartsWith("Rewrite this caption of an image vividly, and keep it less than "
                                  "thirty words: a small brown dog"));
  EXPECT_EQ(asked.back()["max_tokens"], 77);
  // The pack serves a job at once, whatever the small model makes of two captions.
  EXPECT_LE(run("rewrite --captions captions.txt --examples vivid.tsv --limit 2 --max-tokens 8 "
                "--attempts 1 --ledger sqlite:v.db --output v"),
            1)
      << errors_;
  EXPECT_TRUE(fs::exists(folder_ / "v/vivid.txt"));
}

TEST_F(ExamplesCommand, EdaRewritesATableAndWritesEveryOutput) {
  std::string csv = "file,caption\n";
  for (int i = 0; i < 40; ++i)
    csv += std::to_string(i) + ".jpg,\"a small brown dog, number " + std::to_string(i) +
           ", runs over the green grass\"\n";
  write("captions.csv", csv);
  EXPECT_EQ(run("rewrite --captions captions.csv --key-column file --engine eda --ledger "
                "sqlite:a.db --output out --output-parquet out/r.parquet"),
            0)
      << errors_;
  std::istringstream lines(read("out/eda.txt"));
  int texts = 0;
  for (std::string line; std::getline(lines, line);) texts += line.empty() ? 0 : 1;
  EXPECT_GE(texts, 38);  // a swap of equal words or the like may be given up
  const std::string jsonl = read("out/rewrites.jsonl");
  const Json first = Json::parse(jsonl.substr(0, jsonl.find('\n')));
  EXPECT_EQ(first["key"], "0.jpg");
  EXPECT_EQ(first["mode"], "eda");
  EXPECT_EQ(read("out/r.parquet").substr(0, 4), "PAR1");
  const std::string before = read("out/eda.txt");
  EXPECT_EQ(run("rewrite --captions captions.csv --key-column file --engine eda --ledger "
                "sqlite:b.db --output out2"),
            0);
  EXPECT_EQ(read("out2/eda.txt"), before);
  EXPECT_EQ(run("rewrite --captions captions.csv --engine eda --eda-alpha 2 --ledger sqlite:c.db"),
            2);
  EXPECT_EQ(run("rewrite --captions captions.csv --caption-column said --engine eda --ledger "
                "sqlite:c.db"),
            3);
  EXPECT_EQ(run("rewrite --captions captions.txt --caption-column said --engine eda --ledger "
                "sqlite:c.db"),
            2);
}

TEST_F(ExamplesCommand, SourcesThatCannotBeUsedAreRejected) {
  const auto rejected = [&](const std::string& name, const std::string& contents,
                            const std::string& flags = "") {
    write(name, contents);
    EXPECT_EQ(run("rewrite --captions " + name + " --engine eda --ledger sqlite:s.db " + flags), 3)
        << errors_;
    return errors_;
  };
  EXPECT_THAT(rejected("a.csv", "url,captoin\nu,a dog\n"), HasSubstr("'url', 'captoin'"));
  EXPECT_THAT(rejected("a.jsonl", "{\"caption\": \n"), HasSubstr("line 1: is not a JSON object"));
  EXPECT_THAT(rejected("a.parquet", "no parquet"), HasSubstr("cannot be read as Parquet"));
  EXPECT_THAT(rejected("b.csv",
                       "caption\nb\xff"
                       "d\ngood one here\n"),
              HasSubstr("1 of 2 captions are not UTF-8"));
  std::string mostly =
      "caption\nb\xff"
      "d\n";
  for (int i = 0; i < 30; ++i) mostly += "a small brown dog number " + std::to_string(i) + "\n";
  write("c.csv", mostly);
  EXPECT_EQ(run("rewrite --captions c.csv --engine eda --json --ledger sqlite:s.db"), 0);
  EXPECT_EQ(Json::parse(out_)["not_utf8"], 1);
  EXPECT_EQ(run("rewrite --data c.csv --engine eda --output-tars t --output o"), 3) << errors_;
  EXPECT_EQ(run("rewrite --captions c.csv --engine eda --output-tars t --output o"), 2);
}

}  // namespace
}  // namespace clipwright::rewrite::examples
