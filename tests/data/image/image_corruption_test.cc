// Bytes nobody should trust: every kind of picture with random damage. Nothing is asserted about
// the pixels; the program must survive and answer with a picture or a reason. Run under
// AddressSanitizer this is the memory-safety test of the decoders.
#include "tests/data/image/decoded_region.h"

namespace clipwright::data::image {
namespace {

class ImageCorruption : public testing::TestWithParam<const char*> {};

TEST_P(ImageCorruption, EndsInAPictureOrAReason) {
  transform::ImagePipeline pipeline(find_recipe("openai"), 32);
  std::vector<uint8_t> chw(3 * 32 * 32);
  int refused = 0, shown = 0;
  for (const GoldenPicture& picture : golden_pictures(GetParam())) {
    Random random(7, "corruption", 0, picture.name);
    for (int round = 0; round < 60; ++round) {
      std::string bytes = picture.bytes;
      // Headers are a small part of a file and the more dangerous one: half of the damage goes
      // there.
      const size_t reach =
          random.below(2) == 0 ? std::min<size_t>(bytes.size(), 700) : bytes.size();
      switch (random.below(4)) {
        case 0:
          bytes.resize(random.below(bytes.size()));
          break;
        case 1:
          bytes.erase(random.below(reach), 1 + random.below(40));
          break;
        case 2:
          bytes.insert(random.below(reach), bytes.substr(random.below(bytes.size()), 30));
          break;
        default:
          for (uint64_t flips = 1 + random.below(8); flips > 0; --flips) {
            bytes[random.below(reach)] = static_cast<char>(random.below(256));
          }
      }
      const std::span<const std::byte> view = std::as_bytes(std::span(bytes));
      const std::string problem =
          round % 2 == 0 ? pipeline.evaluate(view, chw) : pipeline.train(view, random, chw);
      ++(problem.empty() ? shown : refused);
    }
  }
  EXPECT_GT(refused, 0);
  EXPECT_GT(shown, 0);
}

INSTANTIATE_TEST_SUITE_P(Formats, ImageCorruption,
                         testing::Values("jpeg_", "png_", "webp_", "gif_", "bmp_", "tiff_"),
                         [](const auto& format) { return std::string(format.param, 3); });

}  // namespace
}  // namespace clipwright::data::image
