#include "data/tools/preprocess.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/npy.h"
#include "data/transform/transform.h"
#include "tests/data/golden_pictures.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::tools {
namespace {

PreprocessOptions options_for(const TemporaryFolder& folder) {
  const std::string images = golden_image_folder().string();
  return {
      .images = {images + "/jpeg_420.jpg", images + "/png_rgba.png", images + "/webp_lossy.webp"},
      .recipe = "openai",
      .size = 32,
      .output = folder / "x.npy"};
}

TEST(Preprocess, RawIsWhatPillowMakesInOrder) {
  const TemporaryFolder folder;
  PreprocessOptions options = options_for(folder);
  options.raw = true;
  preprocess_images(options);
  const NpyArray array = read_npy(options.output);
  EXPECT_EQ(array.type, "|u1");
  ASSERT_EQ(array.shape, (std::vector<int64_t>{3, 3, 32, 32}));
  std::vector<uint8_t> expected;
  for (const std::string& path : options.images) {
    const NpyArray one = read_npy(path + ".npy");
    expected.insert(expected.end(), one.bytes.begin(), one.bytes.end());
  }
  EXPECT_EQ(array.bytes, expected);
}

TEST(Preprocess, NormalisesToFloats) {
  const TemporaryFolder folder;
  PreprocessOptions options = options_for(folder);
  preprocess_images(options);
  const NpyArray array = read_npy(options.output);
  EXPECT_EQ(array.type, "<f4");
  const std::vector<uint8_t> raw = read_npy(options.images[1] + ".npy").bytes;
  std::vector<float> expected(raw.size());
  transform::normalize(raw, 32, find_recipe("openai"), expected);
  const std::span<const float> second = array.values<float>().subspan(raw.size(), raw.size());
  EXPECT_TRUE(std::equal(second.begin(), second.end(), expected.begin()));
}

TEST(Preprocess, ABadPictureIsNamedAndNothingIsWritten) {
  const TemporaryFolder folder;
  PreprocessOptions options = options_for(folder);
  for (const std::string& bad :
       {folder.write("broken.jpg", "\xFF\xD8\xFFnothing"), folder / "missing.png"}) {
    options.images[1] = bad;
    try {
      preprocess_images(options);
      FAIL() << bad << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kInput);
      EXPECT_NE(std::string(error.what()).find(bad), std::string::npos) << error.what();
    }
  }
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path()))
    ++files;
  EXPECT_EQ(files, 1U) << "only broken.jpg may be there";
}

}  // namespace
}  // namespace clipwright::data::tools
