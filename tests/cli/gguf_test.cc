// What llama.cpp's own reader makes of a GGUF file that `model convert` writes.
#include <gguf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "cli/commands.h"
#include "core/file.h"
#include "tests/temporary_folder.h"

namespace clipwright::cli {
namespace {

const std::string kModels = std::string(CLIPWRIGHT_SOURCE_DIR) + "/tests/golden/models/";

int convert(const std::string& model, const std::string& output) {
  std::vector<std::string> words = {"clipwright", "--quiet", "model",    "convert", kModels + model,
                                    "--format",   "gguf",    "--output", output};
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  return run_program(static_cast<int>(pointers.size()), pointers.data());
}

struct Opened {
  explicit Opened(const std::string& path)
      : file(gguf_init_from_file(path.c_str(), {/*no_alloc=*/false, &tensors}), gguf_free) {}
  ~Opened() { ggml_free(tensors); }

  uint32_t whole(const char* key) const {
    return gguf_get_val_u32(file.get(), gguf_find_key(file.get(), key));
  }
  bool flag(const char* key) const {
    return gguf_get_val_bool(file.get(), gguf_find_key(file.get(), key));
  }

  ggml_context* tensors = nullptr;
  std::unique_ptr<gguf_context, void (*)(gguf_context*)> file;
};

TEST(Gguf, LlamaCppReadsTowersOfTransformers) {
  for (const char* model : {"vit", "vit-quickgelu", "laclip"}) {
    SCOPED_TRACE(model);
    const TemporaryFolder folder;
    ASSERT_EQ(convert(model, folder / "out"), 0);
    const Opened opened(folder / "out/model.gguf");
    ASSERT_NE(opened.file, nullptr);
    const gguf_context* file = opened.file.get();
    EXPECT_EQ(gguf_get_version(file), 3U);
    EXPECT_STREQ(gguf_get_val_str(file, gguf_find_key(file, "general.architecture")), "clip");
    EXPECT_TRUE(opened.flag("clip.has_vision_encoder"));
    EXPECT_TRUE(opened.flag("clip.has_text_encoder"));
    const bool quick = std::string(model) == "vit-quickgelu";
    EXPECT_EQ(opened.flag("clip.use_gelu"), !quick);
    const auto width = opened.whole("clip.vision.embedding_length"),
               patch = opened.whole("clip.vision.patch_size"),
               blocks = opened.whole("clip.vision.block_count");
    const ggml_tensor* patches = ggml_get_tensor(opened.tensors, "v.patch_embd.weight");
    ASSERT_NE(patches, nullptr);
    EXPECT_EQ(patches->type, GGML_TYPE_F16);
    EXPECT_EQ(patches->ne[0], patch);
    EXPECT_EQ(patches->ne[2], 3);
    EXPECT_EQ(patches->ne[3], width);
    const ggml_tensor* up = ggml_get_tensor(opened.tensors, "v.blk.0.ffn_up.weight");
    ASSERT_NE(up, nullptr);
    EXPECT_EQ(up->ne[0], width);
    EXPECT_EQ(up->ne[1], opened.whole("clip.vision.feed_forward_length"));
    EXPECT_NE(ggml_get_tensor(opened.tensors,
                              ("v.blk." + std::to_string(blocks - 1) + ".attn_q.weight").c_str()),
              nullptr);
    const bool laclip = std::string(model) == "laclip";
    EXPECT_EQ(ggml_get_tensor(opened.tensors, "v.blk.0.attn_q_norm.weight") != nullptr, laclip);
    EXPECT_NE(ggml_get_tensor(opened.tensors, "t.token_embd.weight"), nullptr);
    EXPECT_NE(ggml_get_tensor(opened.tensors, "text_projection.weight"), nullptr);
  }
}

TEST(Gguf, AResNetIsRefusedByName) {
  const TemporaryFolder folder;
  testing::internal::CaptureStderr();
  EXPECT_EQ(convert("resnet", folder / "out"), 2);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("ModifiedResNet"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder / "out"));
}

}  // namespace
}  // namespace clipwright::cli
