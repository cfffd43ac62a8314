// What the real program takes of memory when a step is many micro-batches.
#include <gtest/gtest.h>

#include "core/file.h"
#include "models/clip.h"
#include "models/open_clip_directory.h"
#include "tests/data/test_pictures.h"
#include "tests/real_program.h"
#include "tests/temporary_folder.h"

namespace clipwright::train::loop {
namespace {

TEST(TrainingMemory, ManyMicroBatchesTakeOneBatchOfPixelsAndWhatIsAheadOfIt) {
  const TemporaryFolder folder;
  // Pictures of the usual size under towers that cost nothing.
  models::ModelConfig config;
  config.name = "custom";
  config.embed_dim = 16;
  config.vision = {.image_size = 224, .patch_size = 112, .width = 64, .layers = 1, .heads = 1};
  config.text = {.width = 64, .layers = 1, .heads = 1};
  models::write_open_clip_directory(models::Clip(config, 1), folder / "start");
  constexpr int64_t kMicro = 64, kParts = 32, kPicture = 3 * 224 * 224;
  std::string table = "filepath\ttitle\n";
  for (int i = 0; i < 16; ++i) folder.write("p" + std::to_string(i) + ".png", data::test_png(i));
  for (int64_t i = 0; i < kMicro * kParts; ++i)
    table += "p" + std::to_string(i % 16) + ".png\tpicture " + std::to_string(i) + "\n";
  folder.write("pairs.tsv", table);
  const auto run = [&](int64_t parts) {
    const std::string name = "run" + std::to_string(parts);
    return run_real_program({"train",
                             "--train-data",
                             folder / "pairs.tsv",
                             "--model",
                             folder / "start",
                             "--batch-size",
                             std::to_string(kMicro),
                             "--accum-freq",
                             std::to_string(parts),
                             "--steps",
                             "3",
                             "--loader-memory",
                             "64",
                             "--threads",
                             "1",
                             "--save-frequency",
                             "0",
                             "--logs",
                             folder / "logs",
                             "--name",
                             name});
  };
  const Ended short_run = run(1), long_run = run(kParts);
  ASSERT_EQ(short_run.code, 0) << short_run.log;
  ASSERT_EQ(long_run.code, 0) << long_run.log;
  const int64_t one = short_run.most_memory, many = long_run.most_memory;
  constexpr int64_t kBatch = kMicro * kParts * kPicture, kAhead = int64_t{64} << 20;
  RecordProperty("one_part_mib", std::to_string(one >> 20));
  RecordProperty("many_parts_mib", std::to_string(many >> 20));
  // Freed pages go back after ten seconds, so micro-batches that are done may still count.
  EXPECT_LT(many - one, kBatch + kAhead + (int64_t{200} << 20))
      << (one >> 20) << " MiB with one part, " << (many >> 20) << " MiB with 32";
}

}  // namespace
}  // namespace clipwright::train::loop
