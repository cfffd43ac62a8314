// Maps of names: what each rule does, and that every name and every rule is accounted for.
#include "models/files/name_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "models/files/model_file.h"
#include "models/load_model.h"
#include "models/weights_digest.h"
#include "tensor/safetensors.h"
#include "tests/temporary_folder.h"

namespace clipwright::models::files {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const fs::path kFiles = fs::path(CLIPWRIGHT_SOURCE_DIR) / "tests/golden/torch_files";

class NameMaps : public testing::Test {
 protected:
  std::string file(const std::string& text) const { return folder_.write("names.toml", text); }
  std::vector<NamedTensor> apply(const std::string& text,
                                 const std::vector<std::string>& names) const {
    std::vector<NamedTensor> tensors;
    for (const std::string& name : names) tensors.emplace_back(name, torch::zeros({2, 3}));
    return NameMap::read(file(text)).apply(std::move(tensors), "weights.pt");
  }
  std::vector<std::string> names(const std::string& text,
                                 const std::vector<std::string>& given) const {
    std::vector<std::string> list;
    for (const auto& [name, tensor] : apply(text, given)) list.push_back(name);
    return list;
  }
  std::string error(const std::string& text, const std::vector<std::string>& given = {"a"}) const {
    try {
      apply(text, given);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput) << error.what();
      return error.what();
    }
    ADD_FAILURE() << text << " was taken";
    return {};
  }

  TemporaryFolder folder_;
};

TEST_F(NameMaps, TheFirstRuleThatFitsCounts) {
  EXPECT_THAT(names(R"(rename = [["text.head", "text_projection"], ["text.*", "*"],
                                 ["*.layers.*.w", "*.blocks.*.weight"], ["*", "*"]]
                       drop = ["queue*"])",
                    {"text.head", "text.tail", "visual.layers.3.w", "queue", "queue.1", "scale"}),
              ElementsAre("text_projection", "tail", "visual.blocks.3.weight", "scale"));
  EXPECT_THAT(names(R"(rename = [["a*b*c", "*-*"], ["*.*", "*/*"], ["a*", "[*]"]])",
                    {"abbc", "abc", "x.y.z", "a"}),
              ElementsAre("-b", "-", "x/y.z", "[]"));
}

TEST_F(NameMaps, AMatrixMayLieTheOtherWay) {
  const auto turned = apply(R"(rename = [["a", "b", "transposed"]])", {"a"});
  EXPECT_EQ(turned[0].second.sizes(), (std::vector<int64_t>{3, 2}));
}

TEST_F(NameMaps, EveryNameAndEveryRuleIsAccountedFor) {
  EXPECT_THAT(error(R"(rename = [["a", "b"]])", {"a", "c", "d"}),
              AllOf(HasSubstr("names that no rule fits: c, d"), HasSubstr("weights.pt"),
                    HasSubstr(R"(["*", "*"])")));
  EXPECT_THAT(error(R"(rename = [["a", "b"], ["x*", "y*"]]
                       drop = ["z"])"),
              HasSubstr("rules that fit no name: drop z, x* -> y*"));
  EXPECT_THAT(error(R"(rename = [["a", "c"], ["*", "*"]])", {"a", "c"}),
              HasSubstr("would get one name: a and c (both c)"));
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) many.push_back("n" + std::to_string(i));
  EXPECT_THAT(error(R"(rename = [["n1", "m"]])", many), HasSubstr("and 87 more"));
}

TEST_F(NameMaps, WhatIsNoMapIsASentenceWithTheLine) {
  EXPECT_THAT(error(""), HasSubstr("has no rules"));
  EXPECT_THAT(error("rename = ["), HasSubstr("line 1"));
  EXPECT_THAT(error("\nrenames = []"), HasSubstr("line 2: 'renames' is no key"));
  EXPECT_THAT(error("rename = 'a'"), HasSubstr("no list"));
  EXPECT_THAT(error("rename = [['a']]"), HasSubstr("no pair"));
  EXPECT_THAT(error("rename = [['a', 1]]"), HasSubstr("no text"));
  EXPECT_THAT(error("rename = [['a', 'b', 'turned']]"), HasSubstr("ends in 'turned'"));
  EXPECT_THAT(error("rename = [['a*', 'b']]"), HasSubstr("unlike numbers of stars"));
  EXPECT_THAT(error("drop = [1]"), HasSubstr("no text"));
  EXPECT_THROW(NameMap::read(folder_.path() / "none.toml"), Error);
}

TEST_F(NameMaps, AFileOfUnknownNamesIsReadAsTheModelThatItIs) {
  // OpenAI's weights under names of nobody's, in a parallel wrapper, the projection the other way,
  // beside tensors of another method.
  const fs::path known = kFiles / "openai/state_dict.pt";
  std::vector<NamedTensor> tensors;
  for (auto [name, tensor] : read_weights(known)) {
    if (name == "input_resolution" || name == "context_length" || name == "vocab_size") continue;
    const bool image = name.starts_with("visual.");
    if (name == "text_projection") {
      name = "encode_text.head.weight";
      tensor = tensor.t().contiguous();
    } else if (!image && name != "logit_scale") {
      name = "encode_text." + name;
    }
    tensors.emplace_back("module." + name, tensor);
  }
  tensors.emplace_back("module.predictor.layers.0.weight", torch::zeros({3, 3}));
  const std::string unknown = folder_.path() / "unknown.safetensors";
  tensor::write_safetensors(unknown, tensors);
  EXPECT_THROW(load_trained_model(unknown), Error);
  const std::string map = file(R"(
drop = ["predictor.*"]
rename = [["encode_text.head.weight", "text_projection", "transposed"],
          ["encode_text.*", "*"], ["*", "*"]])");
  const auto model = load_trained_model({unknown, "", map});
  EXPECT_EQ(weights_digest(*model), weights_digest(*load_trained_model(known.string())));
  EXPECT_EQ(read_model_config({unknown, "", map}).embed_dim, model->config().embed_dim);
  EXPECT_THROW(load_trained_model({(kFiles / "../models/vit").string(), "", map}), Error);
}

}  // namespace
}  // namespace clipwright::models::files
