// Ctrl-C in every command that looks at a whole data set: exit code 130, nothing half done.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>

#include "core/error.h"
#include "core/file.h"
#include "core/process/interrupt.h"
#include "data/files/tar.h"
#include "data/files/walk.h"
#include "data/source/dataset.h"
#include "data/tools/inspect.h"
#include "data/tools/manifest.h"
#include "data/tools/pack.h"
#include "data/tools/preprocess.h"
#include "data/tools/rewrite_tars.h"
#include "tests/data/test_pictures.h"
#include "tests/temporary_folder.h"

namespace clipwright::data::tools {
namespace {

class Interrupt : public testing::Test {
 protected:
  Interrupt() {
    files::TarWriter tar(folder_ / "0.tar");
    for (int i = 0; i < 5; ++i) {
      tar.add(std::to_string(i) + ".png", test_png(i));
      tar.add(std::to_string(i) + ".txt", "picture " + std::to_string(i));
    }
    tar.finish();
    folder_.write("manifest.jsonl", "{\"key\":\"a\",\"caption_sha256\":\"b\"}\n");
    dataset_ = source::open_dataset({.source = folder_ / "0.tar"});
    captions_.emplace(captions::CaptionTable::build(*dataset_, {}));
  }

  /// The process is asked to stop, then runs the command.
  template <typename Run>
  void expect_interrupted(const Run& run, const char* name) {
    EXPECT_EXIT(
        {
          watch_interrupts();
          std::raise(SIGINT);
          try {
            run();
          } catch (const Error& error) {
            std::fprintf(stderr, "%s\n", error.what());
            ::_exit(static_cast<int>(error.code()));
          }
          ::_exit(0);
        },
        testing::ExitedWithCode(130), "interrupted")
        << name;
  }

  TemporaryFolder folder_;
  std::shared_ptr<source::Dataset> dataset_;
  std::optional<captions::CaptionTable> captions_;
};

TEST_F(Interrupt, EndsEveryCommandOnData) {
  expect_interrupted([&] { source::open_dataset({.source = folder_ / "0.tar"}); }, "open");
  expect_interrupted([&] { pack(*dataset_, &*captions_, {.folder = folder_ / "packed"}); }, "pack");
  expect_interrupted(
      [&] {
        rewrite_tars({.source = folder_ / "0.tar",
                      .rewrites = {folder_.write("r.txt", "\n\n\n\n\n")},
                      .folder = folder_ / "again"});
      },
      "repack");
  expect_interrupted([&] { inspect(*dataset_, 100); }, "inspect");
  expect_interrupted([&] { write_manifest(*dataset_, [](std::string_view) {}); }, "manifest");
  expect_interrupted(
      [&] { compare_manifests(folder_ / "manifest.jsonl", folder_ / "manifest.jsonl"); }, "diff");
  expect_interrupted([&] { join_texts(*dataset_, *captions_, [](std::string_view) {}); }, "join");
  expect_interrupted(
      [&] {
        preprocess_images(
            {.images = {folder_.write("0.png", test_png(0))}, .output = folder_ / "out.npy"});
      },
      "preprocess");
  expect_interrupted(
      [&] { files::files_below(folder_.path(), [](std::string_view) { return true; }); }, "folder");
  for (const char* left : {"packed/00000.tar", "packed/sizes.json", "again/0.tar", "out.npy"})
    EXPECT_FALSE(std::filesystem::exists(folder_ / left)) << left;
}

}  // namespace
}  // namespace clipwright::data::tools
