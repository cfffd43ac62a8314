// open_clip_config.json.
#include "models/open_clip_config.h"

#include "core/json.h"
#include "tests/fuzz/input.h"

namespace clipwright::fuzz {
namespace {

void try_config(std::string_view text) {
  accepts([&] {
    const Json json = parse_json(text, "open_clip_config.json");
    const models::ModelConfig config = models::parse_open_clip_config(json, "the file");
    require(config.embed_dim > 0 && config.vision.image_size > 0 && config.text.width > 0,
            "a model has sizes");
    const Json written = models::to_open_clip_config(config);
    const models::ModelConfig again = models::parse_open_clip_config(written, "the same again");
    require(models::to_open_clip_config(again) == written, "a written configuration reads back");
  });
}

}  // namespace
}  // namespace clipwright::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  clipwright::fuzz::try_config(clipwright::fuzz::text_of(data, size));
  return 0;
}
