#include "eval/selection/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "models/open_clip_directory.h"
#include "tests/eval/tiny_set.h"

namespace clipwright::eval::selection {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const fs::path kGolden = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/selection";

Tensor golden(const std::string& name) {
  const NpyArray array = read_npy(kGolden / name);
  Tensor tensor = torch::empty(array.shape, torch::kFloat32);
  std::memcpy(tensor.data_ptr(), array.values<float>().data(), array.bytes.size());
  return tensor;
}

/// A set of the golden features' shape, each picture once.
SelectionSet set_of(Layout layout, int64_t cases, int64_t pictures, int64_t captions) {
  SelectionSet set{.layout = layout};
  for (int64_t i = 0; i < cases; ++i) {
    SelectionCase one{.key = std::to_string(i)};
    for (int64_t p = 0; p < pictures; ++p) one.pictures.push_back(i * pictures + p);
    for (int64_t c = 0; c < captions; ++c) one.captions.push_back(std::to_string(c));
    set.cases.push_back(std::move(one));
  }
  return set;
}

TEST(Selection, EqualsClipBenchmarkAndThePublishedRulesDigitByDigit) {
  const Json expected = read_json(kGolden / "expected.json");
  for (const Layout layout : {Layout::kSugarCrepe, Layout::kWinoground, Layout::kAroOrder}) {
    const std::string name = name_of(layout);
    const Tensor pictures = golden(name + "_pictures.npy"),
                 captions = golden(name + "_captions.npy");
    const SelectionSet set = set_of(layout, pictures.size(0), pictures.size(1), captions.size(1));
    const auto metrics = [&](TieRule rule) {
      return score_selection(set, unit_rows(pictures.flatten(0, 1)),
                             unit_rows(captions.flatten(0, 1)), {}, rule)
          .metrics();
    };
    const Json theirs = metrics(TieRule::kClipBenchmark), strict = metrics(TieRule::kStrict);
    for (const char* key : {"image_acc", "text_acc", "acc"}) {
      EXPECT_EQ(theirs[key], expected[name]["clip_benchmark"][key]) << name << " " << key;
      EXPECT_EQ(strict[key], expected[name]["strict"][key]) << name << " " << key;
    }
    EXPECT_EQ(strict["ties"], expected[name]["strict"]["ties"]) << name;
    EXPECT_EQ(metrics(TieRule::kPublished), layout == Layout::kAroOrder ? theirs : strict) << name;
  }
}

TEST(Selection, EachTestsOwnRule) {
  EXPECT_EQ(find_tie_rule("strict"), TieRule::kStrict);
  EXPECT_EQ(find_tie_rule("published"), TieRule::kPublished);
  EXPECT_EQ(find_tie_rule("clip-benchmark"), TieRule::kClipBenchmark);
  EXPECT_THROW(find_tie_rule("lenient"), Error);
  for (const Layout layout : {Layout::kSugarCrepe, Layout::kWinoground, Layout::kAroRelation,
                              Layout::kAroAttribution, Layout::kAroOrder}) {
    EXPECT_EQ(ties_of(TieRule::kStrict, layout), Ties::kStrict);
    EXPECT_EQ(ties_of(TieRule::kClipBenchmark, layout), Ties::kLowestIndex);
    EXPECT_EQ(ties_of(TieRule::kPublished, layout),
              layout == Layout::kAroOrder ? Ties::kLowestIndex : Ties::kStrict);
  }
}

/// Cases of one picture (1, 0) and two captions: right where the first is nearer.
SelectionSet grouped(Layout layout, const std::vector<std::pair<std::string, bool>>& cases,
                     Tensor& pictures, Tensor& captions) {
  SelectionSet set{.layout = layout};
  std::vector<float> rows;
  for (const auto& [group, right] : cases) {
    set.cases.push_back({.key = std::to_string(set.cases.size()),
                         .group = group,
                         .pictures = {0},
                         .captions = {"true", "false"}});
    for (const float cosine : {right ? 0.8F : 0.6F, right ? 0.6F : 0.8F}) {
      rows.push_back(cosine);
      rows.push_back(std::sqrt(1 - cosine * cosine));
    }
  }
  pictures = torch::tensor({{1.0F, 0.0F}});
  captions = torch::tensor(rows).view({-1, 2});
  return set;
}

TEST(Selection, MeansOverRelationsAreUnweighted) {
  Tensor pictures, captions;
  const SelectionSet set = grouped(Layout::kAroRelation,
                                   {{"on", true},
                                    {"on", true},
                                    {"on", false},
                                    {"on", true},
                                    {"behind", false},
                                    {"near", true},
                                    {"near", true}},
                                   pictures, captions);
  const Json metrics = score_selection(set, pictures, captions, {}, TieRule::kStrict).metrics();
  EXPECT_FLOAT_EQ(metrics["acc"].get<float>(), 5.0F / 7);
  EXPECT_DOUBLE_EQ(metrics["macro_accuracy"].get<double>(), (0.75 + 0 + 1) / 3);
  // "near" holds both ways: the paper's mean is without it.
  EXPECT_DOUBLE_EQ(metrics["macro_accuracy_published"].get<double>(), (0.75 + 0) / 2);
  EXPECT_EQ(metrics["groups"],
            Json::parse(R"({"behind": {"acc": 0.0, "cases": 1, "in_macro_accuracy": true,
                                       "in_macro_accuracy_published": true},
                            "near": {"acc": 1.0, "cases": 2, "in_macro_accuracy": true,
                                     "in_macro_accuracy_published": false},
                            "on": {"acc": 0.75, "cases": 4, "in_macro_accuracy": true,
                                   "in_macro_accuracy_published": true}})"));
  EXPECT_EQ(metrics["text_acc_chance"], 0.5);
  EXPECT_EQ(metrics["image_acc"], 1.0);
}

TEST(Selection, AttributesOfFewerThan25CasesAreNotInTheMean) {
  Tensor pictures, captions;
  std::vector<std::pair<std::string, bool>> cases;
  for (int i = 0; i < 25; ++i) cases.emplace_back("red_old", i % 5 != 0);
  for (int i = 0; i < 24; ++i) cases.emplace_back("wet_new", false);
  SelectionSet set = grouped(Layout::kAroAttribution, cases, pictures, captions);
  Json metrics = score_selection(set, pictures, captions, {}, TieRule::kStrict).metrics();
  EXPECT_DOUBLE_EQ(metrics["macro_accuracy"].get<double>(), 0.8);
  EXPECT_EQ(metrics["groups"]["wet_new"]["in_macro_accuracy"], false);
  EXPECT_FALSE(metrics.contains("macro_accuracy_published"));
  // One unreadable picture less, and nothing is left to take a mean of.
  set.cases[0].pictures = {1};
  const SelectionResult result = score_selection(set, torch::cat({pictures, pictures}), captions,
                                                 {{1, "missing"}}, TieRule::kStrict);
  EXPECT_EQ(result.left_out, 1);
  EXPECT_EQ(result.cases, 48);
  EXPECT_TRUE(result.metrics()["macro_accuracy"].is_null());
  EXPECT_EQ(result.samples.rows(), 48);
  EXPECT_EQ(result.samples.keys[0], "1");
  EXPECT_EQ(result.samples.classes[0], 0);
  EXPECT_EQ(result.samples.classes[47], 1);
}

TEST(Selection, ACollapsedModelIsToldByEveryRule) {
  SelectionSet set = set_of(Layout::kAroOrder, 20, 1, 5);
  const Tensor pictures = torch::ones({20, 4}) / 2, captions = torch::ones({100, 4}) / 2;
  for (const TieRule rule : {TieRule::kStrict, TieRule::kPublished, TieRule::kClipBenchmark}) {
    const Json metrics = score_selection(set, pictures, captions, {}, rule).metrics();
    EXPECT_EQ(metrics["acc"], rule == TieRule::kStrict ? 0.0 : 1.0);
    EXPECT_EQ(metrics["ties"], 20);
    EXPECT_EQ(metrics["decisions"], 20);
    EXPECT_EQ(metrics["collapsed"], true);
    EXPECT_EQ(metrics["acc_chance"], 0.2);
  }
}

/// A model directory, and the pictures of tests/golden/eval under several names.
class RunSelection : public testing::Test {
 protected:
  void SetUp() override {
    models::write_open_clip_directory(*tiny_clip(), folder_.path() / "model");
    fs::create_directories(folder_.path() / "images");
    for (const std::string colour : {"2", "10", "green_pear"}) {
      for (const char* number : {"0", "1", "2"}) {
        const std::string name = colour + "_" + number + ".png";
        fs::copy_file(kGoldenEval / "pictures" / name, folder_.path() / "images" / name);
      }
    }
  }
  SelectionRequest request(const std::string& data) const {
    return {.model = folder_ / "model", .data = folder_ / data, .options = {.max_bad_share = 0.9}};
  }
  std::string refusal(const SelectionRequest& request) const {
    try {
      run_selection(request);
    } catch (const Error& error) {
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return {};
  }
  /// Cosines of pictures and texts by the same model, one after the other.
  float cosine(const std::string& picture, const std::string& text) const {
    const BoxedPictures one(folder_.path() / "images", {{picture, {}}});
    const auto model = tiny_clip();
    return unit_rows(embed_images(*model, one).rows)[0]
        .dot(unit_rows(embed_texts(*model, {text}))[0])
        .item<float>();
  }
  TemporaryFolder folder_;
};

TEST_F(RunSelection, SugarCrepesFilesOneOrAll) {
  const std::string add = R"({
      "0": {"filename": "2_0.png", "caption": "a red wall", "negative_caption": "a green wall"},
      "7": {"filename": "10_0.png", "caption": "a green wall", "negative_caption": "a red wall"}})";
  folder_.write("data/add_att.json", add);
  folder_.write("data/swap_obj.json", R"({
      "3": {"filename": "green_pear_0.png", "caption": "blue", "negative_caption": "pear"}})");
  folder_.write("data/notes.json", "{}");
  SelectionRequest one = request("data/add_att.json");
  one.image_root = folder_ / "images";
  const EvaluationRecord record = run_selection(one);
  EXPECT_EQ(record.task, "image_caption_selection");
  EXPECT_EQ(record.dataset, folder_ / "data/add_att.json");
  EXPECT_EQ(record.model, "custom");
  EXPECT_EQ(record.pretrained, folder_ / "model");
  const int right = (cosine("2_0.png", "a red wall") > cosine("2_0.png", "a green wall")) +
                    (cosine("10_0.png", "a green wall") > cosine("10_0.png", "a red wall"));
  EXPECT_EQ(record.metrics["text_acc"], right / 2.0);
  EXPECT_EQ(record.metrics["image_acc"], 1.0);
  EXPECT_EQ(record.metrics["acc"], record.metrics["text_acc"]);
  EXPECT_EQ(record.metrics["tie_rule"], "strict");
  EXPECT_THAT(record.samples.keys, ElementsAre("0", "7"));

  SelectionRequest all = request("data");
  all.image_root = one.image_root;
  const EvaluationRecord both = run_selection(all);
  EXPECT_EQ(both.metrics["cases"], 3);
  EXPECT_THAT(both.samples.keys, ElementsAre("add_att/0", "add_att/7", "swap_obj/3"));
  EXPECT_THAT(both.samples.classes, ElementsAre(0, 0, 1));
  EXPECT_THAT(both.classnames, ElementsAre("add_att", "swap_obj"));
  EXPECT_EQ(both.metrics["groups"]["add_att"]["cases"], 2);
  EXPECT_EQ(both.metrics["groups"]["add_att"]["acc"], record.metrics["acc"]);
  for (const int64_t batch : {1, 7}) {
    all.options.batch_size = batch;
    EXPECT_EQ(run_selection(all).metrics, both.metrics) << batch;
  }
  // The same with a model that is open.
  EXPECT_EQ(run_selection(open_model(folder_ / "model", "cpu"), all).metrics, both.metrics);
}

TEST_F(RunSelection, WinogroundsPicturesHaveNoEnding) {
  folder_.write("examples.jsonl",
                R"({"id": 0, "image_0": "2_0", "image_1": "10_0", "caption_0": "a red wall", )"
                R"("caption_1": "a green wall", "collapsed_tag": "Object"})"
                "\n"
                R"({"id": 1, "image_0": "10_1.png", "image_1": "2_1", "caption_0": "green", )"
                R"("caption_1": "red", "collapsed_tag": "Relation"})"
                "\n");
  const EvaluationRecord record = run_selection(request("examples.jsonl"));
  EXPECT_EQ(record.metrics["cases"], 2);
  EXPECT_EQ(record.metrics["decisions"], 8);
  EXPECT_EQ(record.metrics["text_acc_chance"], 0.25);
  EXPECT_DOUBLE_EQ(record.metrics["acc_chance"].get<double>(), 1.0 / 6);
  const std::vector<float> first = {
      cosine("2_0.png", "a red wall"), cosine("2_0.png", "a green wall"),
      cosine("10_0.png", "a red wall"), cosine("10_0.png", "a green wall")};
  const CaseOutcome outcome = judge(first, 2, 2, Ties::kStrict);
  EXPECT_EQ(record.samples.values[0], outcome.image);
  EXPECT_EQ(record.samples.values[1], outcome.text);
  EXPECT_EQ(record.samples.values[2], outcome.both());
  EXPECT_EQ(record.metrics["groups"]["Object"]["cases"], 1);
  // A folder finds its file.
  EXPECT_EQ(run_selection(request("")).metrics, record.metrics);
}

TEST_F(RunSelection, ArosBoxesAreCutOutFirst) {
  // A picture whose left half is 2_0's and whose right half is black; its box is the left half.
  const auto entry = [](const char* group, const char* picture, const char* box) {
    return std::string("{\"image_path\": \"") + picture + "\", " + box + ", " + group +
           ", \"true_caption\": \"a red wall\", \"false_caption\": \"a green wall\"}";
  };
  constexpr const char* kWhole = R"("bbox_x": 0, "bbox_y": 0, "bbox_w": 48, "bbox_h": 24)";
  const std::string whole = entry("\"relation_name\": \"on\"", "2_0.png", kWhole);
  folder_.write("visual_genome_relation.json", "[" + whole + "]");
  const EvaluationRecord record = run_selection(request("visual_genome_relation.json"));
  EXPECT_EQ(record.metrics["cases"], 1);
  EXPECT_EQ(record.metrics["acc"],
            cosine("2_0.png", "a red wall") > cosine("2_0.png", "a green wall") ? 1.0 : 0.0);
  EXPECT_TRUE(record.metrics["groups"].contains("on"));
  folder_.write("visual_genome_attribution.json",
                "[" + entry("\"attributes\": [\"red\", \"old\"]", "2_0.png", kWhole) + "]");
  const EvaluationRecord attributes = run_selection(request("visual_genome_attribution.json"));
  EXPECT_EQ(attributes.metrics["acc"], record.metrics["acc"]);
  EXPECT_TRUE(attributes.metrics["groups"].contains("red_old"));
  EXPECT_TRUE(attributes.metrics["macro_accuracy"].is_null());
  EXPECT_THAT(refusal(request("")),
              HasSubstr("holds several tests, aro-relation and aro-attribution"));
  SelectionRequest chosen = request("");
  chosen.layout = "aro-attribution";
  EXPECT_EQ(run_selection(chosen).metrics, attributes.metrics);
}

TEST_F(RunSelection, ArosOrdersHaveFiveOptionsOf30Words) {
  std::string longer;
  for (int i = 0; i < 40; ++i) longer += "word" + std::to_string(i) + " ";
  folder_.write("coco_order.json", R"([{"image": "2_0.png", "caption_options":
      ["a red wall", "wall red a", "red a wall", "a wall red", "wall a red"]},
      {"image": "10_0.png", "caption_options": [")" +
                                       longer + R"(", "b", "c", "d", "e"]}])");
  const EvaluationRecord record = run_selection(request("coco_order.json"));
  EXPECT_EQ(record.metrics["text_acc_chance"], 0.2);
  EXPECT_EQ(record.metrics["decisions"], 2);
  const SelectionSet set =
      read_selection_set(folder_ / "coco_order.json", "auto", folder_ / "images");
  EXPECT_TRUE(set.cases[1].captions[0].ends_with(" word28 word29"));
}

TEST_F(RunSelection, WhatCannotBeUsedIsCountedAndNamed) {
  folder_.write("bad.json", R"([
      {"image_path": "2_0.png", "bbox_x": 1, "bbox_y": 1, "bbox_w": 9, "bbox_h": 9, "relation_name": "on",
       "true_caption": "a", "false_caption": "b"},
      {"image_path": "2_1.png", "bbox_x": 1, "bbox_y": 1, "bbox_w": 9, "relation_name": "on",
       "true_caption": "a", "false_caption": "b"},
      {"image_path": "2_1.png", "bbox_x": 1, "bbox_y": 1, "bbox_w": 9, "bbox_h": 9, "relation_name": "on",
       "true_caption": " ", "false_caption": "b"},
      {"image_path": "2_1.png", "bbox_x": 1, "bbox_y": 1, "bbox_w": 9, "bbox_h": 9,
       "true_caption": "a", "false_caption": "b"},
      7,
      {"image_path": "2_1.png", "bbox_x": 100, "bbox_y": 1, "bbox_w": 9, "bbox_h": 9, "relation_name": "on",
       "true_caption": "a", "false_caption": "b"},
      {"image_path": "missing.png", "bbox_x": 1, "bbox_y": 1, "bbox_w": 9, "bbox_h": 9, "relation_name": "on",
       "true_caption": "a", "false_caption": "b"}])");
  const SelectionSet set = read_selection_set(folder_ / "bad.json", "auto", "");
  EXPECT_EQ(set.cases.size(), 3U);
  EXPECT_THAT(set.describe(), HasSubstr("aro-relation: 3 cases, 3 pictures below"));
  EXPECT_THAT(set.describe(),
              HasSubstr("skipped 4 of 7 (empty caption 1, missing key 2, not JSON 1)"));
  EXPECT_EQ(set.skipped.first(), folder_ / "bad.json: entry 1 has no number 'bbox_h'");
  const EvaluationRecord record = run_selection(request("bad.json"));
  EXPECT_EQ(record.metrics["cases"], 1);
  EXPECT_EQ(record.metrics["left_out"], 2);
  EXPECT_EQ(record.metrics["skipped"], 4);
  SelectionRequest careful = request("bad.json");
  careful.options.max_bad_share = 0.05;
  EXPECT_THAT(refusal(careful),
              HasSubstr("4 of 7 entries cannot be used; the first is " + (folder_ / "bad.json") +
                        ": entry 1 has no number 'bbox_h'; expected at most 5 %"));
  // As many as are allowed at reading are too many with the cases that lose a picture.
  careful.options.max_bad_share = 0.7;
  EXPECT_THAT(refusal(careful), HasSubstr("6 of 7 entries cannot be used, 2 because a picture "
                                          "cannot be read; the first is "));
}

TEST_F(RunSelection, UnreadablePicturesAreJudgedAsElsewhere) {
  const auto entry = [](const char* picture, int x) {
    return std::string("{\"image_path\": \"") + picture + "\", \"bbox_x\": " + std::to_string(x) +
           R"(, "bbox_y": 1, "bbox_w": 9, "bbox_h": 9, "relation_name": "on",)"
           R"( "true_caption": "a", "false_caption": "b"})";
  };
  folder_.write("boxes.json", "[" + entry("2_0.png", 1) + "," + entry("2_1.png", 100) + "," +
                                  entry("missing.png", 1) + "]");
  SelectionRequest careful = request("boxes.json");
  EXPECT_EQ(run_selection(careful).metrics["skipped"], 0);
  careful.options.max_bad_share = 0.05;
  EXPECT_THAT(refusal(careful), HasSubstr("2 of 3 pictures cannot be read; the first is 2_1.png at "
                                          "100,1,9,9 (the box 100,1,9,9 (x, y, width, height) lies "
                                          "outside the picture of 48 x 24)"));
}

// A download that broke off is no test with fewer entries.
TEST_F(RunSelection, AFileThatWasCutOffIsToldByItsByte) {
  const std::string first =
      R"({"filename": "2_0.png", "caption": "a red wall", "negative_caption": "a green wall"})";
  for (const std::string& whole :
       {"{\"0\": " + first + ", \"1\": " + first + "}",
        "{\n\"0\": " + first + ",\n\"1\": " + first + "}", "[" + first + ", " + first + "]",
        "[\n" + first + ",\n" + first + "\n]\n"}) {
    folder_.write("add_att.json", whole);
    EXPECT_EQ(run_selection(request("add_att.json")).metrics["cases"], 2);
    for (const size_t bytes : {whole.size() / 3, whole.size() - 3}) {
      folder_.write("add_att.json", whole.substr(0, bytes));
      EXPECT_THAT(refusal(request("add_att.json")), HasSubstr("is not valid JSON")) << bytes;
    }
  }
  // Of an object a line the others can still be read: a bad one is counted.
  folder_.write("lines.jsonl", first + "\n" + first.substr(0, 30) + "\n" + first + "\n");
  EXPECT_EQ(run_selection(request("lines.jsonl")).metrics["skipped"], 1);
}

TEST_F(RunSelection, RefusesWhatIsNoTest) {
  EXPECT_THAT(refusal(request("absent.json")), HasSubstr("does not exist"));
  EXPECT_THAT(refusal(request("images")), HasSubstr("holds no file of a known test"));
  folder_.write("empty.json", "[]");
  EXPECT_THAT(refusal(request("empty.json")), HasSubstr("holds no JSON objects"));
  folder_.write("broken.json", "{\"a\": ");
  EXPECT_THAT(refusal(request("broken.json")), HasSubstr("is not valid JSON"));
  folder_.write("words.json", "a list of words");
  EXPECT_THAT(refusal(request("words.json")), HasSubstr("holds no JSON objects"));
  folder_.write("other.json", "[{\"a\": 1}]");
  EXPECT_THAT(refusal(request("other.json")), HasSubstr("has no entry of a known test"));
  SelectionRequest named = request("other.json");
  named.layout = "sugarcrepe";
  EXPECT_THAT(refusal(named), HasSubstr("entry 0 has no 'filename'"));
  named.layout = "sugarcrep";
  EXPECT_THAT(refusal(named), HasSubstr("Did you mean 'sugarcrepe'?"));
  named = request("other.json");
  named.ties = "lose";
  EXPECT_THAT(refusal(named), HasSubstr("--ties is 'lose'"));
  folder_.write("lost.json",
                R"({"1": {"filename": "no.jpg", "caption": "a", "negative_caption": "b"}})");
  EXPECT_THAT(refusal(request("lost.json")), HasSubstr("Set --image-root"));
  SelectionRequest batch = request("lost.json");
  batch.options.batch_size = 0;
  EXPECT_THAT(refusal(batch), HasSubstr("--batch-size"));
}

}  // namespace
}  // namespace clipwright::eval::selection
