#include "core/process/mapped_memory.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <thread>

#include "core/error.h"
#include "core/file.h"
#include "core/mapped_files.h"
#include "core/npy.h"
#include "core/process/crash.h"
#include "core/process/guarded_mappings.h"
#include "tests/temporary_folder.h"

namespace clipwright {
namespace {

using testing::ExitedWithCode;

constexpr size_t kSize = 1 << 20;

/// Ends the process as a program does: with the sentence on stderr and the error's exit code. What
/// became shorter is remembered for good, so every test here runs in a process of its own.
template <typename Run>
[[noreturn]] void end_as_program(const Run& run) {
  try {
    run();
    check_mapped_files();
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    ::_exit(static_cast<int>(error.code()));
  }
  ::_exit(0);
}

constexpr const char* kSentence = "data.bin: became shorter while it was read; expected files that";

class MappedMemoryTest : public testing::Test {
 protected:
  void shrink(size_t size) const { std::filesystem::resize_file(path_, size); }
  TemporaryFolder folder_;
  const std::string path_ = folder_.write("data.bin", std::string(kSize, 'x'));
};

TEST_F(MappedMemoryTest, AFileThatStaysAsItIsCostsNothing) {
  EXPECT_EXIT(end_as_program([&] {
                const MappedFile file(path_);
                file.check(0, kSize);
                file.check(kSize - 1, 100);  // a size beyond the end is the caller's affair
                EXPECT_EQ(file.text(), std::string(kSize, 'x'));
              }),
              ExitedWithCode(0), "");
}

TEST_F(MappedMemoryTest, WhatIsGoneReadsAsZerosAndTheNextLookIsAnError) {
  EXPECT_EXIT(end_as_program([&] {
                const MappedFile file(path_);
                shrink(kSize / 2);
                if (file.text()[kSize / 2 - 1] != 'x' || file.text()[kSize - 1] != 0) ::_exit(9);
                file.check(0, 1);
                ::_exit(8);
              }),
              ExitedWithCode(3), kSentence);
}

TEST_F(MappedMemoryTest, ALookFindsItBeforeTheBytesAreUsed) {
  EXPECT_EXIT(end_as_program([&] {
                MappedFiles files;
                files.add(path_);
                shrink(100);
                files.view(0, kSize / 2, 10);
                ::_exit(8);
              }),
              ExitedWithCode(3), kSentence);
}

TEST_F(MappedMemoryTest, AMappingThatIsGoneIsRememberedUntilItIsTold) {
  EXPECT_EXIT(end_as_program([&] {
                {
                  const MappedFile file(path_);
                  shrink(0);
                  if (file.text()[0] != 0) ::_exit(9);
                }
                EXPECT_THROW(check_mapped_files(), Error);
                write_file(folder_ / "other", "made of something else");
              }),
              ExitedWithCode(0), "");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "other"));
}

TEST_F(MappedMemoryTest, NothingThatWasMadeOfItIsKept) {
  EXPECT_EXIT(end_as_program([&] {
                const MappedFile file(path_);
                shrink(0);
                AtomicFile made(folder_ / "made");
                made.write(file.text());
                made.commit();
                ::_exit(8);
              }),
              ExitedWithCode(3), kSentence);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "made"));
}

TEST_F(MappedMemoryTest, AnArrayIsNoExceptionNorAreManyThreads) {
  const std::vector<float> values(kSize / 4, 1.5F);
  write_npy(path_, values, std::vector<int64_t>{static_cast<int64_t>(values.size())});
  EXPECT_EXIT(end_as_program([&] {
                const MappedNpy array(path_);
                shrink(4096);
                std::vector<std::jthread> threads;
                for (int i = 0; i < 4; ++i) {
                  threads.emplace_back([&] {
                    for (const std::byte& byte : array.data()) {
                      [[maybe_unused]] const volatile std::byte read = byte;
                    }
                  });
                }
              }),
              ExitedWithCode(3), kSentence);
}

TEST_F(MappedMemoryTest, AFileThatIsReplacedIsAnotherFile) {
  EXPECT_EXIT(end_as_program([&] {
                const MappedFile file(path_);
                write_file(path_, "short");
                EXPECT_EQ(file.text(), std::string(kSize, 'x'));
              }),
              ExitedWithCode(0), "");
}

TEST_F(MappedMemoryTest, WhatALibraryMappedIsGuardedToo) {
  EXPECT_EXIT(end_as_program([&] {
                const int descriptor = ::open(path_.c_str(), O_RDONLY);
                const void* all = ::mmap(nullptr, kSize, PROT_READ, MAP_SHARED, descriptor, 0);
                const void* end =
                    ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, descriptor, kSize - 4096);
                ::close(descriptor);
                const GuardedMappings guard(path_);
                shrink(kSize / 2);
                const auto* bytes = static_cast<const volatile char*>(all);
                if (bytes[0] != 'x' || bytes[kSize - 1] != 0) ::_exit(9);
                if (*static_cast<const volatile char*>(end) != 0) ::_exit(7);
                check_mapped_files();
                ::_exit(8);
              }),
              ExitedWithCode(3), kSentence);
}

TEST_F(MappedMemoryTest, ManyMappingsComeAndGo) {
  EXPECT_EXIT(end_as_program([&] {
                for (int round = 0; round < 3; ++round) {
                  std::vector<MappedFile> files;
                  for (int i = 0; i < 200; ++i) files.emplace_back(path_);
                  std::vector<MappedFile> moved = std::move(files);
                  moved.erase(moved.begin(), moved.begin() + 100);
                  if (moved.back().text().back() != 'x') ::_exit(9);
                }
                const MappedFile file(path_);
                shrink(0);
                file.check(0, 1);
              }),
              ExitedWithCode(3), kSentence);
}

}  // namespace
}  // namespace clipwright
