// Every architecture that the program lists, through every form that it both writes and reads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"
#include "core/file.h"
#include "models/files/hugging_face.h"
#include "models/open_clip_directory.h"
#include "tests/models/architecture_kinds.h"
#include "tests/temporary_folder.h"

namespace clipwright::models {
namespace {

struct Form {
  const char* name;
  void (*write)(const Clip& model, const fs::path& folder);
  std::shared_ptr<Clip> (*read)(const fs::path& folder);
  bool holds_all;
};
const Form kForms[] = {
    {"open_clip", write_open_clip_directory, read_open_clip_directory, true},
    {"hf", files::write_hugging_face_folder, files::read_hugging_face_folder, false},
};

TextBatch texts(const ModelConfig& config) {
  text::bpe::PackedTexts packed;
  const int end = config.text.words() - 1;
  for (const std::vector<int32_t>& words :
       {std::vector<int32_t>{5}, std::vector<int32_t>{7, 9, 11, 13}, std::vector<int32_t>{}}) {
    packed.ids.push_back(end - 1);
    packed.ids.insert(packed.ids.end(), words.begin(), words.end());
    packed.ids.push_back(end);
    packed.offsets.push_back(static_cast<int32_t>(packed.ids.size()));
  }
  return to_text_batch(packed);
}

std::vector<std::pair<std::string, std::string>> files_in(const fs::path& folder) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file())
      files.emplace_back(fs::relative(entry.path(), folder).string(), read_file(entry.path()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

class EveryKindRoundTrip : public testing::TestWithParam<ArchitectureKind> {};
INSTANTIATE_TEST_SUITE_P(RoundTrip, EveryKindRoundTrip, testing::ValuesIn(architecture_kinds()),
                         [](const auto& info) { return info.param.name; });

TEST_P(EveryKindRoundTrip, FeaturesStayBitForBitAndFilesToo) {
  const torch::NoGradGuard no_grad;
  Clip model(GetParam().config, 5);
  perturb(model);
  model.eval();
  const int64_t side = model.config().vision.image_size;
  const Tensor pixels = torch::rand({2, 3, side, side}) * 2 - 1;
  const TextBatch words = texts(model.config());
  const Tensor images = model.encode_image(pixels), sentences = model.encode_text(words);
  for (const Form& form : kForms) {
    SCOPED_TRACE(form.name);
    const TemporaryFolder folder;
    try {
      form.write(model, folder / "first");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage);
      EXPECT_THAT(error.what(), testing::HasSubstr("the model has "));
      EXPECT_FALSE(form.holds_all) << error.what();
      continue;
    }
    const std::shared_ptr<Clip> read = form.read(folder / "first");
    EXPECT_TRUE(read->encode_image(pixels).equal(images));
    EXPECT_TRUE(read->encode_text(words).equal(sentences));
    EXPECT_TRUE(read->logit_scale().equal(model.logit_scale()));
    EXPECT_EQ(read->config().preprocess, model.config().preprocess);
    form.write(model, folder / "second");
    form.write(*read, folder / "third");
    EXPECT_EQ(files_in(folder / "first"), files_in(folder / "second"));
    EXPECT_EQ(files_in(folder / "first"), files_in(folder / "third"));
  }
}

}  // namespace
}  // namespace clipwright::models
