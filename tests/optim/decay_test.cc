#include "optim/decay.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace clipwright::optim {
namespace {

TEST(Decay, OpenClipAndLaclipAgreeOnTheNamesOfOurModels) {
  const std::map<std::string, std::pair<std::vector<int64_t>, bool>> cases = {
      {"positional_embedding", {{77, 512}, true}},
      {"text_projection", {{512, 512}, true}},
      {"logit_scale", {{}, false}},
      {"visual.class_embedding", {{768}, false}},
      {"visual.positional_embedding", {{50, 768}, true}},
      {"visual.proj", {{768, 512}, true}},
      {"visual.conv1.weight", {{768, 3, 32, 32}, true}},
      {"visual.ln_pre.weight", {{768}, false}},
      {"token_embedding.weight", {{49408, 512}, true}},
      {"transformer.resblocks.0.attn.in_proj_weight", {{1536, 512}, true}},
      {"transformer.resblocks.0.attn.in_proj_bias", {{1536}, false}},
      {"transformer.resblocks.0.mlp.c_fc.weight", {{2048, 512}, true}},
      {"visual.trunk.cls_token", {{1, 1, 768}, true}},
      {"visual.trunk.pos_embed", {{1, 197, 768}, true}},
      {"visual.trunk.blocks.0.attn.q_norm.weight", {{64}, false}},
      {"visual.head.proj.weight", {{512, 768}, true}},
  };
  for (const auto& [name, expected] : cases) {
    tensor::ParameterTable table;
    table.add(name, torch::empty(expected.first).requires_grad_());
    EXPECT_EQ(decays(DecayRule::kOpenClip, table.at(name)), expected.second) << name;
    EXPECT_EQ(decays(DecayRule::kLaclip, table.at(name)), expected.second) << name;
  }
}

TEST(Decay, GoesByTheShapeInTheFileNotByTheLeafs) {
  tensor::ParameterTable table;
  const Tensor leaf = torch::empty({768}).requires_grad_();
  table.add({.name = "visual.trunk.cls_token",
             .leaf = leaf,
             .layout = tensor::FileLayout::kReshaped,
             .shape = {1, 1, 768}});
  table.add("visual.class_embedding", torch::empty({768}).requires_grad_());
  EXPECT_TRUE(decays(DecayRule::kLaclip, table.at("visual.trunk.cls_token")));
  EXPECT_TRUE(decays(DecayRule::kOpenClip, table.at("visual.trunk.cls_token")));
  EXPECT_FALSE(decays(DecayRule::kLaclip, table.at("visual.class_embedding")));
}

}  // namespace
}  // namespace clipwright::optim
